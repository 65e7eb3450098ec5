"""The list-like and styled genres: what they promise about the agreement of their parts."""

import ast
import re
from itertools import pairwise

import pytest

from models.demo.corpus.dice import Dice
from models.demo.corpus.generator import TOPICS
from models.demo.corpus.genres.chat import write_chat
from models.demo.corpus.genres.code import write_code
from models.demo.corpus.genres.foreign import LANGUAGES, write_foreign
from models.demo.corpus.genres.foreign_words import French, German, Spanish
from models.demo.corpus.genres.recipe import write_recipe
from models.demo.corpus.genres.shopping import write_shopping
from models.demo.corpus.genres.sports import write_sports
from models.demo.corpus.genres.weather import write_weather
from models.demo.corpus.marks import parse
from models.demo.corpus.setting import Draft, Person, Setting
from models.demo.corpus.tables.dishes import BASICS, FAMILIES
from models.demo.corpus.tables.moods import MOODS
from models.demo.corpus.tables.recipe_steps import STEPS

GENRES = {
    "recipe": write_recipe,
    "weather": write_weather,
    "shopping": write_shopping,
    "sports": write_sports,
    "chat": write_chat,
    "code": write_code,
    **{language: lambda s, language=language: write_foreign(s, language) for language in LANGUAGES},
}
LEO = Person("Leo", "he", "him", "his", "his", "himself")


def setting(seed: int) -> Setting:
    dice = Dice(seed)
    topic = TOPICS[dice.choice(tuple(TOPICS))]
    return Setting(dice, topic, dice.choice(tuple(MOODS)), "plain", Person("Anna"), LEO)


def drafts(name: str, count: int = 200) -> list[Draft]:
    return [GENRES[name](setting(seed)) for seed in range(count)]


@pytest.mark.parametrize("name", GENRES)
def test_every_genre_writes_clean_texts(name: str) -> None:
    for draft in drafts(name):
        text, spans = parse(draft.text)
        assert spans
        assert 12 <= len(text.split()) <= 240, text
        assert not re.search("[\ue000-\ue002\x00]", text), text
        assert not text.startswith((" ", "\n")), text
        if name != "code":
            assert not re.search(r"[{}]|\S  |\[(?! \])| [.,]|[.,]{2}", text), text
            assert not re.search(r"[a-z]\. [a-z]", text), text


@pytest.mark.parametrize("name", ["recipe", "weather", "shopping", "sports", "code"])
def test_genre_words_are_marked(name: str) -> None:
    assert all(f"genre:{name}" in {c for _, _, c in parse(d.text)[1]} for d in drafts(name))


def test_the_same_seed_writes_the_same_text() -> None:
    assert [d.text for d in drafts("chat", 20)] == [d.text for d in drafts("chat", 20)]


def test_code_is_valid_python() -> None:
    for draft in drafts("code", 400):
        ast.parse(parse(draft.text)[0])


def test_code_prints_what_its_comments_say() -> None:
    texts = [parse(d.text)[0] for d in drafts("code", 400)]
    sums = [re.search(r"\(\[([\d, ]+)\]\)\)  # prints (\d+)", text) for text in texts]
    found = [m for m in sums if m]
    assert len(found) > 20
    assert all(sum(map(int, m.group(1).split(", "))) == int(m.group(2)) for m in found)


def test_recipe_steps_mention_the_ingredients() -> None:
    for draft in drafts("recipe"):
        text, spans = parse(draft.text)
        family, dish = next(
            (family, packed)
            for family, rows in FAMILIES.items()
            for name, packed in rows
            if any(text[a:b].lower() == name for a, b, c in spans if c == "genre:recipe")
        )
        own = [item.strip() for slot in dish.split("|") for item in slot.split(":")[1].split(",")]
        for item in own:
            assert len(re.findall(re.escape(item), text)) >= 2, (item, text)
        assert all(item in text for item in BASICS[family] if item not in own)


def test_every_slot_of_a_dish_is_in_its_steps() -> None:
    for family, rows in FAMILIES.items():
        for name, packed in rows:
            slots = {part.split(":")[0].strip() for part in packed.split("|")}
            missing = [slot for slot in slots if not any(all("{" + slot in p for p in ps) for ps in STEPS[family])]
            assert not missing, (name, missing)


def test_scores_agree_through_a_report() -> None:
    seen = 0
    for draft in drafts("sports", 400):
        text, _ = parse(draft.text)
        title, body = text.split("\n\n", 1)
        if "Tennis" in title or " set " in body or "runs" in body or "race" in body:
            continue
        scores = [(int(a), int(b)) for a, b in re.findall(r"\b(\d+)-(\d+)\b", body)]
        if not scores:
            continue
        seen += 1
        result, *running = scores
        assert sorted(running[-1]) == sorted(result), text
        assert result[0] >= result[1]
        assert all(x[0] <= y[0] and x[1] <= y[1] for x, y in pairwise(running)), text
        minutes = [int(m) for m in re.findall(r"(\d+)(?:st|nd|rd|th) minute|after (\d+) minutes", body) for m in m if m]
        assert minutes == sorted(minutes)
    assert seen > 100


