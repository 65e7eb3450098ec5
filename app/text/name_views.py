"""What a latent is called, wherever it stands."""

from dataclasses import dataclass


@dataclass(frozen=True)
class NameView:
    """The name of a latent: its label, or in its place what it fires on and promotes.

    ``status``: what the label is worth; ``failed`` beside a summary: there is a label, but it failed its test. ``said``
    is that in a sentence. Both are empty without a label.
    """

    text: str
    is_label: bool
    status: str
    said: str
