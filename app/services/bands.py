"""Bands of activations: the strongest first, then by quantiles or by equal width, each with examples."""

from app.db.queries import LatentDetails
from app.errors import InvalidRequest, shorten
from app.figures import Mark
from app.formats import number, percent
from app.services.tokens import heat
from app.views import BandsView, BandView, ExampleView, Tab
from models.records import TOP_BAND, Band, Example, LatentRecord

TABS = {"quantile": "Quantile bands", "width": "Equal-width bands"}


def check_tab(tab: str) -> str:
    """The tab if there is one of this name."""
    if tab not in TABS:
        raise InvalidRequest(f"There is no view {shorten(tab)!r}; choose one of {', '.join(TABS)}.")
    return tab


def bands_view(slug: str, details: LatentDetails, tab: str) -> BandsView:
    """The strongest examples, then the bands of one tab from high to low."""
    path = f"sources/{slug}/latents/{details.record.index}"
    return BandsView(
        tabs=tuple(
            Tab(text, f"/{path}?view={name}#examples", f"/parts/{path}/bands?view={name}", name == tab)
            for name, text in TABS.items()
        ),
        bands=tuple(
            _band(band, place, details) for place, band in enumerate(details.record.bands) if band.view in ("top", tab)
        ),
        max_activation=number(details.record.max_activation),
    )


def figure_marks(record: LatentRecord, tab: str) -> tuple[Mark, ...]:
    """The bands of a tab as the histogram draws them; quantile bands are named by their lower quantile."""
    return tuple(
        Mark(band.low, band.high, _short_name(band), anchor(place))
        for place, band in enumerate(record.bands)
        if band.view == tab
    )


def anchor(place: int) -> str:
    """The id of a band's element, from its place among the latent's bands."""
    return f"band-{place}"


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


def _band(band: Band, place: int, details: LatentDetails) -> BandView:
    return BandView(
        anchor=anchor(place),
        title=_title(band),
        low=number(band.low),
        high=number(band.high),
        share_of_active=percent(band.share_of_active),
        examples=tuple(_example(example, details) for example in band.examples),
    )


def _example(example: Example, details: LatentDetails) -> ExampleView:
    width = len(example.window)
    texts = details.window_tokens(example.prompt, example.window_start, width)
    return ExampleView(
        tokens=heat(
            texts,
            example.window.tolist(),
            example.position - example.window_start,
            details.record.max_activation,
        ),
        activation=number(example.activation),
        prompt=example.prompt,
        position=example.position,
        is_cut_left=example.window_start > 0,
        is_cut_right=example.window_start + width < len(details.prompts[example.prompt]),
    )
