"""Labels in JSON: a session in, an answer out."""

from sqlalchemy.orm import Session

from app.db.queries.answers import ExplanationInfo
from app.labels import service as labels
from app.labels.schemas import ExplanationAnswer, ExplanationsAnswer
from app.web.paging import Part


def explanation(item: ExplanationInfo) -> ExplanationAnswer:
    """A label or another text about a latent."""
    return ExplanationAnswer(
        id=item.id,
        text=item.text,
        kind=item.kind,
        author=item.author,
        method=item.method,
        status=item.status,
        n=item.n,
        precision=item.precision,
        recall=item.recall,
        auroc_token=item.auroc_token,
        auroc_text=item.auroc_text,
        rule=item.rule or None,
        scores=dict(item.scores),
        is_current=item.is_current,
        weights_hash=item.weights_hash,
        leads=item.leads,
        ended=item.ended_as or None,
        created=item.created,
    )


def explanations(session: Session, slug: str, index: int, part: Part) -> ExplanationsAnswer:
    """A part of the texts about a latent, newest first."""
    found, total = labels.some_labels(session, slug, index, part)
    return ExplanationsAnswer([explanation(item) for item in found], total)
