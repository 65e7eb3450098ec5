"""A latent in brief beside a text: label, strongest examples, and its value there on the corpus's histogram."""

from functools import partial

from sqlalchemy.orm import Session

from app.db.queries.answers import SourceInfo
from app.db.queries.latents import latent_details
from app.db.queries.names import latent_name
from app.errors import UnknownLatent
from app.latents import panels
from app.latents.bands import BandsQuery, example_view, shown_places
from app.latents.figures import activation_figure
from app.latents.views import LatentCard
from app.text.figures_marked import marked
from app.text.formats import number, percent
from app.text.names import name_view
from models.records import TOP_BAND

EXAMPLES, PROMOTED = 3, 5


def latent_card(session: Session, source: SourceInfo, index: int, here: float | None) -> LatentCard:
    """The card; ``here`` is the latent's largest activation in the text, None or 0 if it does not fire.

    Raises UnknownLatent.
    """
    if not 0 <= index < source.facts.d_sae:
        raise UnknownLatent(source.slug, index, source.facts.d_sae)
    path = f"sources/{source.slug}/latents/{index}"
    value = here or 0.0
    if source.build is None:
        return LatentCard(
            key=f"{source.slug}:{index}",
            index=index,
            slug=source.slug,
            href="",
            name=name_view(index, latent_name(session, source, index)),
            density=number(None),
            max_activation=number(None),
            here=number(value) if value else "",
            compared="",
            is_built=False,
            figure=None,
            examples=(),
            promoted=(),
        )
    details = latent_details(session, source, index, partial(shown_places, BandsQuery(band=TOP_BAND)), EXAMPLES)
    record = details.record
    top = next((band.examples for band in record.bands if band.name == TOP_BAND), ())
    figure = activation_figure(record, ()) if record.n_active else None
    return LatentCard(
        key=f"{source.slug}:{index}",
        index=index,
        slug=source.slug,
        href=f"/{path}",
        name=name_view(index, details.name),
        density=percent(record.density),
        max_activation=number(record.max_activation),
        here=number(value) if value else "",
        compared=compared(value, record.max_activation),
        is_built=True,
        figure=marked(figure, (value,)) if figure and value else figure,
        examples=tuple(example_view(path, example, details) for example in top[:EXAMPLES]),
        promoted=panels.token_bars(record.promoted[:PROMOTED], details.tokens),
    )


def compared(value: float, largest: float) -> str:
    """An activation in a text beside the largest of the corpus; empty if there is nothing to compare."""
    if not value:
        return ""
    if largest <= 0:
        return "the corpus never woke this latent"
    if value > largest:
        return f"above the best example of the corpus ({number(value / largest)} times its maximum)"
    return f"{percent(value / largest, 2)} of the corpus's maximum"
