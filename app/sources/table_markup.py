"""The markup of the rows of the table of latents: fifty on a page, for which a template takes three times as long."""

from collections.abc import Iterable
from html import escape

from markupsafe import Markup

from app.sources.views import LatentTableRow
from app.text.formats import NOT_RECORDED
from app.text.name_markup import named, worth
from app.text.token_markup import chip

UNKNOWN = f'<span class="unknown">{NOT_RECORDED}</span>'
DEAD = '<span class="muted">never: dead</span>'


def latent_rows(rows: Iterable[LatentTableRow], has_scores: bool, has_labels: bool) -> Markup:
    """The rows, with columns of output scores and of labels' statuses if any latent has one."""
    return Markup("".join(_row(row, has_scores, has_labels) for row in rows))  # noqa: S704 (escaped)


def _row(row: LatentTableRow, has_scores: bool, has_labels: bool) -> str:
    score = ""
    if has_scores:
        shown = UNKNOWN if row.output_score is None else escape(row.output_score)
        score = f'<td class="num" data-name="Output score">{shown}</td>'
    status = ""
    if has_labels:
        mark = worth(row.name.status, row.name.said, is_label=row.name.is_label) if row.name.status else ""
        number = f' <span class="muted small" title="F1">{escape(row.score)}</span>' if row.score else ""
        status = f'<td class="status-cell" data-name="Status">{mark}{number}</td>'
    top = DEAD
    if row.top_token:
        top = f'{chip(row.top_token)} <span class="muted small">{escape(row.top_token_share)}</span>'
    promoted = "".join(map(chip, row.promoted))
    return (
        f'<tr><td class="what wide"><a href="{escape(row.href)}">{row.index}</a></td>'
        f'<td class="label-cell wide">{named(row.name, with_status=False)}</td>{status}'
        f'<td class="num" data-name="Density">{escape(row.density)}</td>'
        f'<td class="num" data-name="Maximum">{escape(row.max_activation)}</td>'
        f'<td class="num" data-name="Mean">{escape(row.mean_activation)}</td>{score}'
        f'<td class="wide" data-name="Fires most on">{top}</td>'
        f'<td class="wide" data-name="Promotes"><span class="tokens">{promoted}</span></td></tr>'
    )
