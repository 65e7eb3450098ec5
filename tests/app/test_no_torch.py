"""Pages that only read the database never load torch: the server starts in a second and needs little memory."""

import subprocess
import sys
from pathlib import Path

SCRIPT = """
import sys
from pathlib import Path
from fastapi.testclient import TestClient
from app.main import create_app
from app.settings import Settings

settings = Settings(_env_file=None, data_dir=Path(sys.argv[1]))
with TestClient(create_app(settings), base_url="http://localhost") as client:
    for path in sys.argv[2:]:
        assert client.get(path).status_code == 200, path
heavy = {"torch", "transformer_lens", "sae_lens", "transformers", "datasets"} & set(sys.modules)
heavy |= {"psycopg", "alembic.runtime"} & set(sys.modules)
assert not heavy, heavy
"""
PATHS = (
    "/", "/random", "/builds", "/sources/tiny-mid?q=sea", "/sources/other-mlp", "/sources/tiny-mid/latents/5", "/docs",
    "/parts/sources/tiny-mid/latents", "/parts/sources/tiny-mid/latents/5/bands?view=width", "/parts/builds/events",
    "/api/v1/sources", "/api/v1/sources/tiny-mid/latents", "/api/v1/sources/tiny-mid/latents/5", "/api/v1/builds",
    "/readyz", "/metrics", "/openapi.json",
)  # fmt: skip


def test_no_page_and_no_answer_loads_torch(filled_folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(filled_folder), *PATHS],
        cwd=Path(__file__).parents[2], capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
