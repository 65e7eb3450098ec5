"""The trainings that go on or stopped, as the Builds page shows them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class LiveTraining:
    """A training that goes on, or that stopped half-way; ``percent`` 0 to 100 of its stage."""

    name: str
    model: str
    corpus: str
    status: str
    status_class: str  # running, failed, stopped
    stage: str  # empty unless it runs
    percent: float
    tokens_done: str
    tokens: str
    speed: str
    left: str
    figures: str  # of the last step; empty before it
    silence: str  # for how long there was no sign of life; empty while there is one
    sentence: str  # why it ended


@dataclass(frozen=True)
class Trainings:
    """What is being trained; partials/_trainings.html."""

    trainings: tuple[LiveTraining, ...]
    is_running: bool
