"""The Home page: every source as a card, grouped by model, and what is being built."""

from itertools import groupby

from sqlalchemy.orm import Session

from app.db import queries
from app.db.queries import SourceInfo
from app.formats import count, number, percent, short_count
from app.services.builds import current_pulse, live_builds
from app.services.quality import build_command, failure
from app.views import HomeView, Measure, ModelGroup, SourceCard


def home_page(session: Session) -> HomeView:
    """Every source with the build that pages show."""
    sources = queries.all_sources(session)
    groups = groupby(sources, key=lambda source: source.language_model_id)
    return HomeView(
        pulse=current_pulse(session),
        live=live_builds([source.running for source in sources if source.running]),
        groups=tuple(_group(list(members)) for _, members in groups),
        random_href="/random" if any(source.build for source in sources) else "",
    )


def _group(sources: list[SourceInfo]) -> ModelGroup:
    model = sources[0].facts.model
    return ModelGroup(
        model=model.name,
        architecture=model.architecture,
        n_layers=model.n_layers,
        d_model=model.d_model,
        cards=tuple(_card(source) for source in sources),
    )


def _card(source: SourceInfo) -> SourceCard:
    href = f"/sources/{source.slug}"
    return SourceCard(
        slug=source.slug,
        href=href,
        random_href=f"{href}/random" if source.build else "",
        hook_name=source.facts.hook_name,
        sae_kind=source.facts.sae_kind,
        width=count(source.facts.d_sae),
        is_built=source.build is not None,
        is_running=source.running is not None,
        failed=failure(source),
        command=build_command(source.slug),
        measures=_measures(source),
    )


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
