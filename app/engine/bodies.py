"""What the API takes in the body of a request: texts and chats, and what is read in them. docs/api.md explains each.

A condition that ties fields together (one of two, one with another) stands in ``conditions``, as JSON Schema in the
OpenAPI document, and is held by a validator beside it. So a body that fits the document is understood; what remains to
be refused is what only the model, the source or the build can say.
"""

from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field, GetJsonSchemaHandler, model_validator
from pydantic_core import CoreSchema

from app.db.writes.vectors import MAX_NAME
from app.engine import activations
from app.engine.texts import TextInput
from app.web.request_types import MAX_CHARACTERS, MAX_ID, MAX_SLUG, Entries, Flag, Number, Text, Whole, Word
from models.running.chat import ROLES, parse_messages

Name = Annotated[str, Text(1, MAX_NAME, is_visible=True)]


#: Messages of one chat, and tokens that a ranking can be over.
MAX_MESSAGES, MAX_POSITIONS = 200, 10_000

Prompt = Annotated[str, Text(1, MAX_CHARACTERS)]
Slug = Annotated[str, Text(1, MAX_SLUG)]
ModelName = Annotated[str, Text(1, 1000)]
LatentNumber = Annotated[int, Whole(0, MAX_ID, "the number of a latent")]
RowNumber = Annotated[int, Whole(1, MAX_ID, "a number that something got when it was saved")]
Position = Annotated[int, Whole(0, MAX_ID, "the place of a token")]
Share = Annotated[float, Number(0, 1, "a share of tokens")]
Temperature = Annotated[float, Number(0, 10)]


#: JSON Schemas.
Conditions = tuple[dict[str, Any], ...]


class Body(BaseModel):
    """A body in which an unknown name is an error: an option that does nothing would mislead."""

    model_config = ConfigDict(extra="forbid")
    #: JSON Schemas that hold besides those of the fields.
    conditions: ClassVar[Conditions] = ()

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        found = handler(schema)
        handler.resolve_ref_schema(found).update({"allOf": list(cls.conditions)} if cls.conditions else {})
        return found


def given(name: str, kind: str, **others: dict[str, Any]) -> dict[str, Any]:
    """The condition that a field is there and is no null, and that others are as they say."""
    return {"required": [name], "properties": {name: {"type": kind}, **others}}


NULL: dict[str, Any] = {"type": "null"}


class MessageBody(Body):
    """One turn of a chat."""

    role: Annotated[str, Word(ROLES)] = Field(description="system, user or assistant.")
    content: Prompt


Messages = Annotated[list[MessageBody], Entries(1, MAX_MESSAGES)]


class TextBody(Body):
    """A plain text or a chat, one of the two."""

    conditions: ClassVar[Conditions] = (
        {"oneOf": [given("text", "string", messages=NULL), given("messages", "array", text=NULL)]},
    )

    text: Prompt | None = Field(None, description="A plain text.", examples=["The cat sat on the mat."])
    messages: Messages | None = Field(
        None, description="A chat, rendered with the model's own template; instead of text."
    )
    add_generation_prompt: Flag = Field(False, description="For a chat: end with the beginning of an answer.")

    @model_validator(mode="after")
    def _one_text(self) -> "TextBody":
        if (self.text is None) == (self.messages is None):
            raise ValueError("Give either text or messages")
        return self

    def given(self) -> TextInput:
        """What was given."""
        return text_input(self.text, self.messages, self.add_generation_prompt)


def text_input(text: str | None, messages: list[MessageBody] | None, add_generation_prompt: bool) -> TextInput:
    """A text, or a chat in its place."""
    if messages is None:
        return TextInput(text or "")
    turns = parse_messages([message.model_dump() for message in messages])
    return TextInput(messages=turns, add_generation_prompt=add_generation_prompt)


class ActivationsBody(Body):
    """Texts to read one latent on."""

    texts: Annotated[list[Prompt], Entries(1, activations.MAX_TEXTS, "are read at once")] = Field(
        description="1 to 64 texts.", examples=[["The cat sat on the mat."]]
    )
