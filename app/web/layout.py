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
