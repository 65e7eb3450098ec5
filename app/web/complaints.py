"""The first complaint of pydantic about what was sent, as one sentence that names the field."""

from collections.abc import Sequence
from typing import Any

from app.errors import shorten
from app.web.request_types import shown

#: Complaints of pydantic that read better in other words.
KINDS = {
    "int_parsing": "a whole number",
    "int_parsing_size": "a whole number of fewer digits",
    "int_from_float": "a whole number",
    "int_type": "a whole number",
    "float_parsing": "a number",
    "float_type": "a number",
    "bool_parsing": "true or false",
    "bool_type": "true or false",
    "string_type": "a text",
    "string_unicode": "text of valid Unicode",
    "list_type": "a list",
    "model_attributes_type": "an object",
    "dataclass_type": "an object",
}


def sentence(first: Any) -> str:
    """The first complaint of pydantic as one sentence about the parameter or the field of the body."""
    name = place(first["loc"]) or "The body"
    if first["type"] == "missing":
        return f"{name} is missing."
    if first["type"] == "json_invalid":
        return f"The body is not JSON ({shorten(str(first.get('ctx', {}).get('error', 'it cannot be read')))})."
    if first["type"] in ("extra_forbidden", "unexpected_keyword_argument"):
        return f"{name} is not known here; /docs lists what can be given."
    if first["type"] in KINDS:
        return f"{name} must be {KINDS[first['type']]}, not {shown(first.get('input', ''))}."
    said = str(first["msg"]).removeprefix("Value error, ").rstrip(".")
    if said.startswith(("Input ", "Input, ")):
        return f"{name}{said.removeprefix('Input')}."
    # What ties several fields together names them itself.
    return f"{said}." if first["type"] == "value_error" else f"{name}: {said}."


def place(location: Sequence[str | int]) -> str:
    """Where in the request, as people write it: ``terms[0].strength``; empty for all of it."""
    rest = location[1:] if location[:1] in (("body",), ("query",), ("path",)) else location
    # A union's branch stands in brackets (app.ablate.bodies); nobody wrote it.
    steps = [step for step in rest if not str(step).startswith("(")]
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)
    return shorten(text.removeprefix("."))
