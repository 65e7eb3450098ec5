"""Every kind of language model that people have, as a tiny random one, and what Periscope makes of it.

``python -m tests.models.architectures`` writes the table in docs/models.md; a test holds it against the models.
"""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from models.errors import HookMismatch, PeriscopeModelError
from models.loading.opening import load_language_model
from models.running.language_model import LanguageModel
from tests.models.tiny import perturb, save_tokenizer

TABLE = Path(__file__).parents[2] / "docs" / "models.md"
BEGIN, END = "<!-- table of architectures -->", "<!-- end of the table -->"
N_LAYERS, VOCABULARY = 3, 320
#: transformer_lens's sites of a block, as the table names them.
SITES = ("hook_resid_pre", "hook_resid_mid", "hook_resid_post", "hook_attn_out", "hook_mlp_out", "attn.hook_z")
SIZES: dict[str, Any] = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": N_LAYERS,
    "num_attention_heads": 4,
    "vocab_size": VOCABULARY,
    "max_position_embeddings": 64,
    "bos_token_id": 0,
    "eos_token_id": 0,
    "pad_token_id": 0,
}
GROUPED = {"num_key_value_heads": 2, "head_dim": 8}
EXPERTS = {"num_experts": 4, "num_local_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 16}
VISION = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}
QWEN_VISION = {"depth": 1, "hidden_size": 16, "num_heads": 2, "intermediate_size": 32, "out_hidden_size": 32}
MROPE = {"rope_type": "default", "rope_theta": 10000.0, "mrope_section": [1, 1, 2]}


@dataclass(frozen=True)
class Kind:
    """A kind of model: what people call it, transformers' class and config, and the config's values."""

    name: str
    model: str
    config: str
    values: dict[str, Any] = field(default_factory=dict)
    text: str = ""  # of a multimodal kind: the class of the text part

    def build(self, seed: int = 0) -> Any:
        """A random model, float32, evaluation mode."""
        import transformers

        torch.manual_seed(seed)
        model = getattr(transformers, self.model)(getattr(transformers, self.config)(**self.values))
        return perturb(model.float(), seed)

    def save(self, folder: Path, **options: Any) -> Any:
        """Save a random model with a tokenizer, and return it."""
        model = self.build()
        model.save_pretrained(folder, **options)
        save_tokenizer(folder)
        return model


def _text(**values: Any) -> dict[str, Any]:
    return {**SIZES, **GROUPED, **values}


def _gemma3() -> dict[str, Any]:
    layers = ["sliding_attention", "full_attention", "sliding_attention"]
    return _text(sliding_window=16, query_pre_attn_scalar=8, layer_types=layers)


