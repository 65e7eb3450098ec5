"""Real servers under attack: short versions of what ``python -m scripts.attack`` does."""

import os
from collections.abc import Iterator

import pytest

from scripts.attack.postgres import reason_against
from scripts.attack.report import Report
from scripts.attack.stalls import Stalls


@pytest.fixture
def report() -> Iterator[Report]:
    """Where bars are counted; a machine that stands still for seconds makes the test worth nothing."""
    stalls = Stalls()
    made = Report()
    yield made
    if said := stalls.end():
        pytest.skip(said)
    assert not made.failed


@pytest.fixture
def bundled_postgres() -> None:
    """Skip where no PostgreSQL can be started whose processes may be stopped."""
    if reason := reason_against():
        (pytest.fail if os.environ.get("PERISCOPE_TEST_REQUIRE_POSTGRES") else pytest.skip)(reason)
