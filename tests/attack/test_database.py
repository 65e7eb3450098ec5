"""A database that does not answer holds up nobody who does not need it, and nothing acknowledged is lost."""

import pytest

from scripts.attack.database import Bars, freeze_postgres, kill_postgres, lock_sqlite
from scripts.attack.report import Report

pytestmark = pytest.mark.slow

BARS = Bars(calm=1.5, recovery=5, at_once=2.5)
SECONDS = 6.0


def test_a_write_lock_of_another_process_ends_in_503_and_holds_up_nobody_else(report: Report):
    lock_sqlite(report, SECONDS, BARS)


@pytest.mark.postgres
def test_a_frozen_postgresql_ends_in_503_and_holds_up_nothing_that_needs_no_database(report: Report, bundled_postgres):
    freeze_postgres(report, SECONDS, BARS)


@pytest.mark.postgres
def test_a_killed_postgresql_is_used_again_as_soon_as_it_is_back(report: Report, bundled_postgres):
    kill_postgres(report, 1.0, BARS)
