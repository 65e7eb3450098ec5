"""What a field of a request may hold: each kind refuses everything else in one sentence, and states its bounds in the
OpenAPI document, where clients and generated tests read them.

JSON has one kind of number and no dates, so pydantic is lenient by default: ``true`` and ``"5"`` would be taken for
numbers, ``1`` for true. Here a field takes what the document says and nothing else.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

from app.errors import number_text, shorten
from models.statistics.label_tests import KINDS, STATUSES

MAX_SLUG = 100


#: Characters of one text; how many are looked at follows from how many tokens the server reads
#: (models/running/text_limits.py).
MAX_CHARACTERS = 1_000_000


#: The most that the setting PERISCOPE_MAX_NEW_TOKENS can allow; the document names what it does allow.
MAX_NEW_TOKENS = 100_000


#: The largest number of a row in any table, on every database, and of a latent.
MAX_ID = 2**31 - 1
MAX_SEED = 2**63 - 1
#: Beyond what the activations' own format (float32) holds.
MAX_ACTIVATION = 1e38
MAX_SHOWN = 40
#: A character that shows, as every dialect of regular expressions understands it.
A_VISIBLE = r"[^\s\u001c-\u001f\u0085\ufeff]"
_VISIBLE = re.compile(A_VISIBLE)
_WHOLE = re.compile(r"[+-]?[0-9]{1,20}(\.0{1,20})?", re.ASCII)
_DECIMAL = re.compile(r"[+-]?([0-9]{1,400}\.?[0-9]{0,400}|\.[0-9]{1,400})([eE][+-]?[0-9]{1,4})?", re.ASCII)


class Kind:
    """A check that runs before pydantic's own, with what it means in the OpenAPI document."""

    def read(self, value: Any) -> Any:
        """The value as it is meant. Raises ValueError with a sentence that begins with ``Input``."""
        raise NotImplementedError

    def schema(self) -> dict[str, Any]:
        """The bounds as JSON Schema."""
        raise NotImplementedError

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(self.read, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {**handler(schema), **self.schema()}


@dataclass(frozen=True)
class Whole(Kind):
    """A whole number from ``low`` to ``high``; ``is_text``: of an address, where every value is a text."""

    low: int
    high: int
    what: str = "a whole number"
    is_text: bool = False

    def read(self, value: Any) -> Any:
        """The number; 5.0 is one, as JSON Schema has it."""
        found = _whole(value, self.is_text)
        if found is None:
            raise ValueError(f"Input must be a whole number, not {shown(value)}")
        if not self.low <= found <= self.high:
            raise ValueError(f"Input is {self.what} from {self.low} to {self.high}, not {shown(found)}")
        return found

    def schema(self) -> dict[str, Any]:
        """Both ends."""
        return {"type": "integer", "minimum": self.low, "maximum": self.high}


@dataclass(frozen=True)
class Numbered(Whole):
    """A whole number whose bounds another part of the code holds, in a sentence of its own.

    In an address it is the number of a row or a latent: one outside simply does not exist, which is a 404.
    """

    low: int = 0
    high: int = MAX_ID
    is_text: bool = True

    def read(self, value: Any) -> Any:
        """Any whole number."""
        found = _whole(value, self.is_text)
        if found is None:
            raise ValueError(f"Input must be a whole number, not {shown(value)}")
        return found


@dataclass(frozen=True)
class Number(Kind):
    """A finite number from ``low`` to ``high``, or above ``low`` if ``is_open``."""

    low: float
    high: float
    what: str = "a number"
    is_text: bool = False
    is_open: bool = False

    def read(self, value: Any) -> Any:
        """The number."""
        found = _decimal(value, self.is_text)
        if found is None:
            raise ValueError(f"Input must be a number, not {shown(value)}")
        if not self.low <= found <= self.high or (self.is_open and found == self.low):
            first = "above" if self.is_open else "from"
            raise ValueError(f"Input is {self.what} {first} {self.low:g} to {self.high:g}, not {found:g}")
        return found

    def schema(self) -> dict[str, Any]:
        """Both ends."""
        low = "exclusiveMinimum" if self.is_open else "minimum"
        return {"type": "number", low: self.low, "maximum": self.high}


@dataclass(frozen=True)
class Given(Kind):
    """A value of an address that may be left out; a form sends an empty text for that."""

    kind: Kind

    def read(self, value: Any) -> Any:
        """The value, or None."""
        return None if value is None or value == "" else self.kind.read(value)

    def schema(self) -> dict[str, Any]:
        """Both, one beside the other."""
        return {"anyOf": [self.kind.schema(), {"type": "string", "maxLength": 0}]}


@dataclass(frozen=True)
class Word(Kind):
    """One of a few words; an empty one stands for "not given"."""

    known: tuple[str, ...]

    def read(self, value: Any) -> Any:
        """The word."""
        if not isinstance(value, str) or value not in self.known:
            raise ValueError(f"Input is one of {', '.join(filter(None, self.known))}, not {shown(value)}")
        return value

    def schema(self) -> dict[str, Any]:
        """All of them."""
        return {"type": "string", "enum": list(self.known)}


@dataclass(frozen=True)
class Text(Kind):
    """A text of ``low`` to ``high`` characters. ``is_stored``: no NUL, which a database does not take.

    ``is_visible``: at least one character that is no white space. ``pattern``: all that it can be, for what only this
    server makes.
    """

    low: int
    high: int
    is_stored: bool = False
    is_visible: bool = False
    pattern: str = ""

    def read(self, value: Any) -> Any:
        """The text as it is."""
        if not isinstance(value, str):
            raise ValueError(f"Input must be a text, not {shown(value)}")
        if len(value) > self.high:
            raise ValueError(f"Input has {len(value):,} characters; at most {self.high:,} can be given")
        if len(value) < self.low or (self.is_visible and not _VISIBLE.search(value)):
            raise ValueError("Input is empty; type something")
        if any("\ud800" <= character <= "\udfff" for character in value):
            raise ValueError("Input contains half a surrogate pair, which is not a character; remove it")
        if self.is_stored and "\0" in value:
            raise ValueError("Input contains the character NUL, which cannot be stored; remove it")
        if self.pattern and not re.fullmatch(self.pattern, value, re.ASCII):
            raise ValueError(f"Input is nothing that this server gave, but {shown(value)}")
        return value

    def schema(self) -> dict[str, Any]:
        """Both lengths, and which characters."""
        bounds: dict[str, Any] = {"type": "string", "minLength": self.low, "maxLength": self.high}
        if self.pattern:
            return bounds | {"pattern": f"^{self.pattern}$"}
        if self.is_stored:
            once = A_VISIBLE.replace("^", r"^\u0000") + r"[^\u0000]*" if self.is_visible else ""
            return bounds | {"pattern": rf"^[^\u0000]*{once}$"}
        return bounds | ({"pattern": A_VISIBLE} if self.is_visible else {})


@dataclass(frozen=True)
class Entries(Kind):
    """A list of ``low`` to ``high`` entries, or an object of so many; counted before any of them is looked at."""

    low: int
    high: int
    said: str = "can be given"

    def read(self, value: Any) -> Any:
        """The list as it is."""
        if isinstance(value, list | dict) and not self.low <= len(value) <= self.high:
            raise ValueError(f"Input has {len(value)} entries; from {self.low} to {self.high} {self.said}")
        return value

    def schema(self) -> dict[str, Any]:
        """Both numbers."""
        return {}

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        found = handler(schema)
        unit = "Properties" if found.get("type") == "object" else "Items"
        return {**found, f"min{unit}": self.low, f"max{unit}": self.high}


#: true or false, and neither 1 nor "yes".
Flag = Annotated[bool, Field(strict=True)]
PathNumber = Annotated[int, Numbered()]


def shown(value: Any) -> str:
    """A value of JSON as a sentence names it, short."""
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    if isinstance(value, str):
        return repr(shorten(value, MAX_SHOWN))
    if isinstance(value, Mapping):
        return "an object"
    if isinstance(value, Sequence):
        return "a list"
    return number_text(value, MAX_SHOWN) if isinstance(value, int | float) else shorten(str(value), MAX_SHOWN)


def _whole(value: Any, is_text: bool) -> int | None:
    if is_text:
        typed = str(value).strip()
        return int(typed.partition(".")[0]) if _WHOLE.fullmatch(typed) else None
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _decimal(value: Any, is_text: bool) -> float | None:
    if is_text:
        typed = str(value).strip()
        return float(typed) if _DECIMAL.fullmatch(typed) else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value)
    except OverflowError:  # a whole number beyond every float
        return math.inf


Share = Annotated[float, Number(0, 1)]


LabelStatus = Annotated[str, Word(STATUSES)]


LabelKind = Annotated[str, Word(KINDS)]