KINDS = (
    Kind(
        "GPT-2",
        "GPT2LMHeadModel",
        "GPT2Config",
        {"n_layer": N_LAYERS, "n_embd": 32, "n_head": 4, "n_positions": 64, "vocab_size": VOCABULARY},
    ),
    Kind("GPT-NeoX, Pythia", "GPTNeoXForCausalLM", "GPTNeoXConfig", SIZES),
    Kind("Llama 2, Llama 3", "LlamaForCausalLM", "LlamaConfig", _text()),
    Kind(
        "Llama 4, text",
        "Llama4ForCausalLM",
        "Llama4TextConfig",
        _text(intermediate_size_mlp=64, num_local_experts=4, num_experts_per_tok=1, attention_chunk_size=16),
    ),
    Kind("Mistral", "MistralForCausalLM", "MistralConfig", _text(sliding_window=16)),
    Kind("Mixtral", "MixtralForCausalLM", "MixtralConfig", _text(num_local_experts=4, num_experts_per_tok=2)),
    Kind("Qwen 2, Qwen 2.5", "Qwen2ForCausalLM", "Qwen2Config", {**SIZES, "num_key_value_heads": 2}),
    Kind("Qwen 2 MoE", "Qwen2MoeForCausalLM", "Qwen2MoeConfig",
         {**SIZES, **EXPERTS, "num_key_value_heads": 2, "shared_expert_intermediate_size": 16}),
    Kind("Qwen 3", "Qwen3ForCausalLM", "Qwen3Config", _text()),
    Kind("Qwen 3 MoE", "Qwen3MoeForCausalLM", "Qwen3MoeConfig", _text(**EXPERTS)),
    Kind("Gemma 1", "GemmaForCausalLM", "GemmaConfig", _text()),
    Kind("Gemma 2", "Gemma2ForCausalLM", "Gemma2Config",
         _text(sliding_window=16, query_pre_attn_scalar=8, attn_logit_softcapping=5.0, final_logit_softcapping=3.0)),
    Kind("Gemma 3 270M and 1B", "Gemma3ForCausalLM", "Gemma3TextConfig", _gemma3()),
    Kind("Phi 1, Phi 2", "PhiForCausalLM", "PhiConfig", SIZES),
    Kind("Phi 3, Phi 4", "Phi3ForCausalLM", "Phi3Config", {**SIZES, "num_key_value_heads": 2}),
    Kind("OLMo", "OlmoForCausalLM", "OlmoConfig", SIZES),
    Kind("OLMo 2", "Olmo2ForCausalLM", "Olmo2Config", SIZES),
    Kind("OLMo 3", "Olmo3ForCausalLM", "Olmo3Config", {**SIZES, "sliding_window": 16}),
    Kind("OLMoE", "OlmoeForCausalLM", "OlmoeConfig", {**SIZES, "num_experts": 4, "num_experts_per_tok": 2}),
    Kind("StableLM", "StableLmForCausalLM", "StableLmConfig", {**SIZES, "num_key_value_heads": 2}),
    Kind("Granite", "GraniteForCausalLM", "GraniteConfig",
         {**SIZES, "num_key_value_heads": 2, "residual_multiplier": 0.5, "logits_scaling": 2.0,
          "embedding_multiplier": 3.0, "attention_multiplier": 0.3}),
    Kind("gpt-oss", "GptOssForCausalLM", "GptOssConfig",
         _text(num_local_experts=4, num_experts_per_tok=2, sliding_window=16)),
    Kind("SmolLM 3", "SmolLM3ForCausalLM", "SmolLM3Config", {**SIZES, "num_key_value_heads": 2}),
    Kind("OPT", "OPTForCausalLM", "OPTConfig",
         {**SIZES, "ffn_dim": 64, "word_embed_proj_dim": 32}),
    Kind("GPT-J", "GPTJForCausalLM", "GPTJConfig",
         {"n_layer": N_LAYERS, "n_embd": 32, "n_head": 4, "n_positions": 64, "vocab_size": VOCABULARY,
          "rotary_dim": 4}),
    Kind("Falcon", "FalconForCausalLM", "FalconConfig", {**SIZES, "alibi": False, "new_decoder_architecture": False}),
    Kind("Gemma 3 from 4B on", "Gemma3ForConditionalGeneration", "Gemma3Config",
         {"text_config": _gemma3(), "vision_config": {**VISION, "image_size": 28, "patch_size": 14},
          "mm_tokens_per_image": 4}, text="Gemma3ForCausalLM"),
    Kind("Llama 4", "Llama4ForConditionalGeneration", "Llama4Config",
         {"text_config": _text(intermediate_size_mlp=64, num_local_experts=4, num_experts_per_tok=1,
                               attention_chunk_size=16),
          "vision_config": {**VISION, "image_size": 28, "patch_size": 14, "intermediate_size": 64,
                            "vision_output_dim": 16, "projector_input_dim": 16, "projector_output_dim": 16}},
         text="Llama4ForCausalLM"),
    Kind("LLaVA", "LlavaForConditionalGeneration", "LlavaConfig",
         {"text_config": {**_text(), "model_type": "llama"},
          "vision_config": {**VISION, "image_size": 28, "patch_size": 14, "model_type": "clip_vision_model"}},
         text="LlamaForCausalLM"),
    Kind("Qwen 2 VL", "Qwen2VLForConditionalGeneration", "Qwen2VLConfig",
         {"text_config": {**SIZES, "num_key_value_heads": 2, "rope_parameters": MROPE},
          "vision_config": {"depth": 1, "embed_dim": 16, "num_heads": 2, "hidden_size": 32, "mlp_ratio": 2}},
         text="Qwen2ForCausalLM"),
    Kind("Qwen 2.5 VL", "Qwen2_5_VLForConditionalGeneration", "Qwen2_5_VLConfig",
         {"text_config": {**SIZES, "num_key_value_heads": 2, "rope_parameters": MROPE}, "vision_config": QWEN_VISION},
         text="Qwen2ForCausalLM"),
    Kind("Qwen 3 VL", "Qwen3VLForConditionalGeneration", "Qwen3VLConfig",
         {"text_config": _text(rope_parameters=MROPE),
          "vision_config": {**QWEN_VISION, "num_position_embeddings": 16, "deepstack_visual_indexes": [0]}},
         text="Qwen3ForCausalLM"),
    Kind("T5", "T5ForConditionalGeneration", "T5Config",
         {"d_model": 32, "d_kv": 8, "d_ff": 64, "num_layers": 2, "num_heads": 4, "vocab_size": VOCABULARY}),
    Kind("Mamba", "MambaForCausalLM", "MambaConfig",
         {"hidden_size": 32, "num_hidden_layers": N_LAYERS, "vocab_size": VOCABULARY, "state_size": 4}),
)  # fmt: skip


