"""Half a surrogate pair, a NUL, bytes that are not UTF-8: in every text of every route they end in a 4xx or as U+FFFD.

The routes and their fields come from the OpenAPI document and from the forms of the pages, so that no later one is
missed. Run on SQLite and on PostgreSQL, which refuses NUL in a text.
"""

import contextlib
import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup, Tag
from fastapi.testclient import TestClient
from httpx import Response

from app.db.session import make_engine, upgrade
from app.db.tables.base import Base
from app.main import create_app
from tests.app.engine_support import World, world
from tests.databases import fresh_postgres
from tests.web import BASE

__all__ = ["world"]

HALVES = ("\ud800", "a\udfffb")
WRONG = (*HALVES, "\0", "a\0b")
#: The same in an address or a form: half a pair, a byte that is none, NUL.
ENCODED = ("%ED%A0%80", "%FF", "%00", "a%00b", "%C0%80")
JSON = {"Content-Type": "application/json"}
#: A request for each route that is answered, or refused for a reason of its own.
TEXT, PROMPT = {"source": "mid", "text": "the cat sat"}, {"source": "mid", "prompt": "the cat", "max_new_tokens": 2}
VALID: dict[str, dict[str, Any]] = {
    "/api/v1/sources/{source}/latents/{index}/explanations": {"text": "a label", "author": "me"},
    "/api/v1/microscope": {"sources": ["mid"], "text": "the cat sat"},
    "/api/v1/sources/{source}/latents/{index}/activations": {"texts": ["the cat sat"]},
    "/api/v1/ablate": TEXT | {"target": " the", "contrast": "a", "top_k": 2},
    "/api/v1/ablate/patch": TEXT | {"other": "the dog sat", "target": " the", "top_k": 2},
    "/api/v1/ablate/pairs": {
        "source": "mid",
        "target": " the",
        "top_k": 2,
        "pairs": [{"text": "the cat sat", "other": "the dog sat"}, {"text": "a cat", "other": "a dog"}],
    },
    "/api/v1/ablate/set": TEXT | {"target": " the", "latents": [{"index": 1}]},
    "/api/v1/selectivity": {"source": "mid", "latents": [1], "groups": {"a": ["the cat sat"]}, "controls": 1},
    "/api/v1/contrast": {"source": "mid", "with": ["the cat sat"], "without": ["a bird sang"]},
    "/api/v1/steer": PROMPT | {"terms": [{"index": 1}]},
    "/api/v1/steer/snippet": PROMPT | {"terms": [{"index": 1}]},
    "/api/v1/calibrate": {"source": "mid", "index": -1},
    "/api/v1/balance": {"source": "mid", "terms": []},
    "/api/v1/vectors": {"source": "mid", "positive": ["the cat"], "negative": ["a bird"]},
    "/api/v1/mixes": PROMPT | {"name": "a mix", "terms": [{"index": 1}]},
}
PATHS = {"source": "mid", "index": "1", "model": "tiny-llama", "id": "1"}
#: What an object inside a body needs beside the text that is tried.
FILLED = {"role": "user", "content": "the cat", "index": 1, "label": "kind: prose"}
PAGES = ("/", "/sources/mid", "/sources/mid/latents/1", "/sources/mid/latents/1/spectrum", "/microscope", "/ablate",
         "/ablate?mode=patch", "/ablate?mode=selectivity", "/steer", "/vectors", "/builds")  # fmt: skip


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def api(request: pytest.FixtureRequest, world: World) -> Iterator[TestClient]:
    """The application on the sources of ``world``, whose database this copies."""
    with contextlib.ExitStack() as stack:
        settings = world.settings
        if request.param == "postgres":
            url = stack.enter_context(fresh_postgres(request.getfixturevalue("postgres_server")))
            settings = settings.model_copy(update={"database_url": url})
            copy_database(world, settings)
        # What nobody foresaw is answered with a 500 here as elsewhere.
        client = TestClient(create_app(settings), base_url=BASE, raise_server_exceptions=False)
        yield stack.enter_context(client)


