"""What the microscope and contrast search are asked. docs/api.md explains each."""

from typing import Annotated

from pydantic import Field

from app.engine.bodies import MAX_POSITIONS, Body, Position, Prompt, Share, Slug, TextBody
from app.engine.sources import MAX_SOURCES
from app.microscope import contrast
from app.microscope import service as microscope
from app.web.request_types import Entries, Whole, Word


class ContrastBody(Body):
    """Texts with and without a concept."""

    source: Slug = Field(description="Slug of a source.", examples=["demo-l2-resid-2k"])
    with_texts: Annotated[list[Prompt], Entries(1, contrast.MAX_TEXTS)] = Field(
        alias="with", description="1 to 64 texts.", examples=[["The sea was calm."]]
    )
    without_texts: Annotated[list[Prompt], Entries(1, contrast.MAX_TEXTS)] = Field(
        alias="without", description="1 to 64 texts.", examples=[["The cat slept."]]
    )
    top_k: Annotated[int, Whole(1, contrast.MAX_TOP_K, "a number of latents")] = Field(
        50, description="Latents in the answer."
    )
    rank_by: Annotated[str, Word(contrast.RANKINGS)] = Field("auroc", description="auroc, max or mean (differences).")
    max_density: Share | None = Field(None, description="Leave out latents that are active on more tokens.")


class MicroscopeBody(TextBody):
    """A text and the sources to read it with."""

    sources: Annotated[list[Slug], Entries(1, MAX_SOURCES, "are read at once")] = Field(
        description="Slugs of sources.", examples=[["demo-l2-resid-2k"]]
    )
    top_k: Annotated[int, Whole(1, microscope.MAX_TOP_K, "a number of latents per token")] = Field(
        10, description="Latents per token."
    )
    max_density: Share | None = Field(None, description="Hide latents that are active on more of the corpus's tokens.")
    positions: Annotated[list[Position], Entries(0, MAX_POSITIONS)] | None = Field(
        None, description="Tokens that the ranking is over; null: all that count."
    )
    rank_by: Annotated[str, Word(microscope.RANKINGS)] = Field(
        "max", description="max, sum or share (of the latent's maximum in the build)."
    )
    ranked: Annotated[int, Whole(1, microscope.MAX_RANKED, "a number of latents")] = Field(
        50, description="Latents in the ranking."
    )
