"""Causal questions and contrast search in the JSON API. docs/api.md explains each path."""

from fastapi import APIRouter, Depends, Request, Response
from pydantic import ConfigDict, Field

from app import answers_causal as answers
from app.api_engine import Body, EngineDep, ReaderDep, TextBody
from app.connections import answer_while_connected
from app.jobs.ablation import Asked
from app.pages.requests import known_parameters
from app.services import ablation as ablation_service
from app.services import contrast as contrast_service
from app.services.corpus_groups import LabelGroup

router = APIRouter(prefix="/api/v1", dependencies=[Depends(known_parameters)])


class PromptBody(TextBody):
    """A prompt and the prediction that is asked about."""

    source: str = Field(description="Slug of a source.", examples=["demo-l2-resid-2k"])
    target: str | None = Field(None, description="One token; null: the model's own next token.")
    contrast: str | None = Field(None, description="One token: measure the difference of the two logits.")

    def asked(self) -> Asked:
        """What was asked."""
        return Asked(self.given(), self.target, self.contrast)


class AblateBody(PromptBody):
    """Which latents a prediction rests on."""

    top_k: int = Field(20, description="Latents that are removed exactly, 1 to 500.")


class PatchBody(PromptBody):
    """Values taken over from a second prompt of the same length."""

    other: str = Field(description="The second prompt.", examples=["The dog sat on the mat."])
    top_k: int = Field(20, description="Latents that are patched exactly, 1 to 500.")


class LatentBody(Body):
    """A latent, at one position or at all."""

    index: int
    position: int | None = Field(None, description="null: every position that counts.")


class SetBody(PromptBody):
    """A set of latents."""

    latents: list[LatentBody]
    keep: bool = Field(False, description="false: remove these together; true: remove all others.")


class LabelGroupBody(Body):
    """Texts of the corpus, instead of typed ones."""

    label: str = Field(description="A label of the build's corpus, as name: value.", examples=["topic: sea"])


class SelectivityBody(Body):
    """Groups of texts."""

    source: str = Field(description="Slug of a source.", examples=["demo-l2-resid-2k"])
    latents: list[int] = Field(description="Latents that are removed together.", examples=[[7]])
    groups: dict[str, list[str] | LabelGroupBody] = Field(
        description="Name -> texts, or a label of the corpus.", examples=[{"a": ["..."], "b": {"label": "topic: sea"}}]
    )
    controls: int = Field(8, description="Random sets of the same size, 0 to 64.")
    seed: int = Field(0, ge=0, lt=2**63, description="Chooses the random sets.")


class ContrastBody(Body):
    """Texts with and without a concept."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    source: str = Field(description="Slug of a source.", examples=["demo-l2-resid-2k"])
    with_texts: list[str] = Field(alias="with", description="1 to 64 texts.", examples=[["The sea was calm."]])
    without_texts: list[str] = Field(alias="without", description="1 to 64 texts.", examples=[["The cat slept."]])
    top_k: int = Field(50, description="Latents in the answer, 1 to 500.")
    rank_by: str = Field("auroc", description="auroc, max or mean (differences).")
    max_density: float | None = Field(None, description="Leave out latents that are active on more tokens.")


@router.post("/ablate", summary="What a prediction rests on", response_model=answers.AblateAnswer)
async def ablate(request: Request, engine: EngineDep, reader: ReaderDep, body: AblateBody) -> Response:
    """Remove active latents one by one: estimated for all, exact for the strongest, with the direct effect beside."""
    work = ablation_service.ablate(engine, reader, body.source, body.asked(), body.top_k)
    return await answer_while_connected(request, work)


@router.post("/ablate/patch", summary="Does it break, does it suffice", response_model=answers.PatchAnswer)
async def patch(request: Request, engine: EngineDep, reader: ReaderDep, body: PatchBody) -> Response:
    """Take the values of latents over from a second prompt, and from the first into the second."""
    work = ablation_service.patch(engine, reader, body.source, body.asked(), body.other, body.top_k)
    return await answer_while_connected(request, work)


@router.post("/ablate/set", summary="Remove or keep a set of latents", response_model=answers.SetAnswer)
async def remove_set(request: Request, engine: EngineDep, reader: ReaderDep, body: SetBody) -> Response:
    """Remove latents together, or all active latents but these."""
    chosen = [(latent.index, latent.position) for latent in body.latents]
    work = ablation_service.remove_set(engine, reader, body.source, body.asked(), chosen, keep=body.keep)
    return await answer_while_connected(request, work)


@router.post("/selectivity", summary="Whom removing latents hurts", response_model=answers.SelectivityAnswer)
async def selectivity(request: Request, engine: EngineDep, reader: ReaderDep, body: SelectivityBody) -> Response:
    """The loss of groups of texts with and without latents, against random directions of the same size."""
    groups = {
        name: LabelGroup(group.label) if isinstance(group, LabelGroupBody) else group
        for name, group in body.groups.items()
    }
    asked = ablation_service.SelectivityRequest(body.source, body.latents, groups, body.controls, body.seed)
    return await answer_while_connected(request, ablation_service.selectivity(engine, reader, asked))


@router.post("/contrast", summary="Latents that tell two groups apart", response_model=answers.ContrastAnswer)
async def contrast(request: Request, engine: EngineDep, reader: ReaderDep, body: ContrastBody) -> Response:
    """Latents ranked by AUROC, or by the difference of maxima or means, between texts with and without a concept."""
    asked = contrast_service.ContrastRequest(
        body.source, body.with_texts, body.without_texts, body.top_k, body.rank_by, body.max_density
    )
    return await answer_while_connected(request, contrast_service.contrast(engine, reader, asked))
