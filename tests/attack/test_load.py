"""Overload: whoever asks is answered in time or told to come back, and the server is well at once when they leave."""

import asyncio

import pytest

from scripts.attack.crowd import Plan
from scripts.attack.load import stage
from scripts.attack.report import Report
from scripts.attack.server import serving
from scripts.attack.world import paths, world

pytestmark = pytest.mark.slow

SECONDS, LATENTS, AT_ONCE = 3, 1024, 3.0


@pytest.mark.parametrize(
    ("kind", "manner"),
    [("sqlite", "polite"), ("sqlite", "rude"), pytest.param("postgresql", "polite", marks=pytest.mark.postgres)],
)
def test_crowds_get_200_or_503_within_five_seconds(kind, manner, report: Report, request):
    if kind == "postgresql":
        request.getfixturevalue("bundled_postgres")
    with world(kind, LATENTS) as made, serving(made.settings, made.folder, report) as server:
        asked = paths(made.plan)
        for clients in (24, 100):
            plan = Plan(server.port, clients, SECONDS, asked, manner, seed=clients)
            tally = asyncio.run(stage(report, server, plan, AT_ONCE))
            assert len(tally.times[200]) > clients / 2
        assert not server.troubles()
