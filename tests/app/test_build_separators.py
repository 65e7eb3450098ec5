"""What stands between documents in a build: what is asked for, else as the SAEs were trained, said in a sentence."""

import pytest

from app.builds.request import BuildRequest
from app.builds.sources import joined, joined_sentence
from app.errors import InvalidRequest
from models.corpus.prompts import PromptShape
from models.errors import InputMismatch
from models.loading.load_dictionary import load_dictionary
from models.sources import SourceSpec
from tests.models.tiny import END, save_sae

SHAPE = PromptShape(16, True)


def dictionaries(folder, *metadata):
    return {
        str(n): load_dictionary(SourceSpec("x", str(save_sae(folder / str(n), metadata=said))))
        for n, said in enumerate(metadata)
    }


def test_the_separator_is_the_one_of_the_metadata_unless_asked_otherwise(tiny_gpt2, tmp_path):
    found = dictionaries(tmp_path, {"sequence_separator_token": 9}, {"sequence_separator_token": 9})
    assert joined(SHAPE, tiny_gpt2, found, None).separator == 9
    assert joined(SHAPE, tiny_gpt2, found, "none").separator is None
    assert joined(SHAPE, tiny_gpt2, found, END).separator == tiny_gpt2.eos_token_id
    with pytest.raises(InputMismatch, match="not one token"):
        joined(SHAPE, tiny_gpt2, found, "no token at all")


def test_sources_that_were_trained_in_different_ways_are_built_apart(tiny_gpt2, tmp_path):
    found = dictionaries(tmp_path, {"sequence_separator_token": 9}, {"sequence_separator_token": None})
    with pytest.raises(InvalidRequest, match=r"different tokens between documents.*--separator"):
        joined(SHAPE, tiny_gpt2, found, None)
    assert joined(SHAPE, tiny_gpt2, found, "bos").separator == tiny_gpt2.bos_token_id
    apart = dictionaries(tmp_path / "more", {"disable_concat_sequences": True}, {})
    with pytest.raises(InvalidRequest, match="disable_concat_sequences"):
        joined(SHAPE, tiny_gpt2, apart, None)


def test_a_build_says_how_documents_are_joined(tiny_gpt2, tmp_path):
    found = dictionaries(tmp_path, {})
    assert "joined with '<|endoftext|>'" in joined_sentence(joined(SHAPE, tiny_gpt2, found, None), tiny_gpt2)
    assert "nothing between" in joined_sentence(joined(SHAPE, tiny_gpt2, found, "none"), tiny_gpt2)
    alone = dictionaries(tmp_path / "more", {"disable_concat_sequences": True})
    assert "cut to one prompt" in joined_sentence(joined(SHAPE, tiny_gpt2, alone, None), tiny_gpt2)


@pytest.mark.parametrize("separator", ["", "x" * 201])
def test_a_separator_that_cannot_be_one_is_refused(separator):
    with pytest.raises(InvalidRequest, match="--separator is bos, eos, none or one token"):
        BuildRequest(slugs=("a",), corpus="demo", separator=separator)
