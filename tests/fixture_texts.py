"""Texts for the fixture sources: short, made from a few sentence patterns, split into words as tokens."""

import random

#: Tokens that break naive pages: markup, control characters, marks that turn the direction of writing.
HOSTILE = (
    "<script>alert(1)</script>", "</textarea><img src=x onerror=alert(2)>", "\"onmouseover='x'", "&amp;",
    "{{ 7*7 }}", "\N{RIGHT-TO-LEFT OVERRIDE}txet", "\N{LEFT-TO-RIGHT ISOLATE}", "\N{ZERO WIDTH SPACE}", "\x07",
    "\t", "  ", " \N{ARABIC LETTER ALEF}\N{ARABIC LETTER BEH}", " \N{GRINNING FACE}", "\N{REPLACEMENT CHARACTER}",
    " " + "long" * 40,
)  # fmt: skip
SPECIAL = ("<bos>", "<pad>")

THEMES: dict[str, dict[str, tuple[str, ...]]] = {
    "the sea": {
        "nouns": ("sea", "wave", "harbour", "sailor", "gull", "tide", "boat", "lighthouse"),
        "verbs": ("sailed", "rolled", "drifted", "shone"),
        "adjectives": ("salty", "grey", "wide", "stormy"),
    },
    "the kitchen": {
        "nouns": ("kitchen", "bread", "butter", "oven", "soup", "spoon", "onion", "cook"),
        "verbs": ("baked", "stirred", "simmered", "tasted"),
        "adjectives": ("warm", "golden", "sweet", "crisp"),
    },
    "winter": {
        "nouns": ("snow", "ice", "winter", "frost", "sledge", "scarf", "stove", "pine"),
        "verbs": ("froze", "fell", "glittered", "melted"),
        "adjectives": ("cold", "white", "quiet", "deep"),
    },
    "the night sky": {
        "nouns": ("star", "moon", "planet", "comet", "rocket", "telescope", "orbit", "sky"),
        "verbs": ("rose", "circled", "burned", "faded"),
        "adjectives": ("distant", "dark", "bright", "silent"),
    },
    "music": {
        "nouns": ("violin", "song", "drum", "choir", "melody", "piano", "concert", "singer"),
        "verbs": ("played", "sang", "echoed", "swelled"),
        "adjectives": ("soft", "loud", "gentle", "merry"),
    },
}
NAMES = ("Ada", "Jonas", "Mina", "Oskar")
LINKS = ("because", "while", "and then", "although")
FRENCH = ("Le", "vent", "souffle", "sur", "la", "mer", "et", "la", "nuit", "est", "douce", ".")
CODE = ("def", "sail", "(", "boat", ",", "sea", ")", ":", "\n", "return", "boat", "+", "sea")


def theme_tokens(theme: str) -> set[str]:
    return {f" {word}" for words in THEMES[theme].values() for word in words}


def sentence(rng: random.Random, theme: str) -> list[str]:
    words = THEMES[theme]
    noun, other = rng.sample(words["nouns"], 2)
    adjective, verb, later = rng.choice(words["adjectives"]), *rng.sample(words["verbs"], 2)
    patterns = (
        f"The {adjective} {noun} {verb} near the {other} .",
        f"{rng.choice(NAMES)} saw the {noun} {rng.choice(LINKS)} the {adjective} {other} {verb} .",
        f"At night the {noun} {verb} , {rng.choice(LINKS)} the {other} {later} slowly .",
        f'" Look at the {adjective} {noun} ! " said {rng.choice(NAMES)} .',
    )
    return [f" {word}" for word in rng.choice(patterns).split()]


def make_text(rng: random.Random, length: int) -> list[str]:
    """Tokens of one context: BOS, a few sentences of one or two themes, now and then French, code or rubbish."""
    tokens = ["<bos>"]
    theme = rng.choice(list(THEMES))
    while len(tokens) < length:
        kind = rng.random()
        if kind < 0.04:
            tokens += [f" {word}" for word in FRENCH]
        elif kind < 0.08:
            tokens += [word if word == "\n" else f" {word}" for word in CODE]
        elif kind < 0.14:
            tokens += rng.sample(HOSTILE, 3)
        elif kind < 0.24:
            tokens.append("\n")
            theme = rng.choice(list(THEMES))
        else:
            tokens += sentence(rng, theme)
    return tokens[:length]


def make_texts(count: int, length: int, seed: int) -> list[list[str]]:
    rng = random.Random(seed)
    return [make_text(rng, length) for _ in range(count)]
