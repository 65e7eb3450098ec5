"""What goes wrong with an endpoint: each a sentence that says where, what and what to do."""

from app.errors import InvalidRequest, Unavailable


class EndpointUnusable(InvalidRequest):
    """The endpoint refuses what it is asked, or is no such endpoint; asking again changes nothing."""


class EndpointDown(Unavailable):
    """The endpoint does not answer, or not now; what it answered before is kept."""

    title = "The language model does not answer"


class BudgetSpent(InvalidRequest):
    """The work does not fit the budget."""
