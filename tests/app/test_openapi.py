"""The OpenAPI document: each route names its errors, each GET has an example of a real answer; errors are problems."""

import importlib.util
import json
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from pydantic import TypeAdapter

import app
from app.main import create_app
from app.settings import Settings
from app.web.body_limit import MAX_BODY
from app.web.openapi import EXAMPLES, PROBLEM_TYPE
from tests.fixtures_source import D_SAE

LABELS = "/api/v1/sources/tiny-mid/latents/5/explanations"
#: A real request for every GET of the API that answers JSON.
REAL = {
    "/api/v1/sources": "/api/v1/sources",
    "/api/v1/sources/{source}/latents": "/api/v1/sources/tiny-mid/latents",
    "/api/v1/sources/{source}/latents/{index}": "/api/v1/sources/tiny-mid/latents/5",
    "/api/v1/sources/{source}/latents/{index}/explanations": LABELS,
    "/api/v1/builds": "/api/v1/builds",
    "/api/v1/search": "/api/v1/search?q=winter",
    "/api/v1/models": "/api/v1/models",
    "/api/v1/calibrations": "/api/v1/calibrations?source=tiny-mid",
    "/api/v1/sources/{source}/latents/{index}/strength": "/api/v1/sources/tiny-mid/latents/5/strength",
    "/api/v1/vectors": "/api/v1/vectors",
    "/api/v1/sources/{source}/latents/{index}/rule": "/api/v1/sources/tiny-mid/latents/5/rule?rule=snow*",
    "/api/v1/mixes": "/api/v1/mixes",
    "/api/v1/mixes/{id}": "/api/v1/mixes/1",
    "/healthz": "/healthz",
    "/readyz": "/readyz",
}
#: What each kind of operation cannot do without.
WRONG = [
    ("GET", "/api/v1/nothing", 404),
    ("GET", "/api/v1/sources/nope/latents", 404),
    ("GET", "/api/v1/sources/nope/latents/0", 404),
    ("GET", f"/api/v1/sources/tiny-mid/latents/{D_SAE}", 404),
    ("GET", "/api/v1/sources/tiny-mid/latents/five", 422),
    ("GET", "/api/v1/sources/tiny-mid/latents?limit=many", 422),
    ("GET", "/api/v1/sources/tiny-mid/latents?limit=0", 422),
    ("GET", "/api/v1/sources/tiny-mid/latents?sort=nothing", 422),
    ("GET", "/api/v1/sources/tiny-mid/latents?min_density=nan", 422),
    ("GET", "/api/v1/sources/tiny-mid/latents?cursor=x", 409),
    ("GET", "/api/v1/sources/other-mlp/latents", 409),
    ("DELETE", "/api/v1/sources", 405),
    ("PUT", "/api/v1/sources/tiny-mid/latents/5", 405),
    ("GET", "/static/nothing.css", 404),
    ("POST", "/healthz", 405),
]


@pytest.fixture
def document(client: TestClient) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/openapi.json").json()
    return found


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [(m.upper(), path, item) for path, methods in document["paths"].items() for m, item in methods.items()]


def shape(value: Any) -> Any:
    """The names of the fields, through all levels; of a list its first item."""
    if isinstance(value, dict):
        return {name: shape(item) for name, item in value.items()}
    return [shape(value[0])] if isinstance(value, list) and value else None


def fits(example: Any, real: Any) -> bool:
    """Whether the two have the same fields wherever both have any."""
    if isinstance(example, dict) and isinstance(real, dict):
        is_free = not example.keys() & real.keys()
        return is_free or (example.keys() == real.keys() and all(fits(example[name], real[name]) for name in example))
    if isinstance(example, list) and isinstance(real, list):
        return not example or not real or fits(example[0], real[0])
    return example is None or real is None or isinstance(example, dict | list) == isinstance(real, dict | list)


def test_every_get_that_answers_json_has_an_example_of_a_real_answer(
    client: TestClient, document: dict[str, Any]
) -> None:
    for method, path, operation in operations(document):
        content = operation["responses"].get("200", {}).get("content", {}).get("application/json")
        if method != "GET" or content is None:
            continue
        example = content.get("example")
        assert example is not None, f"{path}: write an example in {EXAMPLES.name}"
        assert path in REAL, f"{path}: write a real request in this test"
        real = client.get(REAL[path]).json()
        assert fits(example, real), f"{path}: {shape(example)} is not {shape(real)}"


def test_every_answer_of_another_kind_has_its_type(client: TestClient, document: dict[str, Any]) -> None:
    contents = {
        path: item["responses"]["200"]["content"]
        for method, path, item in operations(document)
        if method == "GET" and "application/json" not in item["responses"]["200"].get("content", {})
    }
    assert set(contents) == {"/metrics", "/api/v1/vectors/{id}.safetensors"}
    assert set(contents["/api/v1/vectors/{id}.safetensors"]) == {"application/octet-stream"}
    client.get("/healthz")
    real = client.get("/metrics")
    assert real.headers["content-type"].startswith("text/plain;")
    assert real.text.startswith(contents["/metrics"]["text/plain"]["example"].split("{")[0])