@dataclass(frozen=True)
class Row:
    """What became of a kind: the hooks that can be read, or the sentence by which it is refused."""

    kind: Kind
    sites: tuple[str, ...]
    refusal: str

    def line(self) -> str:
        """As the table shows it."""
        if self.refusal:
            return f"| {self.kind.name} | `{self.kind.model}` | refused: {self.refusal} |"
        part = f", of it `{self.kind.text}`" if self.kind.text else ""
        return f"| {self.kind.name} | `{self.kind.model}`{part} | {', '.join(self.sites)} |"


def look_at(kind: Kind, folder: Path, load: Callable[..., Any] = load_language_model) -> tuple[Row, Any]:
    """The row of a saved model of the kind, and the model if it loads."""
    try:
        model = load(str(folder), device="cpu")
    except PeriscopeModelError as error:
        return Row(kind, (), str(error).replace(str(folder), "MODEL")), None
    sites = tuple(site.removeprefix("hook_") for site in SITES if can_be_read(model, f"blocks.1.{site}"))
    return Row(kind, sites, ""), model


def can_be_read(model: LanguageModel, hook: str) -> bool:
    """Whether a model has a hook, with an activation for every token."""
    try:
        model.run_to_hooks(torch.tensor([[1, 2, 3], [4, 5, 6]]), [hook])
    except HookMismatch:
        return False
    return True


def table(rows: list[Row]) -> str:
    """The table with its marks."""
    head = ["| models | class in transformers | sites of a block |", "|---|---|---|"]
    return "\n".join([BEGIN, *head, *(row.line() for row in rows), END])


def written_table() -> str:
    """The table in the docs."""
    text = TABLE.read_text()
    return text[text.index(BEGIN) : text.index(END) + len(END)]


def main() -> None:
    """Write the table anew."""
    rows = []
    for kind in KINDS:
        with tempfile.TemporaryDirectory() as folder:
            kind.save(Path(folder))
            rows.append(look_at(kind, Path(folder))[0])
            print(rows[-1].line(), flush=True)  # noqa: T201
    TABLE.write_text(TABLE.read_text().replace(written_table(), table(rows)))


if __name__ == "__main__":
    main()
