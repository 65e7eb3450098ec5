"""How documents were joined into prompts when an SAE was trained, and how a build joins them.

SAELens's store of activations (sae_lens.training.activations_store, tokenization_and_batching) puts a BOS at the
beginning of every prompt and a separator, the BOS as well unless told otherwise, before every document that does not
begin one. Its models are transformer_lens's, whose tokenizers have their EOS as BOS where they have none of their own.
Since version 6 the metadata of an SAE say all of that.

What says nothing is joined by the token that begins or ends documents, and not by one that begins or ends turns of a
chat.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from models.errors import InputMismatch, PeriscopeModelError, Unsupported, WeightsInvalid
from models.loading.store_facts import TrainingStore

if TYPE_CHECKING:
    from models.loading.dictionary_facts import DictionaryFacts
    from models.running.language_model import LanguageModel

NONE, WORDS = "none", ("bos", "eos", "sep")
#: Tokens that end documents, by the names that many vocabularies give them.
_DOCUMENT_ENDS = ("<|endoftext|>", "<|end_of_text|>", "</s>", "<eos>")
#: A chat in which every marker of a turn comes twice.
_CHAT = (("user", "a"), ("assistant", "b"), ("user", "c"), ("assistant", "d"))


def training_store(metadata: Mapping[str, Any], location: str) -> TrainingStore:
    """What the metadata of an SAE say.

    Raises:
        Unsupported: a separator or a choice that SAELens does not know.
    """
    separator = None
    if "sequence_separator_token" in metadata:
        said = metadata["sequence_separator_token"]
        separator = NONE if said is None else said
        if not (separator in (NONE, *WORDS) or (type(separator) is int and separator >= 0)):
            raise Unsupported(
                f"SAE {location} says that {str(said)[:40]!r} was put between documents (sequence_separator_token), "
                "which is not bos, eos, sep, null or the id of a token; correct its cfg.json."
            )
    alone = metadata.get("disable_concat_sequences")
    if alone is not None and not isinstance(alone, bool):
        raise Unsupported(
            f"disable_concat_sequences of SAE {location} is {str(alone)[:40]!r}, not true or false; correct its "
            "cfg.json."
        )
    return TrainingStore(separator, not alone, metadata.get("model_class_name") != "AutoModelForCausalLM")


def wants_bos(model: "LanguageModel", facts: "DictionaryFacts") -> bool:
    """Whether the prompts that an SAE was trained on began with ``model.bos_token_id``."""
    bos = model.bos_token_id if facts.store.gives_bos else model.own_bos_token_id
    return facts.prepend_bos and bos is not None


def separator_asked(model: "LanguageModel", asked: str) -> int | None:
    """The token that ``--separator`` names: bos, eos, sep, none, the number or the name of a token.

    Raises:
        InputMismatch: the model has no such token.
        InputRefused: no name.
    """
    word = asked.lower()
    if word == NONE:
        return None
    if word in WORDS:
        found = _by_word(model, word)
        if found is None:
            raise InputMismatch(f"The tokenizer of {model.facts.name} has no {word.upper()} token for --separator.")
        return found
    if asked.isascii() and asked.isdigit() and len(asked) < 10:
        if int(asked) >= model.facts.vocab_size:
            raise InputMismatch(
                f"--separator {asked} is not a token of {model.facts.name}, whose ids end at "
                f"{model.facts.vocab_size - 1:,}."
            )
        return int(asked)
    from models.running.metrics import one_token

    return one_token(model, asked, "--separator")


def separator_of(model: "LanguageModel", store: TrainingStore) -> int | None:
    """The token between documents as an SAE was trained; where that is not known, as documents are usually joined.

    Raises:
        WeightsInvalid: the metadata name a token that the model does not have.
    """
    said = store.separator
    if said is None:
        return usual_separator(model)
    if isinstance(said, int):
        if said >= model.facts.vocab_size:
            raise WeightsInvalid(
                f"The metadata of the SAE name token {said:,} between documents (sequence_separator_token), but "
                f"{model.facts.name} has only {model.facts.vocab_size:,}; give --separator."
            )
        return said
    if said == "bos" and not store.gives_bos:
        return model.own_bos_token_id
    return None if said == NONE else _by_word(model, said)


def usual_separator(model: "LanguageModel") -> int | None:
    """BOS, EOS or another token that ends documents, the first that is no marker of turns in the model's chats.

    ``None`` if all there is ends turns.
    """
    own = model.own_bos_token_id
    known = {str(token): int(i) for i, token in model.tokenizer.added_tokens_decoder.items() if token.special}
    candidates = [own, model.eos_token_id, *(known.get(name) for name in _DOCUMENT_ENDS)]
    markers = _turn_markers(model)
    fitting = [i for i in candidates if i is not None and i < model.facts.vocab_size and i not in markers]
    return fitting[0] if fitting else own


def _turn_markers(model: "LanguageModel") -> frozenset[int]:
    """Special tokens of a chat but the one that begins it, if it does not come again."""
    from models.running.chat import chat_ids
    from models.running.chat_spans import Message

    try:
        ids = chat_ids(model, [Message(*turn) for turn in _CHAT])
    except PeriscopeModelError:  # no template, or one that does not take these turns
        return frozenset()
    special = model.special_token_ids
    return frozenset(i for n, i in enumerate(ids) if i in special and (n > 0 or ids.count(i) > 1))


def _by_word(model: "LanguageModel", word: str) -> int | None:
    if word == "sep":
        found = getattr(model.tokenizer, "sep_token_id", None)
        return None if found is None or found >= model.facts.vocab_size else int(found)
    return model.bos_token_id if word == "bos" else model.eos_token_id
