"""Steering in the JSON API. docs/api.md explains each path."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import Field

from app import answers_steer as answers
from app.api_engine import Body, EngineDep, MessageBody, ReaderDep
from app.connections import answer_while_connected
from app.errors import InvalidRequest
from app.event_stream import EventStream
from app.jobs.steer import Options
from app.jobs.texts import TextInput
from app.pages.requests import known_parameters
from app.services import calibrate as calibrate_service
from app.services import mixes as mixes_service
from app.services import steer as steer_service
from app.services import vectors as vectors_service
from app.services.calibrate import BalanceRequest, CalibrateRequest
from app.services.steer import SteerRequest
from app.services.steer_terms import TermRequest
from app.services.vectors import VectorRequest
from app.web.units import in_lane, json_in_lane, no_content
from models.chat import parse_messages

router = APIRouter(prefix="/api/v1", dependencies=[Depends(known_parameters)])


class TermBody(Body):
    """A slider: a latent of a source, or a saved vector."""

    source: str | None = Field(None, description="Slug; null: that of the request.", examples=["demo-l2-resid-2k"])
    index: int | None = Field(None, description="A latent of the source.", examples=[42])
    vector: int | None = Field(None, description="The number of a saved vector, instead of a latent.")
    mode: str = Field("add", description="add, clamp, scale, ablate or project; vectors: add or project.")
    strength: float = Field(1.0, description="Multiples of the latent's maximum, or of the vector; -100 to 100.")
    everywhere: bool = Field(False, description="For a vector with project: take it out at every layer.")

    def term(self) -> TermRequest:
        """What was asked."""
        return TermRequest(self.mode, self.strength, self.source, self.index, self.vector, self.everywhere)


class BoardBody(Body):
    """Sliders and whose they are."""

    model: str | None = Field(None, description="Name of a model; not needed with a source or a term.")
    source: str | None = Field(None, description="Slug of a source.", examples=["demo-l2-resid-2k"])
    terms: list[TermBody] = Field(default_factory=list, description="Sliders, at most 64.", examples=[[{"index": 42}]])
    positions: str = Field("all", description="Where steering applies: all, prompt or generated.")
    steer_bos: bool = Field(False, description="Whether a leading BOS is steered too.")

    def asked(self) -> list[TermRequest]:
        """The sliders."""
        return [term.term() for term in self.terms]


class GreedyBody(BoardBody):
    """A prompt, sliders, and how much is written."""

    prompt: str | None = Field(None, description="A plain text.", examples=["Once upon a time"])
    messages: list[MessageBody] | None = Field(None, max_length=200, description="A chat, instead of prompt.")
    add_generation_prompt: bool = Field(True, description="For a chat: end with the beginning of an answer.")
    prepend_bos: bool | None = Field(None, description="null: as the sources were trained.")
    max_new_tokens: int | None = Field(None, description="1 to the server's limit; null: 64, or what fits.")
    stop_at_eos: bool = True

    def given(self) -> TextInput:
        """The prompt. Raises InvalidRequest unless exactly one of prompt and messages was given."""
        if (self.prompt is None) == (self.messages is None):
            raise InvalidRequest("Give either prompt or messages.")
        if self.messages is None:
            return TextInput(self.prompt or "", name="The prompt")
        messages = parse_messages([message.model_dump() for message in self.messages])
        return TextInput(messages=messages, add_generation_prompt=self.add_generation_prompt)

    def request(self, options: Options) -> SteerRequest:
        """What was asked."""
        return SteerRequest(
            prompt=self.given(),
            terms=self.asked(),
            model=self.model,
            source=self.source,
            positions=self.positions,
            steer_bos=self.steer_bos,
            prepend_bos=self.prepend_bos,
            max_new_tokens=self.max_new_tokens,
            options=options,
        )


class SteerBody(GreedyBody):
    """A prompt, sliders, and how tokens are chosen."""

    temperature: float = Field(1.0, description="0 to 10; 0: always the likeliest token.")
    top_p: float = Field(1.0, description="Above 0, to 1.")
    frequency_penalty: float = Field(0.0, description="-10 to 10.")
    seed: int = Field(0, description="The same seed writes the same text.")
    alternatives: int = Field(5, description="Likeliest tokens named at each step, 0 to 100.")
    stream: bool = Field(False, description="Answer with server-sent events: token, done, error.")

    def sampled(self) -> SteerRequest:
        """What was asked."""
        return self.request(
            Options(
                temperature=self.temperature,
                top_p=self.top_p,
                frequency_penalty=self.frequency_penalty,
                seed=self.seed,
                stop_at_eos=self.stop_at_eos,
                alternatives=self.alternatives,
            )
        )


class CalibrateBody(Body):
    """A slider whose strength is swept."""

    source: str | None = Field(None, description="Slug of a source.", examples=["demo-l2-resid-2k"])
    index: int | None = Field(None, description="A latent of the source.", examples=[42])
    vector: int | None = Field(None, description="The number of a saved vector, instead of a latent.")
    mode: str = Field("add", description="add, clamp, scale or project; vectors: add or project.")
    prompts: list[str] | None = Field(None, description="1 to 16 texts to continue; null: neutral openings.")
    fresh: bool = Field(False, description="Measure again even if a calibration is stored.")
    temperature: float | None = Field(None, description="0 to 10, of the texts; null: as stored, else 1.")
    stream: bool = Field(False, description="Answer with server-sent events: waiting, progress, done.")

    def asked(self) -> CalibrateRequest:
        """What was asked."""
        term = TermRequest(self.mode, 1.0, self.source, self.index, self.vector)
        return CalibrateRequest(term, self.prompts, self.fresh, self.temperature)


class BalanceBody(BoardBody):
    """A mix of sliders."""

    prompts: list[str] | None = Field(None, description="1 to 16 texts to continue; null: neutral openings.")
    temperature: float = Field(1.0, description="0 to 10, of the texts that are judged.")


class VectorBody(Body):
    """Two lists of prompts."""

    model: str | None = Field(None, description="Name of a model; or name a source.", examples=["periscope-demo"])
    source: str | None = Field(None, description="A source of the model, instead of its name.")
    name: str | None = Field(None, description="What to save it as; null: compute it and do not save.")
    positive: list[str] = Field(description="1 to 256 prompts.", examples=[["I love you", "What joy"]])
    negative: list[str] = Field(description="1 to 256 prompts.", examples=[["I hate you", "What pain"]])
    hook_name: str | None = Field(None, description="null: the source's hook, or the middle block's output.")
    positions: str = Field("last", description="last or mean: which tokens of a prompt count.")


class MixBody(GreedyBody):
    """Sliders with a name, and everything else that restores the board."""

    name: str = Field(description="1 to 200 characters.", examples=["cheerful pirate"])
    temperature: float = 1.0
    top_p: float = 1.0
    frequency_penalty: float = 0.0
    seed: int = 0

    def given(self) -> TextInput:
        """The prompt, which a mix may leave out."""
        if self.prompt is None and self.messages is None:
            return TextInput()
        return super().given()

    def options(self) -> dict[str, Any]:
        """Everything but the name and the terms, as ``POST /steer`` takes it."""
        return self.model_dump(exclude={"name", "terms"})


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
    source: Annotated[str | None, Query(description="Slug of a source.")] = None,
    index: Annotated[int | None, Query(description="One latent of the source; left out: all.")] = None,
    vector: Annotated[int | None, Query(description="The number of a vector, instead of a source.")] = None,
) -> Response:
    """What was calibrated before, for a source, one of its latents, or a vector."""
    return await json_in_lane(request, "reads", lambda: calibrate_service.stored(reader, source, index, vector))


@router.post("/balance", summary="Make a mix coherent", response_model=answers.BalanceAnswer)
async def balance(request: Request, engine: EngineDep, reader: ReaderDep, body: BalanceBody) -> Response:
    """The largest common factor, at most 1, at which all terms together stay within the bounds of coherence."""
    asked = BalanceRequest(
        body.asked(), body.model, body.source, body.positions, body.steer_bos, body.prompts, body.temperature
    )
    return await answer_while_connected(request, calibrate_service.balance(engine, reader, asked))


@router.post("/vectors", summary="Make a contrast vector", response_model=answers.VectorAnswer)
async def make_vector(request: Request, engine: EngineDep, reader: ReaderDep, body: VectorBody) -> Response:
    """The mean difference of two lists of prompts at a hook; saved if it gets a name."""
    asked = VectorRequest(
        body.model, body.source, body.name, body.positive, body.negative, body.hook_name, body.positions
    )
    return await answer_while_connected(request, vectors_service.make(engine, reader, asked))


@router.get("/vectors", summary="Saved vectors", response_model=answers.VectorsAnswer)
async def vectors(request: Request, reader: ReaderDep) -> Response:
    """All saved vectors, by model and name."""
    return await json_in_lane(request, "reads", lambda: vectors_service.listed(reader))


@router.get(
    "/vectors/{id}.safetensors",
    summary="A vector as a file",
    response_class=Response,
    responses={200: {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}},
)
async def export_vector(request: Request, reader: ReaderDep, id: int) -> Response:
    """A safetensors file with one tensor, vector, and its description as metadata."""
    name, data = await in_lane(request, "reads", lambda: vectors_service.exported(reader, id))
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(data, media_type="application/octet-stream", headers=headers)


@router.delete("/vectors/{id}", summary="Delete a vector", status_code=204)
async def delete_vector(reader: ReaderDep, id: int) -> Response:
    """Delete a vector and its calibrations; mixes that use it cannot be played any more."""
    await reader.write(vectors_service.delete, reader, id)
    return no_content()


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
async def mixes(request: Request, reader: ReaderDep) -> Response:
    """All mixes, by name."""
    return await json_in_lane(request, "reads", lambda: mixes_service.listed(reader))


@router.get("/mixes/{id}", summary="One mix", response_model=answers.MixAnswer)
async def mix(request: Request, reader: ReaderDep, id: int) -> Response:
    """Everything that restores the board."""
    return await json_in_lane(request, "reads", lambda: mixes_service.one(reader, id))


@router.delete("/mixes/{id}", summary="Delete a mix", status_code=204)
async def delete_mix(reader: ReaderDep, id: int) -> Response:
    """Delete a mix."""
    await reader.write(mixes_service.delete, reader, id)
    return no_content()
