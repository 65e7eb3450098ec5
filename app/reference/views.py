"""The API reference at /docs, made from the OpenAPI document."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ParameterView:
    """A parameter of an operation; ``default`` and ``meaning`` may be empty."""

    name: str
    place: str  # path or query
    kind: str
    default: str
    meaning: str


@dataclass(frozen=True)
class OperationView:
    """One method of one path. ``answer`` is the answer's shape as indented text, ``example`` a curl command."""

    anchor: str
    method: str
    path: str
    summary: str
    meaning: str
    parameters: tuple[ParameterView, ...]
    answer: str
    example: str


@dataclass(frozen=True)
class ReferenceView:
    """pages/reference.html."""

    version: str
    operations: tuple[OperationView, ...]
