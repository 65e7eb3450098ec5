"""The text that a spectrum reads: which of its tokens are in a group, and where the kept active tokens are in it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy.orm import Session

from app.corpus.groups import Mask
from app.corpus.labels import LabelledTokens, LabelRule
from app.corpus.patterns import Pattern, Words
from app.corpus.rules import NEAR
from app.db.display import RAW_BYTE, whole_characters
from app.db.queries.answers import BuildInfo, SourceInfo
from app.db.queries.latents import prompts as stored_prompts
from app.db.queries.prompt_spread import DocumentPart, prompt_documents, spread_prompts
from app.db.queries.texts import token_texts
from models.records import FloatArray, IntArray, LatentRecord


def known_activations(record: LatentRecord, prompt: int, n_tokens: int) -> FloatArray:
    """The latent's activations (n_tokens,) in a prompt as far as the build kept them, NaN elsewhere.

    Known are the windows around the examples, and the single tokens of the uniform sample.
    """
    known = np.full(n_tokens, np.nan, np.float32)
    mine = record.sample.prompts == prompt
    known[record.sample.positions[mine]] = record.sample.activations[mine]
    for band in record.bands:
        for example in band.examples:
            if example.prompt == prompt:
                known[example.window_start : example.window_start + len(example.window)] = example.window
    return known


#: Tokens of text that are read to find how large a group is.
READ = 200_000


@dataclass(frozen=True, eq=False)
class Reading:
    """The text that was read: its words and labels, where each prompt begins, which tokens count towards the share."""

    words: Words
    labels: LabelledTokens
    starts: Mapping[int, int]
    prompt_of: IntArray  # (n_tokens,) place of the token's prompt
    is_counted: Mask  # of the prompts that are spread over the corpus, tokens that are counted
    is_real: Mask  # of all that was read, tokens that are counted
    texts: IntArray  # (n_tokens,) the document of the token, or its prompt where none are known; -1: of none
    n_prompts: int
    n_all: int

    def places(self, tokens: Iterable[tuple[int, int]]) -> IntArray:
        """Where tokens, each its prompt and its position there, are in the reading."""
        return np.array([self.starts[prompt] + position for prompt, position in tokens], np.int64)

    def members(self, pattern: Pattern | LabelRule, where: str) -> Mask:
        """The tokens of the group, (n_tokens,)."""
        if isinstance(pattern, LabelRule):
            return self.labels.mask(pattern)
        mask = self.words.covered(pattern)
        if where == "token":
            return mask
        if where == "prompt":
            has_one = np.bincount(self.prompt_of, weights=mask) > 0
            return np.asarray(has_one[self.prompt_of])
        places = np.arange(len(mask))
        far = len(mask) + NEAR
        before = np.maximum.accumulate(np.where(mask, places, -far))
        after = np.minimum.accumulate(np.where(mask, places, 2 * far)[::-1])[::-1]
        same = self.prompt_of
        near_before = (places - before <= NEAR) & (same[np.clip(before, 0, None)] == same)
        near_after = (after - places <= NEAR) & (same[np.clip(after, None, len(mask) - 1)] == same)
        return np.asarray(near_before | near_after)


def sampled_tokens(record: LatentRecord) -> list[tuple[int, int]]:
    """Prompt and position of each token of the sample."""
    return list(zip(record.sample.prompts.tolist(), record.sample.positions.tolist(), strict=True))


def example_tokens(record: LatentRecord, band: str | None = None) -> list[tuple[int, int]]:
    """Prompt and position of the stored examples, each token once; of one band or of all."""
    examples = (example for one in record.bands if band in (None, one.name) for example in one.examples)
    return list(dict.fromkeys((example.prompt, example.position) for example in examples))


def read(session: Session, source: SourceInfo, build: BuildInfo, record: LatentRecord, has_patterns: bool) -> Reading:
    """Prompts spread over the corpus, and those of the sample and the examples; as words if there are patterns to be
    found in them.
    """
    ids, n_all = spread_prompts(session, build.id, max(1, READ // max(1, build.context_size)))
    n_prompts = len(ids)
    more = {prompt for prompt, _ in sampled_tokens(record) + example_tokens(record)} - set(ids)
    every = ids | stored_prompts(session, build.id, more)
    lengths = [len(prompt) for prompt in every.values()]
    ends = np.cumsum(lengths)
    starts = ends - lengths
    is_real = np.ones(sum(lengths), bool)
    if source.facts.prepend_bos:
        is_real[starts] = False
    place_of = dict(zip(every, starts.tolist(), strict=True))
    documents = prompt_documents(session, build.id, list(every))
    labels = LabelledTokens.of(place_of, len(is_real), documents)
    prompt_of = np.repeat(np.arange(len(every)), lengths)
    texts = prompt_of
    if labels.labels:
        is_real &= labels.of_token >= 0  # what is of no document is a separator
        texts = _texts(place_of, len(is_real), documents)
    counted = is_real & (prompt_of < n_prompts)
    return Reading(
        labels=labels,
        words=_words(session, source, list(every.values())) if has_patterns else Words.of(()),
        starts=place_of,
        prompt_of=prompt_of,
        is_counted=counted,
        is_real=is_real,
        texts=texts,
        n_prompts=n_prompts,
        n_all=n_all,
    )


def _texts(starts: Mapping[int, int], n: int, documents: Mapping[int, Sequence[DocumentPart]]) -> IntArray:
    """The number of each token's document (n,), or -1; a document that goes on in the next prompt is another there."""
    found = np.full(n, -1, np.int64)
    parts = ((starts[prompt], part) for prompt, parts_of_one in documents.items() for part in parts_of_one)
    for number, (start, part) in enumerate(parts):
        found[start + part.first : start + part.end] = number
    return found


def _words(session: Session, source: SourceInfo, prompts: Sequence[IntArray]) -> Words:
    ids = set(np.unique(np.concatenate(prompts)).tolist())
    texts = token_texts(session, source.language_model_id, ids)
    fragments = {token for token, text in texts.items() if RAW_BYTE.search(text)}
    return Words.of(_text(prompt.tolist(), texts, fragments) for prompt in prompts)


def _text(ids: Sequence[int], texts: Mapping[int, str], fragments: set[int]) -> Sequence[str]:
    shown = [texts[token_id] for token_id in ids]
    return shown if fragments.isdisjoint(ids) else whole_characters(shown)
