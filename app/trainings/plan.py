"""A training's plan: what its defaults depend on, and its numbers as lines."""

from collections.abc import Mapping

from app.trainings.request import TrainRequest
from models.running.language_model import LanguageModel
from models.training.recipe import ModelSize, Recipe


def size_of(model: LanguageModel) -> ModelSize:
    """What the defaults of a training depend on."""
    return ModelSize(
        parameters=sum(parameter.numel() for parameter in model.model.parameters()),
        d_model=model.facts.d_model,
        context=model.facts.context_size,
        is_on_gpu=model.device.type == "cuda",
        has_bos=model.bos_token_id is not None,
    )


def plan_lines(request: TrainRequest, recipe: Recipe, widths: Mapping[str, int], model: LanguageModel) -> list[str]:
    """The numbers of the run, those asked for and the defaults, as lines."""
    sparse = f"k {recipe.k:,}" if recipe.k is not None else f"l1 {recipe.l1:g}"
    hooks = ", ".join(f"{hook} ({width:,} values)" for hook, width in widths.items())
    return [
        f"model: {model.facts.name} on {model.device}, {str(model.dtype).removeprefix('torch.')}; hooks: {hooks}",
        f"SAE: {recipe.kind}, {recipe.d_sae:,} latents, {sparse}",
        f"text: {recipe.tokens:,} tokens of {request.corpus}, after {recipe.n_held_out * recipe.context:,} held out, "
        f"in prompts of {recipe.context:,}, {'BOS first' if recipe.prepend_bos else 'no BOS'}",
        f"steps: {recipe.steps:,} of {recipe.step_tokens:,} tokens, learning rate {recipe.lr:.2g}, seed {recipe.seed}",
    ]


def span_in_words(seconds: float) -> str:
    """Seconds as people say them."""
    if seconds < 90:
        return f"about {max(1, round(seconds))} seconds"
    return f"about {round(seconds / 60)} minutes" if seconds < 5400 else f"about {seconds / 3600:.1f} hours"
