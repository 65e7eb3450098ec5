"""The OpenAPI document: what FastAPI makes of the routes, with the errors that every route can answer and examples.

An example of an answer is in openapi_examples.json, under ``METHOD path``, unless the route gives one itself; a test
holds each against a real answer.
"""

import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from app.errors import Problem
from app.settings import Settings
from app.web.body_limit import REFUSED
from app.web.request_types import MAX_CHARACTERS, MAX_NEW_TOKENS, MAX_SEED
from models.running.text_limits import most_characters

EXAMPLES = Path(__file__).with_name("openapi_examples.json")
PROBLEM_TYPE = "application/problem+json"
PROBLEM_SCHEMA = {
    "type": "object",
    "title": "Problem",
    "description": "An error as RFC 9457 has it; detail says what was asked, what the limit is and what to do next.",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "const": "about:blank"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
    },
}
#: What may go wrong, with an example of each.
PROBLEMS = {
    400: Problem(400, "Unknown host", "This server does not answer to the name 'x.example', only to localhost."),
    401: Problem(401, "Not authorised", "This is not the token of this server."),
    403: Problem(403, "Refused", "This request was sent by a page of another site."),
    404: Problem(404, "Unknown latent", "demo-l2-resid-2k has no latent 4096; its latents are 0 to 2047."),
    409: Problem(409, "Not built yet", "tiny has no finished build yet; start one with `periscope build tiny`."),
    413: Problem(413, "Too large", REFUSED),
    507: Problem(507, "Database problem", "There is no space left for the database; free some disk space."),
    422: Problem(422, "Cannot be processed", "limit must be a whole number, not 'many'."),
    429: Problem(429, "Too many attempts", "There were too many wrong tokens from 192.0.2.7; try again in 42 seconds."),
    503: Problem(503, "Database problem", "The database is held by another process; wait for its work to end."),
    500: Problem(500, "Internal error", "Something went wrong in Periscope; the log says what."),
}
#: A sentence for those that are not clear from their title.
MEANINGS = {
    401: "A token is asked for, and it is missing or wrong",
    429: "Too many wrong tokens; Retry-After says how long to wait",
    404: "Something that the request names does not exist",
    409: "Well-formed, but it does not fit what is there: the source, the model, the build, another thing of this name",
    413: "The body is too large",
    422: "It breaks what this document says, or a text is too long",
    503: "Not available now; Retry-After says when to try again",
    507: "There is no space left",
}
#: Statuses whose answer says in Retry-After how many seconds to wait.
LATER = (429, 503)
RETRY_AFTER = {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 0}}
#: What the answer of an operation is needed for: operation -> (status, name, operation, parameter, where its value is).
LINKS = {
    "post /api/v1/mixes": [
        ("201", "mix", "get /api/v1/mixes/{id}", "id", "$response.body#/id"),
        ("201", "delete", "delete /api/v1/mixes/{id}", "id", "$response.body#/id"),
    ],
    "get /api/v1/vectors": [
        ("200", "file", "get /api/v1/vectors/{id}.safetensors", "id", "$response.body#/vectors/0/id"),
        ("200", "delete", "delete /api/v1/vectors/{id}", "id", "$response.body#/vectors/0/id"),
    ],
    "get /api/v1/sources": [
        ("200", "latents", "get /api/v1/sources/{source}/latents", "source", "$response.body#/sources/0/source"),
    ],
    "get /api/v1/sources/{source}/latents": [
        ("200", "next", "get /api/v1/sources/{source}/latents", "cursor", "$response.body#/next_cursor"),
    ],
}
#: Operations that can answer with server-sent events.
STREAMS = ("post /api/v1/steer", "post /api/v1/calibrate")
#: Parts of a path by their name, and examples of them.
PARTS = {
    "source": ("The source's slug, as /sources has it.", "demo-l2-resid-2k"),
    "index": ("The latent's number, 0 to d_sae - 1.", 5),
    "model": ("The model's name, as /models has it.", "periscope-demo"),
    "id": ("The number that it got when it was saved.", 1),
}


