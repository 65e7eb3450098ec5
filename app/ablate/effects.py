"""Answers of the causal API -> what the Ablate page shows."""

from collections.abc import Sequence

from app.ablate import schemas as answers
from app.ablate.audit import audit_view
from app.ablate.figures import Effect, effects_figure
from app.ablate.metric_names import METRIC_NAMES
from app.ablate.query import METRICS, AblateQuery
from app.ablate.views import AblationView, EffectRow, SetView
from app.db.display import whole_characters
from app.text.block_views import KeptField, Measure
from app.text.figure_view import FigureView
from app.text.formats import count, number, percent, signed
from app.text.names import name_view, short_name
from app.text.token_views import ScopeText, ScopeToken, ScopeTurn
from app.text.tokens import chip, heat_step, pieces, plain
from models.causal.removal import DENSE

LATER = {
    "add": "later layers add to it",
    "make up": "later layers make up for it",
    "outweigh": "later layers do more, the other way",
    "same": "",
    "unknown": "",
}
SHARP = (
    "Probability and rank are sharp: they can hide latents whose effects add up, and a rank moves only when another "
    "token is overtaken."
)


def ablation_view(
    found: answers.AblateAnswer, query: AblateQuery, together: SetView | None, *, has_build: bool
) -> AblationView:
    """The panel with data."""
    metric, unit = METRIC_NAMES.get(found.metric, (found.metric.replace("_", " "), ""))
    other = "" if query.metric == "main" else METRICS[query.metric]
    shown = whole_characters(found.tokens)
    return AblationView(
        state="data",
        said="",
        title="",
        target=chip(found.target),
        is_own_target=not query.target,
        contrast=None if found.contrast is None else chip(found.contrast),
        metric=f"{metric}, in {unit}" if unit else metric,
        metric_note=SHARP if other else "",
        other_metric=other,
        measures=_measures(found.baselines),
        text=_text(found, shown),
        figure=_figure(found, shown, query, metric),
        rows=tuple(_row(latent, shown, query, has_build) for latent in found.latents),
        top_k=query.top_k,
        budget=query.budget or 0,
        audit=audit_view(found, query),
        disagreement=_disagreement(found.latents),
        set=together,
        notes=tuple(found.notes),
        link=query.link(),
    )


def empty_view(state: str, query: AblateQuery, said: str = "", title: str = "") -> AblationView:
    """The panel in a state without data."""
    kept = [("top_k", str(query.top_k))] + ([("budget", str(query.budget))] if query.budget else [])
    kept += [("pick", f"{index}:{position}") for index, position in query.picks]
    kept += [("action", query.action)] if query.picks else []
    return AblationView(
        state=state,
        said=said,
        title=title,
        target=None,
        is_own_target=True,
        contrast=None,
        metric="",
        metric_note="",
        other_metric="",
        measures=(),
        text=None,
        figure=None,
        rows=(),
        top_k=query.top_k,
        budget=query.budget or 0,
        audit=None,
        disagreement="",
        set=None,
        notes=(),
        link=query.link(),
        kept=tuple(KeptField(*field) for field in kept),
    )


def set_view(found: answers.SetAnswer, n_picked: int) -> SetView:
    """What a set does together."""
    metric, unit = METRIC_NAMES.get(found.metric, (found.metric, ""))
    change = found.change.log_prob if found.metric == "log_prob" else found.change.logit_difference
    what = f"Keeping only the {count(n_picked)} chosen" if found.keep else f"Removing the {count(n_picked)} chosen"
    said = (
        f"{what} changes the {metric} by {signed(change or 0.0)} {unit}; {count(found.n_removed)} of "
        f"{count(found.n_active)} active latents were removed."
    )
    return SetView(said, _measures(found.changed, found.baselines), tuple(found.notes))


