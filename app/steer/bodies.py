"""The bodies of steering: boards of sliders, calibrations, vectors, mixes. docs/api.md explains each."""

from typing import Annotated, Any, ClassVar

from pydantic import Field, model_validator

from app.engine.bodies import (
    MAX_MESSAGES,
    NULL,
    Body,
    Conditions,
    LatentNumber,
    Messages,
    ModelName,
    Name,
    Prompt,
    RowNumber,
    Slug,
    Temperature,
    given,
    text_input,
)
from app.engine.texts import TextInput
from app.steer import calibrate
from app.steer.calibrate import CALIBRATED_MODES, CalibrateRequest
from app.steer.options import RANGES, Options
from app.steer.service import SteerRequest
from app.steer.terms import TermRequest
from app.web.request_types import MAX_NEW_TOKENS, Entries, Flag, Number, Numbered, Text, Whole, Word
from models.running.chat import ROLES
from models.steering.terms import MAX_STRENGTH, MAX_TERMS, MODES, POSITIONS, VECTOR_MODES

#: Characters of one text that a mix keeps, and of all of them: many mixes are listed at once.
MAX_MIX_TEXT, MAX_MIX_TEXTS = 20_000, 100_000

Positions = Annotated[str, Word(POSITIONS)]
TopP = Annotated[float, Number(*RANGES["top_p"], is_open=True)]
Penalty = Annotated[float, Number(*RANGES["frequency_penalty"])]
Seed = Annotated[int, Whole(*RANGES["seed"], "a number")]
Prompts = Annotated[list[Prompt], Entries(1, calibrate.MAX_PROMPTS)]
StoredPrompt = Annotated[str, Text(1, MAX_MIX_TEXT, is_stored=True)]

#: A slider of a latent, of a vector, and of a vector that is taken out at every layer.
_LATENT = given("index", "integer", vector=NULL, everywhere={"const": False})
_VECTOR = given(
    "vector", "integer", index=NULL, source=NULL, mode={"enum": list(VECTOR_MODES)}, everywhere={"const": False}
)
_EVERYWHERE: dict[str, Any] = {
    "required": ["vector", "mode", "everywhere"],
    "properties": {
        "vector": {"type": "integer"}, "index": NULL, "source": NULL,
        "mode": {"const": "project"}, "everywhere": {"const": True},
    },
}  # fmt: skip
#: Sliders that say themselves whose they are.
_NAMED = {"items": {"anyOf": [given("source", "string"), given("vector", "integer")]}}
_BOARD = {
    "anyOf": [
        given("source", "string"),
        given("terms", "array") | {"properties": {"terms": {"minItems": 1, **_NAMED}}},
        given("model", "string", terms=_NAMED),
    ]
}
_ONE_PROMPT = {"oneOf": [given("prompt", "string", messages=NULL), given("messages", "array", prompt=NULL)]}
_NOT_BOTH = {"anyOf": [{"properties": {"prompt": NULL}}, {"properties": {"messages": NULL}}]}


def _check_mode(vector: int | None, mode: str) -> None:
    """Raise ValueError for a mode that only latents have."""
    if vector is not None and mode not in VECTOR_MODES:
        raise ValueError(f"Input is a vector, whose mode is {' or '.join(VECTOR_MODES)}, not {mode}")


