"""The steer board: sliders, what is found for them, mixes, and the two texts where they are written without scripts."""

from dataclasses import dataclass

from app.text.block_views import Choice, Tab, TurnField
from app.text.figure_view import FigureView
from app.text.name_views import NameView
from app.text.token_views import Piece, TokenText


@dataclass(frozen=True)
class SafeRange:
    """A stored calibration of one mode: the strengths that stay coherent, and the best of them."""

    mode: str
    low: str
    high: str
    recommended: str
    curve_href: str
    strained_low: str
    strained_high: str


@dataclass(frozen=True)
class ModeChoice:
    """What can be done with a latent. ``low`` and ``high`` are its slider's ends, ``step`` its stops; ``unit``: what
    strengths count.
    """

    value: str
    text: str
    is_chosen: bool
    low: str
    high: str
    step: str
    unit: str


@dataclass(frozen=True)
class SliderView:
    """partials/_steer_slider.html: one latent or vector. ``uid`` is its own here, ``term`` names it in addresses.

    ``low`` and ``high`` are the ends of the range input; the number beside it takes what lies beyond. ``safe``: of
    the mode that is chosen; ``ranges``: of every mode that was calibrated. ``can_everywhere``: a vector.
    """

    uid: str
    term: str
    label: str  # the name as text, for those who cannot see it and for scripts
    name: NameView
    where: str  # its source and index, or that it is a vector
    href: str  # its dashboard; empty: none
    promoted: tuple[TokenText, ...]
    modes: tuple[ModeChoice, ...]
    strength: str
    unit: str
    low: str
    high: str
    step: str
    is_on: bool
    can_everywhere: bool
    is_everywhere: bool
    safe: SafeRange | None
    ranges: tuple[SafeRange, ...]
    note: str


@dataclass(frozen=True)
class FoundItem:
    """A latent or vector that can be added. ``score`` is a number, ``words`` what it means; empty: not recorded."""

    term: str
    add_href: str
    name: NameView
    tokens: tuple[TokenText, ...]  # what it fires on and promotes
    where: str
    score: str
    words: str
    kind: str  # of the words' tag: good, warn or empty
    density: str


@dataclass(frozen=True)
class FoundView:
    """partials/_steer_found.html: what a search found, or latents to try where nothing was asked."""

    title: str
    items: tuple[FoundItem, ...]
    hint: str


@dataclass(frozen=True)
class CurveView:
    """partials/_steer_curve.html: a calibration."""

    figure: FigureView
    said: str
    measured: str
    temperature: str


@dataclass(frozen=True)
class MixChip:
    """A saved mix. ``model``: named only where it is not the one that is chosen; ``stays``: it cannot be deleted."""

    id: int
    name: str
    href: str
    model: str
    stays: bool


@dataclass(frozen=True)
class WrittenToken:
    """A token of a text. ``step`` 0 to 20 is its shade, ``is_steered``: the terms apply where it stands."""

    pieces: tuple[Piece, ...]
    step: int
    said: str
    is_steered: bool


@dataclass(frozen=True)
class Gauge:
    """A measure of coherence as ``blocks.gauge`` draws it; ``key`` is how the script finds it."""

    key: str
    name: str
    meaning: str
    value: float
    text: str
    low: float
    high: float
    most: float
    best: float


@dataclass(frozen=True)
class WrittenView:
    """Both texts, written by the server for a reader without scripts. ``answer``: the steered text as a chat has it;
    ``surprise``: a sentence.
    """

    prompt: tuple[WrittenToken, ...]
    baseline: tuple[WrittenToken, ...]
    steered: tuple[WrittenToken, ...]
    answer: str
    verdict: str
    surprise: str
    notes: tuple[str, ...]


@dataclass(frozen=True)
class SteerState:
    """What stands where the texts come: ``kind`` empty, loading or bad, with its title and sentence."""

    kind: str
    title: str
    said: str


@dataclass(frozen=True)
class SteerView:
    """pages/steer.html."""

    is_chat: bool
    tabs: tuple[Tab, ...]
    models: tuple[Choice, ...]
    prompt: str
    is_example: bool  # nobody wrote the prompt: it stands there so that something can be steered
    system: str
    turns: tuple[TurnField, ...]
    roles: tuple[str, ...]
    sliders: tuple[SliderView, ...]
    query: str
    found: FoundView
    positions: tuple[Choice, ...]
    bos: tuple[Choice, ...]
    steers_bos: bool
    seed: str
    temperature: str
    top_p: str
    penalty: str
    length: str  # empty: the default, or what fits
    default_length: int
    max_length: int
    ignores_eos: bool
    examples: tuple[str, ...]
    mixes: tuple[MixChip, ...]
    more_mixes: str  # the link to all of them; empty where these are all
    mix_name: str
    problems: tuple[str, ...]
    gauges: tuple[Gauge, ...]
    state: SteerState | None
    written: WrittenView | None
