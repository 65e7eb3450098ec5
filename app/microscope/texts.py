"""Texts under the microscope: tokens with the heat of one latent, or of whichever is strongest on each token."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from app.db.display import whole_characters
from app.microscope import schemas as answers
from app.microscope.views import Hit, TokenHits
from app.text.formats import number, percent
from app.text.names import name_view, short_name
from app.text.token_views import Piece, ScopeText, ScopeToken, ScopeTurn
from app.text.tokens import chip, heat_step, pieces

#: Latents that a token lists, and tokens that are listed at once.
HITS, LISTED = 8, 96
NO_TEXT = Piece("∅", "a token without text, or the first part of the next character")


@dataclass(frozen=True)
class Colour:
    """What a token shows: ``heat`` 0 to 1 of the page's scale, and what hovering says."""

    heat: float
    said: str


def scope_text(
    text: answers.TextAnswer, colours: Mapping[int, Colour], chosen: Sequence[int], title: str, *, can_choose: bool
) -> ScopeText:
    """The tokens in turns; ``colours`` by position. Tokens that statistics leave out stay pale."""
    shown = whole_characters(text.tokens)
    tokens = [
        ScopeToken(
            position=place,
            pieces=pieces(shown[place]) or (NO_TEXT,),
            step=heat_step(colours[place].heat, 1.0) if place in colours and text.counted[place] else 0,
            said=colours[place].said if place in colours else "",
            is_chosen=place in chosen,
            is_special=text.special[place] or not text.counted[place],
        )
        for place in range(len(shown))
    ]
    turns = [
        ScopeTurn(role or "", tuple(token for token, _ in group))
        for role, group in groupby(zip(tokens, text.roles, strict=True), key=lambda pair: pair[1])
    ]
    return ScopeText(title, tuple(turns), can_choose)


def by_strongest(text: answers.TextAnswer, sources: Sequence[answers.MicroscopeSource]) -> dict[int, Colour]:
    """Each token by the latent with the largest share of its own maximum, among its strongest ones.

    A source without a build has no maxima; there the largest activation in the text stands for them.
    """
    found: dict[int, tuple[float, answers.ActiveLatent]] = {}
    for source in sources:
        # The text's own maximum, over tokens that count, for sources whose latents' maxima are not known.
        largest = max(
            (hits[0].activation for place, hits in enumerate(source.per_token) if hits and text.counted[place]),
            default=0.0,
        )
        for place, hits in enumerate(source.per_token):
            for hit in hits:
                share = hit.share_of_max
                heat = share if share is not None else (hit.activation / largest if largest else 0.0)
                if heat > found.get(place, (0.0,))[0]:
                    found[place] = (heat, hit)
    return {
        place: Colour(min(1.0, heat), f"{short_name(hit.index, hit)}: {number(hit.activation)}")
        for place, (heat, hit) in found.items()
    }


def by_latent(values: Mapping[int, float], scale: float) -> dict[int, Colour]:
    """Each token by the activation of one latent, on the scale from 0 to ``scale``."""
    return {
        place: Colour(min(1.0, value / scale) if scale > 0 else 0.0, number(value))
        for place, value in values.items()
        if value > 0
    }


def token_hits(
    text: answers.TextAnswer, source: answers.MicroscopeSource, chosen: Sequence[int]
) -> tuple[tuple[TokenHits, ...], str]:
    """The latents of the chosen tokens, else of all; and a sentence if some tokens are left out."""
    shown = whole_characters(text.tokens)
    wanted = [place for place in (chosen or range(len(shown))) if place < len(shown)]
    note = ""
    if len(wanted) > LISTED:
        note = f"The first {LISTED} of {len(wanted)} tokens; choose tokens in the text to see others."
    return tuple(
        TokenHits(
            token=chip(shown[place]),
            position=place,
            hits=tuple(_hit(source.source, hit) for hit in source.per_token[place][:HITS]),
            n_more=max(0, source.n_active[place] - min(HITS, len(source.per_token[place]))),
        )
        for place in wanted[:LISTED]
    ), note


def _hit(slug: str, hit: answers.ActiveLatent) -> Hit:
    return Hit(
        key=f"{slug}:{hit.index}",
        index=hit.index,
        name=name_view(hit.index, hit),
        activation=number(hit.activation),
        share="" if hit.share_of_max is None else percent(hit.share_of_max, 2),
    )
