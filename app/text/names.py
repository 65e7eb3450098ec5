"""Names of latents for pages: a label with what it is worth, or in its place what the latent fires on and promotes."""

from typing import Protocol

from app.text.name_views import NameView
from app.text.tokens import plain
from models.statistics.label_tests import CAUSAL, FAILED, GUESS, TESTED

#: What a label is worth, in a sentence.
WORTH = {
    GUESS: "A guess: nobody has tested whether it holds.",
    TESTED: "Tested: it covers most of what the latent fires on, and where it holds the latent mostly fires.",
    CAUSAL: "Tested, and steering with the latent did to the text what the label says.",
    FAILED: "Its label failed the test, so it is described instead: see its page.",
}
#: Characters of a name in a figure or a tooltip.
SHORT = 40


class Named(Protocol):
    """What answers say of a latent's name."""

    @property
    def label(self) -> str | None: ...  # noqa: D102
    @property
    def label_status(self) -> str | None: ...  # noqa: D102
    @property
    def summary(self) -> str | None: ...  # noqa: D102


def answer_fields(name: Named) -> dict[str, str | None]:
    """The fields of an answer of the API that name a latent."""
    return {"label": name.label, "label_status": name.label_status, "summary": name.summary}


def name_view(index: int, name: Named) -> NameView:
    """The name of a latent; its number where nothing is known, which is before its source is built."""
    status = name.label_status or ""
    if name.label:
        return NameView(plain(name.label), True, status, WORTH.get(status, ""))
    is_failed = status == FAILED
    said = WORTH[FAILED] if is_failed else ""
    return NameView(plain(name.summary or "") or f"latent {index}", False, status if is_failed else "", said)


def own_name(text: str) -> NameView:
    """The name of what people gave one themselves, such as a vector: it claims nothing that could be tested."""
    return NameView(plain(text), True, "", "")


def title_of(index: int, name: Named) -> str:
    """The title of a page about one latent: its label, or its number."""
    return plain(name.label or "") or f"Latent {index}"


def short_name(index: int, name: Named) -> str:
    """A latent in few characters, with its number where that is all that tells it from others."""
    described = f"{index}: {plain(name.summary)}" if name.summary else f"latent {index}"
    text = plain(name.label or "") or described
    return text if len(text) <= SHORT else text[: SHORT - 1] + "…"
