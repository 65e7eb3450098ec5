"""A build that cannot be meant is refused before anything is loaded."""

import pytest

from app.builds.request import BuildRequest
from app.errors import InvalidRequest


def test_the_least_request_is_enough() -> None:
    request = BuildRequest(("tiny",), "corpus.txt")
    assert (request.context, request.device, request.seed, request.resume) == (None, "auto", 0, False)


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"slugs": ()}, "at least one"),
        ({"slugs": ("a", "a")}, "twice"),
        ({"corpus": "  "}, "--corpus"),
        ({"corpus": "a\0"}, "--corpus"),
        ({"tokens": 0}, "--tokens"),
        ({"tokens": 10**13}, "--tokens"),
        ({"context": 1}, "--context"),
        ({"context": 10**7}, "--context"),
        ({"batch": 0}, "--batch"),
        ({"batch": 10**6}, "--batch"),
        ({"seed": -1}, "--seed"),
        ({"seed": 2**63}, "--seed"),
        ({"device": "gpu"}, "--device"),
        ({"device": "cuda:1000"}, "--device"),
        ({"dtype": "int8"}, "--dtype"),
        ({"labels": ("a",) * 2}, "--label"),
        ({"labels": tuple("abcdefghi")}, "at most 8 columns"),
        ({"labels": ("x" * 81,)}, "at most 80 characters"),
        ({"labels": (" ",)}, "--label"),
        ({"labels": ("a\0",)}, "--label"),
        ({"max_norm_ratio": 1.0}, "--max-norm-ratio"),
        ({"max_norm_ratio": float("nan")}, "--max-norm-ratio"),
    ],
)
def test_absurd_values_are_refused_in_one_sentence(changes: dict[str, object], word: str) -> None:
    options: dict[str, object] = {"slugs": ("tiny",), "corpus": "corpus.txt", **changes}
    with pytest.raises(InvalidRequest, match=word) as caught:
        BuildRequest(**options)  # type: ignore[arg-type]
    assert str(caught.value).count(".") <= 2
