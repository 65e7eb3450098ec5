"""The OpenAPI document: what FastAPI makes of the routes, with the errors that every route can answer and examples.

An example of an answer is in openapi_examples.json, under ``METHOD path``, unless the route gives one itself; a test
holds each against a real answer.
"""

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from app.body_limit import REFUSED
from app.errors import Problem

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
    422: Problem(422, "Cannot be processed", "limit must be a whole number, not 'many'."),
    429: Problem(429, "Too many attempts", "There were too many wrong tokens from 192.0.2.7; try again in 42 seconds."),
    503: Problem(503, "Database problem", "The database is held by another process; wait for its work to end."),
}
#: A sentence for those that are not clear from their title.
MEANINGS = {
    401: "A token is asked for, and it is missing or wrong",
    429: "Too many wrong tokens; Retry-After says how long to wait",
    503: "Not available now; Retry-After says when to try again",
}
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
        return complete(made)

    app.openapi = document  # type: ignore[method-assign]


def complete(document: dict[str, Any]) -> dict[str, Any]:
    """The document with errors, examples and the bearer token; changes and returns it."""
    parts = document.setdefault("components", {})
    schemas = parts.setdefault("schemas", {})
    schemas["Problem"] = PROBLEM_SCHEMA
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    parts["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    # Either nothing or the token: whether one is asked for is a setting.
    document["security"] = [{}, {"token": []}]
    examples = json.loads(EXAMPLES.read_text(encoding="utf-8"))
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            for parameter in operation.get("parameters", []):
                if parameter["in"] == "path":
                    parameter["description"], parameter["example"] = PARTS[parameter["name"]]
            responses = operation["responses"]
            responses.pop("422", None)
            responses |= {str(status): _response(status) for status in _statuses(path, method, operation)}
            _add_example(responses, examples.get(f"{method.upper()} {path}"))
    return document


def _statuses(path: str, method: str, operation: dict[str, Any]) -> list[int]:
    if path == "/healthz":
        return []
    if path == "/readyz":
        return [503]
    found = [400, 401, 429, 503]
    found += [404] if "{" in path else []
    found += [409] if path.startswith("/api/v1/sources/") else []
    found += [422] if path.startswith("/api/") else []
    found += [403] if method != "get" else []
    found += [413] if "requestBody" in operation else []
    return sorted(found)


def _response(status: int) -> dict[str, Any]:
    problem = PROBLEMS[status]
    content = {"schema": {"$ref": "#/components/schemas/Problem"}, "example": problem.body()}
    return {"description": MEANINGS.get(status, problem.title), "content": {PROBLEM_TYPE: content}}


def _add_example(responses: dict[str, Any], example: Any) -> None:
    for status in ("200", "201"):
        content = responses.get(status, {}).get("content", {}).get("application/json")
        if content is not None and example is not None and not content.keys() & {"example", "examples"}:
            content["example"] = example
