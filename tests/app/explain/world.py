"""A world whose truth is known: words of themes, latents that fire on the words of one, and slip now and then."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from app.explain.material import Material, Text, material_of
from app.explain.request import Plan
from models.corpus.windows import WIDTH, Firings, Windows
from models.records import Band, LatentRecord, Sample, TokenValue

N_THEMES, THEME_WORDS, PLAIN_WORDS = 16, 6, 400
N_WORDS = N_THEMES * THEME_WORDS + PLAIN_WORDS
EDGES = (("0.99-1", 0.99), ("0.95-0.99", 0.95), ("0.9-0.95", 0.9), ("0.7-0.9", 0.7), ("0.5-0.7", 0.5), ("0-0.5", 0.0))


def word(token_id: int) -> str:
    """The display string of a token; words of theme 3 are t3a, t3b, ..."""
    if token_id < N_THEMES * THEME_WORDS:
        return f" t{token_id // THEME_WORDS}{'abcdef'[token_id % THEME_WORDS]}"
    return f" w{token_id}"


def strings(ids):
    return {int(i): word(int(i)) for i in ids}


def description(theme: int) -> str:
    return f"words of theme {theme}"


def fits(said: str, text: str) -> bool:
    """The true rule: whether one of the words is of the theme that the description names."""
    theme = said.rsplit(" ", 1)[-1]
    return re.search(rf"\bt{theme}[a-f]\b", text) is not None


def is_marked(said: str, text: str) -> bool:
    """Whether most of the marked words are of the theme."""
    theme = said.rsplit(" ", 1)[-1]
    words = " ".join(re.findall(r"<<(.*?)>>", text)).split()
    return 2 * sum(re.fullmatch(rf"t{theme}[a-f]", w) is not None for w in words) > len(words)


def theme_of_marks(texts: list[str]) -> str:
    """What an oracle of an explainer says: the theme of most marked words."""
    themes = re.findall(r"\{\{ ?t(\d+)[a-f]\|", "\n".join(texts))
    return description(max(set(themes), key=themes.count)) if themes else "nothing"


@dataclass(frozen=True, eq=False)
class World:
    windows: Windows
    records: Mapping[int, LatentRecord]

    def material(self, index: int, **changes) -> Material:
        return material_of(self.windows, self.records[index], Plan(**changes), strings)

    def exact(self, index: int, theme: int) -> tuple[float, float]:
        """Precision and recall of the rule of a theme over all windows."""
        fires = self.windows.maxima(index) > 0
        says = (self.windows.token_ids // THEME_WORDS == theme).any(1) & (
            self.windows.token_ids < N_THEMES * THEME_WORDS
        ).any(1)
        both = (fires & says).sum()
        return both / max(1, says.sum()), both / max(1, fires.sum())


def make_world(seed: int = 0, n: int = 6000, miss: float = 0.15, slip: float = 0.002) -> World:
    """``n`` windows, two of a prompt; latent j fires on words of theme j but for ``miss``, elsewhere on ``slip``."""
    random = np.random.default_rng(seed)
    ids = random.integers(N_THEMES * THEME_WORDS, N_WORDS, (n, WIDTH))
    for row in ids:
        if random.random() < 0.7:
            theme = min(int(random.exponential(8)), N_THEMES - 1)  # some themes are rare
            places = random.choice(WIDTH, random.integers(1, 6), replace=False)
            row[places] = theme * THEME_WORDS + random.integers(0, THEME_WORDS, len(places))
    themes = np.where(ids < N_THEMES * THEME_WORDS, ids // THEME_WORDS, -1)
    values = np.zeros((N_THEMES, n, WIDTH), np.float32)
    for j in range(N_THEMES):
        fires = (themes == j) & (random.random(ids.shape) > miss)
        fires |= (themes != j) & (random.random(ids.shape) < slip)
        values[j] = np.where(fires, random.lognormal(0, 0.7, ids.shape), 0)
    latents, windows = np.nonzero(values.max(2))
    firings = {}
    for j in range(N_THEMES):
        where, places = np.nonzero(values[j])
        firings[j] = Firings(where, places, values[j][where, places])
    made = Windows(
        token_ids=ids,
        prompts=np.arange(n) // 2,
        is_spread=np.ones(n, bool),
        pair_windows=windows,
        pair_latents=latents,
        pair_maxima=values.max(2)[latents, windows],
        firings=firings,
    )
    return World(made, {j: record_of(j, values[j], ids) for j in range(N_THEMES)})


def record_of(index: int, values, ids) -> LatentRecord:
    """What a build would record, as far as it is used."""
    active = np.sort(values[values > 0])
    lows = [(name, float(np.quantile(active, low)) if low else 0.0) for name, low in EDGES]
    highs = [float(active[-1]), *(low for _, low in lows[:-1])]
    bands = tuple(
        Band(name, "quantile", low, high, float(((active >= low) & (active < high)).mean()), ())
        for (name, low), high in zip(lows, highs, strict=True)
    )
    tokens, counts = np.unique(ids[values > 0], return_counts=True)
    order = np.argsort(-counts)[:10]
    top = tuple(TokenValue(int(tokens[i]), float(counts[i])) for i in order)
    nothing = np.zeros(0, np.float32)
    return LatentRecord(
        index=index,
        n_active=len(active),
        density=len(active) / values.size,
        max_activation=float(active[-1]),
        mean_activation=float(active.mean()),
        quantiles={},
        histogram_edges=nothing,
        histogram_counts=np.zeros(0, np.int64),
        bands=bands,
        promoted=top[:3],
        suppressed=(),
        neighbours=(),
        top_tokens=top,
        sample=Sample(np.zeros(0, np.int32), np.zeros(0, np.int32), nothing),
    )


def text_of(text: Text) -> str:
    return "".join(text.tokens)