def install_openapi(app: FastAPI) -> None:
    """Make the application answer ``/openapi.json`` with the completed document."""

    @lru_cache(maxsize=1)
    def document() -> dict[str, Any]:
        made = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
        return complete(made, app.state.settings)

    app.openapi = document  # type: ignore[method-assign]


def complete(document: dict[str, Any], settings: Settings) -> dict[str, Any]:
    """The document with errors, examples, links, the bearer token and the limits that are settings; changes and
    returns it.
    """
    parts = document.setdefault("components", {})
    schemas = parts.setdefault("schemas", {})
    schemas["Problem"] = PROBLEM_SCHEMA
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    parts["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    # Either nothing or the token: whether one is asked for is a setting.
    document["security"] = [{}, {"token": []}]
    # Longer than the longest text whose tokens can be as many as are read, a text is refused unread.
    longest = min(MAX_CHARACTERS, most_characters(settings.max_prompt_tokens))
    _refine(schemas, {"maximum": (MAX_NEW_TOKENS, settings.max_new_tokens), "maxLength": (MAX_CHARACTERS, longest)})
    examples = json.loads(EXAMPLES.read_text(encoding="utf-8"))
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            _complete_operation(path, method, operation, examples.get(f"{method.upper()} {path}"))
    _add_links(document["paths"])
    return document


def _complete_operation(path: str, method: str, operation: dict[str, Any], example: Any) -> None:
    for parameter in operation.get("parameters", []):
        if parameter["in"] == "path":
            parameter["description"], parameter["example"] = PARTS[parameter["name"]]
        _without_null(parameter["schema"])
    responses = operation["responses"]
    responses.pop("422", None)
    responses |= {str(status): _response(status) for status in _statuses(path, method, operation)}
    _add_example(responses, example)
    if f"{method} {path}" in STREAMS:
        responses["200"]["content"]["text/event-stream"] = {
            "schema": {"description": "Named events; docs/api.md says which."}
        }


def _refine(value: Any, limits: Mapping[str, tuple[int, int]]) -> None:
    """Give whole numbers bounds that are whole numbers (FastAPI makes floats of them, and 2⁶³ - 1 is none), and put the
    limits of this server in the place of the largest that any can have: keyword -> (largest, this server's).
    """
    if isinstance(value, dict):
        for name in ("minimum", "maximum"):
            if value.get("type") == "integer" and isinstance(value.get(name), float):
                value[name] = min(int(value[name]), MAX_SEED)
        for name, (largest, own) in limits.items():
            if value.get(name) == largest:
                value[name] = own
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        _refine(item, limits)


def _without_null(schema: dict[str, Any]) -> None:
    """A parameter of an address is there or not; it cannot be null."""
    options = [option for option in schema.get("anyOf", ()) if option != {"type": "null"}]
    if len(options) == 1:
        del schema["anyOf"]
        schema |= options[0]


def _statuses(path: str, method: str, operation: dict[str, Any]) -> list[int]:
    if path == "/healthz":
        return []
    if path == "/readyz":
        return [503]
    found = [400, 401, 429, 500, 503]
    found += [404, 409, 422] if path.startswith("/api/") else []
    found += [403, 507] if method != "get" else []
    found += [413] if "requestBody" in operation else []
    return sorted(found)


def _add_links(paths: dict[str, Any]) -> None:
    for operation, links in LINKS.items():
        method, path = operation.split(" ")
        for status, name, target, parameter, value in links:
            other, where = target.split(" ")
            link = {"operationId": paths[where][other]["operationId"], "parameters": {parameter: value}}
            paths[path][method]["responses"][status].setdefault("links", {})[name] = link


def _response(status: int) -> dict[str, Any]:
    problem = PROBLEMS[status]
    content = {"schema": {"$ref": "#/components/schemas/Problem"}, "example": problem.body()}
    answer: dict[str, Any] = {"description": MEANINGS.get(status, problem.title), "content": {PROBLEM_TYPE: content}}
    return answer | ({"headers": {"Retry-After": RETRY_AFTER}} if status in LATER else {})


def _add_example(responses: dict[str, Any], example: Any) -> None:
    for status in ("200", "201"):
        content = responses.get(status, {}).get("content", {}).get("application/json")
        if content is not None and example is not None and not content.keys() & {"example", "examples"}:
            content["example"] = example
