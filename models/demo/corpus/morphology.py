"""Inflection of the tables' words: regular rules, with irregular forms given in the tables by slashes."""

from dataclasses import dataclass
from functools import cache

from models.demo.corpus.tables.packed import words

_VOWELS = "aeiou"
# Verbs of more than one syllable that double their last consonant.
_DOUBLE = frozenset(
    words("""
    admit; commit; permit; submit; refer; prefer; occur; regret; control; patrol; forget; begin; equip;
    compel; propel; rebel; transmit; travel; cancel; label; level; model; signal; shovel; unravel; tunnel;
    channel; quarrel; pedal; kidnap; worship; unzip; unpin; unplug; rewrap; unwrap; resubmit; outwit;
    handicap; format; omit; defer; confer; transfer; deter; expel; repel; excel; marvel; snorkel; towel;
    fuel; dial; refuel; equal; total; gravel; carol; pencil; swivel; grovel; outrun; overrun; rerun; reset;
    upset; unclip; unwrap; outbid
""")
)
_NO_DOUBLE = frozenset(["bus", "gas"])
_IE = {"die": "dying", "lie": "lying", "tie": "tying", "untie": "untying", "vie": "vying"}
_IRREGULAR_VERBS = {
    "outrun": ("outran", "outrun"), "overcome": ("overcame", "overcome"), "wake": ("woke", "woken"),
    "understand": ("understood", "understood"), "run": ("ran", "run"), "win": ("won", "won"),
    "find": ("found", "found"), "hold": ("held", "held"), "keep": ("kept", "kept"), "make": ("made", "made"),
}  # fmt: skip
_KEEP_E = frozenset(["singe", "dye", "tinge", "age", "canoe", "shoe", "tiptoe"])
_F_PLURALS = frozenset(
    words("""
    leaf; loaf; shelf; bookshelf; wolf; calf; half; knife; wife; life; elf; thief; scarf; hoof
""")
)
_PLAIN_O = frozenset(
    words("""
    photo; piano; cello; disco; solo; kilo; studio; radio; video; zoo; kangaroo; igloo; kazoo; logo; casino;
    dino; memo; hippo; rhino; euro; taco; burrito; tuxedo; avocado; flamingo; banjo; yoyo; yo-yo; tattoo
""")
)
_SAME = frozenset(
    words("""
    sheep; deer; fish; aircraft; spacecraft; series; species; salmon; trout; scissors; shorts; binoculars;
    goggles; tongs; pliers; headphones
""")
)
_IRREGULAR = {
    "man": "men", "woman": "women", "child": "children", "person": "people", "foot": "feet", "tooth": "teeth",
    "goose": "geese", "mouse": "mice", "louse": "lice", "ox": "oxen",
    "potato": "potatoes", "tomato": "tomatoes",
}  # fmt: skip


@dataclass(frozen=True)
class Forms:
    """The five forms of a verb phrase."""

    base: str
    third: str
    past: str
    participle: str
    ing: str


def _doubles(word: str) -> bool:
    """Whether the last consonant doubles before -ed and -ing: stop -> stopped, but open -> opened."""
    if word in _DOUBLE:
        return True
    if word in _NO_DOUBLE or len(word) < 3 or word[-1] in _VOWELS + "wxy" or word[-2] not in _VOWELS:
        return False
    if word[-3] in _VOWELS and not word.startswith("qu", len(word) - 4):
        return False
    groups, inside = 0, False
    for letter in word:
        vowel = letter in _VOWELS
        groups += vowel and not inside
        inside = vowel
    return groups == 1 or (word.startswith("qu") and len(word) <= 4)


def _past(word: str) -> str:
    if word.endswith("e"):
        return word + "d"
    if word.endswith("y") and word[-2:-1] not in tuple(_VOWELS):
        return word[:-1] + "ied"
    if word.endswith("c"):
        return word + "ked"
    return word + (word[-1] if _doubles(word) else "") + "ed"


def _ing(word: str) -> str:
    if word in _IE:
        return _IE[word]
    if word.endswith("e") and word not in _KEEP_E and not word.endswith(("ee", "oe", "ye")) and word != "be":
        return word[:-1] + "ing"
    if word.endswith("c"):
        return word + "king"
    return word + (word[-1] if _doubles(word) else "") + "ing"


def _third(word: str) -> str:
    if word == "have":
        return "has"
    if word == "be":
        return "is"
    if word.endswith(("s", "x", "z", "ch", "sh", "o")):
        return word + ("zes" if word.endswith("iz") else "es")
    if word.endswith("y") and word[-2:-1] not in tuple(_VOWELS):
        return word[:-1] + "ies"
    return word + "s"


@cache
def verb(entry: str) -> Forms:
    """All forms of a verb phrase of the tables; only its first word inflects.

    ``verb("take/took/taken apart").past == "took apart"`` and ``verb("hurry home").past == "hurried home"``.
    """
    head, space, rest = entry.partition(" ")
    parts = head.split("/")
    base = parts[0]
    regular = _past(base)
    irregular = _IRREGULAR_VERBS.get(base, (regular, regular))
    past = parts[1] if len(parts) > 1 else irregular[0]
    participle = parts[2] if len(parts) > 2 else past if len(parts) > 1 else irregular[1]
    tail = space + rest
    return Forms(base + tail, _third(base) + tail, past + tail, participle + tail, _ing(base) + tail)


@cache
def singular(entry: str) -> str:
    """The singular of a noun of the tables ("wolf/wolves" -> "wolf")."""
    return entry.split("/")[0]


@cache
def plural(entry: str) -> str:
    """The plural of a noun phrase of the tables: given after a slash, else by rule on its last word."""
    one, slash, many = entry.partition("/")
    lead, space, last = one.rpartition(" ")
    if slash:
        return many if " " in many or not lead or len(many.split()) > 1 else f"{lead} {many}"
    return lead + space + _plural_word(last)


def _plural_word(word: str) -> str:
    if word in _SAME:
        return word
    for single, many in _IRREGULAR.items():
        if word == single or (
            word.endswith(single)
            and single in ("man", "woman", "child", "tooth")
            and word not in ("human", "german", "caiman", "talisman", "shaman")
        ):
            return word[: len(word) - len(single)] + many
    if word in _F_PLURALS:
        return (word[:-2] if word.endswith("fe") else word[:-1]) + "ves"
    if word.endswith("quiz"):
        return word + "zes"
    if word.endswith(("s", "x", "z", "ch", "sh")):
        return word + ("s" if word in ("stomach", "monarch", "triptych", "matriarch", "patriarch") else "es")
    if word.endswith("y") and word[-2:-1] not in tuple(_VOWELS):
        return word[:-1] + "ies"
    if word.endswith("o") and word not in _PLAIN_O and word[-2:-1] not in tuple(_VOWELS):
        return word + ("es" if word in ("hero", "echo", "volcano", "torpedo", "mosquito", "mango") else "s")
    return word + "s"
