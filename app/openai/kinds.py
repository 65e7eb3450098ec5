"""What fields of OpenAI's requests may hold, beyond the kinds of ``app.web.request_types``."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic_core import PydanticCustomError

from app.web.request_types import MAX_CHARACTERS, MAX_ID, Kind, Text, Word, shown

#: Prompts of one request; stop strings of a text, and characters of one.
MAX_PROMPTS, MAX_STOPS, MAX_STOP = 128, 4, 200
#: Parts of the content of one message.
MAX_PARTS = 200
_WORDS = Text(1, MAX_CHARACTERS)


@dataclass(frozen=True)
class Only(Kind):
    """An option that this server does not have: it may be given as what asks for nothing, and is refused otherwise."""

    why: str
    allowed: tuple[Any, ...] = ()

    def read(self, value: Any) -> Any:
        """The value, which asks for nothing."""
        if any(value == one and isinstance(value, bool) == isinstance(one, bool) for one in (None, *self.allowed)):
            return value
        said = f"Input cannot be obeyed: {self.why}; leave it out"
        raise PydanticCustomError("unsupported", "{said}", {"said": said})

    def schema(self) -> dict[str, Any]:
        """What it may be."""
        return {"enum": [None, *self.allowed]}


@dataclass(frozen=True)
class Prompts(Kind):
    """One text or some, or the token ids of one or of some; read as a list of texts, or of lists of ids."""

    def read(self, value: Any) -> list[str | list[int]]:
        """The prompts."""
        if isinstance(value, str):
            return [_WORDS.read(value)]
        if not isinstance(value, list):
            raise ValueError(f"Input is a text, a list of texts, or token ids, not {shown(value)}")
        if value and all(_is_id(item) for item in value):
            return [value]
        if not 1 <= len(value) <= MAX_PROMPTS:
            raise ValueError(f"Input has {len(value)} entries; from 1 to {MAX_PROMPTS} prompts can be given")
        return [self._one(item, number) for number, item in enumerate(value)]

    def _one(self, item: Any, number: int) -> str | list[int]:
        if isinstance(item, str):
            try:
                return str(_WORDS.read(item))
            except ValueError as error:
                raise ValueError(f"Input, of which entry {number} {str(error).removeprefix('Input ')}") from None
        if isinstance(item, list) and item and all(_is_id(one) for one in item):
            return item
        raise ValueError(f"Input, of which entry {number} is no text and no list of token ids, but {shown(item)}")

    def schema(self) -> dict[str, Any]:
        """Texts or ids."""
        return {}


def _is_id(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_ID


@dataclass(frozen=True)
class Stops(Kind):
    """A text, or up to four."""

    def read(self, value: Any) -> list[str]:
        """The texts."""
        given: Sequence[Any] = value if isinstance(value, list) else () if value is None else (value,)
        if len(given) > MAX_STOPS:
            raise ValueError(f"Input has {len(given)} entries; at most {MAX_STOPS} can be given")
        return [str(Text(1, MAX_STOP).read(one)) for one in given]

    def schema(self) -> dict[str, Any]:
        """Texts."""
        return {}


@dataclass(frozen=True)
class Content(Kind):
    """The words of a message: a text, or parts that are texts, each on a line of its own."""

    def read(self, value: Any) -> str:
        """The text."""
        if not isinstance(value, list):
            return str(_WORDS.read(value))
        if not 1 <= len(value) <= MAX_PARTS:
            raise ValueError(f"Input has {len(value)} entries; from 1 to {MAX_PARTS} can be given")
        return str(_WORDS.read("\n".join(map(self._part, value))))

    def _part(self, part: Any) -> str:
        if not isinstance(part, dict) or not isinstance(part.get("text"), str) or part.keys() - {"type", "text"}:
            raise ValueError("Input has a part that is no text; this server reads only text")
        Word(("text",)).read(part.get("type"))
        return str(part["text"])

    def schema(self) -> dict[str, Any]:
        """Text."""
        return {}
