"""What the table of latents can be asked for, and which latents match."""

import math
from dataclasses import dataclass, fields

import numpy as np
from sqlalchemy.orm import Session

from app.db.latent_table.latents import LABEL_SORTS, LATENT_TEXTS, NUMBERS, TELLING, LatentIndex
from app.db.latent_table.rest import Mask
from app.errors import InvalidRequest, shorten
from models.statistics.label_tests import FAILED, STATUSES

SORTS = ("index", *NUMBERS, *LATENT_TEXTS, *LABEL_SORTS, TELLING)
ORDERS = ("asc", "desc")
LABELLED = ("", "yes", "no")
DEAD = ("", "hide", "only")
LABEL_STATUSES = ("", *STATUSES)
CHOICES = {"sort": SORTS, "order": ORDERS, "labelled": LABELLED, "dead": DEAD, "status": LABEL_STATUSES}
#: Numbers that a range can be given for; what those from 0 to 1 are.
RANGED = (*NUMBERS, "label_score")
SHARES = {"density": "a share of tokens", "label_score": "a score"}
_NO_TOKENS = np.zeros(0, np.int64)
MAX_SEARCH = 200
#: Filters that are texts, with what they look at.
TEXTS = {"q": "search", "label": "label", "top_token": "top token", "promoted": "promoted token"}


@dataclass(frozen=True)
class LatentQuery:
    """What the table of latents is asked for; a value that cannot be meant is refused with InvalidRequest.

    ``q`` is looked for in the label, the top token and the promoted tokens, the other texts in one of them; always as
    a part, literally, upper and lower case alike. Equal values come in the order of their index, in the same
    direction; latents without a value (no output score, no label, dead) come last, by index. Activations are in units
    of the latents, densities are shares of tokens.
    """

    sort: str = "index"
    order: str = "asc"
    min_density: float | None = None
    max_density: float | None = None
    q: str = ""
    min_max_activation: float | None = None
    max_max_activation: float | None = None
    min_mean_activation: float | None = None
    max_mean_activation: float | None = None
    min_output_score: float | None = None
    max_output_score: float | None = None
    label: str = ""
    top_token: str = ""
    promoted: str = ""
    labelled: str = ""  # "yes", "no" or both
    dead: str = ""  # "hide", "only" or all
    status: str = ""  # of the leading label: one of STATUSES, or any
    min_label_score: float | None = None
    max_label_score: float | None = None

    def __post_init__(self) -> None:
        for name, allowed in (
            ("sort", SORTS),
            ("order", ORDERS),
            ("labelled", LABELLED),
            ("dead", DEAD),
            ("status", LABEL_STATUSES),
        ):
            given = getattr(self, name)
            if given not in allowed:
                choices = ", ".join(choice for choice in allowed if choice)
                raise InvalidRequest(f"{name} is one of {choices}, not {shorten(given, 40)!r}.")
        for number in RANGED:
            for name in (f"min_{number}", f"max_{number}"):
                _check_number(name, getattr(self, name), SHARES.get(number, ""))
        for name, what in TEXTS.items():
            given = getattr(self, name)
            if len(given) > MAX_SEARCH:
                raise InvalidRequest(f"The {what} has {len(given)} characters; at most {MAX_SEARCH} are allowed.")

    def given(self) -> dict[str, str | float]:
        """The filters that are set, by name; not the sort."""
        values = {item.name: getattr(self, item.name) for item in fields(self) if item.name not in ("sort", "order")}
        return {name: value for name, value in values.items() if value is not None and str(value).strip()}


def matching(session: Session, index: LatentIndex, query: LatentQuery) -> tuple[Mask | None, int]:
    """(the latents that match (n,), None: all of them; how many)."""
    given = query.given()
    if not given:
        return None, index.n
    return index.mask(tuple(sorted(given.items())), lambda: _mask(session, index, query))


def _mask(session: Session, index: LatentIndex, query: LatentQuery) -> Mask:
    texts = {name: getattr(query, name).strip() for name in TEXTS}
    with_failed = query.status == FAILED
    found = (_text_mask(session, index, name, wanted, with_failed) for name, wanted in texts.items() if wanted)
    mask = next(found, None)
    if mask is None:
        mask = np.ones(index.n, np.bool_)
    for other in found:
        mask &= other
    for name in RANGED:
        low, high = getattr(query, f"min_{name}"), getattr(query, f"max_{name}")
        if low is not None or high is not None:
            index.order(session, name).narrow(mask, low, high)
    if query.labelled:
        has_label = _none(index)
        labels = index.labels(session)
        has_label[labels.latents[labels.named]] = True
        mask &= has_label if query.labelled == "yes" else ~has_label
    if query.status:
        has_status = _none(index)
        has_status[index.labels(session).with_status(query.status)] = True
        mask &= has_status
    if query.dead:
        is_dead = np.ones(index.n, np.bool_)
        index.order(session, "density").narrow(is_dead, 0, 0)
        mask &= is_dead if query.dead == "only" else ~is_dead
    return mask


def _text_mask(session: Session, index: LatentIndex, name: str, wanted: str, with_failed: bool) -> Mask:
    """Whether a text of each latent contains what is wanted, (n,); ``name`` is one of TEXTS. Labels that failed are
    looked at only where they were asked for.
    """
    tokens = index.vocabulary(session).containing(wanted) if name != "label" else _NO_TOKENS
    mask = index.firing_on(session, tokens) if name in ("q", "top_token") else _none(index)
    if name in ("q", "label"):
        mask[index.labels(session).containing(wanted, with_failed=with_failed)] = True
    if name in ("q", "promoted"):
        index.mark_promoting(session, tokens, mask)
    return mask


def _none(index: LatentIndex) -> Mask:
    return np.zeros(index.n, np.bool_)


def _check_number(name: str, value: float | None, what: str) -> None:
    if value is None:
        return
    if what and not 0 <= value <= 1:
        raise InvalidRequest(f"{name} is {what} from 0 to 1, not {value}.")
    if not math.isfinite(value):
        raise InvalidRequest(f"{name} is a number, not {value}.")