def test_shopping_totals_add_up() -> None:
    seen = 0
    for draft in drafts("shopping", 300):
        text, _ = parse(draft.text)
        prices = [int(a) * 100 + int(b) for a, b in re.findall(r": £(\d+)\.(\d\d)$", text, re.MULTILINE)]
        total = re.search(
            r"(?:Total|Together|Sum|Total at the till): £(\d+)\.(\d\d)$|All in all £(\d+)\.(\d\d)",
            text,
            re.MULTILINE,
        )
        if not total:
            continue
        pounds, pence = (part for part in total.groups() if part)
        named = int(pounds) * 100 + int(pence)
        items = prices[:-1] if total.group(1) else prices
        seen += 1
        assert named == sum(items), text
    assert seen > 50


def test_chat_text_is_the_messages_in_markup() -> None:
    for draft in drafts("chat"):
        text, _ = parse(draft.text)
        assert text == "".join(f"<|{m['role']}|>\n{m['content']}<|end|>\n" for m in draft.messages)
        roles = [m["role"] for m in draft.messages if m["role"] != "system"]
        assert roles == ["user", "assistant"] * (len(roles) // 2)
        assert 1 <= len(roles) // 2 <= 3


def test_chat_answers_hold_the_phrases_of_their_style_only() -> None:
    for draft in drafts("chat", 300):
        kinds = ("formality:", "length:", "cheer:")
        found = {c for _, _, c in parse(draft.text)[1] if c.startswith(kinds)}
        named = {f"{kind}:{value}" for kind, value in draft.labels.items()}
        assert found <= named
        assert f"formality:{draft.labels['formality']}" in found
        if draft.labels["cheer"] != "neutral":
            assert f"cheer:{draft.labels['cheer']}" in found
        if draft.labels["length"] == "wordy":
            assert "length:wordy" in found


def test_chat_styles_are_independent_and_wordy_is_longer() -> None:
    lengths: dict[str, list[int]] = {"terse": [], "wordy": []}
    combinations = set()
    for draft in drafts("chat", 400):
        combinations.add(tuple(draft.labels.values()))
        lengths[draft.labels["length"]] += [
            len(m["content"].split()) for m in draft.messages if m["role"] == "assistant"
        ]
    assert len(combinations) == 12
    mean = {length: sum(values) / len(values) for length, values in lengths.items()}
    assert mean["wordy"] > 2 * mean["terse"]


@pytest.mark.parametrize(
    ("entry", "form", "words"),
    [
        ("oiseau, oiseaux, m", "le", "l'oiseau"),
        ("oiseau, oiseaux, m", "ce", "cet oiseau"),
        ("échelle, échelles, f", "mon", "mon échelle"),
        ("souris, souris, f", "un", "une souris"),
        ("image, images, f", "de_many", "d'images"),
    ],
)
def test_french_nouns(entry: str, form: str, words: str) -> None:
    assert getattr(French(setting(1), "french", entry, True), form) == words


def test_spanish_and_german_nouns() -> None:
    cat = Spanish(setting(1), "spanish", "gato, gatos, m", True)
    assert (cat.al, cat.del_, cat.los) == ("al gato", "del gato", "los gatos")
    cow = Spanish(setting(1), "spanish", "vaca, vacas, f", True)
    assert (cow.al, cow.un) == ("a la vaca", "una vaca")
    dog = German(setting(1), "german", "Hund, Hunde, m", True)
    assert (dog.ein, dog.einen, dog.einem, dog.den, dog.meinen) == (
        "ein Hund", "einen Hund", "einem Hund", "den Hund", "meinen Hund",
    )  # fmt: skip
    book = German(setting(1), "german", "Buch, Bücher, n", False)
    book._kept["adj"] = "alt"
    assert (book.ein_adj, book.einen_adj, book.dem) == ("ein altes Buch", "ein altes Buch", "dem Buch")
    dog._kept["adj"] = "müde"
    assert (dog.ein_adj, dog.einen_adj_cap) == ("ein müder Hund", "Einen müden Hund")


def test_foreign_adjectives_agree() -> None:
    texts = " ".join(parse(d.text)[0] for language in LANGUAGES for d in drafts(language, 150))
    assert not re.search(r"\b(une \w+ (vert|blanc|noir|doré|léger)|un \w+ (verte|blanche|noire|dorée))\b", texts)
    assert not re.search(r"\b(una \w+ (rojo|negro|nuevo)|un \w+ (roja|negra|nueva))\b", texts)
    french = " ".join(parse(d.text)[0] for d in drafts("french", 300))
    assert not re.search(r"\b(le|la|de|je|me|ce|que) [aeiouéèœ]\w+|\bde les?\b", french)
