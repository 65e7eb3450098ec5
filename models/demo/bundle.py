"""Where the bundled model and SAEs lie, and which SAEs there are."""

from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
LANGUAGE_MODEL = FOLDER / "periscope-demo"
DICTIONARIES = FOLDER / "dictionaries"
LABELS = FOLDER / "labels.json"
STEERERS = FOLDER / "steerers.json"

#: Published names of the special tokens, in the order of their ids 0..4.
SPECIAL_TOKENS = ("<|endoftext|>", "<|user|>", "<|assistant|>", "<|system|>", "<|end|>")
CONTEXT_SIZE = 256

#: Renders what ``models.demo.corpus.genres.chat`` writes.
CHAT_TEMPLATE = (
    "{{ bos_token }}{% for message in messages %}"
    "{{ '<|' + message['role'] + '|>\\n' + message['content'] + '<|end|>\\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>\\n' }}{% endif %}"
)


@dataclass(frozen=True)
class DemoSource:
    """One bundled SAE: its slug, its hook, its width, the L0 it was trained for and its learning rate."""

    slug: str
    hook_name: str
    d_sae: int
    k: int
    lr: float = 3e-3

    @property
    def folder(self) -> Path:
        """The SAELens folder."""
        return DICTIONARIES / self.slug


#: An MLP's output, an early layer in two widths, so that splitting shows, and a late one.
SOURCES = (
    DemoSource("demo-l0-mlp-1k", "blocks.0.hook_mlp_out", 1024, 30, 2e-3),
    DemoSource("demo-l1-resid-1k", "blocks.1.hook_resid_post", 1024, 30, 2.5e-3),
    DemoSource("demo-l1-resid-2k", "blocks.1.hook_resid_post", 2048, 30, 2.5e-3),
    DemoSource("demo-l2-resid-2k", "blocks.2.hook_resid_post", 2048, 30, 2.5e-3),
)
