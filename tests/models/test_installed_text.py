"""The text that is on every machine: real, labelled, in an order of its own, each piece once."""

from itertools import islice

import pytest

from models.corpus.installed_text import INSTALLED, LABELS, LONGEST, SHORTEST, documents
from models.corpus.prompts import open_corpus
from models.errors import CorpusError

N = 120


@pytest.fixture(scope="module")
def found():
    return list(islice(documents(0), N))


def test_it_is_text_of_several_kinds_and_packages(found):
    assert {document.labels["kind"] for document in found} == {"readme", "docstrings", "code"}
    packages = [document.labels["package"] for document in found]
    assert max(map(packages.count, packages)) < N / 3
    assert sum(document.text.count(" the ") for document in found) > N
    assert all(SHORTEST <= len(document.text) <= LONGEST for document in found)


def test_no_document_comes_twice(found):
    assert len({document.text for document in found}) == N


def test_the_seed_gives_the_order(found):
    assert [document.text for document in islice(documents(0), 20)] == [document.text for document in found[:20]]
    assert [document.text for document in islice(documents(1), 20)] != [document.text for document in found[:20]]


def test_as_a_corpus_it_has_its_labels_and_no_others(found):
    assert open_corpus(INSTALLED).labels == LABELS
    assert open_corpus(INSTALLED, labels=["kind"]).labels == ("kind",)
    assert next(open_corpus(INSTALLED).documents()) == found[0]
    with pytest.raises(CorpusError, match="there are kind, package"):
        open_corpus(INSTALLED, labels=["genre"])