def copy_database(world: World, settings: Any) -> None:
    first, second = make_engine(world.settings), make_engine(settings)
    upgrade(second)
    with first.connect() as there, second.begin() as here:
        shown = []
        for table in Base.metadata.sorted_tables:
            rows = [dict(row) for row in there.execute(table.select()).mappings()]
            if table.name == "source":
                shown = [(row["id"], row["current_build_id"]) for row in rows]
                rows = [row | {"current_build_id": None} for row in rows]
            if rows:
                here.execute(table.insert(), rows)
            if "id" in table.c:
                # So that rows that the tests add get numbers of their own.
                sequence = sa.func.pg_get_serial_sequence(table.name, "id")
                here.execute(sa.select(sa.func.setval(sequence, sa.func.coalesce(sa.func.max(table.c.id), 0) + 1)))
        sources = Base.metadata.tables["source"]
        for source_id, build_id in shown:
            here.execute(sources.update().where(sources.c.id == source_id).values(current_build_id=build_id))
    first.dispose()
    second.dispose()


def operations(api: TestClient) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in api.get("/openapi.json").json()["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def address(path: str, **changes: str) -> str:
    for name, value in (PATHS | changes).items():
        path = path.replace(f"{{{name}}}", value)
    return path


def texts_of(schema: dict[str, Any], schemas: dict[str, Any], place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where texts can stand in a body: names, 0 for the items of a list, None for the name of a free member."""
    if "$ref" in schema:
        yield from texts_of(schemas[schema["$ref"].rpartition("/")[2]], schemas, place)
    for kind in ("anyOf", "oneOf", "allOf"):
        for one in schema.get(kind, ()):
            yield from texts_of(one, schemas, place)
    if schema.get("type") == "string":
        yield place
    if "items" in schema:
        yield from texts_of(schema["items"], schemas, (*place, 0))
    for name, inner in schema.get("properties", {}).items():
        yield from texts_of(inner, schemas, (*place, name))
    if isinstance(schema.get("additionalProperties"), dict):
        yield (*place, None)
        yield from texts_of(schema["additionalProperties"], schemas, (*place, "a"))


def with_text(body: dict[str, Any], place: tuple[Any, ...], text: str) -> dict[str, Any]:
    """The body with the text at the place; what leads there is made."""
    changed = copy.deepcopy(body)
    if place[0] == "messages":
        changed = {name: value for name, value in changed.items() if name not in ("text", "prompt")}
    at: Any = changed
    for step, following in zip(place, [*place[1:], ""], strict=True):
        if step is None:
            at[text] = at.pop("a", "x")
            return changed
        is_last = following == "" and step == place[-1]
        made = text if is_last else [] if following == 0 else dict(FILLED if isinstance(step, int) else {})
        if isinstance(at, list):
            at[:] = [made if is_last or not at or type(at[0]) is not type(made) else at[0]]
        elif is_last or type(at.get(step)) is not type(made):
            at[step] = made
        at = at[step]
    return changed


def bodies(api: TestClient) -> Iterator[tuple[str, str, tuple[Any, ...]]]:
    document = api.get("/openapi.json").json()
    for method, path, operation in operations(api):
        content = operation.get("requestBody", {}).get("content", {}).get("application/json")
        if content is not None:
            assert path in VALID, f"{path}: write a request in this test"
            for place in dict.fromkeys(texts_of(content["schema"], document["components"]["schemas"])):
                yield method, path, place


def is_refused(response: Response, what: str, *, with_status: tuple[int, ...] = (422,)) -> None:
    assert response.status_code in with_status, f"{what}: {response.status_code} {response.text[:300]}"
    response.content.decode()  # whatever is quoted is Unicode


def test_the_requests_of_this_test_are_answered(api: TestClient) -> None:
    for path, body in VALID.items():
        response = api.post(address(path), json=body)
        assert response.status_code in (200, 201) or body.get("index") == -1 or not body.get("terms", True), (
            f"{path}: {response.text[:300]}"
        )


def test_half_a_pair_in_any_field_of_any_body_is_refused_by_its_place(api: TestClient) -> None:
    tried = 0
    for method, path, place in bodies(api):
        for text in HALVES:
            response = api.request(
                method, address(path), content=json.dumps(with_text(VALID[path], place, text)), headers=JSON
            )
            is_refused(response, f"{path} {place} {text!a}")
            detail = response.json()["detail"]
            assert "text of valid Unicode" in detail
            assert (
                str(next(step for step in reversed(place) if isinstance(step, str)) if None not in place else "")
                in detail
            )
            tried += 1
    assert tried > 80


def test_bytes_that_spell_half_a_pair_are_refused(api: TestClient) -> None:
    for method, path, place in bodies(api):
        text = json.dumps(with_text(VALID[path], place, "@@"))
        for raw in (b"\xed\xa0\x80", b"\xff", b"\xc0\x80"):
            response = api.request(method, address(path), content=text.encode().replace(b"@@", raw), headers=JSON)
            is_refused(response, f"{path} {place} {raw!r}", with_status=(400, 422))


def test_nul_in_any_field_of_any_body_is_no_error_of_the_server(api: TestClient) -> None:
    for method, path, place in bodies(api):
        for text in ("\0", "a\0b"):
            response = api.request(method, address(path), json=with_text(VALID[path], place, text))
            is_refused(response, f"{path} {place} {text!a}", with_status=(200, 201, 404, 409, 422))


def test_wrong_bytes_in_any_part_of_an_address_of_the_api(api: TestClient) -> None:
    for method, path, operation in operations(api):
        names = [p["name"] for p in operation.get("parameters", []) if p["in"] == "query"]
        parts = [p["name"] for p in operation.get("parameters", []) if p["in"] == "path"]
        body = {"json": VALID[path]} if path in VALID and method == "POST" else {}
        for wrong in ENCODED:
            asked = [f"{address(path)}?{name}={wrong}" for name in (*names, "unknown")]
            asked += [f"{address(path)}?{wrong}=1"]
            asked += [address(path, **{part: wrong}) for part in parts]
            for url in asked:
                if method != "DELETE" or wrong in url.partition("?")[0]:
                    response = api.request(method, url, **body)
                    is_refused(response, f"{method} {url}", with_status=(200, 201, 404, 409, 422))


def fields_of(page: BeautifulSoup) -> Iterator[tuple[str, str, list[tuple[str, str]]]]:
    """Method, address and fields of each form."""
    for form in page.find_all("form"):
        fields = []
        for field in form.find_all(["input", "textarea", "select"]):
            name = field.get("name")
            if isinstance(name, str):
                fields.append((name, str(field.get("value") or (field.get_text() if isinstance(field, Tag) else ""))))
        url = form.get("action") or form.get("hx-post") or form.get("hx-get")
        yield str(form.get("method", "get")).upper(), str(url or ""), fields


@pytest.mark.parametrize("page", PAGES)
def test_wrong_bytes_in_any_field_of_any_form(api: TestClient, page: str) -> None:
    found = list(fields_of(BeautifulSoup(api.get(page).text, "html.parser")))
    good = (200, 204, 303, 404, 409, 413, 422, 503)
    for method, url, fields in found:
        for place, (name, _) in enumerate(fields):
            for wrong in ENCODED:
                pairs = [f"{n}={wrong if k == place else 'a'}" for k, (n, _) in enumerate(fields)]
                sent = "&".join(pairs)
                target = url or page
                if method == "GET":
                    response = api.get(f"{target.partition('?')[0]}?{sent}", follow_redirects=False)
                else:
                    headers = {"Content-Type": "application/x-www-form-urlencoded"}
                    response = api.post(target, content=sent, headers=headers, follow_redirects=False)
                is_refused(response, f"{method} {target} {name}={wrong}", with_status=good)


@pytest.mark.parametrize("charset", ["unicode_escape", "utf-7", "raw_unicode_escape", "utf-16", "nonsense"])
@pytest.mark.parametrize(
    "url",
    [
        "/sources/mid/latents/1/labels",
        "/parts/ablate",
        "/ablate",
        "/parts/microscope",
        "/vectors",
        "/vectors/save",
        "/steer",
    ],
)
def test_a_form_that_spells_half_a_pair_by_its_charset(api: TestClient, url: str, charset: str) -> None:
    names = ("text", "author", "source", "prompt", "name", "positive", "negative", "target", "mode")
    for spelt in (b"\\ud800", b"+2AA-", b"\x00\xd8", b"\\x00"):
        parts = [
            b'--x\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (name.encode(), spelt) for name in names
        ]
        kind = f"multipart/form-data; boundary=x; charset={charset}"
        response = api.post(url, content=b"".join(parts) + b"--x--\r\n", headers={"Content-Type": kind})
        is_refused(response, f"{url} {charset} {spelt!r}", with_status=(200, 303, 400, 404, 405, 409, 422))
