"""Settings of the whole test run, made before anything heavy is imported, and shared fixtures."""

import os

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
