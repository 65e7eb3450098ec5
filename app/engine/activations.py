"""One latent on texts that somebody types: its activation on every token, beside what the corpus showed."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from app.db.queries.answers import SourceInfo
from app.db.queries.latents import max_activations
from app.engine.engine import ModelEngine
from app.engine.reading import OneLatentJob
from app.engine.schemas import ActivationsAnswer, LatentOnText
from app.engine.sources import Reader, key_of, notes_on
from app.engine.texts import TextInput
from app.errors import InvalidRequest
from models.running.chat import PromptTokens

MAX_TEXTS = 64


async def activations(
    engine: ModelEngine, reader: Reader, slug: str, index: int, texts: Sequence[str]
) -> ActivationsAnswer:
    """The latent's activations on each text, exactly as the build would compute them.

    Raises:
        InvalidRequest, InputRefused, ContextMismatch: no text, too many, or one that cannot be read; says which.
        UnknownSource, UnknownLatent: as said.
    """
    if not 1 <= len(texts) <= MAX_TEXTS:
        raise InvalidRequest(f"texts has {len(texts)} entries; from 1 to {MAX_TEXTS} are read at once.")
    source = await reader.work(reader.find_one, slug, index)
    inputs = named(texts)
    job = OneLatentJob(source.facts.model.location, key_of(source), index, inputs, reader.limits(source))
    found = await engine.run(job)
    return await reader.work(_answer, reader, source, index, found)


def named(texts: Sequence[str], what: str = "Text") -> tuple[TextInput, ...]:
    """The texts with names for errors: "Text 2" where there are several."""
    return tuple(
        TextInput(text, name=f"{what} {number}" if len(texts) > 1 else f"The {what.lower()}")
        for number, text in enumerate(texts, 1)
    )


def _answer(
    reader: Reader, source: SourceInfo, index: int, found: Sequence[tuple[PromptTokens, NDArray[np.float32]]]
) -> ActivationsAnswer:
    corpus_max: float | None = None
    if source.build is not None:
        with reader.sessions() as session:
            corpus_max = max_activations(session, source, [index]).get(index)
    longest = max(len(tokens) for tokens, _ in found)
    texts = [_on_text(tokens, values, corpus_max) for tokens, values in found]
    return ActivationsAnswer(source.slug, index, corpus_max, texts, notes_on(source, longest))


def _on_text(tokens: PromptTokens, values: NDArray[np.float32], corpus_max: float | None) -> LatentOnText:
    counted = np.where(np.array(tokens.counts), values, 0)
    place = int(counted.argmax())
    largest = float(counted[place])
    return LatentOnText(
        tokens=list(tokens.texts),
        token_ids=list(tokens.ids),
        counted=list(tokens.counts),
        activations=values.tolist(),
        max_activation=largest,
        position=place if largest > 0 else None,
        share_of_max=largest / corpus_max if corpus_max else None,
        above_corpus=None if corpus_max is None else largest > corpus_max,
    )
