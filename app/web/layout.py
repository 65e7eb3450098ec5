"""What every page has around its contents, and the small blocks that several pages share."""

from dataclasses import dataclass


@dataclass(frozen=True)
class NavItem:
    """An entry of the header; ``key`` is pressed after g to go there."""

    text: str
    href: str
    key: str
    is_active: bool


@dataclass(frozen=True)
class Layout:
    """The frame of a page; the second variable of page templates, ``layout``."""

    version: str
    nav: tuple[NavItem, ...]
    assets_missing: bool  # htmx and Plotly were not fetched
    can_sign_out: bool = False  # a token is asked for, and this browser has a session


@dataclass(frozen=True)
class Crumb:
    """A step of the way to a page."""

    text: str
    href: str


@dataclass(frozen=True)
class Tab:
    """One of several ways to see the same thing; ``part_href`` gives the panel alone."""

    text: str
    href: str
    part_href: str
    is_current: bool


@dataclass(frozen=True)
class Measure:
    """A number with its unit and its meaning; ``value`` None reads "not recorded"."""

    name: str
    value: str | None
    unit: str = ""
    meaning: str = ""


@dataclass(frozen=True)
class Statistic:
    """A number with a few words; ``term`` is its key in the glossary; ``value`` None reads "not recorded"."""

    name: str
    value: str | None
    meaning: str
    term: str
    unit: str = ""