class TermBody(Body):
    """A slider: a latent of a source, or a saved vector."""

    conditions: ClassVar[Conditions] = ({"anyOf": [_LATENT, _VECTOR, _EVERYWHERE]},)

    source: Slug | None = Field(None, description="Slug; null: that of the request.", examples=["demo-l2-resid-2k"])
    index: LatentNumber | None = Field(None, description="A latent of the source.", examples=[42])
    vector: RowNumber | None = Field(None, description="The number of a saved vector, instead of a latent.")
    mode: Annotated[str, Word(MODES)] = Field(
        "add", description="add, clamp, scale, ablate or project; vectors: add or project."
    )
    strength: Annotated[float, Number(-MAX_STRENGTH, MAX_STRENGTH)] = Field(
        1.0, description="Multiples of the latent's maximum, or of the vector."
    )
    everywhere: Flag = Field(False, description="For a vector with project: take it out at every layer.")

    @model_validator(mode="after")
    def _one_subject(self) -> "TermBody":
        if (self.index is None) == (self.vector is None):
            raise ValueError("Input needs either index (of a latent) or vector (its number)")
        if self.vector is not None and self.source is not None:
            raise ValueError("Input is a vector, which belongs to a model and not to a source")
        _check_mode(self.vector, self.mode)
        if self.everywhere and (self.vector is None or self.mode != "project"):
            raise ValueError("Only vectors can be projected out at every layer, with the mode project")
        return self

    def term(self) -> TermRequest:
        """What was asked."""
        return TermRequest(self.mode, self.strength, self.source, self.index, self.vector, self.everywhere)


class BoardBody(Body):
    """Sliders and whose they are."""

    conditions: ClassVar[Conditions] = (_BOARD,)

    model: ModelName | None = Field(None, description="Name of a model; not needed with a source or a term.")
    source: Slug | None = Field(None, description="Slug of a source.", examples=["demo-l2-resid-2k"])
    terms: Annotated[list[TermBody], Entries(0, MAX_TERMS, "stand on a board")] = Field(
        default_factory=list, description="Sliders.", examples=[[{"index": 42}]]
    )
    positions: Positions = Field("all", description="Where steering applies: all, prompt or generated.")
    steer_bos: Flag = Field(False, description="Whether a leading BOS is steered too.")

    @model_validator(mode="after")
    def _named(self) -> "BoardBody":
        if self.source is None:
            for number, term in enumerate(self.terms):
                if term.vector is None and term.source is None:
                    raise ValueError(f"terms[{number}] needs the source of latent {term.index}")
            if self.model is None and not self.terms:
                raise ValueError("Name a model or a source, or give at least one term")
        return self

    def asked(self) -> list[TermRequest]:
        """The sliders."""
        return [term.term() for term in self.terms]


class WrittenBody(BoardBody):
    """Sliders, what is continued, and how much is written."""

    prompt: Prompt | None = Field(None, description="A plain text.", examples=["Once upon a time"])
    messages: Messages | None = Field(None, description="A chat, instead of prompt.")
    add_generation_prompt: Flag = Field(True, description="For a chat: end with the beginning of an answer.")
    prepend_bos: Flag | None = Field(None, description="null: as the sources were trained.")
    max_new_tokens: Annotated[int, Numbered(1, MAX_NEW_TOKENS, is_text=False)] | None = Field(
        None, description="null: 64, or what fits."
    )
    stop_at_eos: Flag = Field(True, description="Whether the end-of-text token ends the text.")

    def given(self) -> TextInput:
        """The prompt."""
        found = text_input(self.prompt, self.messages, self.add_generation_prompt)
        return found if self.messages is not None else TextInput(found.text, name="The prompt")

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


class GreedyBody(WrittenBody):
    """A prompt, sliders, and how much is written."""

    conditions: ClassVar[Conditions] = (_BOARD, _ONE_PROMPT)

    @model_validator(mode="after")
    def _one_prompt(self) -> "GreedyBody":
        if (self.prompt is None) == (self.messages is None):
            raise ValueError("Give either prompt or messages")
        return self


