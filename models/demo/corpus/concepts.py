"""The concepts of the demo corpus: what latents are tested against, each with the words that show it."""

import re
from collections import Counter
from dataclasses import dataclass
from functools import cache

from models.demo.corpus import morphology
from models.demo.corpus.generator import GENRES, LANGUAGES, TOPICS, Document, document
from models.demo.corpus.marks import plain
from models.demo.corpus.sentences import RULES
from models.demo.corpus.tables import names
from models.demo.corpus.tables.moods import MOODS
from models.demo.corpus.tables.packed import words as packed
from models.demo.corpus.tables.registers import REGISTERS
from models.demo.corpus.tables.topic import Topic

_SAMPLE = 120  # documents of each genre and language that their words are counted in
_NAMED = (
    "register:pirate", "register:old-fashioned", "register:formal", "language:french", "language:spanish",
    "language:german", "genre:recipe", "genre:weather", "genre:code", "genre:sports",
)  # fmt: skip
_STOP = frozenset(
    packed("""
    about; above; across; after; again; against; all; almost; alone; along; also; although; always; among;
    and; any; anyone; are; around; away; back; because; been; before; began; behind; being; below; beside;
    best; better; between; beyond; big; bring; brought; but; call; called; came; can; cannot; come; could;
    cut; day; days; did; does; done; down; each; early; eight; empty; end; enough; even; every; everybody;
    everyone; fall; far; fast; feel; fell; felt; few; find; first; five; for; found; four; from; full; gave;
    get; give; given; goes; gone; good; got; great; had; half; hard; has; have; held; help; her; here; high;
    him; his; hold; home; hour; hours; how; hundred; into; its; keep; kept; knew; know; last; late; learn;
    left; less; let; like; long; look; loose; lost; lot; made; make; man; many; may; meet; might; more;
    most; much; must; name; near; need; never; new; next; nine; nobody; not; nothing; now; off; old; once;
    one; only; open; other; our; out; over; own; part; people; place; play; put; ran; read; ready; right;
    run; said; same; saw; say; see; send; set; seven; several; she; should; show; side; six; small; so;
    some; something; soon; stand; start; stay; still; stop; such; take; ten; than; that; the; their; them;
    then; there; these; they; thing; things; think; this; those; three; through; till; time; together; too;
    took; top; towards; turn; turned; two; under; until; upon; use; used; very; wait; want; was; water; way;
    ways; week; well; went; were; what; when; where; which; while; who; whole; why; will; win; with;
    without; woke; word; work; world; would; year; years; yet; you; young; your; zero
""")
)
_CHAT_STYLE = {"register": "formality", "mood": "cheer"}  # chats say these of the assistant's turns
_PROPER = frozenset(w.lower() for w in (*names.SHE, *names.HE, *names.THEY, *names.SURNAMES, *names.TOWNS))
_SLOT = re.compile(r"\{[^}]*\}|<\w+>")
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?(?:-[^\W\d_]+)*")


@dataclass(frozen=True)
class Concept:
    """Something a text can be about or written in, named like its marks: "topic:sea", "register:pirate".

    ``words`` are lower-case words that hardly occur without it; counting them shows whether steering brings
    it.
    """

    name: str
    words: frozenset[str]

    def matches(self, document: Document) -> bool:
        """Whether the document's labels say that it has this concept."""
        kind, _, value = self.name.partition(":")
        labels = document.labels
        return value in (labels.get(kind), labels.get(_CHAT_STYLE.get(kind, "")))

    def count(self, text: str) -> int:
        """How many words of ``text`` are words of the concept."""
        return sum(word in self.words for word in words_of(text))


def words_of(text: str) -> list[str]:
    """The lower-case words of a text, numbers and signs left out."""
    return _WORD.findall(plain(text).lower())


