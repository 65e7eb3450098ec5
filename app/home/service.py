"""The Home page: every source as a card, grouped by model, and what is being built."""

import json
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from sqlalchemy.orm import Session

from app.builds.service import current_pulse, live_builds
from app.db.queries.answers import SourceInfo
from app.db.queries.latents import density_histogram
from app.db.queries.mixes import ready_mixes
from app.db.queries.sources import all_sources
from app.home.views import Dial, HomeView, ModelGroup, SourceCard, Spark
from app.preparing import announced
from app.text.block_views import Measure
from app.text.formats import count, number, percent, short_count
from app.text.quality import build_command, failure
from app.text.tokens import plain

#: Texts to try; the bundled model knows worlds like these.
EXAMPLES = (
    "Once upon a time a small dragon lived behind the garden wall.",
    "The nurse counted the coins and gave them back.",
    "def add(a, b):",
)
#: Ready-made mixes that stand here, of so many that are looked at.
DIALS, LOOKED_AT = 4, 20
#: The likeliest text, with a penalty that keeps a small model out of loops: only the slider changes it.
SAMPLING = {"max_new_tokens": 40, "temperature": 0, "frequency_penalty": 0.5}
#: Of a mix's options, those that ``POST /steer`` takes beside the terms.
WRITTEN = (
    "prompt", "messages", "add_generation_prompt", "prepend_bos", "positions", "steer_bos", "stop_at_eos",
)  # fmt: skip
#: Bars of the small picture on a card: the density histogram has twice as many bins.
BINS_PER_SPARK = 2


def home_page(session: Session, data_dir: Path, microscope_href: str = "") -> HomeView:
    """Every source with the build that pages show; ``data_dir`` is where a demo in preparation leaves word."""
    sources = all_sources(session)
    groups = groupby(sources, key=lambda source: source.language_model_id)
    said = announced(data_dir)
    return HomeView(
        pulse=current_pulse(session),
        live=live_builds([source.running for source in sources if source.running]),
        groups=tuple(_group(session, list(members), bool(said and not said.has_failed)) for _, members in groups),
        random_href="/random" if any(source.build for source in sources) else "",
        microscope_href=microscope_href if sources else "",
        examples=EXAMPLES,
        dials=_dials(session, sources) if microscope_href else (),
        preparing=said.sentence if said and not said.has_failed else "",
        failed=said.sentence if said and said.has_failed and not sources else "",
    )


def _dials(session: Session, sources: Sequence[SourceInfo]) -> tuple[Dial, ...]:
    """Those of the first model that has any."""
    models = dict.fromkeys(source.language_model_id for source in sources)
    return next(filter(None, (_dials_of(session, model) for model in models)), ())


def _dials_of(session: Session, language_model_id: int) -> tuple[Dial, ...]:
    """Ready-made mixes of a model that one factor turns up: what they add is zero at zero."""
    found = []
    for mix in ready_mixes(session, language_model_id, LOOKED_AT):
        options = {name: value for name, value in mix.options.items() if value is not None and name in WRITTEN}
        said = [turn["content"] for turn in options.get("messages", ())] or [options.get("prompt", "")]
        if all(term["mode"] == "add" for term in mix.terms) and said[-1]:
            body = options | {"model": mix.model, "terms": [*mix.terms], **SAMPLING}
            found.append(Dial(plain(mix.name), f"/steer?mix={mix.id}", plain(said[-1]), json.dumps(body)))
    return tuple(found[:DIALS])


def has_sources(session: Session) -> bool:
    """Whether any source is registered."""
    return bool(all_sources(session))


def _group(session: Session, sources: list[SourceInfo], is_preparing: bool) -> ModelGroup:
    model = sources[0].facts.model
    return ModelGroup(
        model=plain(model.name),
        architecture=plain(model.architecture),
        n_layers=model.n_layers,
        d_model=model.d_model,
        cards=tuple(_card(session, source, is_preparing) for source in sources),
    )


def _card(session: Session, source: SourceInfo, is_preparing: bool) -> SourceCard:
    href = f"/sources/{source.slug}"
    return SourceCard(
        slug=source.slug,
        href=href,
        random_href=f"{href}/random" if source.build else "",
        hook_name=plain(source.facts.hook_name),
        sae_kind=plain(source.facts.sae_kind),
        width=count(source.facts.d_sae),
        is_built=source.build is not None,
        is_running=source.running is not None,
        failed=plain(failure(source)),
        command="" if is_preparing else build_command(source.slug),
        measures=_measures(source),
        sparks=_sparks(session, source) if source.build else (),
    )


def _sparks(session: Session, source: SourceInfo) -> tuple[Spark, ...]:
    """The density histogram in few bars, from rare to dense; without those at the ends that are empty everywhere."""
    counts = density_histogram(session, source).counts
    starts = range(0, len(counts), BINS_PER_SPARK)
    bars = [sum(counts[start : start + BINS_PER_SPARK]) for start in starts]
    top = max(bars, default=0)
    return tuple(Spark(float(place), round(bar / top, 3)) for place, bar in enumerate(bars) if bar) if top else ()


def _measures(source: SourceInfo) -> tuple[Measure, ...]:
    if source.build is None:
        return ()
    quality = source.build.quality
    return (
        Measure("L0", None if quality.l0 is None else number(quality.l0)),
        _share("Explained variance", quality.explained_variance),
        _share("Loss recovered", quality.loss_recovered),
        _share("Dead latents", quality.dead_fraction),
        Measure("Tokens seen", short_count(source.build.tokens_done)),
    )


def _share(name: str, value: float | None) -> Measure:
    return Measure(name, None if value is None else percent(value))
