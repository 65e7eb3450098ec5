"""A tested rule for the latent's page and for the API."""

from collections.abc import Sequence

import numpy as np
from sqlalchemy.orm import Session

from app.corpus.reading import known_activations
from app.db.display import whole_characters
from app.db.queries.answers import SourceInfo
from app.db.queries.latents import latent_record
from app.db.queries.latents import prompts as stored_prompts
from app.db.queries.sources import source_by_slug
from app.db.queries.texts import token_texts
from app.errors import InvalidRequest, Unfit
from app.labels import schemas as answers
from app.labels.rule_test import Place, RuleTest, measure_rule
from app.labels.service import figure_rows, verdict
from app.labels.views import RuleView
from app.text.formats import count, number
from app.text.token_views import ExampleView, HeatText
from models.records import LatentRecord
from models.statistics.label_tests import FIGURES

#: Tokens shown on each side of a place.
AROUND = 10


def rule_view(session: Session, slug: str, index: int, text: str) -> RuleView:
    """The panel below the field; what is wrong with the rule stands in it."""
    if not text.strip():
        return _state("empty", "")
    source = source_by_slug(session, slug)
    try:
        found = measure_rule(session, source, index, text)
    except InvalidRequest as error:
        return _state("refused", str(error))
    if found.test is None:
        return _state("refused", found.said)
    test = found.test
    record = latent_record(session, source, index)
    path = f"sources/{slug}/latents/{index}"
    return RuleView(
        state="data",
        said="",
        status=test.status,
        verdict=verdict(test.status, test.n, test.unit, _value(test.precision), _value(test.recall)),
        figures=figure_rows({name: _value(getattr(test, name)) for name in FIGURES}, test.intervals(), test.unit),
        missed_said=(
            f"{count(found.n_missed)} of the {count(found.n_kept)} active tokens that are kept are not covered; the "
            "strongest:"
            if found.n_missed
            else f"It covers all of the {count(found.n_kept)} active tokens that are kept."
        ),
        missed=_examples(session, source, record, path, found.missed),
        silent_said=_silent_said(found),
        silent=_examples(session, source, record, path, found.silent),
        basis=found.basis,
    )


def rule_answer(session: Session, slug: str, index: int, text: str) -> answers.RuleAnswer:
    """The same for the API. Raises what ``measure_rule`` raises, and Unfit for a rule that says nothing."""
    found = measure_rule(session, source_by_slug(session, slug), index, text)
    if found.test is None:
        raise Unfit(found.said)
    test = found.test
    return answers.RuleAnswer(
        source=slug,
        index=index,
        rule=text,
        status=test.status,
        n=test.n,
        matches=found.matches,
        precision=_value(test.precision),
        recall=_value(test.recall),
        auroc_token=_value(test.auroc_token),
        auroc_text=_value(test.auroc_text),
        intervals=test.intervals(),
        missed=[answers.PlaceAnswer(*_fields(place)) for place in found.missed],
        n_missed=found.n_missed,
        silent=[answers.PlaceAnswer(*_fields(place)) for place in found.silent],
        n_silent=found.n_silent,
        notes=[found.basis],
    )


def _fields(place: Place) -> tuple[int, int, float]:
    return place.prompt, place.position, place.activation


def _value(figure: object) -> float | None:
    value = getattr(figure, "value", None)
    return None if value is None else float(value)


def _state(state: str, said: str) -> RuleView:
    return RuleView(state, said, "", "", (), "", (), "", (), "")


def _silent_said(found: RuleTest) -> str:
    if not found.n_silent:
        return "No match is known on which the latent is silent."
    one = found.n_silent == 1
    return (
        f"{count(found.n_silent)} {'match is' if one else 'matches are'} known on which the latent is silent"
        f"{', such as' if found.n_silent > len(found.silent) else ''}:"
    )


def _examples(
    session: Session, source: SourceInfo, record: LatentRecord, path: str, places: Sequence[Place]
) -> tuple[ExampleView, ...]:
    """Each place in its text, with the activations that are known there."""
    if not places or source.build is None:
        return ()
    prompts = stored_prompts(session, source.build.id, {place.prompt for place in places})
    wanted = {int(token) for ids in prompts.values() for token in np.unique(ids)}
    texts = token_texts(session, source.language_model_id, wanted)
    shown = []
    for place in places:
        ids = prompts[place.prompt].tolist()
        first, end = max(0, place.position - AROUND), min(len(ids), place.position + AROUND + 1)
        known = known_activations(record, place.prompt, len(ids))[first:end]
        known[place.position - first] = place.activation
        whole = f"{path}/prompts/{place.prompt}?position={place.position}"
        shown.append(
            ExampleView(
                tokens=HeatText(
                    whole_characters([texts[token] for token in ids[first:end]]),
                    tuple(known.tolist()),
                    place.position - first,
                    record.max_activation,
                ),
                activation=number(place.activation),
                prompt=place.prompt,
                position=place.position,
                is_cut_left=first > 0,
                is_cut_right=end < len(ids),
                prompt_href=f"/{whole}",
                prompt_part_href=f"/parts/{whole}",
                folded=(),
            )
        )
    return tuple(shown)
