"""What a user asks for when steering: terms on a board. No torch, so that any page can build and check one.

A *term* changes one latent or one vector. Strengths have the same meaning everywhere: s = 1 is "as strongly as the
corpus ever showed it" for a latent (s times its maximum activation M_i), and once the vector for a vector. A *board*
is a set of terms with the positions they apply to; ``models.steering.boards`` turns boards into changes of activations.
"""

import math
from dataclasses import dataclass, replace

import numpy as np

from models.errors import SteeringError, Unsupported
from models.records import FloatArray

MODES = ("add", "clamp", "scale", "ablate", "project")
VECTOR_MODES = ("add", "project")
POSITIONS = ("all", "prompt", "generated")

#: Limits of one board: more terms or larger strengths are slips of the keyboard, not experiments.
MAX_TERMS = 64
MAX_STRENGTH = 100.0

#: The strength that changes nothing. Clamping has none (0 removes the latent), nor has ablation.
NEUTRAL = {"add": 0.0, "scale": 1.0, "project": 0.0}


@dataclass(frozen=True)
class LatentSubject:
    """Latent ``index`` of the source with this slug; ``maximum`` is M_i, ``None`` if it was never measured."""

    source: str
    index: int
    maximum: float | None = None


@dataclass(frozen=True, eq=False)
class VectorSubject:
    """A direction (width,) at a hook, in units of the activation there."""

    name: str
    hook_name: str
    values: FloatArray


@dataclass(frozen=True)
class SteerTerm:
    """One slider. ``everywhere`` projects a vector out of the residual stream at every layer (directional ablation)."""

    subject: LatentSubject | VectorSubject
    mode: str
    strength: float = 1.0
    everywhere: bool = False

    @property
    def is_idle(self) -> bool:
        """Whether the term changes nothing at all, exactly."""
        return self.mode in NEUTRAL and self.strength == NEUTRAL[self.mode]

    @property
    def direction(self) -> int:
        """1 if the subject is meant to turn up in the text, −1 if it is meant to go, 0 if nothing changes."""
        if self.mode == "ablate":
            return -1
        if self.mode == "clamp":
            return 1 if self.strength > 0 else -1
        moved = self.strength - NEUTRAL[self.mode]
        sign = (moved > 0) - (moved < 0)
        return -sign if self.mode == "project" else sign

    @property
    def name(self) -> str:
        """The subject in words, for messages."""
        subject = self.subject
        return f"latent {subject.index} of {subject.source}" if isinstance(subject, LatentSubject) else subject.name

    def scaled(self, factor: float) -> "SteerTerm":
        """The term with its distance from doing nothing multiplied; an ablation has no strength and stays."""
        if self.mode == "ablate":
            return self
        neutral = NEUTRAL.get(self.mode, 0.0)
        return replace(self, strength=neutral + factor * (self.strength - neutral))


@dataclass(frozen=True)
class Board:
    """Terms that act together on one text.

    ``positions``: ``all``, the ``prompt`` alone, or the ``generated`` tokens alone (the first generated token is then
    chosen before anything is steered). A leading BOS is steered only with ``steer_bos``.
    """

    terms: tuple[SteerTerm, ...]
    positions: str = "all"
    steer_bos: bool = False

    @property
    def is_idle(self) -> bool:
        """Whether no term changes anything."""
        return all(term.is_idle for term in self.terms)

    def scaled(self, factor: float) -> "Board":
        """Every term scaled; see ``SteerTerm.scaled``."""
        return replace(self, terms=tuple(term.scaled(factor) for term in self.terms))


def check_board(board: Board) -> None:
    """Refuse what no model could do.

    Raises:
        SteeringError: unknown mode or positions, too many terms, a strength that is not a number within the limit, a
            vector that is empty or not finite, a strength in maxima of a latent that was never active.
        Unsupported: a mode that the subject cannot do.
    """
    if board.positions not in POSITIONS:
        raise SteeringError(f"Positions {board.positions!r} are not known; use one of {', '.join(POSITIONS)}.")
    if len(board.terms) > MAX_TERMS:
        raise SteeringError(f"{len(board.terms)} terms were given, and a board holds {MAX_TERMS}; remove some.")
    for term in board.terms:
        _check_term(term)


def _check_term(term: SteerTerm) -> None:
    if term.mode not in MODES:
        raise SteeringError(f"Mode {term.mode!r} is not known; use one of {', '.join(MODES)}.")
    if not math.isfinite(term.strength) or abs(term.strength) > MAX_STRENGTH:
        raise SteeringError(
            f"Strength {term.strength:g} of {term.name} is not a number between {-MAX_STRENGTH:g} and {MAX_STRENGTH:g}."
        )
    if isinstance(term.subject, VectorSubject):
        _check_vector(term, term.subject)
        return
    if term.everywhere:
        raise Unsupported(
            f"Only vectors can be projected out at every layer, and {term.name} belongs to one hook; "
            "save its decoder row as a vector first."
        )
    maximum = term.subject.maximum
    if term.mode in ("add", "clamp") and not term.is_idle and (maximum is None or not math.isfinite(maximum)):
        raise SteeringError(
            f"Strengths of {term.name} are multiples of its maximum, which is not recorded; build the source."
        )
    if term.mode in ("add", "clamp") and not term.is_idle and maximum is not None and maximum <= 0:
        raise SteeringError(
            f"{term.name[0].upper()}{term.name[1:]} was never active in the build, so there is no maximum to "
            "measure a strength by; choose another latent."
        )


def _check_vector(term: SteerTerm, vector: VectorSubject) -> None:
    if term.mode not in VECTOR_MODES:
        raise Unsupported(
            f"Mode {term.mode!r} works on a latent's activation, and vector {vector.name!r} has none; "
            f"use {' or '.join(VECTOR_MODES)}."
        )
    if term.everywhere and term.mode != "project":
        raise Unsupported(f"Only project can be done at every layer; {term.mode!r} belongs to one hook.")
    values = np.asarray(vector.values)
    if values.ndim != 1 or not len(values) or not bool(np.isfinite(values).all()) or not bool(values.any()):
        raise SteeringError(f"Vector {vector.name!r} must be a list of finite numbers that are not all zero.")
