"""Texts of a build's corpus: prompts in which a pattern occurs, documents that carry a label."""

import re

from sqlalchemy.orm import Session

from app.corpus.labels import LabelRule, label_names
from app.corpus.patterns import Pattern, Words
from app.db.display import RAW_BYTE, whole_characters
from app.db.queries.answers import SourceInfo
from app.db.queries.latents import prompts as stored_prompts
from app.db.queries.prompt_spread import prompt_documents, spread_indices, spread_prompts
from app.db.queries.texts import token_texts
from app.errors import NotBuilt, Unfit, shorten

#: Prompts that are searched, spread evenly over the corpus, and texts of one group: a page is waited for.
SEARCHED, FOUND = 2000, 16
#: Tokens that stand for no text, such as the marks of a chat; read as plain text they would fall into pieces.
SPECIAL = re.compile(r"<\|\w+\|>\n?")
#: Tokens of a document in a prompt below which it is no text to measure a loss on.
LEAST = 8


def corpus_texts(session: Session, source: SourceInfo, rule: str, max_tokens: int) -> list[str]:
    """At most ``FOUND`` texts with a match of the rule, each ``max_tokens`` of a prompt around its first match.

    Raises:
        NotBuilt: no text of a corpus is known.
        InvalidRequest, Unfit: the rule cannot be read, or occurs nowhere.
    """
    pattern = Pattern.parse(rule)
    if source.build is None:
        raise NotBuilt(source.slug)
    prompts, _ = spread_prompts(session, source.build.id, SEARCHED)
    ids = {int(token) for prompt in prompts.values() for token in prompt}
    tokens = token_texts(session, source.language_model_id, ids)
    texts: list[str] = []
    for prompt in prompts.values():
        shown = whole_characters([tokens[int(token)] for token in prompt])
        matches = Words.of([shown]).covered(pattern)
        if matches.any():
            first = max(0, min(int(matches.argmax()) - max_tokens // 2, len(shown) - max_tokens))
            text = _text(shown[first : first + max_tokens])
            texts += [text] if text else []
        if len(texts) == FOUND:
            break
    if not texts:
        raise Unfit(f"None of {len(prompts)} prompts of the corpus has a match of {rule[:80]!r}; type texts instead.")
    return texts


def labelled_texts(session: Session, source: SourceInfo, rule: str, max_tokens: int, limit: int = FOUND) -> list[str]:
    """At most ``limit`` texts that carry a label, the same ones every time: of documents in prompts spread over the
    corpus, at equal distances, what is in the prompt, ``max_tokens`` at most.

    Raises:
        NotBuilt: no text of a corpus is known.
        Unfit: the build has no labels, the rule is none of them, or no document carries it.
    """
    if source.build is None:
        raise NotBuilt(source.slug)
    build = source.build
    wanted = LabelRule.parse(rule, label_names(build))
    indices, _ = spread_indices(session, build.id, SEARCHED)
    known = prompt_documents(session, build.id, indices)
    parts = [
        (prompt, part.first, min(part.end, part.first + max_tokens))
        for prompt, documents in known.items()
        for part in documents
        if part.end - part.first >= LEAST and wanted.fits(part.labels)
    ]
    if not parts:
        raise Unfit(
            f"None of the texts in {len(indices)} prompts of the corpus carries {shorten(rule)!r}; type texts instead."
        )
    n = min(limit, len(parts))
    chosen = [parts[place * len(parts) // n] for place in range(n)]
    prompts = stored_prompts(session, build.id, {prompt for prompt, _, _ in chosen})
    rows = [prompts[prompt][first:end].tolist() for prompt, first, end in chosen]
    tokens = token_texts(session, source.language_model_id, {token for row in rows for token in row})
    texts = (_text(whole_characters([tokens[token] for token in row])) for row in rows)
    return [text for text in texts if text]


def _text(shown: tuple[str, ...]) -> str:
    return SPECIAL.sub("", RAW_BYTE.sub("", "".join(shown))).strip()
