"""A described and scored latent becomes a label: what its figures are, and whether it holds.

The figures are those of whole texts at the rate at which the latent fires in the corpus. Where the latent is rare, even
a few false alarms among hundreds of silent texts could outnumber its texts, so precision has a wide interval. Whether
the description says anything at all is asked first, and that has an answer: detection against chance, at even odds.
"""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.db.queries.answers import SourceInfo
from app.db.writes.explanations import MAX_AUTHOR, NewExplanation, add_explanations
from app.errors import shorten
from app.explain.request import ExplainRequest
from app.explain.run import Outcome
from app.explain.scoring import Scores, as_json
from models.statistics.label_tests import ENOUGH, FAILED, GUESS, LEAST, MACHINE, TESTED, Figure, LabelTest
from models.statistics.verdicts import Interval, Rate

METHOD = "explanation"
#: The method of a text that a person gave to be scored.
SCORED = "scored description"
UNIT = "texts"


@dataclass(frozen=True)
class DetectionTest(LabelTest):
    """A test by the verdicts of a model. ``beats_chance``: detection is surely better than chance; None: not measured.

    ``is_wrong``: surely more often wrong than right, in false alarms or in misses.
    """

    beats_chance: bool | None = None
    is_wrong: bool = False

    @property
    def status(self) -> str:
        """Failed: no better than chance, or surely wrong more often than right. A guess: too few verdicts to tell."""
        if self.beats_chance is None or self.n < ENOUGH:
            return GUESS
        return TESTED if self.beats_chance and not self.is_wrong else FAILED


def test_of(scores: Scores, scorer: str) -> DetectionTest:
    """The test that a label keeps."""
    sure = [item for item in (scores.recall, scores.precision) if item is not None]
    return DetectionTest(
        n=scores.n,
        unit=UNIT,
        precision=_figure(scores.precision),
        recall=_figure(scores.recall),
        auroc_text=_figure(scores.detection),
        chance=scores.firing.value,
        details={**as_json(scores), "scorer": scorer},
        beats_chance=scores.beats_chance,
        is_wrong=any(item.high < LEAST for item in sure),
    )


def store_label(session: Session, source: SourceInfo, outcome: Outcome, request: ExplainRequest) -> None:
    """Store the label of a latent with its scores, in place of the one by the same model; commits."""
    if outcome.scores is None:
        return
    test = test_of(outcome.scores, shorten(request.scorer.model))
    label = NewExplanation(outcome.index, outcome.description, test=test)
    author = shorten(request.explainer.model, MAX_AUTHOR)
    method = SCORED if request.description else METHOD
    add_explanations(session, source, [label], author=author, method=method, kind=MACHINE)


def _figure(item: Interval | Rate | None) -> Figure | None:
    return None if item is None else Figure(item.value, item.low, item.high)