def _measures(now: answers.MetricsAnswer, before: answers.MetricsAnswer | None = None) -> tuple[Measure, ...]:
    def was(text: str) -> str:
        return f"was {text}" if before else ""

    old = before or now
    measures = [
        Measure("Log-prob", number(now.log_prob), "nats", was(number(old.log_prob))),
        Measure("Probability", percent(now.probability), "", was(percent(old.probability))),
        Measure("Rank", number(now.rank), "", was(number(old.rank))),
    ]
    if now.logit_difference is not None:
        said = was(number(old.logit_difference))
        measures.insert(0, Measure("Logit difference", number(now.logit_difference), "logits", said))
    return tuple(measures)


def _text(found: answers.AblateAnswer, shown: Sequence[str]) -> ScopeText:
    """The prompt, each token by the largest exact effect of a latent there."""
    by_place: dict[int, float] = {}
    for latent in found.latents:
        by_place[latent.position] = max(by_place.get(latent.position, 0.0), abs(latent.exact))
    largest = max(by_place.values(), default=0.0)
    tokens = tuple(
        ScopeToken(
            position=place,
            pieces=pieces(text),
            step=heat_step(by_place.get(place, 0.0), largest),
            said=f"up to {number(by_place[place])}" if place in by_place else "",
            is_chosen=False,
            is_special=not found.counted[place],
        )
        for place, text in enumerate(shown)
    )
    return ScopeText("", (ScopeTurn("", tokens),), can_choose=False)


def _figure(found: answers.AblateAnswer, shown: Sequence[str], query: AblateQuery, metric: str) -> FigureView | None:
    if not found.latents:
        return None
    effects = []
    for latent in found.latents:
        name = f"{short_name(latent.index, latent)} on {plain(shown[latent.position]).strip() or 'space'}"
        name = name if len(name) <= 32 else f"{name[:31]}…"
        if query.metric == "main":
            effects.append(Effect(name, latent.exact, latent.estimate, latent.direct))
        else:
            effects.append(Effect(name, _other(latent.change, query.metric), None, None))
    return effects_figure(effects, metric if query.metric == "main" else query.metric)


def _other(change: answers.MetricsAnswer, metric: str) -> float:
    return change.probability if metric == "probability" else change.rank


def _row(latent: answers.AblatedLatent, shown: Sequence[str], query: AblateQuery, has_build: bool) -> EffectRow:
    other = ""
    if query.metric != "main":
        value = _other(latent.change, query.metric)
        points = f"{signed(100 * value)}\N{NO-BREAK SPACE}%"
        other = points if query.metric == "probability" else signed(value)
    return EffectRow(
        key=f"{latent.index}:{latent.position}",
        index=latent.index,
        href=f"/sources/{query.source}/latents/{latent.index}" if has_build else "",
        steer_href=f"/steer?term={query.source}:{latent.index}",
        name=name_view(latent.index, latent),
        token=chip(shown[latent.position]),
        position=latent.position,
        activation=number(latent.activation),
        estimate=signed(latent.estimate),
        exact=signed(latent.exact),
        direct="" if latent.direct is None else signed(latent.direct),
        other=other,
        # Away from the last position there is no direct path, and all of the effect goes through later layers.
        later=LATER[latent.later_layers] if latent.direct else "",
        often=_often(latent.density),
        is_picked=(latent.index, latent.position) in query.picks,
    )


def _often(density: float | None) -> str:
    return f"fires on {percent(density, 2)} of the corpus" if density is not None and density > DENSE else ""


def _disagreement(latents: Sequence[answers.AblatedLatent]) -> str:
    """Where total and direct effect part: later layers answer to what was removed."""
    made_up = [latent for latent in latents if latent.later_layers == "make up"]
    if not made_up:
        return ""
    most = max(made_up, key=lambda latent: abs(latent.exact - (latent.direct or 0.0)))
    n = "One latent's" if len(made_up) == 1 else f"{count(len(made_up))} latents'"
    return (
        f"{n} total effect is not the direct one: later layers make up for what was removed. Most for "
        f"{short_name(most.index, most)}: {signed(most.direct or 0.0)} directly, {signed(most.exact)} in all."
    )
