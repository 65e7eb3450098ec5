"""Causal questions and contrast search in the JSON API. docs/api.md explains each path."""

from fastapi import APIRouter, Depends, Request, Response

from app.ablate import patching as patching_service
from app.ablate import schemas as answers
from app.ablate import selectivity as selectivity_service
from app.ablate import service as ablation_service
from app.ablate.bodies import AblateBody, LabelGroupBody, PatchBody, PatchPairsBody, SelectivityBody, SetBody
from app.corpus.asked_groups import LabelGroup
from app.engine.dependencies import EngineDep, ReaderDep
from app.web.connections import answer_while_connected
from app.web.requests import known_parameters

router = APIRouter(prefix="/api/v1", dependencies=[Depends(known_parameters)])


@router.post("/ablate", summary="What a prediction rests on", response_model=answers.AblateAnswer)
async def ablate(request: Request, engine: EngineDep, reader: ReaderDep, body: AblateBody) -> Response:
    """Remove active latents one by one: all estimated, as many removed as the budget allows, the others bounded."""
    asked = ablation_service.AblateRequest(body.source, body.asked(), body.top_k, body.by, body.budget)
    work = ablation_service.ablate(engine, reader, asked)
    return await answer_while_connected(request, work)


@router.post("/ablate/patch", summary="Does it break, does it suffice", response_model=answers.PatchAnswer)
async def patch(request: Request, engine: EngineDep, reader: ReaderDep, body: PatchBody) -> Response:
    """Take the values of latents over from a second prompt, and from the first into the second."""
    work = patching_service.patch(engine, reader, body.source, body.asked(), body.other, body.top_k)
    return await answer_while_connected(request, work)


@router.post("/ablate/pairs", summary="The same over several pairs", response_model=answers.PatchPairsAnswer)
async def patch_pairs(request: Request, engine: EngineDep, reader: ReaderDep, body: PatchPairsBody) -> Response:
    """Take the values of latents over between the prompts of several pairs: means with intervals."""
    asked = patching_service.PairsRequest(
        body.source, [(pair.text, pair.other) for pair in body.pairs], body.target, body.contrast, body.top_k
    )
    return await answer_while_connected(request, patching_service.patch_pairs(engine, reader, asked))


@router.post("/ablate/set", summary="Remove or keep a set of latents", response_model=answers.SetAnswer)
async def remove_set(request: Request, engine: EngineDep, reader: ReaderDep, body: SetBody) -> Response:
    """Remove latents together, or all active latents but these."""
    chosen = [(latent.index, latent.position) for latent in body.latents]
    asked = ablation_service.SetRequest(body.source, body.asked(), chosen, body.keep, body.by)
    work = ablation_service.remove_set(engine, reader, asked)
    return await answer_while_connected(request, work)


@router.post("/selectivity", summary="Whom removing latents hurts", response_model=answers.SelectivityAnswer)
async def selectivity(request: Request, engine: EngineDep, reader: ReaderDep, body: SelectivityBody) -> Response:
    """The loss of groups of texts with and without latents, against random directions of the same size."""
    groups = {
        name: LabelGroup(group.label) if isinstance(group, LabelGroupBody) else group
        for name, group in body.groups.items()
    }
    asked = selectivity_service.SelectivityRequest(body.source, body.latents, groups, body.controls, body.seed)
    return await answer_while_connected(request, selectivity_service.selectivity(engine, reader, asked))
