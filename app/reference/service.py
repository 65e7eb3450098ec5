"""The OpenAPI document -> the API reference: operations with parameters, a curl command and the answer's shape."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from app.reference.views import OperationView, ParameterView, ReferenceView

Schema = Mapping[str, Any]
#: What stands for a path parameter in the examples.
SAMPLES = {"source": "SOURCE", "index": "42"}


def reference_view(document: Schema, base: str) -> ReferenceView:
    """Every operation of the document, in its order; ``base`` is the address that the examples use."""
    operations = tuple(
        _operation(document, base, path, method, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    )
    return ReferenceView(document["info"]["version"], operations)


def _operation(document: Schema, base: str, path: str, method: str, operation: Schema) -> OperationView:
    address = re.sub(r"\{(\w+)\}", lambda match: SAMPLES.get(match[1], match[1].upper()), path)
    return OperationView(
        anchor=re.sub(r"\W+", "-", f"{method} {path}").strip("-"),
        method=method.upper(),
        path=path,
        summary=operation.get("summary", ""),
        meaning=operation.get("description", ""),
        parameters=tuple(_parameters(operation)),
        answer=_answer(document, operation),
        example=_command(document, method, f"{base}{address}", operation),
    )


def _command(document: Schema, method: str, address: str, operation: Schema) -> str:
    """A curl command; what is sent is the body's required fields and those that have an example."""
    if method == "get":
        return f"curl {address}"
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    if not content:
        return f"curl -X {method.upper()} {address}"
    body = json.dumps(_sample(document, content["schema"]), ensure_ascii=False)
    return f"curl {address} \\\n  -H 'Content-Type: application/json' \\\n  -d '{body}'"


def _sample(document: Schema, schema: Schema) -> Any:
    if "$ref" in schema:
        return _sample(document, document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]])
    if schema.get("examples"):
        return schema["examples"][0]
    if "properties" in schema:
        required = schema.get("required", ())
        return {n: _sample(document, p) for n, p in schema["properties"].items() if n in required or p.get("examples")}
    if schema.get("type") == "array":
        return [_sample(document, schema["items"])]
    return {"integer": 42, "number": 0.5, "boolean": True}.get(schema.get("type", ""), "...")


def _parameters(operation: Schema) -> Iterator[ParameterView]:
    for item in operation.get("parameters", ()):
        schema = item.get("schema", {})
        kinds = [schema.get("type", "")] + [option.get("type", "") for option in schema.get("anyOf", ())]
        default = schema.get("default")
        yield ParameterView(
            name=item["name"],
            place=item["in"],
            kind=" or ".join(kind for kind in kinds if kind and kind != "null"),
            default="" if default in (None, "") else str(default),
            meaning=item.get("description", ""),
        )


def _answer(document: Schema, operation: Schema) -> str:
    content = operation.get("responses", {}).get("200", {}).get("content", {})
    schema = content.get("application/json", {}).get("schema")
    return json.dumps(_shape(document, schema), indent=2, ensure_ascii=False) if schema else ""


def _shape(document: Schema, schema: Schema) -> Any:
    """A schema as an example whose leaves are the names of their types."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        return _shape(document, document["components"]["schemas"][name])
    if "anyOf" in schema:
        options = [option for option in schema["anyOf"] if option.get("type") != "null"]
        shape = _shape(document, options[0])
        return f"{shape} or null" if isinstance(shape, str) and len(options) < len(schema["anyOf"]) else shape
    if "properties" in schema:
        return {name: _shape(document, item) for name, item in schema["properties"].items()}
    if schema.get("type") == "array":
        return [_shape(document, schema["items"])]
    if isinstance(schema.get("additionalProperties"), Mapping):
        return {"...": _shape(document, schema["additionalProperties"])}
    return schema.get("format") or schema.get("type", "any")