def test_examples_are_valid_for_the_answers_of_the_code() -> None:
    examples = json.loads(EXAMPLES.read_text(encoding="utf-8"))
    checked = 0
    rooms = [module.name for module in pkgutil.iter_modules(app.__path__, "app.") if module.ispkg]
    modules = [f"{room}.api" for room in rooms if importlib.util.find_spec(f"{room}.api")]
    for route in (route for module in modules for route in importlib.import_module(module).router.routes):
        kind = getattr(route, "response_model", None)
        for method in getattr(route, "methods", None) or ():
            example = examples.get(f"{method} {getattr(route, 'path', '')}")
            if example is not None and kind is not None:
                TypeAdapter(kind).validate_python(example)
                checked += 1
    assert checked >= 15


def test_no_example_is_for_a_route_that_does_not_exist(document: dict[str, Any]) -> None:
    known = {f"{method} {path}" for method, path, _ in operations(document)}
    assert set(json.loads(EXAMPLES.read_text(encoding="utf-8"))) <= known


def test_every_operation_names_its_errors_as_problems(document: dict[str, Any]) -> None:
    assert set(document["components"]["schemas"]["Problem"]["required"]) == {"type", "title", "status", "detail"}
    assert "HTTPValidationError" not in json.dumps(document)
    for method, path, operation in operations(document):
        errors = {status: item for status, item in operation["responses"].items() if status >= "400"}
        assert errors or path == "/healthz", f"{method} {path} names no errors"
        for status, item in errors.items():
            content = item["content"][PROBLEM_TYPE]
            assert content["schema"] == {"$ref": "#/components/schemas/Problem"}
            assert content["example"]["status"] == int(status)
        if "{" in path:
            assert "404" in errors
        if operation.get("parameters") or "requestBody" in operation:
            assert "422" in errors


def test_every_parameter_is_described(document: dict[str, Any]) -> None:
    found = [p for path in document["paths"].values() for o in path.values() for p in o.get("parameters", [])]
    assert len(found) > 20
    assert [parameter["name"] for parameter in found if not parameter.get("description")] == []


def test_every_operation_has_a_summary_and_a_description(document: dict[str, Any]) -> None:
    assert [f"{m} {p}" for m, p, item in operations(document) if not item.get("summary")] == []
    assert [f"{m} {p}" for m, p, item in operations(document) if not item.get("description")] == []


@pytest.mark.parametrize(("method", "path", "status"), WRONG)
def test_every_error_is_a_problem_document(client: TestClient, method: str, path: str, status: int) -> None:
    response = client.request(method, path)
    assert response.status_code == status, response.text
    is_problem(response)


def is_problem(response: Any) -> None:
    assert response.headers["content-type"] == PROBLEM_TYPE
    assert response.headers["cache-control"] == "no-store"
    body = response.json()
    assert set(body) == {"type", "title", "status", "detail"}
    assert body["status"] == response.status_code
    assert body["detail"].endswith((".", "?", "!"))
    assert "\n" not in body["detail"]


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PATCH", "/api/v1/vectors", "GET, HEAD, POST"), ("DELETE", "/api/v1/sources", "GET, HEAD"),
        ("GET", "/api/v1/steer", "POST"), ("POST", "/healthz", "GET, HEAD"), ("POST", "/sources/tiny-mid", "GET, HEAD"),
        ("PUT", "/api/v1/mixes/1", "DELETE, GET, HEAD"), ("PUT", "/static/css/base.css", "GET, HEAD"),
    ],
)  # fmt: skip
def test_a_refused_method_is_told_all_that_the_address_takes(
    client: TestClient, method: str, path: str, allowed: str
) -> None:
    response = client.request(method, path)
    assert (response.status_code, response.headers["allow"]) == (405, allowed)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b'{"text":"\xff\xfe"}', "The body is not UTF-8 text."),
        (b"[" * 100_000, "The body is nested too deeply."),
        (b'{"text":' + b"9" * 6000 + b"}", "The body has a number of too many digits."),
    ],
)
def test_a_body_that_cannot_be_read_is_refused_with_the_reason(client: TestClient, body: bytes, reason: str) -> None:
    response = client.post(LABELS, content=body, headers={"Content-Type": "application/json"})
    is_problem(response)
    assert (response.status_code, response.json()["detail"]) == (400, reason)


def _in_parts(size: int) -> Iterator[bytes]:
    for _ in range(size >> 20):
        yield b" " * (1 << 20)


@pytest.mark.parametrize("path", [LABELS, "/api/v1/microscope", "/sources/tiny-mid/latents/5/labels", "/sign-in"])
@pytest.mark.parametrize("is_announced", [True, False])
def test_a_body_that_is_too_large_is_refused(client: TestClient, path: str, is_announced: bool) -> None:
    kind = "application/json" if path.startswith("/api/") else "application/x-www-form-urlencoded"
    content = b" " * (MAX_BODY + 1) if is_announced else _in_parts(MAX_BODY + (1 << 20))
    response = client.post(path, content=content, headers={"Content-Type": kind})
    assert response.status_code == 413
    assert "at most 8 MiB" in response.text
    assert "content-security-policy" in response.headers
    if path.startswith("/api/"):
        is_problem(response)


