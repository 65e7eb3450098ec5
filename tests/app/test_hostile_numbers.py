"""A number that is none, or too large for anything, is refused in one sentence by every field of every route and form.

The fields are those of the OpenAPI document, so that a new one is tried as well; pages are listed by hand.
"""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl

import pytest
from fastapi.testclient import TestClient

from app.reference.service import _sample
from app.web.openapi import PROBLEM_TYPE

#: As they stand in a body; Python's reader takes NaN and Infinity, which JSON does not have.
ANYWHERE = ["1e400", "-1e400", "NaN", "Infinity", "-Infinity", "true", "false", '"5"', '"NaN"', "[]", "{}", "9" * 4000]
NO_WHOLE = [*ANYWHERE, "1.5", "1e-5", "-" + "9" * 4000, str(2**64)]
TYPED = [
    "1e400", "-1e400", "NaN", "nan", "inf", "Infinity", "true", "1_0", "٣", "１", "9" * 50, "9" * 4000, "9" * 5000,
    "-" + "9" * 4000, "0x10", "1e5000", "5;", "--5",
]  # fmt: skip
#: The same in a form, which takes the digits of any script as people type them.
FORM = [value for value in TYPED if value.isascii() and "_" not in value]


def resolved(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    name = schema.get("$ref", "").rsplit("/", 1)[-1]
    return document["components"]["schemas"][name] if name else schema


def numbers(document: dict[str, Any], schema: dict[str, Any], path: tuple[Any, ...] = ()) -> Iterator[Any]:
    """(where, type) of every field of a body that is a number, through lists and objects."""
    schema = resolved(document, schema)
    for option in schema.get("anyOf", ()):
        yield from numbers(document, option, path)
    if schema.get("type") in ("integer", "number"):
        yield path, schema["type"]
    for name, item in schema.get("properties", {}).items():
        yield from numbers(document, item, (*path, name))
    if schema.get("type") == "array":
        yield from numbers(document, schema["items"], (*path, 0))


def with_number(body: Any, path: tuple[Any, ...], mark: str) -> Any:
    """The body with a mark in the place of one field; what leads there is made."""
    if not path:
        return mark
    first, *rest = path
    if isinstance(first, int):
        items = body if isinstance(body, list) and body else [{}]
        return [with_number(items[0], tuple(rest), mark), *items[1:]]
    known = body if isinstance(body, dict) else {}
    return known | {first: with_number(known.get(first), tuple(rest), mark)}


@pytest.fixture(scope="module")
def document(client: TestClient) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/openapi.json").json()
    return found


def test_no_field_of_a_body_takes_what_is_no_number_in_its_bounds(client: TestClient, document: dict[str, Any]) -> None:
    tried = 0
    for path, methods in document["paths"].items():
        schema = methods.get("post", {}).get("requestBody", {}).get("content", {}).get("application/json", {})
        if not schema:
            continue
        sample = _sample(document, schema["schema"])
        for where, kind in numbers(document, schema["schema"]):
            for value in NO_WHOLE if kind == "integer" else ANYWHERE:
                body = json.dumps(with_number(sample, where, "HERE")).replace('"HERE"', value)
                address = path.replace("{source}", "tiny-mid").replace("{index}", "5")
                response = client.post(address, content=body, headers={"Content-Type": "application/json"})
                said = f"{path} {where} {value[:20]}: {response.text[:200]}"
                assert (response.status_code, response.headers["content-type"]) == (422, PROBLEM_TYPE), said
                detail = response.json()["detail"]
                assert str(next(part for part in reversed(where) if isinstance(part, str))) in detail, said
                assert len(detail) < 300, said
                assert detail.endswith("."), said
                tried += 1
    assert tried > 400


def test_no_bound_of_the_document_is_further_than_what_is_taken(client: TestClient, document: dict[str, Any]) -> None:
    """One step beyond each bound is refused by the field, which the service's own check would say otherwise."""
    tried = 0
    for path, methods in document["paths"].items():
        schema = methods.get("post", {}).get("requestBody", {}).get("content", {}).get("application/json", {})
        for where, bounds in bounded(document, schema.get("schema", {})):
            for value in (bounds["maximum"] + 1, bounds.get("minimum", bounds.get("exclusiveMinimum")) - 1):
                sample = _sample(document, schema["schema"])
                body = json.dumps(with_number(sample, where, "HERE")).replace('"HERE"', str(value))
                address = path.replace("{source}", "tiny-mid").replace("{index}", "5")
                response = client.post(address, content=body, headers={"Content-Type": "application/json"})
                assert response.status_code == 422, f"{path} {where} {value}: {response.text}"
                tried += 1
    assert tried > 40


def bounded(document: dict[str, Any], schema: dict[str, Any], path: tuple[Any, ...] = ()) -> Iterator[Any]:
    schema = resolved(document, schema)
    for option in schema.get("anyOf", ()):
        yield from bounded(document, option, path)
    if schema.get("type") in ("integer", "number"):
        assert "maximum" in schema, f"{path} has no bounds"
        assert schema.keys() & {"minimum", "exclusiveMinimum"}, f"{path} has no bounds"
        yield path, schema
    for name, item in schema.get("properties", {}).items():
        yield from bounded(document, item, (*path, name))
    if schema.get("type") == "array":
        yield from bounded(document, schema["items"], (*path, 0))


def test_no_number_in_an_address_of_the_api_is_taken_for_another(client: TestClient, document: dict[str, Any]) -> None:
    tried = 0
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            for parameter in operation.get("parameters", ()):
                kinds = [parameter["schema"], *parameter["schema"].get("anyOf", ())]
                if not any(kind.get("type") in ("integer", "number") for kind in kinds):
                    continue
                for value in TYPED:
                    address = path.replace("{source}", "tiny-mid")
                    if parameter["in"] == "path":
                        address = address.replace(f"{{{parameter['name']}}}", value)
                    address = address.replace("{index}", "5").replace("{id}", "1")
                    params = {parameter["name"]: value} if parameter["in"] == "query" else {}
                    response = client.request(method, address, params=params, json={"text": "x", "texts": ["x"]})
                    said = f"{method} {path} {parameter['name']}={value[:20]}: {response.status_code}"
                    assert response.status_code in (404, 422), said
                    assert len(response.json()["detail"]) < 300, said
                    assert response.json()["detail"].endswith("."), said
                    tried += 1
    assert tried > 200


#: Every page and part with a number in its path, its query or its form: (method, address, field of a query or a form).
PAGES = [
    ("GET", "/sources/tiny-mid/latents/{}", ""),
    ("GET", "/parts/sources/tiny-mid/latents/{}/bands", ""),
    ("GET", "/parts/sources/tiny-mid/latents/{}/later-bands", ""),
    ("GET", "/sources/tiny-mid/latents/{}/prompts/3", ""),
    ("GET", "/sources/tiny-mid/latents/5/prompts/{}", ""),
    ("GET", "/sources/tiny-mid/latents/5/prompts/3", "position"),
    ("GET", "/parts/sources/tiny-mid/latents/5/prompts/{}", ""),
    ("GET", "/parts/sources/tiny-mid/latents/5/prompts/3", "position"),
    ("GET", "/sources/tiny-mid/latents/{}/spectrum", ""),
    ("GET", "/sources/tiny-mid/latents/{}/try?texts=a", ""),
    ("POST", "/parts/sources/tiny-mid/latents/{}/try", ""),
    ("GET", "/sources/tiny-mid/latents/{}/labels", ""),
    ("POST", "/sources/tiny-mid/latents/{}/labels", ""),
    ("GET", "/sources/tiny-mid/latents/5/labels", "page"),
    ("GET", "/mixes", "page"),
    ("GET", "/vectors/saved", "page"),
    ("POST", "/builds/{}/cancel", ""),
    ("POST", "/vectors/{}/delete", ""),
    ("GET", "/vectors", "vector"),
    ("GET", "/figures/sources/tiny-mid/{}/scatter.json", ""),
    *(("GET", "/sources/tiny-mid", f"{end}_{name}") for end in ("min", "max") for name in (
        "density", "max_activation", "mean_activation")),
    ("GET", "/exports/sources/tiny-mid/latents.csv", "min_density"),
    ("GET", "/exports/sources/tiny-mid/latents.json", "max_max_activation"),
    ("GET", "/microscope?text=a&source=tiny-mid", "at"),
    ("GET", "/microscope?text=a&source=tiny-mid", "hide"),
    ("POST", "/parts/microscope", "at"),
    ("GET", "/ablate?mode=selectivity&source=tiny-mid&latents=5&texts=a", "controls"),
    ("GET", "/ablate?text=a&source=tiny-mid", "pick"),
    ("POST", "/parts/ablate", "pick"),
    ("GET", "/parts/steer/slider", "term"),
    ("GET", "/parts/steer/calibration", "term"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path", "field"), PAGES)
def test_a_page_refuses_what_is_no_number_it_can_have(client: TestClient, method: str, path: str, field: str) -> None:
    prefix = "tiny-mid:" if field == "term" else ""
    for value in FORM:
        if "activation" in field and value == "9" * 50:
            continue  # a number like any other, which no latent reaches
        given = {field: prefix + value} if field else {}
        address, _, query = path.format(value).partition("?")
        if method == "GET":
            response = client.get(address, params=[*parse_qsl(query), *given.items()])
        else:
            response = client.request(method, address, data=given, follow_redirects=False)
        assert response.status_code in (404, 422), f"{method} {path} {field}={value[:20]}: {response.status_code}"


#: Fields of the steer board: it is shown with a sentence about what was left out.
@pytest.mark.parametrize("name", ["seed", "temperature", "top_p", "frequency_penalty", "length", "strength", "mix"])
def test_the_steer_board_says_which_number_it_left_out(client: TestClient, name: str) -> None:
    for value in FORM:
        response = client.get("/steer", params={"term": "tiny-mid:5", "mode": "scale", name: value})
        assert response.status_code == 200, f"{name}={value[:20]}"
        assert "Not everything could be restored." in response.text, f"{name}={value[:20]}"
