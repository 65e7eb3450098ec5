"""Groups of texts as a request gives them: typed, or by a label of the corpus."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.corpus.texts import LEAST, labelled_texts
from app.db.queries.answers import SourceInfo
from app.engine.sources import Reader
from app.text.tokens import plain

#: Texts of one group that come from the corpus.
MAX_TEXTS = 32
#: Of the tokens that a text may have, the share that a text of the corpus takes.
CORPUS_SHARE = 0.75


@dataclass(frozen=True)
class LabelGroup:
    """The texts of the build's corpus that carry a label."""

    rule: str


def texts_of(
    reader: Reader, source: SourceInfo, groups: Mapping[str, Sequence[str] | LabelGroup]
) -> tuple[dict[str, Sequence[str]], list[str]]:
    """The texts of every group, with a note on those of the corpus. Raises what ``labelled_texts`` raises."""
    found: dict[str, Sequence[str]] = {}
    notes = []
    longest = longest_of_corpus(reader, source)
    for name, group in groups.items():
        if isinstance(group, LabelGroup):
            with reader.sessions() as session:
                found[name] = labelled_texts(session, source, group.rule, longest, MAX_TEXTS)
            notes.append(
                f"{plain(name)}: {len(found[name])} texts of the corpus that carry {plain(group.rule)}, each as far as "
                f"it is in one prompt, at most {MAX_TEXTS}."
            )
        else:
            found[name] = group
    return found, notes


def longest_of_corpus(reader: Reader, source: SourceInfo) -> int:
    """Tokens of a text of the corpus that are taken: reading it again can need more than it had."""
    return max(LEAST, int(CORPUS_SHARE * min(reader.limits(source).max_tokens, source.facts.context_size)))
