"""Text keeps 4.5:1 on every background that the style sheets give it, in both themes (WCAG AA)."""

import re

import pytest

from app.text.tokens import STEPS
from app.web.assets import STATIC

Colour = tuple[float, float, float]
THEMES = ("light", "dark")
BACKGROUNDS = ("page", "surface", "sunken", "accent-soft")
PAIRS = [("ink", b) for b in BACKGROUNDS] + [("muted", b) for b in BACKGROUNDS] + [("accent", b) for b in BACKGROUNDS]
PAIRS += [(kind, b) for kind in ("bad", "warn", "good") for b in ("page", "surface", f"{kind}-soft")]
PAIRS += [("accent-ink", "accent"), ("page", "ink")]


def sheet(name: str) -> str:
    return (STATIC / "css" / name).read_text(encoding="utf-8")


def colours(theme: str) -> dict[str, Colour]:
    found = re.findall(r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)", sheet("theme.css"))
    return {name: parse(light if theme == "light" else dark) for name, light, dark in found}


def parse(text: str) -> Colour:
    red, green, blue = (int(text[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return red, green, blue


def luminance(colour: Colour) -> float:
    linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in colour]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: Colour, other: Colour) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("text", "background"), PAIRS)
def test_text_stands_out(theme: str, text: str, background: str) -> None:
    known = colours(theme)
    assert contrast(known[text], known[background]) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("name", ["line-strong", "accent"])
def test_edges_of_controls_stand_out(theme: str, name: str) -> None:
    known = colours(theme)
    assert contrast(known[name], known["surface"]) >= 3


@pytest.mark.parametrize("theme", THEMES)
def test_a_token_can_be_read_at_every_step_of_heat(theme: str) -> None:
    known = colours(theme)
    shares = [float(s) / 100 for s in re.findall(r"\.act-\d+ \{ --act: ([\d.]+)%", sheet("dashboards.css"))]
    assert len(shares) == STEPS
    assert shares == sorted(shares)
    for step, share in enumerate(shares, start=1):
        pairs = zip(known["heat"], known["heat-base"], strict=True)
        red, green, blue = (share * heat + (1 - share) * base for heat, base in pairs)
        ink = known["heat-hot-ink" if step > 11 else "heat-ink"]
        assert contrast((red, green, blue), ink) >= 4.5, step
