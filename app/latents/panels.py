"""The panels of the Latent page that list numbers: statistics, tokens, direct effects, neighbours."""

from collections.abc import Mapping, Sequence

from app.db.queries.answers import LatentDetails, NeighbourRow, SourceInfo
from app.latents.views import NeighbourView, TokensView
from app.text.block_views import Statistic
from app.text.formats import count, number, one_in, percent
from app.text.names import name_view
from app.text.output_scores import score_text, steer_words
from app.text.token_views import TokenBar, TokenRow
from app.text.tokens import chip
from models.records import LatentRecord, TokenValue

#: Rows of the table of tokens that are not folded away.
FIRST_ROWS = 8


def statistics(details: LatentDetails, source: SourceInfo) -> tuple[Statistic, ...]:
    """The numbers in the head; a dead latent has two."""
    record = details.record
    tokens = source.build.tokens_done if source.build else 0
    score = details.output_score
    common = (
        Statistic("Density", percent(record.density), one_in(record.density), "density"),
        Statistic("Active tokens", count(record.n_active), f"of {count(tokens)}", "n_active"),
    )
    if record.n_active == 0:
        return common
    return (
        *common,
        Statistic("Maximum", number(record.max_activation), "largest activation, M", "max_activation"),
        Statistic("Mean", number(record.mean_activation), "activation, over active tokens", "mean_activation"),
        Statistic("Median", _quantile(record, "0.5"), "activation, over active tokens", "median"),
        Statistic("99th percentile", _quantile(record, "0.99"), "activation, over active tokens", "p99"),
        Statistic(
            "Output score",
            None if score is None else score_text(score),
            steer_words(score) or "how well it steers",
            "output_score",
        ),
    )


def token_bars(items: Sequence[TokenValue], tokens: Mapping[int, str]) -> tuple[TokenBar, ...]:
    """Direct logit effects as bars, the longest of them at full length."""
    longest = max((abs(item.value) for item in items), default=0.0) or 1.0
    return tuple(
        TokenBar(chip(tokens[item.token_id]), _signed(item.value), abs(item.value) / longest) for item in items
    )


def tokens_view(record: LatentRecord, tokens: Mapping[int, str]) -> TokensView:
    """The tokens it fires on most, by count × mean, with their exact counts and the mean activation on each."""
    total = max(1, record.n_active)
    most = max((item.value for item in record.top_tokens), default=0.0) or 1.0
    known = record.token_means
    means = [number(mean) for mean in known.means] if known else [None] * len(record.top_tokens)
    rows = tuple(
        TokenRow(
            chip(tokens[item.token_id]), count(int(item.value)), percent(item.value / total, 2), mean, item.value / most
        )
        for item, mean in zip(record.top_tokens, means, strict=True)
    )
    distinct = None if known is None else count(known.distinct)
    return TokensView(distinct, rows[:FIRST_ROWS], rows[FIRST_ROWS:])


def neighbours(slug: str, record: LatentRecord, rows: Mapping[int, NeighbourRow]) -> tuple[NeighbourView, ...]:
    """The nearest latents as cards; ``rows`` are theirs in the table of latents."""
    return tuple(_neighbour(slug, rows[item.index], item.cosine) for item in record.neighbours if item.index in rows)


def _neighbour(slug: str, row: NeighbourRow, cosine: float) -> NeighbourView:
    return NeighbourView(
        index=row.index,
        href=f"/sources/{slug}/latents/{row.index}",
        name=name_view(row.index, row.name),
        cosine=f"{cosine:.2f}".replace("-", "\N{MINUS SIGN}"),
        top_token=None if row.top_token is None else chip(row.top_token),
        max_activation=number(row.max_activation),
    )


def _quantile(record: LatentRecord, name: str) -> str | None:
    value = record.quantiles.get(name)
    return None if value is None else number(value)


def _signed(value: float) -> str:
    return f"{value:+.2f}".replace("-", "\N{MINUS SIGN}")
