"""The markup of a latent's name: its label and what that is worth, or what stands in its place."""

from functools import lru_cache
from html import escape

from markupsafe import Markup

from app.text.name_views import NameView

#: Status -> the colour of its tag.
COLOURS = {"tested": "good", "causal": "good", "failed": "bad", "guess": ""}


@lru_cache(maxsize=4096)
def named(name: NameView, *, with_status: bool = True) -> Markup:
    """A name as it stands in lists and tables."""
    text = escape(name.text)
    kind = "label" if name.is_label else "described"
    mark = f" {worth(name.status, name.said, is_label=name.is_label)}" if name.status and with_status else ""
    return Markup(f'<bdi class="{kind}" title="{text}">{text}</bdi>{mark}')  # noqa: S704 (escaped)


def worth(status: str, said: str = "", *, is_label: bool = True) -> Markup:
    """What a label is worth, as a tag. Beside a summary, ``is_label`` False: a label that is not shown failed."""
    text = status if is_label else f"label {status}"
    title = f' title="{escape(said)}"' if said else ""
    return Markup(  # noqa: S704 (escaped)
        f'<span class="tag {COLOURS.get(status, "")} worth" data-status="{escape(status)}"{title}>{escape(text)}</span>'
    )
