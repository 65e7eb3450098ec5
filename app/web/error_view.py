"""An error as a page or as a panel."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ErrorView:
    """pages/error.html and partials/_error.html."""

    status: int
    title: str
    detail: str
    tries_again: bool = False  # page or part asks again by itself
