"""Rankings of the Microscope page: answers of the API -> rows of a table."""

from collections.abc import Sequence
from dataclasses import replace

from app.db.display import whole_characters
from app.microscope import schemas as answers_engine
from app.microscope.query import MicroscopeQuery
from app.microscope.schemas import ContrastAnswer, ContrastLatent
from app.microscope.texts import token_hits
from app.microscope.views import RankRow, ScopeRanking
from app.text.formats import NOT_RECORDED, count, number, percent, signed
from app.text.names import Named, name_view
from app.text.tokens import plain

COLUMNS = ("Maximum", "Of its max", "Sum", "Tokens", "At", "Density")
TWO_COLUMNS = ("First text", "Second text", "Difference of maxima", "Difference of means")
CONTRAST_COLUMNS = (
    "AUROC",
    "Difference of maxima",
    "Difference of means",
    "Largest with",
    "Largest without",
    "Density",
)


def text_ranking(
    source: answers_engine.MicroscopeSource,
    text: answers_engine.TextAnswer,
    query: MicroscopeQuery,
    limit: float | None = None,
) -> ScopeRanking:
    """The latents of one source over a text, or over its chosen tokens; ``limit``: the largest density shown."""
    shown = whole_characters(text.tokens)
    sizes = [_size(row, query.rank) for row in source.ranking]
    largest = max(sizes, default=0.0)
    rows = tuple(
        _row(
            source.source, row.index, row, query, source.has_build, size / largest if largest else 0.0,
            (
                number(row.max_activation), _percent(row.share_of_max), number(row.sum), count(row.n_tokens),
                plain(shown[row.position]).strip() or "space", _percent(row.density),
            ),
        )
        for row, size in zip(source.ranking, sizes, strict=True)
    )  # fmt: skip
    chosen = [place for place in query.at if place < len(shown)]
    tokens, note = token_hits(text, source, chosen)
    n_counted = sum(text.counted)
    over = f"{len(chosen)} chosen of {n_counted} tokens" if chosen else f"all {n_counted} tokens that count"
    if limit is not None:
        over += f"; latents on at most {percent(limit, 2)} of the corpus"
    return ScopeRanking(
        slug=source.source,
        which="",
        href=f"/sources/{source.source}",
        over=over,
        columns=COLUMNS,
        rows=rows,
        tokens=tokens,
        tokens_note=note,
        notes=tuple(source.notes),
    )


def contrast_rankings(found: ContrastAnswer, query: MicroscopeQuery, has_build: bool) -> tuple[ScopeRanking, ...]:
    """The latents of one source by how they tell texts apart, those that fire more with the concept in a list of their
    own; two texts are the smallest case, in one list.
    """
    if query.mode == "two":
        return (_contrast(found, found.latents, query, has_build, ""),)
    sides = ("more with it", [row for row in found.latents if _toward(row, query.rank) > 0]), (
        "more without it", [row for row in found.latents if _toward(row, query.rank) < 0]
    )  # fmt: skip
    # Where nothing fires more on one side, there is one list less; nothing at all is said once.
    shown = [side for side in sides if side[1]] or [("", [])]
    lists = [_contrast(found, rows, query, has_build, which) for which, rows in shown]
    return (*(replace(item, notes=()) for item in lists[:-1]), lists[-1])


def _contrast(
    found: ContrastAnswer, latents: Sequence[ContrastLatent], query: MicroscopeQuery,
    has_build: bool, which: str,
) -> ScopeRanking:  # fmt: skip
    is_two = query.mode == "two"
    sizes = [abs(_toward(row, query.rank)) for row in latents]
    largest = max(sizes, default=0.0)
    rows = tuple(
        _row(
            found.source, row.index, row, query, has_build, size / largest if largest else 0.0,
            _two_values(row) if is_two else _contrast_values(row),
        )
        for row, size in zip(latents, sizes, strict=True)
    )  # fmt: skip
    return ScopeRanking(
        slug=found.source,
        which=which,
        href=f"/sources/{found.source}",
        over=f"{count(found.n_latents)} latents that fire",
        columns=TWO_COLUMNS if is_two else CONTRAST_COLUMNS,
        rows=rows,
        tokens=(),
        tokens_note="",
        # What a comparison of two texts rests on is plain to see.
        notes=tuple(note for note in found.notes if not (is_two and note.startswith(("This rests", "Two texts")))),
    )


def _size(row: answers_engine.RankedLatent, rank: str) -> float:
    """What the ranking goes by; a latent that the corpus never woke has no share and stands first."""
    share = 1.0 if row.share_of_max is None else row.share_of_max
    return {"max": row.max_activation, "sum": row.sum, "share": share}[rank]


def _toward(row: ContrastLatent, rank: str) -> float:
    """What the ranking goes by: above 0 where the latent fires more with the concept, 0 where it tells nothing."""
    by = {"auroc": 2 * row.auroc - 1, "max": row.max_difference, "mean": row.mean_difference}
    return by[rank]


def _two_values(row: ContrastLatent) -> tuple[str, ...]:
    return number(row.with_max), number(row.without_max), signed(row.max_difference), signed(row.mean_difference)


def _contrast_values(row: ContrastLatent) -> tuple[str, ...]:
    return (
        f"{row.auroc:.3f}", signed(row.max_difference), signed(row.mean_difference), number(row.with_max),
        number(row.without_max), _percent(row.density),
    )  # fmt: skip


def _row(
    slug: str, index: int, name: Named, query: MicroscopeQuery, has_build: bool, bar: float,
    values: Sequence[str],
) -> RankRow:  # fmt: skip
    key = f"{slug}:{index}"
    return RankRow(
        key=key,
        index=index,
        href=f"/sources/{slug}/latents/{index}" if has_build else "",
        name=name_view(index, name),
        is_chosen=key == query.latent,
        bar=bar,
        values=tuple(values),
    )


def _percent(share: float | None) -> str:
    return NOT_RECORDED if share is None else percent(share, 2)
