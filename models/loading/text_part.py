"""The text decoder of a multimodal model, loaded alone, as the causal language model that it is.

Gemma 3 from 4B on, Llama 4 and the models of the LLaVA kind keep a decoder in ``text_config`` for which transformers
has a class of its own; the decoders of Qwen-VL compute on text alone what plain Qwen computes, since the three kinds of
positions that they give to images are one and the same in a text. Weights of the other senses are not read.
"""

from collections.abc import Mapping
from typing import Any

from models.errors import Unsupported, one_line

#: What a config.json has where a model takes in more than text.
OTHER_SENSES = ("vision_config", "audio_config", "vision_tower", "speech_config", "audio_encoder_config")
#: Kinds of models whose config.json has the text decoder's sizes beside the others.
_FLAT = frozenset({"qwen2_vl", "qwen2_5_vl"})
#: Text decoders without a class of their own -> the kind that computes the same on text.
_SAME_ON_TEXT = {
    "qwen2_vl_text": "qwen2",
    "qwen2_5_vl_text": "qwen2",
    "qwen3_vl_text": "qwen3",
    "qwen3_vl_moe_text": "qwen3_moe",
}
#: Names of the decoder's tensors in a multimodal model, old and new -> in the text model.
RENAMED = {
    r"^(?:model\.)?language_model\.lm_head\.": "lm_head.",
    r"^(?:model\.)?language_model\.(?:model\.)?(?!lm_head)": "model.",
}


def other_senses(config: Mapping[str, Any]) -> list[str]:
    """The keys of a config.json that speak of more than text."""
    return [key for key in OTHER_SENSES if config.get(key) is not None]


def described(config: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a config.json says of the text decoder: the whole of it, or a part."""
    part = config.get("text_config")
    return part if isinstance(part, Mapping) and other_senses(config) else config


def require_text_part(config: Mapping[str, Any], name: str) -> None:
    """Raise Unsupported if a config.json is multimodal and does not tell its text decoder apart."""
    extra = other_senses(config)
    if extra and described(config) is config and config.get("model_type") not in _FLAT:
        raise Unsupported(
            f"Model {name} is multimodal ({', '.join(extra)} in config.json) without a text_config, so that its text "
            "decoder cannot be told apart; give the text model on its own."
        )


def text_config(config: Any, name: str) -> Any:
    """The config of the causal language model in a model of transformers; ``config`` itself if it is one.

    Raises:
        Unsupported: transformers has no causal language model for the text part.
    """
    from transformers import CONFIG_MAPPING, MODEL_FOR_CAUSAL_LM_MAPPING

    text = config.get_text_config(decoder=True)
    if text is config:
        return config
    kind = _SAME_ON_TEXT.get(text.model_type, text.model_type)
    known = CONFIG_MAPPING[kind] if kind in CONFIG_MAPPING else None  # noqa: SIM401 (its get passes its own lookup by)
    if known is None or known not in MODEL_FOR_CAUSAL_LM_MAPPING:
        raise Unsupported(
            f"Model {name} is multimodal, and transformers has no text model of its own for its text part "
            f"({str(text.model_type)[:40]!r}); give the text model on its own."
        )
    if kind != text.model_type:
        text = _as(known, text, name)
    text.architectures = [MODEL_FOR_CAUSAL_LM_MAPPING[known].__name__]
    # Said of the whole model: whether its output layer is its embedding, and how its weights are packed.
    text.tie_word_embeddings = config.tie_word_embeddings
    packing = getattr(config, "quantization_config", None)
    if packing is not None:
        text.quantization_config = packing
    return text


def _as(kind: type[Any], text: Any, name: str) -> Any:
    """The same sizes and numbers in a config of another kind."""
    values = {key: value for key, value in text.to_dict().items() if key != "model_type"}
    rope = dict(values.get("rope_parameters") or {})
    if rope.get("rope_type") == "mrope":
        rope["rope_type"] = "default"
    values["rope_parameters"] = {key: value for key, value in rope.items() if not key.startswith("mrope")}
    try:
        return kind(**values)
    except Exception as error:
        raise Unsupported(f"The text part of {name} cannot be read alone: {one_line(error)}.") from error
