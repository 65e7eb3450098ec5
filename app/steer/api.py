"""Steering in the JSON API. docs/api.md explains each path."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from app.engine.dependencies import EngineDep, ReaderDep
from app.steer import calibrate as calibrate_service
from app.steer import mixes as mixes_service
from app.steer import schemas as answers
from app.steer import service as steer_service
from app.steer import strengths
from app.steer.bodies import BalanceBody, CalibrateBody, GreedyBody, MixBody, SteerBody
from app.steer.calibrate import BalanceRequest
from app.steer.options import Options
from app.web.connections import answer_while_connected
from app.web.event_stream import EventStream
from app.web.lists import PartDep
from app.web.path_numbers import allow_digits
from app.web.request_types import MAX_ID, MAX_SLUG, PathNumber, Text, Whole, Word
from app.web.requests import known_parameters
from app.web.units import json_in_lane, no_content
from models.steering.terms import MODES

LATENT = Whole(0, MAX_ID, "the number of a latent", is_text=True)
ROW = Whole(1, MAX_ID, "a number that a vector got when it was saved", is_text=True)

allow_digits()
router = APIRouter(prefix="/api/v1", dependencies=[Depends(known_parameters)])


@router.post("/steer", summary="Steer a text", response_model=answers.SteerAnswer)
async def steer(request: Request, engine: EngineDep, reader: ReaderDep, body: SteerBody) -> Response:
    """Write a text without and with steering from the same seed, with what the unsteered model thinks of each token."""
    asked = body.sampled()
    if not body.stream:
        return await answer_while_connected(request, steer_service.steer(engine, reader, asked))
    resolved, job = await reader.work(steer_service.prepare, reader, asked)
    return EventStream(steer_service.steer_events(engine, resolved, job))


@router.post("/steer/snippet", summary="Steering as a Python program", response_model=answers.SnippetAnswer)
async def snippet(request: Request, engine: EngineDep, reader: ReaderDep, body: GreedyBody) -> Response:
    """A program for transformer_lens and sae_lens alone that writes the steered text at temperature 0."""
    asked = body.request(Options(stop_at_eos=body.stop_at_eos, temperature=0.0))
    return await answer_while_connected(request, steer_service.snippet(engine, reader, asked))


@router.post("/calibrate", summary="Safe range of a slider", response_model=answers.CalibrationAnswer)
async def calibrate(request: Request, engine: EngineDep, reader: ReaderDep, body: CalibrateBody) -> Response:
    """Sweep the strength of one slider: effect, surprise and repetition at each, and the range that stays coherent."""
    if not body.stream:
        return await answer_while_connected(request, calibrate_service.calibrate(engine, reader, body.asked()))
    found = await calibrate_service.stored_or_sweep(reader, body.asked())
    return EventStream(calibrate_service.calibration_events(engine, reader, found))


@router.get("/calibrations", summary="Stored safe ranges", response_model=answers.CalibrationsAnswer)
async def calibrations(
    request: Request,
    reader: ReaderDep,
    part: PartDep,
    source: Annotated[str | None, Text(1, MAX_SLUG), Query(description="Slug of a source.")] = None,
    index: Annotated[int | None, LATENT, Query(description="One latent of the source; left out: all.")] = None,
    vector: Annotated[int | None, ROW, Query(description="The number of a vector.")] = None,
) -> Response:
    """What was calibrated before: everything, or that of a source, a latent, a vector; all filters hold at once."""
    return await json_in_lane(request, "reads", lambda: calibrate_service.stored(reader, source, index, vector, part))


@router.get(
    "/sources/{source}/latents/{index}/strength", summary="Where a slider starts", response_model=answers.StrengthAnswer
)
async def strength(
    request: Request,
    reader: ReaderDep,
    source: str,
    index: PathNumber,
    mode: Annotated[str, Word(MODES), Query(description="What is done with the latent.")] = "add",
) -> Response:
    """The strength at which the board starts this latent: calibrated, or a fifth of the residual norm."""
    return await json_in_lane(request, "reads", lambda: strengths.strength(reader, source, index, mode))


@router.post("/balance", summary="Make a mix coherent", response_model=answers.BalanceAnswer)
async def balance(request: Request, engine: EngineDep, reader: ReaderDep, body: BalanceBody) -> Response:
    """The largest common factor, at most 1, at which all terms together stay within the bounds of coherence."""
    asked = BalanceRequest(
        body.asked(), body.model, body.source, body.positions, body.steer_bos, body.prompts, body.temperature
    )
    return await answer_while_connected(request, calibrate_service.balance(engine, reader, asked))


@router.post("/mixes", summary="Save a mix", status_code=201, response_model=answers.MixAnswer)
async def save_mix(request: Request, reader: ReaderDep, body: MixBody) -> Response:
    """Store sliders, prompt and sampling under a name."""
    options = Options(
        temperature=body.temperature,
        top_p=body.top_p,
        frequency_penalty=body.frequency_penalty,
        seed=body.seed,
        stop_at_eos=body.stop_at_eos,
    )
    asked = body.request(options)
    return await json_in_lane(
        request, "writes", lambda: mixes_service.save(reader, body.name, asked, body.options()), 201
    )


@router.get("/mixes", summary="Saved mixes", response_model=answers.MixesAnswer)
async def mixes(request: Request, reader: ReaderDep, part: PartDep) -> Response:
    """The saved mixes, by name."""
    return await json_in_lane(request, "reads", lambda: mixes_service.listed(reader, part))


@router.get("/mixes/{id:digits}", summary="One mix", response_model=answers.MixAnswer)
async def mix(request: Request, reader: ReaderDep, id: PathNumber) -> Response:
    """Everything that restores the board."""
    return await json_in_lane(request, "reads", lambda: mixes_service.one(reader, id))


@router.delete("/mixes/{id:digits}", summary="Delete a mix", status_code=204)
async def delete_mix(reader: ReaderDep, id: PathNumber) -> Response:
    """Delete a mix."""
    await reader.write(mixes_service.delete, reader, id)
    return no_content()