class SteerBody(GreedyBody):
    """A prompt, sliders, and how tokens are chosen."""

    temperature: Temperature = Field(1.0, description="0: always the likeliest token.")
    top_p: TopP = Field(1.0, description="The likeliest tokens that have this probability together.")
    frequency_penalty: Penalty = Field(0.0, description="What a token loses for each time it was written, in logits.")
    seed: Seed = Field(0, description="The same seed writes the same text.")
    alternatives: Annotated[int, Whole(*RANGES["alternatives"], "a number")] = Field(
        5, description="Likeliest tokens named at each step."
    )
    stream: Flag = Field(False, description="Answer with server-sent events: token, done, error.")

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

    conditions: ClassVar[Conditions] = (
        {
            "anyOf": [
                {
                    "required": ["source", "index"],
                    "properties": {"source": {"type": "string"}, "index": {"type": "integer"}, "vector": NULL},
                },
                given("vector", "integer", index=NULL, source=NULL, mode={"enum": list(VECTOR_MODES)}),
            ]
        },
    )

    source: Slug | None = Field(None, description="Slug of a source.", examples=["demo-l2-resid-2k"])
    index: LatentNumber | None = Field(None, description="A latent of the source.", examples=[42])
    vector: RowNumber | None = Field(None, description="The number of a saved vector, instead of a latent.")
    mode: Annotated[str, Word(CALIBRATED_MODES)] = Field(
        "add", description="add, clamp, scale or project (ablate has no strength); vectors: add or project."
    )
    prompts: Prompts | None = Field(None, description="Texts to continue; null: neutral openings.")
    fresh: Flag = Field(False, description="Measure again even if a calibration is stored.")
    temperature: Temperature | None = Field(None, description="Of the texts; null: as stored, else 1.")
    stream: Flag = Field(False, description="Answer with server-sent events: waiting, progress, done.")

    @model_validator(mode="after")
    def _one_subject(self) -> "CalibrateBody":
        named = (self.source is not None, self.index is not None, self.vector is not None)
        if named not in ((True, True, False), (False, False, True)):
            raise ValueError("Give either source and index, or vector")
        _check_mode(self.vector, self.mode)
        return self

    def asked(self) -> CalibrateRequest:
        """What was asked."""
        term = TermRequest(self.mode, 1.0, self.source, self.index, self.vector)
        return CalibrateRequest(term, self.prompts, self.fresh, self.temperature)


class BalanceBody(BoardBody):
    """A mix of sliders."""

    terms: Annotated[list[TermBody], Entries(1, MAX_TERMS, "can be balanced")] = Field(
        description="Sliders.", examples=[[{"index": 42}]]
    )
    prompts: Prompts | None = Field(None, description="Texts to continue; null: neutral openings.")
    temperature: Temperature = Field(1.0, description="Of the texts that are judged.")


class StoredMessageBody(Body):
    """One turn of a chat that is stored."""

    role: Annotated[str, Word(ROLES)] = Field(description="system, user or assistant.")
    content: StoredPrompt


class MixBody(WrittenBody):
    """Sliders with a name, and everything else that restores the board."""

    conditions: ClassVar[Conditions] = (_BOARD, _NOT_BOTH)

    name: Name = Field(description="What it is called.", examples=["cheerful pirate"])
    prompt: StoredPrompt | None = Field(None, description="A plain text.", examples=["Once upon a time"])
    messages: Annotated[list[StoredMessageBody], Entries(1, MAX_MESSAGES)] | None = Field(  # type: ignore[assignment]
        None, description="A chat, instead of prompt."
    )
    temperature: Temperature = Field(1.0, description="0: always the likeliest token.")
    top_p: TopP = Field(1.0, description="The likeliest tokens that have this probability together.")
    frequency_penalty: Penalty = Field(0.0, description="What a token loses for each time it was written, in logits.")
    seed: Seed = Field(0, description="The same seed writes the same text.")

    @model_validator(mode="after")
    def _one_prompt(self) -> "MixBody":
        if self.prompt is not None and self.messages is not None:
            raise ValueError("Give either prompt or messages")
        return self

    def options(self) -> dict[str, Any]:
        """Everything but the name and the terms, as ``POST /steer`` takes it."""
        return self.model_dump(exclude={"name", "terms"})
