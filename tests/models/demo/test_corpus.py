"""The corpus generator: reproducible, honestly labelled, exact in its entropy, and clean English."""

import math
import re
from collections import Counter
from functools import cache

import pytest

from models.demo.corpus import generator, morphology
from models.demo.corpus.concepts import concepts, named, words_of
from models.demo.corpus.dice import Dice
from models.demo.corpus.generator import FOREIGN, GENRES, TOPICS, Document, document, documents, valid_labels
from models.demo.corpus.marks import parse, tag
from models.demo.corpus.restyle import restyle
from models.demo.corpus.sentences import RULES, Writer, parse_pattern
from models.demo.corpus.setting import Person, Setting
from models.demo.corpus.tables.moods import MOODS
from models.demo.corpus.tables.registers import REGISTERS

SAMPLE = 2000
PROSE = tuple(g for g in GENRES if g not in ("code", "shopping", "recipe"))
AN = re.compile(r"\b(?:a (?:[aei]\w|o(?!ne)\w|un(?!i))|an [bcdfgjklmnpqrstvwz]\w)", re.IGNORECASE)


@cache
def sample() -> tuple[Document, ...]:
    return tuple(document(11, i) for i in range(SAMPLE))


@cache
def every_combination() -> tuple[Document, ...]:
    """Every genre with every topic."""
    return tuple(
        document(5, i, genre=genre, topic=topic)
        for i, (genre, topic) in enumerate((g, t) for g in GENRES for t in TOPICS)
    )


def setting(seed: int = 0, **changes: str) -> Setting:
    kind = {"topic": "sea", "mood": "calm", "register": "plain"} | changes
    return Setting(
        Dice(seed),
        TOPICS[kind["topic"]],
        kind["mood"],
        kind["register"],
        Person("Anna"),
        Person("Ben", "he", "him", "his"),
    )


def problems(doc: Document) -> list[str]:
    """What is wrong with the English or the format of a text."""
    text = doc.text
    found = []
    if re.search("[\ue000-\uf8ff]", text):
        found.append("leftover mark")
    if doc.labels["genre"] != "code" and re.search(r"\S  +\S", text):
        found.append("double space")
    if re.search(r" [.,!?](?![.\w])|\.\.(?!\.)|,,|\?\.|!\.", text) and doc.labels["genre"] not in (
        "code",
        FOREIGN,
    ):
        found.append("stray punctuation")
    if text != text.strip("\n ") and doc.labels["genre"] != "chat":
        found.append("blank at an end")
    if doc.labels["genre"] in PROSE:
        if text.count('"') % 2:
            found.append("unbalanced quotes")
        if match := AN.search(text):
            found.append(f"article: {text[match.start() : match.end() + 12]!r}")
        if match := re.search(r"(?<!\.)[.!?] [a-z]\w*", text):
            found.append(f"sentence without capital: {match.group()!r}")
        if match := re.search(r"^[a-z]", text):
            found.append("text without capital")
    return found


def test_same_seed_and_number_same_document() -> None:
    assert document(3, 17) == document(3, 17)
    assert document(3, 17).text != document(3, 18).text
    assert document(3, 17).text != document(4, 17).text
    walk = documents(3, start=16)
    next(walk)
    assert next(walk) == document(3, 17)


def test_a_tiny_grammar_costs_its_entropy() -> None:
    dice = Dice(0)
    dice.choice("abcd")
    dice.chance(0.25)
    assert dice.nats == pytest.approx(math.log(4) - math.log(0.75)) or dice.nats == pytest.approx(2 * math.log(4))
    # A pattern of two equally likely options, one of which asks for one of the topic's places.
    nats = Counter()
    for seed in range(50):
        s = setting(seed)
        text = parse(Writer(s).expand("[x|{place}]"))[0]
        nats["x" if text == "X" else "place"] = s.dice.nats
    assert nats["x"] == pytest.approx(math.log(2))
    assert nats["place"] == pytest.approx(math.log(2) + math.log(len(TOPICS["sea"].places)))


def test_nats_are_positive_and_finite() -> None:
    assert all(0 < doc.nats < 1000 for doc in sample())


def test_every_rule_reads_and_runs() -> None:
    slots = {
        "official": "Mayor Fox",
        "focus": "anchor",
        "role": "sailor",
        "home": "in a house",
        "hero": "Anna",
        "friend": "Ben",
    }
    for rule, patterns in RULES.items():
        for pattern in patterns:
            parse_pattern(pattern)
            s = setting(1)
            text = parse(Writer(s, **slots, goal=s.goal()).expand(pattern))[0]
            assert "{" not in text, rule
            assert "~" not in text, rule


@pytest.mark.parametrize(
    ("entry", "past", "ing"),
    [
        ("haul in", "hauled in", "hauling in"),
        ("take/took/taken apart", "took apart", "taking apart"),
        ("stop", "stopped", "stopping"),
        ("open", "opened", "opening"),
        ("carry", "carried", "carrying"),
        ("bake", "baked", "baking"),
        ("play", "played", "playing"),
        ("tie", "tied", "tying"),
        ("panic", "panicked", "panicking"),
    ],
)
def test_verbs_inflect(entry: str, past: str, ing: str) -> None:
    assert (morphology.verb(entry).past, morphology.verb(entry).ing) == (past, ing)


def test_nouns_have_plurals() -> None:
    nouns = ["wolf/wolves", "fishing net", "ferry", "box", "fisherman", "lunch box", "knife", "potato", "boy"]
    expected = [
        "wolves",
        "fishing nets",
        "ferries",
        "boxes",
        "fishermen",
        "lunch boxes",
        "knives",
        "potatoes",
        "boys",
    ]
    assert [morphology.plural(n) for n in nouns] == expected


