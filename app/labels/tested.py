"""A label stored with its rule, which is tested on the build that pages show."""

from sqlalchemy.orm import Session

from app.db.queries.answers import ExplanationInfo
from app.db.queries.sources import source_by_slug
from app.errors import Unfit
from app.labels.rule_test import measure_rule
from app.labels.service import save_label


def save_tested_label(
    session: Session, slug: str, index: int, text: str, author: str, rule: str = ""
) -> ExplanationInfo:
    """Store a label; with a rule it is tested, and has what was measured and the status that follows.

    Raises:
        Unfit: the rule cannot be read, or matches nothing or everything; there is no build to test it on. Nothing is
            stored.
    """
    rule = " ".join(rule.split())
    if not rule:
        return save_label(session, slug, index, text, author)
    source = source_by_slug(session, slug)
    if source.build is None:
        raise Unfit(f"{slug} has not been built yet, so there is no text to test a rule on; leave the rule out.")
    found = measure_rule(session, source, index, rule)
    if found.test is None:
        raise Unfit(found.said)
    return save_label(session, slug, index, text, author, rule, found.test)
