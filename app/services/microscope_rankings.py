"""Rankings of the Microscope page: answers of the API -> rows of a table."""

from collections.abc import Sequence

from app import answers_causal, answers_engine
from app.db.display import whole_characters
from app.formats import NOT_RECORDED, count, number, percent
from app.services.microscope_query import MicroscopeQuery
from app.services.microscope_texts import token_hits
from app.services.names import Named, name_view
from app.services.tokens import plain
from app.views import RankRow, ScopeRanking

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
    source: answers_engine.MicroscopeSource, text: answers_engine.TextAnswer, query: MicroscopeQuery
) -> ScopeRanking:
    """The latents of one source over a text, or over its chosen tokens."""
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
    return ScopeRanking(
        slug=source.source,
        href=f"/sources/{source.source}",
        over=over,
        columns=COLUMNS,
        rows=rows,
        tokens=tokens,
        tokens_note=note,
        notes=tuple(source.notes),
    )


def contrast_ranking(found: answers_causal.ContrastAnswer, query: MicroscopeQuery, has_build: bool) -> ScopeRanking:
    """The latents of one source by how they tell texts apart; two texts are the smallest case."""
    is_two = query.mode == "two"
    sizes = [_separation(row, query.rank) for row in found.latents]
    largest = max(sizes, default=0.0)
    rows = tuple(
        _row(
            found.source, row.index, row, query, has_build, size / largest if largest else 0.0,
            _two_values(row) if is_two else _contrast_values(row),
        )
        for row, size in zip(found.latents, sizes, strict=True)
    )  # fmt: skip
    return ScopeRanking(
        slug=found.source,
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


def _separation(row: answers_causal.ContrastLatent, rank: str) -> float:
    """How far the latent is from telling nothing, in either direction."""
    by = {"auroc": 2 * row.auroc - 1, "max": row.max_difference, "mean": row.mean_difference}
    return abs(by[rank])


def _two_values(row: answers_causal.ContrastLatent) -> tuple[str, ...]:
    return number(row.with_max), number(row.without_max), signed(row.max_difference), signed(row.mean_difference)


def _contrast_values(row: answers_causal.ContrastLatent) -> tuple[str, ...]:
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


def signed(value: float) -> str:
    """A change with its sign."""
    return f"+{number(value)}" if value > 0 else number(value)
