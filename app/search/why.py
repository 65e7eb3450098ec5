"""Why a search found a latent: the fields that have what was looked for, and where in them it stands."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from app.db.queries.search import shown_tokens, strongest_windows
from app.search.scoring import SHARES, Scored
from models.building.search_words import LINE_BREAK, REACH, WORD, Window, fold, token_word, words_of

#: Examples and tokens of one kind that are shown.
EXAMPLES, TOKENS = 2, 4
#: A word is named as a reason from this share of the best reason's part in the score on.
LEAST = 0.15

Span = tuple[int, int]


@dataclass(frozen=True)
class Reason:
    """A text of a latent that answers a search, and the spans [first, end) of its characters that do."""

    field: str  # "label", "explanation", "example", "top_token" or "promoted"
    text: str
    marks: tuple[Span, ...]


#: A word that was found -> the part of it that was looked for; empty: all of it.
Matched = Mapping[str, str]


def reasons(session: Session, scored: Scored, latents: Sequence[int], wanted: Sequence[str]) -> dict[int, list[Reason]]:
    """Latent -> why it was found, the strongest reasons first."""
    found = {latent: _of_texts(scored, latent, wanted) for latent in latents}
    contributing = _contributions(scored, np.array(sorted(latents), np.int64))
    for_examples = [latent for latent in latents if contributing[latent].get("examples")]
    for_tokens = [latent for latent in latents if contributing[latent].keys() & {"fires", "promoted"}]
    windows = strongest_windows(session, scored.source, for_examples) if for_examples else {}
    tokens = shown_tokens(session, scored.source, for_tokens) if for_tokens else {}
    for latent in latents:
        mine = {field: _matched(words, wanted) for field, words in contributing[latent].items()}
        found[latent] += _of_examples(windows.get(latent, ()), mine.get("examples", {}))
        top, promoted = tokens.get(latent, ((), ()))
        found[latent] += _of_tokens("top_token", top, mine.get("fires", {}))
        found[latent] += _of_tokens("promoted", promoted, mine.get("promoted", {}))
    return found


def marks(text: str, matched: Matched) -> tuple[Span, ...]:
    """Where the words stand in a text."""
    found = []
    for match in WORD.finditer(text):
        word = fold(match.group())
        if word in matched:
            found.append(_span(match.start(), match.group(), word, matched[word]))
    for sign in (word for word in matched if not WORD.search(word)):
        place = text.find(sign)
        found += [(place, place + len(sign))] if place >= 0 else []
    return tuple(sorted(set(found)))


def _span(start: int, shown: str, word: str, part: str) -> Span:
    """The part inside a word, or the word where folding moved its letters."""
    place = word.find(part) if part and len(word) == len(shown) else -1
    return (start + place, start + place + len(part)) if place >= 0 else (start, start + len(shown))


def _matched(words: Iterable[str], wanted: Sequence[str]) -> dict[str, str]:
    return {word: next((part for part in wanted if part in word), "") for word in words}


def _contributions(scored: Scored, latents: NDArray[np.int64]) -> dict[int, dict[str, list[str]]]:
    """Latent -> field of the weights -> the words through which it counts there, the strongest first."""
    found: dict[int, dict[str, list[tuple[float, str]]]] = {int(latent): {} for latent in latents}
    for lists in scored.lists:
        for number, parts in lists.postings.items():
            for rows in parts:
                places = np.searchsorted(rows["latent"], latents)
                places[places == len(rows)] = 0
                for latent, row in zip(latents.tolist(), rows[places], strict=True):
                    if row["latent"] != latent:
                        continue
                    for field, share in SHARES.items():
                        if value := lists.words[number] * share * int(row[field]):
                            assert scored.words is not None  # noqa: S101 (the lists are of its words)
                            found[latent].setdefault(field, []).append((value, scored.words.text(number)))
    kept: dict[int, dict[str, list[str]]] = {}
    for latent, fields in found.items():
        best = max((value for words in fields.values() for value, _ in words), default=0.0)
        named = {
            field: [word for value, word in sorted(words, reverse=True) if value >= LEAST * best]
            for field, words in fields.items()
        }
        kept[latent] = {field: words for field, words in named.items() if words}
    return kept


def _of_texts(scored: Scored, latent: int, wanted: Sequence[str]) -> list[Reason]:
    named = scored.named
    mine = scored.texts[named.latents[scored.texts] == latent]
    found = []
    for place in sorted(mine.tolist(), key=lambda place: not named.is_label[place]):
        text = named.texts.text(place)
        matched = {fold(m.group()): part for part in wanted for m in WORD.finditer(text) if part in fold(m.group())}
        field = "label" if named.is_label[place] else "explanation"
        # Found by what it means: all of it.
        found.append(Reason(field, text, marks(text, matched) or ((0, len(text)),)))
    return found[:EXAMPLES]


def _of_examples(windows: Sequence[Window], matched: Matched) -> list[Reason]:
    """The windows in which a word stands nearest to where the latent fires most."""
    ranked = []
    for number, window in enumerate(windows):
        first = max(0, window.focus - REACH)
        tokens = window.tokens[first : window.focus + REACH + 1]
        focus = window.focus - first
        distances = [
            0 if first <= focus < end else min(abs(first - focus), abs(end - 1 - focus))
            for word, first, end in words_of(tokens)
            if word in matched
        ]
        if distances:
            ranked.append((min(distances), number, "".join(tokens)))
    found: dict[str, Reason] = {}
    for _, _, text in sorted(ranked):
        if len(found) < EXAMPLES and (spans := marks(text, matched)):
            found.setdefault(text, Reason("example", text, spans))
    return list(found.values())


def _of_tokens(field: str, tokens: Sequence[str], matched: Matched) -> list[Reason]:
    found = []
    for token in tokens:
        word = token_word(token)
        if word in matched:
            shown = LINE_BREAK if word == LINE_BREAK else token.strip()
            found.append(Reason(field, shown, marks(shown, matched) or ((0, len(shown)),)))
    return found[:TOKENS]
