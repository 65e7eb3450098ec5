"""The form of the Microscope page: what can be chosen, and what was."""

from urllib.parse import urlencode

from app.engine.sources import Reader, source_picks
from app.microscope.query import MODES, PATH, RANK_NAMES, RANKS, MicroscopeQuery
from app.microscope.views import MicroscopeView, ReadingView
from app.text.block_views import Choice, Tab, TurnField
from app.text.formats import percent
from app.text.tokens import plain
from models.running.chat import ROLES

#: Messages of a chat that the form has room for at least.
TURNS = 2
EXAMPLES = (
    "It was snowing when the old ship left the harbour.",
    "def add(a, b):\n    return a + b",
    "Bonjour, le chat dort sur la chaise.",
)


def form_view(reader: Reader, query: MicroscopeQuery, panel: ReadingView) -> MicroscopeView:
    """The page around its panel."""
    return MicroscopeView(
        mode=query.mode,
        modes=tuple(_mode(query, mode) for mode in MODES),
        text=query.text,
        other=query.other,
        turns=_turns(query),
        roles=ROLES,
        with_texts=query.with_texts,
        without_texts=query.without_texts,
        is_answer_begun=query.is_answer_begun,
        sources=source_picks(reader, query.sources),
        ranks=tuple(Choice(name, RANK_NAMES[name], name == query.rank) for name in RANKS[query.mode]),
        hide=f"{query.hide:g}",
        hide_text=percent(10**query.hide, 2) if query.hide < 0 else "any",
        examples=tuple(
            Tab(plain(text), f"{PATH}?{urlencode({'text': text})}", "", False)
            for text in EXAMPLES
            if query.mode == "text"
        ),
        reading=panel,
    )


def _mode(query: MicroscopeQuery, mode: str) -> Tab:
    """The same text and sources in another mode."""
    fields = [("mode", mode)] if mode != "text" else []
    text = query.text or next((content for _, content in query.turns), "")
    if text and mode in ("text", "two") and len(text) < 2000:
        fields.append(("text", text))
    if text and mode == "chat" and len(text) < 2000:
        fields += [("role", "user"), ("content", text)]
    fields += [("source", slug) for slug in query.sources]
    return Tab(MODES[mode], f"{PATH}?{urlencode(fields)}" if fields else PATH, "", mode == query.mode)


def _turns(query: MicroscopeQuery) -> tuple[TurnField, ...]:
    given = [TurnField(number, role, content) for number, (role, content) in enumerate(query.turns, 1)]
    # One more than there are, so that a chat can grow; roles alternate.
    for number in range(len(given) + 1, max(TURNS, len(given) + 1) + 1):
        before = given[-1].role if given else "assistant"
        given.append(TurnField(number, "assistant" if before == "user" else "user", ""))
    return tuple(given)