def test_spans_slice_to_words_of_their_tables() -> None:
    vocabulary = {c.name: set() for c in concepts()}
    for name, topic in TOPICS.items():
        vocabulary[f"topic:{name}"] = set(words_of(" ".join(_strings(vars(topic)))))
    for doc in sample():
        end = 0
        for start, stop, concept in doc.spans:
            assert end <= start < stop <= len(doc.text)
            end = stop
            kind, _, value = concept.partition(":")
            words = words_of(doc.text[start:stop])
            if kind == "topic" and doc.labels["genre"] not in ("code", FOREIGN):
                known = [w for w in words if any(w[:2] == v[:2] for v in vocabulary[concept])]
                assert len(known) * 2 >= len(words), (concept, doc.text[start:stop])
            if kind == "register":
                assert value == doc.labels["register"]


def _strings(values: object) -> list[str]:
    """All strings inside dicts and tuples."""
    if isinstance(values, str):
        return [values.replace("/", " ")]
    items = values.values() if isinstance(values, dict) else values
    return [text for item in items for text in _strings(item)]


@pytest.mark.parametrize(
    "fixed",
    [
        {"topic": "sea"},
        {"genre": "story", "topic": "chess"},
        {"mood": "proud"},
        {"register": "pirate"},
        {"language": "german"},
        {"genre": FOREIGN},
        {"genre": "chat", "register": "formal"},
    ],
)
def test_fixed_labels_are_obeyed(fixed: dict[str, str]) -> None:
    for i in range(30):
        labels = document(8, i, **fixed).labels
        assert fixed.items() <= dict(labels).items()


def test_unknown_labels_are_refused() -> None:
    with pytest.raises(ValueError, match="genre, topic, mood, register, language"):
        document(0, 0, colour="red")
    with pytest.raises(ValueError, match=r"valid: .*sea"):
        document(0, 0, topic="see")
    with pytest.raises(ValueError, match="not written in"):
        document(0, 0, genre="story", language="french")
    with pytest.raises(ValueError, match="plain"):
        document(0, 0, genre="code", register="pirate")


def test_labels_are_honest_about_topic_and_mood() -> None:
    for doc in sample():
        found = {concept for _, _, concept in doc.spans}
        for label in ("topic", "mood", "register"):
            value = doc.labels[label]
            if value not in ("none", "plain") and doc.labels["genre"] != FOREIGN:
                assert f"{label}:{value}" in found, (doc.labels, doc.text)


def test_chats_have_turns_that_spell_their_text() -> None:
    for doc in (document(9, i, genre="chat") for i in range(50)):
        assert doc.messages
        assert {"user", "assistant"} <= {m["role"] for m in doc.messages} <= {"system", "user", "assistant"}
        assert all(m["content"] and m["content"] in doc.text for m in doc.messages)
        assert {"formality", "length", "cheer"} <= set(doc.labels)


@pytest.mark.parametrize("name", list(REGISTERS))
def test_registers_mark_their_words_and_keep_others(name: str) -> None:
    marks = 0
    for seed in range(10):
        text = f'{tag("The tide rose", "topic:sea")}. "You are very brave," said Anna, but it was dark.'
        clean, spans = parse(restyle(Dice(seed), text, name))
        assert clean[spans[0][0] : spans[-1][1]]
        assert any(concept == "topic:sea" for _, _, concept in spans)
        marks += sum(concept == f"register:{name}" for _, _, concept in spans)
    assert (marks > 0) == (name != "plain")


def test_every_genre_writes_about_every_topic() -> None:
    for doc in every_combination():
        assert len(doc.text.split()) > 5, doc.text


def test_texts_are_clean() -> None:
    wrong = [(p, doc.labels["genre"], doc.text) for doc in (*sample(), *every_combination()) for p in problems(doc)]
    assert not wrong, f"{len(wrong)} texts, {Counter(p for p, _, _ in wrong).most_common(12)}, first: {wrong[0]}"


def test_texts_have_a_good_length() -> None:
    lengths = [len(d.text.split()) for d in sample() if d.labels["genre"] in ("story", "diary", "letter", "news")]
    assert 80 <= sum(lengths) / len(lengths) <= 150
    assert max(lengths) <= 230


def test_all_labels_and_concepts_occur() -> None:
    docs = sample()
    for label, values in valid_labels().items():
        assert set(values) <= {d.labels[label] for d in docs}, label
    assert len(concepts()) == len(TOPICS) + len(MOODS) + len(REGISTERS) - 1 + 3 + len(GENRES)
    assert 40 <= len(named()) <= 50
    for concept in concepts():
        assert any(concept.matches(d) for d in docs), concept.name


def test_concepts_words_come_with_them() -> None:
    """In texts of a named concept its words are at least ten times as frequent as in the others."""
    for concept in named():
        inside = outside = inside_words = outside_words = 0
        for doc in sample():
            count, length = concept.count(doc.text), len(doc.text.split())
            if concept.matches(doc):
                inside, inside_words = inside + count, inside_words + length
            else:
                outside, outside_words = outside + count, outside_words + length
        assert len(concept.words) >= 8, concept.name
        assert inside / inside_words > 10 * outside / outside_words, (concept.name, inside, outside)


def test_weights_are_a_distribution() -> None:
    assert sum(weight for _, weight in GENRES.values()) == pytest.approx(1)
    assert sum(generator.LANGUAGES.values()) == pytest.approx(1)
    share = Counter(d.labels["register"] for d in sample())["plain"] / SAMPLE
    assert 0.6 < share < 0.72
