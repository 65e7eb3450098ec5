"""Documents of the demo corpus: pure functions of a seed and a number, with labels and ground truth."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import count

from models.demo.corpus.dice import Dice
from models.demo.corpus.genres.chat import write_chat
from models.demo.corpus.genres.code import write_code
from models.demo.corpus.genres.dialogue import write_dialogue
from models.demo.corpus.genres.diary import write_diary
from models.demo.corpus.genres.foreign import write_foreign
from models.demo.corpus.genres.letter import write_letter
from models.demo.corpus.genres.news import write_news
from models.demo.corpus.genres.poem import write_poem
from models.demo.corpus.genres.recipe import write_recipe
from models.demo.corpus.genres.shopping import write_shopping
from models.demo.corpus.genres.sports import write_sports
from models.demo.corpus.genres.story import write_story
from models.demo.corpus.genres.weather import write_weather
from models.demo.corpus.marks import parse
from models.demo.corpus.restyle import restyle
from models.demo.corpus.setting import Draft, Person, Setting
from models.demo.corpus.tables import names
from models.demo.corpus.tables.moods import MOODS
from models.demo.corpus.tables.registers import REGISTERS
from models.demo.corpus.tables.topics_a import TOPICS_A
from models.demo.corpus.tables.topics_b import TOPICS_B
from models.demo.corpus.tables.topics_c import TOPICS_C

#: How much of every topic's tables is used. A model of this size, trained for an hour on two cores, meets each phrase
#: of the whole tables too rarely to learn what belongs together; of this share it learns the topics as topics.
TABLE_SHARE = 0.4
TOPICS = {topic.name: topic.excerpt(TABLE_SHARE) for topic in (*TOPICS_A, *TOPICS_B, *TOPICS_C)}
GENRES: dict[str, tuple[Callable[[Setting], Draft], float]] = {
    "story": (write_story, 0.18),
    "chat": (write_chat, 0.22),
    "diary": (write_diary, 0.08),
    "letter": (write_letter, 0.08),
    "news": (write_news, 0.08),
    "dialogue": (write_dialogue, 0.08),
    "poem": (write_poem, 0.06),
    "recipe": (write_recipe, 0.05),
    "weather": (write_weather, 0.04),
    "shopping": (write_shopping, 0.04),
    "sports": (write_sports, 0.05),
    "code": (write_code, 0.04),
}
LANGUAGES = {"english": 0.94, "french": 0.02, "spanish": 0.02, "german": 0.02}
FOREIGN = "foreign"  # the genre label of texts that are not in English
NONE = "none"  # the label of a mood of which the text holds no word, and of a topic that it is not about
#: A text is about its topic if at least so many words or phrases of it are of the topic's tables. A match report, a
#: shopping list or a recipe may name one in passing ("the choir sang out of tune, but the match took place").
ABOUT = 3
_STYLED = tuple(name for name in REGISTERS if name != "plain")
_PLAIN_GENRES = ("code",)  # a register would break their syntax
ASSISTANT = "<|assistant|>"
_TURN = re.compile(r"(<\|(?:system|user|assistant)\|>\n|\n?<\|end\|>\n?)")
_PRONOUNS = {
    "she": ("she", "her", "her", "hers", "herself"),
    "he": ("he", "him", "his", "his", "himself"),
    "they": ("they", "them", "their", "theirs", "themselves"),
}


@dataclass(frozen=True)
class Document:
    """A text of the corpus with its labels.

    ``spans`` are ``(start, end, concept)`` in characters of ``text``; ``nats`` is the surprise of the choices
    that made the text; ``messages`` are the turns of a chat.
    """

    text: str
    labels: Mapping[str, str]
    spans: tuple[tuple[int, int, str], ...]
    nats: float
    messages: tuple[dict[str, str], ...] | None = None


def documents(seed: int, start: int = 0, **fixed: str) -> Iterator[Document]:
    """The documents of ``seed`` from number ``start`` on, without end."""
    for index in count(start):
        yield document(seed, index, **fixed)


def document(seed: int, index: int, **fixed: str) -> Document:
    """Document ``index`` of ``seed``; ``fixed`` labels (topic, genre, mood, register, language) are kept."""
    _check(fixed)
    dice = Dice(f"{seed}:{index}")
    language = fixed.get("language") or _language(dice, fixed)
    topic = TOPICS[fixed.get("topic") or dice.choice(tuple(TOPICS))]
    mood = fixed.get("mood") or dice.choice(tuple(MOODS))
    genre, register = _genre_and_register(dice, language, fixed)
    setting = Setting(dice, topic, mood, register, *_people(dice))
    draft = write_foreign(setting, language) if genre == FOREIGN else GENRES[genre][0](setting)
    text, spans = parse(_in_register(dice, draft, genre, register))
    found = Counter(concept for _, _, concept in spans)
    labels = {
        "genre": genre,
        "topic": topic.name if "topic" in fixed or found[f"topic:{topic.name}"] >= ABOUT else NONE,
        "mood": mood if "mood" in fixed or f"mood:{mood}" in found else NONE,
        "register": register,
        "language": language,
        **draft.labels,
    }
    return Document(text, labels, spans, dice.nats, _messages(text) if genre == "chat" else None)


def _check(fixed: Mapping[str, str]) -> None:
    """Refuse labels and values that do not exist or do not go together."""
    valid = valid_labels()
    for label, value in fixed.items():
        if label not in valid:
            raise ValueError(f"unknown label {label!r}; valid labels: {', '.join(valid)}")
        if value not in valid[label]:
            raise ValueError(f"unknown {label} {value!r}; valid: {', '.join(valid[label])}")
    genre, language = fixed.get("genre"), fixed.get("language")
    abroad = genre == FOREIGN or (language is not None and language != "english")
    if abroad and (genre not in (None, FOREIGN) or language == "english"):
        raise ValueError(f"genre {genre!r} is not written in {language!r}: texts in other languages are {FOREIGN!r}")
    if fixed.get("register", "plain") != "plain" and (abroad or genre in _PLAIN_GENRES):
        raise ValueError(f"register {fixed['register']!r} is not for code and other languages: only 'plain' is")


def valid_labels() -> dict[str, tuple[str, ...]]:
    """The labels that can be fixed, each with its values."""
    return {
        "genre": (*GENRES, FOREIGN),
        "topic": tuple(TOPICS),
        "mood": tuple(MOODS),
        "register": tuple(REGISTERS),
        "language": tuple(LANGUAGES),
    }


def _language(dice: Dice, fixed: Mapping[str, str]) -> str:
    """The language, English where a fixed label asks for it."""
    weights = dict(LANGUAGES)
    if fixed.get("genre") == FOREIGN:
        weights["english"] = 0
    elif fixed.get("genre") or fixed.get("mood") or fixed.get("topic") or fixed.get("register", "plain") != "plain":
        return "english"
    return dice.weighted(weights)


def _genre_and_register(dice: Dice, language: str, fixed: Mapping[str, str]) -> tuple[str, str]:
    """A genre and a register that go together."""
    if language != "english":
        return FOREIGN, "plain"
    register = fixed.get("register")
    styled = register is not None and register != "plain"
    genre = fixed.get("genre") or dice.weighted(
        {name: 0 if styled and name in _PLAIN_GENRES else weight for name, (_, weight) in GENRES.items()}
    )
    if register is None:
        styled = genre not in _PLAIN_GENRES and dice.chance(0.15 if genre == "chat" else 0.42)
        register = dice.choice(_STYLED) if styled else "plain"
    return genre, register


def _people(dice: Dice) -> tuple[Person, Person]:
    """Two people with different names."""
    first, kind = names.person(dice)
    second, other_kind = names.person(dice, other_than=first)
    return (
        Person(first, *_PRONOUNS[kind], surname=names.surname(dice)),
        Person(second, *_PRONOUNS[other_kind], surname=names.surname(dice)),
    )


def _in_register(dice: Dice, draft: Draft, genre: str, register: str) -> str:
    """The draft's text in the register; of a chat only the assistant's turns."""
    if register == "plain":
        return draft.text
    if genre != "chat":
        return restyle(dice, draft.text, register)
    pieces = _TURN.split(draft.text)
    for i in range(1, len(pieces) - 1):
        if pieces[i].startswith(ASSISTANT):
            pieces[i + 1] = restyle(dice, pieces[i + 1], register)
    return "".join(pieces)


def _messages(text: str) -> tuple[dict[str, str], ...] | None:
    """The turns of a chat, read from its text; None for other texts."""
    pieces = _TURN.split(text)
    turns = [
        {"role": pieces[i].strip("<|>\n"), "content": pieces[i + 1]}
        for i in range(1, len(pieces) - 1, 2)
        if not pieces[i].lstrip("\n").startswith("<|end")
    ]
    return tuple(turns) or None
