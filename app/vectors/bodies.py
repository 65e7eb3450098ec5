"""What a vector is made from. docs/api.md explains each field."""

from typing import Annotated, ClassVar

from pydantic import Field, model_validator

from app.engine.bodies import Body, Conditions, ModelName, Name, Prompt, Slug, given
from app.vectors import service as vectors
from app.web.request_types import Entries, Text, Word

ContrastPrompts = Annotated[list[Prompt], Entries(1, vectors.MAX_PROMPTS)]


class VectorBody(Body):
    """Two lists of prompts."""

    conditions: ClassVar[Conditions] = ({"anyOf": [given("model", "string"), given("source", "string")]},)

    model: ModelName | None = Field(None, description="Name of a model; or name a source.", examples=["periscope-demo"])
    source: Slug | None = Field(None, description="A source of the model, instead of its name.")
    name: Name | None = Field(None, description="What to save it as; null: compute it and do not save.")
    positive: ContrastPrompts = Field(description="Prompts of one kind.", examples=[["I love you", "What joy"]])
    negative: ContrastPrompts = Field(description="Of the other.", examples=[["I hate you", "What pain"]])
    hook_name: Annotated[str, Text(1, 200)] | None = Field(
        None, description="null: the source's hook, or the middle block's output."
    )
    positions: Annotated[str, Word(vectors.PLACES)] = Field(
        "last", description="last or mean: which tokens of a prompt count."
    )

    @model_validator(mode="after")
    def _named(self) -> "VectorBody":
        if self.model is None and self.source is None:
            raise ValueError("Name a model or a source")
        return self
