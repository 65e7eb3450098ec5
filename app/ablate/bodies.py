"""The bodies of causal questions and of contrast search. docs/api.md explains each."""

from typing import Annotated, Any, ClassVar

from pydantic import Discriminator, Field, Tag, model_validator

from app.ablate import patching
from app.ablate import service as ablation
from app.ablate.selectivity import MAX_CONTROLS, MAX_GROUP_TEXTS, MAX_GROUPS
from app.ablate.service import MAX_SET
from app.ablate.task import Asked
from app.corpus.patterns import MAX_LENGTH
from app.engine.bodies import Body, Conditions, LatentNumber, Position, Prompt, Slug, TextBody
from app.web.request_types import MAX_SEED, Entries, Flag, Text, Whole, Word
from models.causal.removal import WAYS
from models.running.text_limits import most_characters

MAX_NAME = 200

TokenText = Annotated[str, Text(1, most_characters(1))]
Way = Annotated[str, Word(WAYS)]
TopK = Annotated[int, Whole(1, ablation.MAX_TOP_K, "a number of latents")]


class PromptBody(TextBody):
    """A prompt and the prediction that is asked about."""

    source: Slug = Field(description="Slug of a source.", examples=["demo-l2-resid-2k"])
    target: TokenText | None = Field(None, description="One token; null: the model's own next token.")
    contrast: TokenText | None = Field(None, description="One token: measure the difference of the two logits.")

    def asked(self) -> Asked:
        """What was asked."""
        return Asked(self.given(), self.target, self.contrast)


class AblateBody(PromptBody):
    """Which latents a prediction rests on."""

    top_k: TopK = Field(20, description="Latents that are listed.")
    by: Way = Field(
        "zero", description="What a removed value becomes: zero, its mean in the build, values of the build."
    )
    budget: Annotated[int, Whole(1, ablation.MAX_BUDGET, "a number of runs")] | None = Field(
        None, description="Runs of the model that exact removal may take; null: by the size of model and prompt."
    )


class PatchBody(PromptBody):
    """Values taken over from a second prompt of the same length."""

    other: Prompt = Field(description="The second prompt.", examples=["The dog sat on the mat."])
    top_k: TopK = Field(20, description="Latents that are listed.")


class PairBody(Body):
    """A pair of prompts of one length."""

    text: Prompt = Field(description="The first prompt.", examples=["The cat sat on the"])
    other: Prompt = Field(description="The second prompt.", examples=["The dog sat on the"])


class PatchPairsBody(Body):
    """Values taken over between the prompts of several pairs."""

    source: Slug = Field(description="Slug of a source.", examples=["demo-l2-resid-2k"])
    pairs: Annotated[list[PairBody], Entries(2, patching.MAX_PAIRS)] = Field(
        description="2 to 16 pairs.",
        examples=[[{"text": "The cat sat on the", "other": "The dog sat on the"}, {"text": "A", "other": "The"}]],
    )
    target: TokenText | None = Field(None, description="One token; null: the model's own after each first prompt.")
    contrast: TokenText | None = Field(None, description="One token: measure the difference of the two logits.")
    top_k: TopK = Field(20, description="Latents that are listed.")


class LatentBody(Body):
    """A latent, at one position or at all."""

    index: LatentNumber
    position: Position | None = Field(None, description="null: every position that counts.")


class SetBody(PromptBody):
    """A set of latents."""

    conditions: ClassVar[Conditions] = (
        *TextBody.conditions,
        {
            "anyOf": [
                {"properties": {"latents": {"minItems": 1}}},
                {"required": ["keep"], "properties": {"keep": {"const": True}}},
            ]
        },
    )

    latents: Annotated[list[LatentBody], Entries(0, MAX_SET)] = Field(
        description="What is removed, or kept; empty only with keep.", examples=[[{"index": 42}]]
    )
    keep: Flag = Field(False, description="false: remove these together; true: remove all others.")
    by: Way = Field("zero", description="What a removed value becomes, as in ablate.")

    @model_validator(mode="after")
    def _some_latents(self) -> "SetBody":
        if not self.latents and not self.keep:
            raise ValueError(f"latents has 0 entries; from 1 to {MAX_SET} can be given")
        return self


class LabelGroupBody(Body):
    """Texts of the corpus, instead of typed ones."""

    label: Annotated[str, Text(1, MAX_LENGTH)] = Field(
        description="A label of the build's corpus, as name: value.", examples=["topic: sea"]
    )


def _kind_of_group(value: Any) -> str:
    return "(label)" if isinstance(value, dict | LabelGroupBody) else "(texts)"


Texts = Annotated[list[Prompt], Entries(1, MAX_GROUP_TEXTS)]
Group = Annotated[
    Annotated[Texts, Tag("(texts)")] | Annotated[LabelGroupBody, Tag("(label)")], Discriminator(_kind_of_group)
]


class SelectivityBody(Body):
    """Groups of texts."""

    source: Slug = Field(description="Slug of a source.", examples=["demo-l2-resid-2k"])
    latents: Annotated[list[LatentNumber], Entries(1, MAX_CONTROLS)] = Field(
        description="Latents that are removed together.", examples=[[7]]
    )
    groups: Annotated[dict[Annotated[str, Text(0, MAX_NAME)], Group], Entries(1, MAX_GROUPS, "can be compared")] = (
        Field(
            description="Name -> texts, or a label of the corpus.",
            examples=[{"a": ["..."], "b": {"label": "topic: sea"}}],
        )
    )
    controls: Annotated[int, Whole(0, MAX_CONTROLS, "a number of random sets")] = Field(
        8, description="Random sets of the same size."
    )
    seed: Annotated[int, Whole(0, MAX_SEED, "a number")] = Field(0, description="Chooses the random sets.")
