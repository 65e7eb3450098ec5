"""The markup of tokens and examples: what a page has hundreds of, and what a template takes five times as long for."""

from collections.abc import Iterable
from functools import lru_cache
from html import escape

from markupsafe import Markup

from app.text.formats import NOT_RECORDED, number
from app.text.token_views import ExampleView, HeatText, Piece, PromptView, TokenBar, TokenRow, TokenText
from app.text.tokens import NOTHING_YET, STEPS, heat_step, pieces

#: From this step of the scale on the colour is so dark that the text on it is light.
HOT = 12
#: Without and with the focus, by step: the classes of static/css/dashboards.css.
CLASSES = tuple(
    tuple(
        " ".join(
            name
            for name, holds in (("tok", True), (f"act-{step}", step > 0), ("hot", step >= HOT), ("focus", is_focus))
            if holds
        )
        for step in range(STEPS + 1)
    )
    for is_focus in (False, True)
)
CUT_LEFT = '<span class="mark" title="the prompt begins earlier">…</span>'
CUT_RIGHT = '<span class="mark" title="the prompt goes on">…</span>'


@lru_cache(maxsize=8192)
def chip(token: TokenText) -> Markup:
    """A token on its own."""
    return Markup(f'<bdi class="token">{"".join(map(_piece, token.pieces))}</bdi>')  # noqa: S704 (escaped)


def bars(items: Iterable[TokenBar], label: str, kind: str = "") -> Markup:
    """Tokens with a bar and a number each."""
    rows = (
        f'<li>{chip(item.token)}<meter min="0" max="1" value="{item.share:.4f}" aria-label="{escape(item.value)}">'
        f'</meter><span class="num">{escape(item.value)}</span></li>'
        for item in items
    )
    return Markup(f'<ol class="bars {escape(kind)}" aria-label="{escape(label)}">{"".join(rows)}</ol>')  # noqa: S704


def token_rows(items: Iterable[TokenRow]) -> Markup:
    """The rows of the table of tokens that a latent fires on."""
    unknown = f'<span class="unknown">{NOT_RECORDED}</span>'
    rows = (
        f'<tr><th scope="row">{chip(item.token)}<meter min="0" max="1" value="{item.bar:.4f}" '
        f'aria-label="{escape(item.share)} of its active tokens"></meter></th><td class="num">{escape(item.count)}</td>'
        f'<td class="num">{escape(item.share)}</td>'
        f'<td class="num">{unknown if item.mean is None else escape(item.mean)}</td></tr>'
        for item in items
    )
    return Markup("".join(rows))  # noqa: S704 (escaped)


def window(example: ExampleView | PromptView, kind: str = "") -> Markup:
    """A text window on the page's scale; ``kind`` is a further class."""
    left, right = CUT_LEFT if example.is_cut_left else "", CUT_RIGHT if example.is_cut_right else ""
    names = f"text {kind}" if kind else "text"
    return Markup(f'<bdi class="{names}">{left}{heat_markup(example.tokens)}{right}</bdi>')  # noqa: S704 (escaped)


def examples(items: Iterable[ExampleView]) -> Markup:
    """The list items of a band: each window, its value, and near-duplicates folded below it."""
    return Markup("".join(map(_example, items)))  # noqa: S704 (escaped)


def _example(item: ExampleView) -> str:
    part, whole = escape(item.prompt_part_href), escape(item.prompt_href)
    folded = ""
    if item.folded:
        more = len(item.folded)
        folded = (
            f'<details class="folded"><summary>{more} near-duplicate{"s" if more > 1 else ""}</summary>'
            f'<ol class="examples">{examples(item.folded)}</ol></details>'
        )
    return (
        f'<li><div class="context">{window(item)}<details class="widen"><summary>whole prompt</summary>'
        f'<div hx-get="{part}" hx-trigger="toggle from:closest details once" hx-target="this">'
        f'<a href="{whole}">Open prompt {item.prompt}</a></div></details></div>'
        f'<p class="value"><b>{escape(item.activation)}</b>prompt {item.prompt}, token {item.position}</p>{folded}</li>'
    )


def heat_markup(text: HeatText) -> Markup:
    """Tokens one after the other; nothing stands between the tags, since a space there would be one in the text."""
    texts, activations, focus, top = text
    parts = [
        _plain(token)
        if activation == 0 and place != focus
        else _token(token, activation, heat_step(activation, top), place == focus)
        for place, (token, activation) in enumerate(zip(texts, activations, strict=True))
    ]
    return Markup("".join(parts))  # noqa: S704 (every text of a token is escaped)


def _token(text: str, activation: float, step: int, is_focus: bool) -> str:
    """A token that fires, is the example's own, or whose activation (NaN) is not known."""
    if activation > 0:
        # A character that several tokens share stands with the last of them.
        shown = _plain(text) or _piece(NOTHING_YET)
        return f'<span class="{CLASSES[is_focus][step]}" data-a="{number(activation)}">{shown}</span>'
    unseen = " unseen" if activation != activation else ""
    return f'<span class="{CLASSES[is_focus][0]}{unseen}">{_plain(text)}</span>' if unseen or is_focus else _plain(text)


@lru_cache(maxsize=32768)
def _plain(text: str) -> str:
    return "".join(map(_piece, pieces(text)))


def _piece(piece: Piece) -> str:
    text, mark = piece
    return f'<span class="mark" title="{escape(mark)}">{escape(text)}</span>' if mark else escape(text)
