"""The chat demo's model for tests: converted once for all worker processes of a run."""

from pathlib import Path

import pytest
from filelock import FileLock

from models.demo_chat.bundle import installed_model
from models.loading.gguf_file import convert_gguf

needs_chat_model = pytest.mark.skipif(installed_model() is None, reason="the chat model is not installed: make install")


@pytest.fixture(scope="session")
def chat_models(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """The folder that converted models are in, with the chat model."""
    root = tmp_path_factory.getbasetemp()
    folder = (root if worker_id == "master" else root.parent) / "chat-models"
    file = installed_model()
    assert file is not None
    with FileLock(f"{folder}.lock"):
        convert_gguf(file, folder)
    return folder


@pytest.fixture(scope="session")
def chat_model_folder(chat_models: Path) -> Path:
    """The model itself."""
    [config] = chat_models.glob("*/*/config.json")
    return config.parent
