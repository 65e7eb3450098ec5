"""Rules to begin a spectrum with: the tokens that a latent fires on most, the labels of the corpus."""

from collections.abc import Sequence
from urllib.parse import urlencode

from sqlalchemy.orm import Session

from app.corpus.labels import label_names, label_shares
from app.corpus.patterns import WORD
from app.corpus.rules import LABEL, MAX_GROUPS, Rule
from app.db.queries.answers import BuildInfo, SourceInfo
from app.db.queries.prompt_spread import prompt_documents, spread_indices
from app.db.queries.texts import token_texts
from app.spectrum.views import LabelChoice, Suggestion
from app.text.formats import percent
from app.text.tokens import plain
from models.records import LatentRecord

SUGGESTED = 4
#: Values of a label of the corpus that can be chosen without typing.
CHOICES = 12


def first_rules(session: Session, source: SourceInfo, record: LatentRecord, path: str) -> tuple[Suggestion, ...]:
    """Each of the most frequent tokens as a rule, if a pattern can say it, and all of them together."""
    texts = token_texts(session, source.language_model_id, [item.token_id for item in record.top_tokens])
    words = [texts[item.token_id].strip().casefold() for item in record.top_tokens]
    usable = [word for word in dict.fromkeys(words) if WORD.fullmatch(word) and word != "\n" and len(word) < 30]
    rules = [*usable[:SUGGESTED], " | ".join(usable[:8])] if len(usable) > 1 else usable
    return tuple(
        Suggestion(plain(rule), f"{path}?{urlencode({'rule': rule, 'where': 'token'})}")
        for rule in rules
        if rule != "|"
    )


def label_choices(
    session: Session, build: BuildInfo, rules: Sequence[Rule], path: str, read: int
) -> tuple[LabelChoice, ...]:
    """The most frequent values of each label in about ``read`` tokens, each as one more group."""
    if not label_names(build) or len(rules) >= MAX_GROUPS:
        return ()
    indices, _ = spread_indices(session, build.id, max(1, read // max(1, build.context_size)))
    shares = label_shares(prompt_documents(session, build.id, indices))
    have: list[tuple[str, str]] = []
    for rule in rules:
        have += [("name", rule.name if rule.name != rule.text else ""), ("rule", rule.text), ("where", rule.where)]
    return tuple(
        LabelChoice(
            plain(name),
            tuple(
                Suggestion(
                    f"{plain(value)} {percent(share, 2)}",
                    f"{path}?{urlencode([*have, ('name', ''), ('rule', f'{name}: {value}'), ('where', LABEL)])}",
                )
                for value, share in list(values.items())[:CHOICES]
            ),
            max(0, len(values) - CHOICES),
        )
        for name, values in shares.items()
    )
