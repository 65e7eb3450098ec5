"""Bands of activations: the strongest first, then by quantiles or by equal width, each with examples."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from urllib.parse import urlencode

from app.db.queries.answers import LatentDetails
from app.db.queries.latents import ALL_RANKS
from app.errors import InvalidRequest, shorten
from app.latents.duplicates import fold
from app.latents.figures import SCALES, Mark, activation_figure
from app.latents.views import BandsView, BandView, LaterBandsView
from app.text.block_views import Tab
from app.text.formats import number, percent
from app.text.token_views import ExampleView, HeatText
from models.records import TOP_BAND, Band, Example, LatentRecord

VIEWS = {"quantile": "Quantile bands", "width": "Equal-width bands"}
#: Instead of a band's name: all of them at once.
ALL = "all"
#: Bands whose examples come with the page; the others come when they are scrolled to.
FIRST_BANDS = 2
#: Examples of a band that come with such a page; a link shows more of the strongest.
FIRST_EXAMPLES = 10


@dataclass(frozen=True)
class BandsQuery:
    """What the query string asks for: the kind of bands, the scale of the counts, and one band, ``ALL`` or (empty) all
    of which the lower ones come later.
    """

    view: str = "quantile"
    scale: str = "log"
    band: str = ""
    list: str = ""  # the parameters of the table that the reader came from

    def link(self, path: str) -> str:
        """The address with what is not default."""
        return path + _query_string(self)


@lru_cache(maxsize=1024)
def _query_string(query: BandsQuery) -> str:
    default = BandsQuery()
    given = {name: value for name, value in vars(query).items() if value != getattr(default, name)}
    return f"?{urlencode(given)}" if given else ""


def bands_query(view: str, scale: str, band: str, came_from: str = "") -> BandsQuery:
    """The query if its values can be meant; whether the band exists is seen when it is shown."""
    for value, known, what in ((view, VIEWS, "view"), (scale, SCALES, "scale")):
        if value not in known:
            raise InvalidRequest(f"There is no {what} {shorten(value)!r}; choose one of {', '.join(known)}.")
    return BandsQuery(view, scale, band, came_from)


def shown_places(query: BandsQuery, bands: Sequence[Band]) -> list[int]:
    """The places of the bands whose examples come with the page."""
    places = _places(query, bands)
    if not query.band:
        return places[:FIRST_BANDS]
    shown = [place for place in places if query.band in (ALL, bands[place].name)]
    if places and not shown:
        names = ", ".join(bands[place].name for place in places)
        raise InvalidRequest(f"There is no band {shorten(query.band)!r} here; choose one of {ALL}, {names}.")
    return shown


def most_examples(query: BandsQuery) -> int:
    """The number of a band's examples that is to be read: one more than are shown tells whether there are more."""
    return ALL_RANKS if query.band else FIRST_EXAMPLES + 1


def later_places(query: BandsQuery, bands: Sequence[Band]) -> list[int]:
    """The places of the bands whose examples come when they are scrolled to."""
    return [] if query.band else _places(query, bands)[FIRST_BANDS:]


def bands_view(slug: str, details: LatentDetails, query: BandsQuery, base: str = "") -> BandsView:
    """The histogram, the strongest examples and the bands of one kind from high to low; or one of these bands.

    ``base`` comes before the addresses of the tabs: ``embed/`` for the embedded view.
    """
    record, path = details.record, f"{base}sources/{slug}/latents/{details.record.index}"
    places, shown = _places(query, record.bands), shown_places(query, record.bands)
    later, is_all = later_places(query, record.bands), query.band in ("", ALL)
    usual = len(record.bands[shown[-1]].examples) if shown else 0
    return BandsView(
        # A band keeps its name only within its own kind of bands.
        views=tuple(_tab(path, VIEWS[name], replace(query, view=name, band=""), name == query.view) for name in VIEWS),
        scales=tuple(_tab(path, SCALES[name], replace(query, scale=name), name == query.scale) for name in SCALES),
        picks=tuple(
            _tab(path, text, replace(query, band=name), is_all if name == "" else name == query.band)
            for name, text in [("", "All bands"), *((band.name, _title(band)) for band in _at(record.bands, places))]
        ),
        figure=activation_figure(record, _marks(path, record.bands, query), query.scale) if places else None,
        bands=tuple(_shown_band(path, base, record.bands[place], place, details, query) for place in shown),
        later=tuple(_later_band(path, record, place, query, usual) for place in later),
        later_href=query.link(f"/parts/{path}/later-bands") if later else "",
        max_activation=number(record.max_activation),
    )


