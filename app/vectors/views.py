"""The Vectors page: two lists of prompts, the preview of what they differ by, and the saved vectors."""

from dataclasses import dataclass

from app.text.block_views import Choice, Measure, Tab
from app.text.figure_view import FigureView
from app.text.name_views import NameView
from app.text.token_views import TokenBar


@dataclass(frozen=True)
class HookGroup:
    """The hooks of one model that a vector can be made at."""

    model: str
    hooks: tuple[Choice, ...]


@dataclass(frozen=True)
class ProjectionRow:
    """A prompt and how far it lies along the vector."""

    prompt: str
    is_positive: bool
    value: str


@dataclass(frozen=True)
class NearLatentView:
    """A latent whose decoder row lies along the vector; ``href`` is empty where nothing is built."""

    slug: str
    index: int
    href: str
    name: NameView
    cosine: str


@dataclass(frozen=True)
class VectorPreview:
    """partials/_vector.html. ``state``: empty, loading, error or data; ``said`` is its sentence.

    ``separation`` says in words whether the lists part; ``unpromoted`` and ``no_latents`` why a panel is empty.
    """

    state: str
    said: str
    title: str
    hook: str
    measures: tuple[Measure, ...]
    separation: str
    warnings: tuple[str, ...]
    figure: FigureView | None
    rows: tuple[ProjectionRow, ...]
    promoted: tuple[TokenBar, ...]
    suppressed: tuple[TokenBar, ...]
    unpromoted: str
    nearest: tuple[NearLatentView, ...]
    no_latents: str
    link: str  # empty: too long for an address


@dataclass(frozen=True)
class SavedVector:
    """A row of the list. ``steer_href`` is empty while there is no page to steer on."""

    number: int
    name: str
    model: str
    hook: str
    positions: str
    norm: str
    share: str
    prompts: str
    created: str
    href: str
    export_href: str
    steer_href: str
    delete_href: str
    is_open: bool


@dataclass(frozen=True)
class SavedVectors:
    """partials/_saved_vectors.html: the newest of ``n_all``. ``all_href`` is empty where these are all."""

    vectors: tuple[SavedVector, ...]
    n_all: int
    all_href: str


@dataclass(frozen=True)
class VectorsView:
    """pages/vectors.html. ``refused`` says why the vector was not saved, ``notice`` what was just done."""

    groups: tuple[HookGroup, ...]
    places: tuple[Choice, ...]
    positive: str
    negative: str
    name: str
    refused: str
    notice: str
    examples: tuple[Tab, ...]
    preview: VectorPreview
    saved: SavedVectors
