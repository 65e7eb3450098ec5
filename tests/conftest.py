"""Settings of the whole test run, made before anything heavy is imported, and shared fixtures."""

import os

import pytest

os.environ.update(
    HF_HUB_OFFLINE="1",
    OMP_WAIT_POLICY="PASSIVE",
    TOKENIZERS_PARALLELISM="false",
    WANDB_MODE="disabled",
)
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ["OMP_NUM_THREADS"] = "1"  # the workers share the cores already
# A developer's own settings must not reach the tests; PERISCOPE_TEST_ names are for the tests.
for name in [name for name in os.environ if name.startswith("PERISCOPE_")]:
    if not name.startswith("PERISCOPE_TEST_"):
        del os.environ[name]

pytest_plugins = ["tests.databases", "tests.models.tiny", "tests.web", "tests.demo_chat"]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests that are marked ``one_database`` run on SQLite alone."""
    twice = [item for item in items if item.get_closest_marker("one_database") and item.get_closest_marker("postgres")]
    if twice:
        config.hook.pytest_deselected(items=twice)
        items[:] = [item for item in items if item not in twice]