def _topic_words(topic: Topic) -> set[str]:
    """Every word of the topic's tables, nouns in both numbers and verbs in all forms."""
    nouns = [*topic.things, *topic.people]
    found = [morphology.singular(n) for n in nouns] + [morphology.plural(n) for n in nouns]
    for entry in (*topic.verbs, *topic.activities, *topic.fixes, *topic.goals):
        f = morphology.verb(entry)
        found += [f.base, f.third, f.past, f.participle, f.ing]
    found += [*topic.stuff, *topic.places, *topic.adjectives, *topic.events, *topic.problems, *topic.tips]
    found += [*topic.headlines, *(text for pair in topic.questions for text in pair)]
    return {word for text in found for word in words_of(text) if len(word) > 2}


def _entries(table: object) -> set[str]:
    """The words of every string in a dataclass of strings and tuples or dicts of strings."""
    found: list[str] = []
    for value in vars(table).values():
        found += value.values() if isinstance(value, dict) else value
    return {word for text in found for word in words_of(text) if len(word) > 2}


@cache
def _sampled() -> dict[str, frozenset[str]]:
    """Words that show a genre or a language: those in a fair share of its texts and rarely in others.

    Counted in a fixed sample of documents, since these words are spread over the genres' own tables.
    """
    kinds = {f"genre:{g}": {"genre": g, "register": "plain"} for g in GENRES}
    kinds |= {f"language:{name}": {"language": name} for name in LANGUAGES if name != "english"}
    share: dict[str, dict[str, float]] = {}
    for name, fixed in kinds.items():
        seen: Counter[str] = Counter()
        for i in range(_SAMPLE):
            seen.update(set(words_of(document(2024, i, **fixed).text)))
        share[name] = {word: n / _SAMPLE for word, n in seen.items()}
    chosen = {}
    for name, own in share.items():
        low = 0.05 if name.startswith("language") else 0.07
        others = [s for other, s in share.items() if other != name]
        chosen[name] = frozenset(
            word
            for word, p in own.items()
            if p >= low
            and word not in _PROPER
            and sum(s.get(word, 0.0) for s in others) <= p / 5
            and max(s.get(word, 0.0) for s in others) <= p / 8
        )
    return chosen


@cache
def concepts() -> tuple[Concept, ...]:
    """All concepts: 36 topics, 6 moods, 5 registers, 3 languages, 12 genres."""
    topic_words = {name: _topic_words(topic) for name, topic in TOPICS.items()}
    in_topics = Counter(word for words in topic_words.values() for word in words)
    mood_words = {name: _entries(mood) for name, mood in MOODS.items()}
    in_moods = Counter(word for words in mood_words.values() for word in words)
    common = {word for rule in RULES.values() for pattern in rule for word in words_of(_SLOT.sub(" ", pattern))}
    common |= _STOP
    common -= {"yell", "yelled", "listen", "louder"}
    found = []
    for name, words in topic_words.items():
        own = {w for w in words if in_topics[w] == 1 and w not in in_moods and w not in common}
        found.append(Concept(f"topic:{name}", frozenset(own)))
    for name, words in mood_words.items():
        own = {w for w in words if in_moods[w] == 1 and in_topics[w] <= 1 and w not in common}
        found.append(Concept(f"mood:{name}", frozenset(own)))
    styles = {name: _entries(register) for name, register in REGISTERS.items() if name != "plain"}
    in_styles = Counter(word for words in styles.values() for word in words)
    for name, words in styles.items():
        own = {w for w in words if in_styles[w] == 1 and w not in common and in_topics[w] <= 1 and w not in in_moods}
        found.append(Concept(f"register:{name}", frozenset(own)))
    found += [Concept(name, words) for name, words in _sampled().items()]
    return tuple(found)


def named() -> tuple[Concept, ...]:
    """The concepts of the project's bars: every topic, the sharpest registers, languages and genres."""
    return tuple(c for c in concepts() if c.name.startswith("topic:") or c.name in _NAMED)


CONCEPTS: tuple[Concept, ...]
NAMED: tuple[Concept, ...]


def __getattr__(name: str) -> tuple[Concept, ...]:
    """``CONCEPTS`` and ``NAMED``, made when first asked for: finding their words takes a second."""
    if name == "CONCEPTS":
        return concepts()
    if name == "NAMED":
        return named()
    raise AttributeError(name)
