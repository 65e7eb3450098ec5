"""Small blocks that several pages share."""

from dataclasses import dataclass


@dataclass(frozen=True)
class SourcePick:
    """A source that can be chosen. ``is_built``: shares and densities of its latents are recorded."""

    slug: str
    hook_name: str
    model: str
    is_chosen: bool
    is_built: bool


@dataclass(frozen=True)
class TurnField:
    """A message of a chat in the form."""

    number: int
    role: str
    content: str


@dataclass(frozen=True)
class Corpus:
    """What a dashboard's numbers were counted on."""

    corpus: str
    tokens: str
    context_size: int
    sampling: str
    finished: str


@dataclass(frozen=True)
class KeptField:
    """A field of a form that stands in its panel once that has data, and is asked for again until then."""

    name: str
    value: str


@dataclass(frozen=True)
class Choice:
    """One of several."""

    value: str
    text: str
    is_chosen: bool


@dataclass(frozen=True)
class PageLink:
    """A link to another page of the table; ``rel`` is first, prev or next."""

    text: str
    rel: str
    href: str
    part_href: str


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