def test_an_unknown_field_of_a_label_is_refused(own_client: TestClient) -> None:
    response = own_client.post(LABELS, json={"text": "x", "auther": "me"})
    is_problem(response)
    assert response.status_code == 422
    assert response.json()["detail"] == "auther is not known here; /docs lists what can be given."


def test_no_operation_answers_nonsense_with_anything_but_a_problem(
    client: TestClient, document: dict[str, Any]
) -> None:
    for method, path, operation in operations(document):
        address = path.replace("{source}", "no such source").replace("{index}", "-1").replace("{model}", "none")
        address = address.replace("{id}", "x")
        assert "{" not in address, f"{path}: write a wrong value for its parameter in this test"
        for body in ({} if method == "GET" else {"content": b"{"}, {"json": [1]}, {"json": {"nonsense": 1}}):
            response = client.request(method, f"{address}?limit=-1&cursor=%00", **body)
            assert response.status_code < 500, f"{method} {path}: {response.text}"
            if response.status_code >= 400:
                is_problem(response)
            else:
                # What takes no parameter cannot be asked wrongly.
                assert "{" not in path
                assert "requestBody" not in operation


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"{", "The body is not JSON"),
        (b"", "The body is missing."),
        (b"[]", "must be an object"),
        (b"{}", "text is missing."),
        (b'{"text": 1}', "text must be a text, not 1."),
    ],
)
def test_a_wrong_body_is_one_sentence_about_the_field(own_client: TestClient, body: bytes, sentence: str) -> None:
    path = "/api/v1/sources/tiny-mid/latents/5/explanations"
    response = own_client.post(path, content=body, headers={"Content-Type": "application/json"})
    assert response.status_code == 422
    assert sentence in response.json()["detail"]
    is_problem(response)


def unbounded(document: dict[str, Any], schema: dict[str, Any], where: str) -> Iterator[str]:
    """Where a request's schema states no limit: a number, a text, a list or an object of any names."""
    name = schema.get("$ref", "").rsplit("/", 1)[-1]
    schema = document["components"]["schemas"][name] if name else schema
    kind = schema.get("type")
    has = schema.keys()
    if kind in ("integer", "number") and not ("maximum" in has and has & {"minimum", "exclusiveMinimum"}):
        yield where
    if kind == "string" and not has & {"maxLength", "enum", "const"}:
        yield where
    if (kind == "array" and "maxItems" not in has) or (kind == "object" and not has & {"properties", "maxProperties"}):
        yield where
    for option in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
        yield from unbounded(document, option, where)
    for field, item in schema.get("properties", {}).items():
        yield from unbounded(document, item, f"{where}.{field}")
    for inner in (schema.get("items"), schema.get("additionalProperties")):
        if isinstance(inner, dict):
            yield from unbounded(document, inner, f"{where}[]")


def test_every_field_of_a_request_states_its_bounds(document: dict[str, Any]) -> None:
    found = []
    for method, path, operation in operations(document):
        body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
        found += unbounded(document, body["schema"], f"{method} {path} body") if body else []
        for parameter in operation.get("parameters", ()):
            if parameter["in"] != "path" or parameter["name"] != "source":
                found += unbounded(document, parameter["schema"], f"{method} {path} {parameter['name']}")
    assert [where for where in found if not where.endswith(" model")] == []


def test_the_document_states_the_limits_of_this_server(filled_folder: Path) -> None:
    settings = Settings(_env_file=None, data_dir=filled_folder, max_new_tokens=7, max_prompt_tokens=10)
    schemas = create_app(settings).openapi()["components"]["schemas"]
    steer = schemas["SteerBody"]["properties"]
    assert steer["max_new_tokens"]["anyOf"][0]["maximum"] == 7
    assert steer["prompt"]["anyOf"][0]["maxLength"] == 10 * 128
    assert steer["seed"]["maximum"] == 2**63 - 1
    assert isinstance(steer["seed"]["maximum"], int)


def test_every_operation_documents_what_it_can_answer(document: dict[str, Any]) -> None:
    for method, path, operation in operations(document):
        if path in ("/healthz", "/readyz"):
            continue
        responses = operation["responses"]
        wanted = {"401", "429", "500", "503"} | ({"404", "409", "422"} if path.startswith("/api/") else set())
        wanted |= {"403", "507"} if method != "GET" else set()
        wanted |= {"413"} if "requestBody" in operation else set()
        assert wanted <= responses.keys(), f"{method} {path}"
        for status in ("429", "503"):
            assert responses[status]["headers"]["Retry-After"]["schema"]["type"] == "integer"


def test_the_answers_that_say_when_to_try_again_have_the_header_of_the_document(own_client: TestClient) -> None:
    state: Any = own_client.app.state  # type: ignore[attr-defined]
    state.engine.dispose()
    with state.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE mix")
    response = own_client.get("/api/v1/mixes")
    is_problem(response)
    assert response.status_code == 503
    assert int(response.headers["retry-after"]) > 0