def later_bands_view(slug: str, details: LatentDetails, query: BandsQuery) -> LaterBandsView:
    """The bands that ``bands_view`` leaves out, with their examples."""
    bands, path = details.record.bands, f"sources/{slug}/latents/{details.record.index}"
    return LaterBandsView(tuple(_band(path, bands[place], place, details) for place in later_places(query, bands)))


def anchor(place: int) -> str:
    """The id of a band's element, from its place among the latent's bands."""
    return f"band-{place}"


def example_view(path: str, example: Example, details: LatentDetails, folded: Sequence[Example] = ()) -> ExampleView:
    """An example as it is shown, with its near-duplicates below it; ``path`` is the latent's without a slash."""
    width = len(example.window)
    texts = details.window_tokens(example.prompt, example.window_start, width)
    focus = example.position - example.window_start
    whole = f"{path}/prompts/{example.prompt}?position={example.position}"
    return ExampleView(
        tokens=HeatText(texts, tuple(example.window.tolist()), focus, details.record.max_activation),
        activation=number(example.activation),
        prompt=example.prompt,
        position=example.position,
        is_cut_left=example.window_start > 0,
        is_cut_right=example.window_start + width < len(details.prompts[example.prompt]),
        prompt_href=f"/{whole}",
        prompt_part_href=f"/parts/{whole}",
        folded=tuple(example_view(path, item, details) for item in folded),
    )


def _places(query: BandsQuery, bands: Sequence[Band]) -> list[int]:
    return [place for place, band in enumerate(bands) if band.view in ("top", query.view)]


def _tab(path: str, text: str, wanted: BandsQuery, is_current: bool) -> Tab:
    return Tab(text, wanted.link(f"/{path}") + "#examples", wanted.link(f"/parts/{path}/bands"), is_current)


def _at(bands: Sequence[Band], places: Sequence[int]) -> list[Band]:
    return [bands[place] for place in places]


def _marks(path: str, bands: Sequence[Band], query: BandsQuery) -> list[Mark]:
    """The bands as the histogram draws them; quantile bands are named by their lower quantile."""
    return [
        Mark(
            low=band.low,
            high=band.high,
            name=_short_name(band),
            anchor=anchor(place),
            href=f"{replace(query, band=band.name).link(f'/{path}')}#{anchor(place)}",
            is_chosen=band.name == query.band,
        )
        for place, band in enumerate(bands)
        if band.view == query.view
    ]


def _short_name(band: Band) -> str:
    if band.view != "quantile":
        return ""
    low = float(band.name.split("-")[0])
    return f"{100 * low:g}" if low else ""


def _title(band: Band) -> str:
    if band.name == TOP_BAND:
        return "Strongest"
    if band.view == "width":
        return f"{number(band.low)} to {number(band.high)}"
    low, high = (f"{100 * float(part):g}" for part in band.name.split("-"))
    return f"{low}\N{EN DASH}{high} %"


def _shown_band(path: str, base: str, band: Band, place: int, details: LatentDetails, query: BandsQuery) -> BandView:
    if query.band or len(band.examples) <= FIRST_EXAMPLES:
        return _band(path.removeprefix(base), band, place, details)
    text = f"More of {'the strongest' if band.name == TOP_BAND else _title(band)}"
    more = _tab(path, text, replace(query, band=band.name), False)
    first = replace(band, examples=band.examples[:FIRST_EXAMPLES])
    return replace(_band(path.removeprefix(base), first, place, details), more=more)


def _band(path: str, band: Band, place: int, details: LatentDetails) -> BandView:
    folded = fold(band.examples, details.prompts.__getitem__)
    return _band_view(band, place, tuple(example_view(path, example, details, others) for example, others in folded))


def _later_band(path: str, record: LatentRecord, place: int, query: BandsQuery, usual: int) -> BandView:
    """A band without its examples, of which there are as many as the one before has unless fewer tokens lie in it."""
    band = record.bands[place]
    to_come = min(usual, round(band.share_of_active * record.n_active))
    return _band_view(band, place, (), f"{replace(query, band=ALL).link(f'/{path}')}#{anchor(place)}", to_come)


def _band_view(band: Band, place: int, examples: tuple[ExampleView, ...], href: str = "", to_come: int = 0) -> BandView:
    return BandView(
        anchor=anchor(place),
        title=_title(band),
        low=number(band.low),
        high=number(band.high),
        share_of_active=percent(band.share_of_active),
        examples=examples,
        href=href,
        to_come=to_come,
        more=None,
    )
