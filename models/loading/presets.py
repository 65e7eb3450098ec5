"""Well-known models with an SAE each: names on the hub, sizes, licence, and whether the hub asks for a consent first.

Sizes follow from the numbers of parameters. No torch and no network.
"""

from dataclasses import dataclass

from models.loading.sae_registry import releases
from models.sources import SaeRelease, parse_sae_location

_GEMMA, _LLAMA, _APACHE, _MIT = "Gemma terms", "Llama 3.1 licence", "Apache 2.0", "MIT"


@dataclass(frozen=True)
class Preset:
    """A model and one of its SAEs.

    ``parameters`` are the model's; ``stored`` the bytes of one in its files; ``d_in`` and ``d_sae`` the SAE's widths;
    ``is_gated`` whether the hub gives the model only to who has accepted its licence there.
    """

    name: str
    title: str
    model: str
    sae: str
    parameters: float
    d_in: int
    d_sae: int
    licence: str
    is_gated: bool = False
    stored: int = 2

    @property
    def sae_bytes(self) -> int:
        """Bytes of the SAE's two matrices in float32."""
        return 8 * self.d_in * self.d_sae

    @property
    def download(self) -> float:
        """Bytes to fetch, about."""
        return self.parameters * self.stored + self.sae_bytes

    def memory(self, *, gpu: bool) -> float:
        """Bytes of the weights of both: the model in float32 on a CPU and bfloat16 on a GPU, the SAE in float32."""
        return self.parameters * (2 if gpu else 4) + self.sae_bytes

    @property
    def repository(self) -> str:
        """The SAE's repository on the hub."""
        place = parse_sae_location(self.sae)
        if not isinstance(place, SaeRelease):
            return ""
        entry = releases().get(place.release)
        return place.release if entry is None else entry.repository


def _gemma_3(size: str, form: str, layer: int, parameters: float, d_in: int) -> Preset:
    model = "google/gemma-3-270m" if (size, form) == ("270m", "pt") else f"google/gemma-3-{size}-{form}"
    kind = "chat" if form == "it" else "base"
    return Preset(
        f"gemma-3-{size}{'-it' if form == 'it' else ''}",
        f"Gemma 3 {size.upper()} ({kind}), residual stream after block {layer}, Gemma Scope 2",
        model,
        f"gemma-scope-2-{size}-{form}-res/layer_{layer}_width_16k_l0_medium",
        parameters,
        d_in,
        16_384,
        _GEMMA,
        is_gated=True,
    )


PRESETS: tuple[Preset, ...] = (
    Preset(
        "gpt2-small",
        "GPT-2 small, residual stream before block 8",
        "openai-community/gpt2",
        "gpt2-small-res-jb/blocks.8.hook_resid_pre",
        124e6,
        768,
        24_576,
        _MIT,
        stored=4,
    ),
    Preset(
        "pythia-70m",
        "Pythia 70M, residual stream after block 3",
        "EleutherAI/pythia-70m-deduped",
        "pythia-70m-deduped-res-sm/blocks.3.hook_resid_post",
        70e6,
        512,
        32_768,
        _APACHE,
    ),
    Preset(
        "pythia-160m",
        "Pythia 160M, residual stream after block 8, SAEBench (top-k)",
        "EleutherAI/pythia-160m-deduped",
        "adamkarvonen/saebench_pythia-160m-deduped_width-2pow14_date-0108"
        ":TopK_pythia-160m-deduped__0108/resid_post_layer_8/trainer_0",
        162e6,
        768,
        16_384,
        _APACHE,
    ),
    Preset(
        "gemma-2-2b",
        "Gemma 2 2B (base), residual stream after block 12, Gemma Scope",
        "google/gemma-2-2b",
        "gemma-scope-2b-pt-res-canonical/layer_12/width_16k/canonical",
        2.61e9,
        2304,
        16_384,
        _GEMMA,
        is_gated=True,
        stored=4,
    ),
    Preset(
        "gemma-2-9b",
        "Gemma 2 9B (base), residual stream after block 20, Gemma Scope",
        "google/gemma-2-9b",
        "gemma-scope-9b-pt-res-canonical/layer_20/width_16k/canonical",
        9.24e9,
        3584,
        16_384,
        _GEMMA,
        is_gated=True,
        stored=4,
    ),
    Preset(
        "gemma-2-9b-it",
        "Gemma 2 9B (chat), residual stream after block 20, Gemma Scope",
        "google/gemma-2-9b-it",
        "gemma-scope-9b-it-res-canonical/layer_20/width_16k/canonical",
        9.24e9,
        3584,
        16_384,
        _GEMMA,
        is_gated=True,
    ),
    _gemma_3("270m", "pt", 12, 0.268e9, 640),
    _gemma_3("270m", "it", 12, 0.268e9, 640),
    _gemma_3("1b", "pt", 13, 1.0e9, 1152),
    _gemma_3("1b", "it", 13, 1.0e9, 1152),
    _gemma_3("4b", "pt", 17, 4.3e9, 2560),
    _gemma_3("4b", "it", 17, 4.3e9, 2560),
    _gemma_3("12b", "pt", 24, 12.2e9, 3840),
    _gemma_3("12b", "it", 24, 12.2e9, 3840),
    _gemma_3("27b", "pt", 31, 27.4e9, 5376),
    _gemma_3("27b", "it", 31, 27.4e9, 5376),
    Preset(
        "llama-3.1-8b",
        "Llama 3.1 8B (base), residual stream after block 15, Llama Scope",
        "meta-llama/Llama-3.1-8B",
        "llama_scope_lxr_8x/l15r_8x",
        8.03e9,
        4096,
        32_768,
        _LLAMA,
        is_gated=True,
    ),
    Preset(
        "llama-3.1-8b-it",
        "Llama 3.1 8B (chat), residual stream after block 19, Goodfire",
        "meta-llama/Llama-3.1-8B-Instruct",
        "goodfire-llama-3.1-8b-instruct/layer_19",
        8.03e9,
        4096,
        65_536,
        _LLAMA,
        is_gated=True,
    ),
    Preset(
        "deepseek-r1-8b",
        "DeepSeek R1 Distill Llama 8B, residual stream after block 15, Llama Scope",
        "deepseek-ai/DeepSeek-R1-Distill-Llama-8B",
        "llama_scope_r1_distill/l15r_800m_slimpajama",
        8.03e9,
        4096,
        32_768,
        _MIT,
    ),
    Preset(
        "qwen3-1.7b",
        "Qwen 3 1.7B (base), residual stream after block 14, Qwen Scope",
        "Qwen/Qwen3-1.7B-Base",
        "qwen-scope-3-1.7b-base-w32k-l50/layer14",
        1.72e9,
        2048,
        32_768,
        _APACHE,
    ),
    Preset(
        "qwen3-4b",
        "Qwen 3 4B (chat), MLP of block 18, transcoder",
        "Qwen/Qwen3-4B",
        "mwhanna-qwen3-4b-transcoders/layer_18",
        4.02e9,
        2560,
        163_840,
        _APACHE,
    ),
    Preset(
        "qwen3-8b",
        "Qwen 3 8B (base), residual stream after block 18, Qwen Scope",
        "Qwen/Qwen3-8B-Base",
        "qwen-scope-3-8b-base-w64k-l50/layer18",
        8.19e9,
        4096,
        65_536,
        _APACHE,
    ),
)
