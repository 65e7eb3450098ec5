"""The Spectrum page: a latent's activations by groups of tokens that the reader names."""

from dataclasses import dataclass

from app.text.block_views import Corpus, Crumb
from app.text.figure_view import FigureView
from app.text.glossary import Term


@dataclass(frozen=True)
class Place:
    """An option of a select: what is sent and what is read."""

    value: str
    text: str


@dataclass(frozen=True)
class GroupField:
    """A row of the form: what stands in it, and what is wrong with it."""

    number: int
    name: str
    rule: str
    where: str
    error: str


@dataclass(frozen=True)
class GroupRow:
    """A group in the table; ``colour`` 1 to 4 is its colour in the figure, 0: the rest. Empty texts: not defined."""

    name: str
    colour: int
    rule: str
    tokens: str
    firing: str
    mean_active: str
    sampled: str
    auroc: str
    interval: str
    strongest: str  # of the strongest examples


@dataclass(frozen=True)
class GroupNote:
    """A sentence about a group of which the sample has too little."""

    name: str
    text: str


@dataclass(frozen=True)
class SpectrumFigures:
    """The share of each group at zero, and the activations above zero."""

    zeros: FigureView
    active: FigureView


@dataclass(frozen=True)
class Suggestion:
    """A rule to begin with."""

    text: str
    href: str


@dataclass(frozen=True)
class LabelChoice:
    """Values of one label of the corpus, each a rule; ``more``: how many others were seen."""

    name: str
    values: tuple[Suggestion, ...]
    more: int


@dataclass(frozen=True)
class SpectrumView:
    """pages/spectrum.html. Without groups there is no table."""

    title: str
    href: str
    crumbs: tuple[Crumb, ...]
    is_dead: bool
    action: str
    error: str  # what is wrong with all rules together
    fields: tuple[GroupField, ...]
    places: tuple[Place, ...]  # for where
    figures: SpectrumFigures | None  # None: dead
    groups: tuple[GroupRow, ...]
    notes: tuple[GroupNote, ...]
    has_ranges: bool  # instead of an AUROC
    suggestions: tuple[Suggestion, ...]
    labels: tuple[LabelChoice, ...]
    no_labels: str  # a sentence, where the corpus has none
    basis: str
    term: Term
    corpus: Corpus
