"""The markup of tokens on a scale: what a page has a thousand of, and what a template takes five times as long for."""

from collections.abc import Iterable
from html import escape

from markupsafe import Markup

from app.views.tokens import HeatToken, Piece

#: From this step of the scale on the colour is so dark that the text on it is light.
HOT = 12


def heat_markup(tokens: Iterable[HeatToken]) -> Markup:
    """Tokens one after the other; nothing stands between the tags, since a space there would be one in the text."""
    return Markup("".join(map(_token, tokens)))  # noqa: S704 (every text of a token is escaped)


def _token(token: HeatToken) -> str:
    pieces, step, value, is_focus, is_known = token
    text = "".join(map(_piece, pieces))
    if not step and not is_focus and is_known:
        return text
    names = "tok"
    if step:
        names += f" act-{step}"
    if step >= HOT:
        names += " hot"
    if is_focus:
        names += " focus"
    if not is_known:
        names += " unseen"
    shown = f' data-a="{escape(value)}"' if value else ""
    return f'<span class="{names}"{shown}>{text}</span>'


def _piece(piece: Piece) -> str:
    text, mark = piece
    return f'<span class="mark" title="{escape(mark)}">{escape(text)}</span>' if mark else escape(text)
