"""Contrast search: which latents tell texts with a concept from texts without; two texts are its smallest case."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.db.queries.answers import SourceInfo
from app.db.queries.names import latent_names
from app.db.queries.numbers import latent_numbers
from app.engine.activations import named
from app.engine.engine import ModelEngine
from app.engine.reading import TextReading
from app.engine.sources import Reader, notes_on
from app.errors import InvalidRequest, Unfit
from app.microscope.schemas import ContrastAnswer, ContrastLatent
from app.microscope.service import read_all
from app.text.formats import count, number
from app.text.names import answer_fields
from models.causal.contrast import Separation, score, separate

MAX_TEXTS, MAX_TOP_K = 64, 500
RANKINGS = ("auroc", "max", "mean")
#: Fewer texts on a side than this deserve a warning.
FEW = 10


@dataclass(frozen=True)
class ContrastRequest:
    """Texts with and without a concept."""

    source: str
    with_texts: Sequence[str]
    without_texts: Sequence[str]
    top_k: int = 50
    rank_by: str = "auroc"
    max_density: float | None = None
    is_per_side: bool = False  # top_k that fire more with the concept, then top_k that fire more without


async def contrast(engine: ModelEngine, reader: Reader, request: ContrastRequest) -> ContrastAnswer:
    """Latents ranked by how far they are from telling nothing, in either direction."""
    _check(request)
    source = await reader.work(reader.find_one, request.source)
    texts = (*named(request.with_texts, "Text with"), *named(request.without_texts, "Text without"))
    readings = (await read_all(engine, reader, [source], texts))[source.facts.model.location]
    return await reader.work(_answer, reader, source, request, readings)


def _check(request: ContrastRequest) -> None:
    for name, texts in (("with", request.with_texts), ("without", request.without_texts)):
        if not 1 <= len(texts) <= MAX_TEXTS:
            raise InvalidRequest(f"{name} has {len(texts)} texts; from 1 to {MAX_TEXTS} can be given.")
    if not 1 <= request.top_k <= MAX_TOP_K:
        raise InvalidRequest(f"top_k is a number of latents from 1 to {MAX_TOP_K}, not {request.top_k}.")
    if request.rank_by not in RANKINGS:
        raise InvalidRequest(f"Cannot rank by {request.rank_by[:40]!r}; choose one of {', '.join(RANKINGS)}.")
    if request.max_density is not None and not 0 <= request.max_density <= 1:
        raise InvalidRequest(f"max_density is a share of tokens from 0 to 1, not {request.max_density}.")


def _answer(
    reader: Reader, source: SourceInfo, request: ContrastRequest, readings: Sequence[TextReading]
) -> ContrastAnswer:
    found = [reading.latents[source.slug] for reading in readings]
    counts = [np.array(reading.tokens.counts) for reading in readings]
    scores = score([(f.positions, f.latents, f.values) for f in found], counts)
    n_with, n_without = len(request.with_texts), len(request.without_texts)
    result = separate(scores, np.arange(n_with + n_without) < n_with)
    with reader.sessions() as session:
        numbers = latent_numbers(session, source, result.latents.tolist())
        allowed = np.ones(len(result.latents), bool)
        if request.max_density is not None:
            if source.build is None:
                raise Unfit(f"{source.slug} has no finished build, so densities are not recorded.")
            thin = {index for index, known in numbers.items() if known.density <= request.max_density}
            allowed = np.array([index in thin for index in result.latents.tolist()], bool)
        order = [place for place in _order(result, request.rank_by) if allowed[place]]
        if request.is_per_side:
            toward = _toward(result, request.rank_by)
            order = [*[place for place in order if toward[place] > 0][: request.top_k],
                     *[place for place in order if toward[place] < 0][: request.top_k]]  # fmt: skip
        else:
            order = order[: request.top_k]
        names = latent_names(session, source, result.latents[order].tolist())
    latents = []
    for place in order:
        index = int(result.latents[place])
        known = numbers.get(index)
        best = float(max(result.with_max[place], result.without_max[place]))
        latents.append(
            ContrastLatent(
                index=index,
                **answer_fields(names[index]),
                auroc=float(result.auroc[place]),
                max_difference=float(result.max_difference[place]),
                mean_difference=float(result.mean_difference[place]),
                with_max=float(result.with_max[place]),
                without_max=float(result.without_max[place]),
                density=known.density if known else None,
                share_of_max=best / known.max_activation if known and known.max_activation > 0 else None,
            )
        )
    notes = notes_on(source, max(len(reading.tokens) for reading in readings)) + _notes(result, n_with, n_without)
    return ContrastAnswer(source.slug, n_with, n_without, len(result.latents), result.expected_perfect, latents, notes)


def _order(result: Separation, rank_by: str) -> list[int]:
    """Places, the most telling first, in either direction; equal ones by the difference of means, then by index."""
    first = np.abs(_toward(result, rank_by))
    order: list[int] = np.lexsort((result.latents, -np.abs(result.max_difference), -first)).tolist()
    return order


def _toward(result: Separation, rank_by: str) -> NDArray[np.float64]:
    """What the ranking goes by: above 0 where a latent fires more with the concept, below 0 where more without."""
    by = {"auroc": result.auroc - 0.5, "max": result.max_difference, "mean": result.mean_difference}
    return by[rank_by]


def _so_many(expected: float) -> str:
    """An expected number of latents, as people say it."""
    if expected < 0.05:
        return "hardly any"
    return f"about {number(expected, 2)}" if expected < 100 else f"about {count(round(expected))}"


def _notes(result: Separation, n_with: int, n_without: int) -> list[str]:
    notes = [f"This rests on {n_with} texts with and {n_without} without the concept."]
    if min(n_with, n_without) == 1 == max(n_with, n_without):
        notes.append(
            "Two texts can only be compared: with one on either side, every latent that differs separates them."
        )
    elif min(n_with, n_without) < FEW:
        notes.append(
            f"That is few: of the {len(result.latents)} latents that fire here {_so_many(result.expected_perfect)} "
            "would separate them perfectly by luck. Test the best ones on other texts."
        )
    return notes
