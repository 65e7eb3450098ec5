"""Open a source and find out whether its parts fit: the check behind ``periscope sources add``.

``inspect_source`` goes from cheap to dear: files (before torch is imported), weights, hook, widths, context,
then a few hundred tokens through model and SAE. A wrong hook, a forgotten normalisation or centring, all load
without an error; they show only in the explained variance, so it is measured and a low one is reported with
its likely causes.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from models.corpus.training_store import wants_bos
from models.errors import (
    ContextMismatch,
    DimensionMismatch,
    HookMismatch,
    MemoryRefused,
    PeriscopeModelError,
    WeightsInvalid,
    one_line,
)
from models.loading.checks import check_model_folder, check_numbers, model_weight_files
from models.loading.formats.layouts import read_sae
from models.loading.sae_registry import release_of, resolve
from models.loading.weight_files import check_finite
from models.records import SourceFacts
from models.sources import LocalSae, SourceSpec, parse_hook, parse_model_location, parse_sae_location

if TYPE_CHECKING:
    from torch import Tensor

    from models.running.dictionary import Dictionary
    from models.running.language_model import LanguageModel

#: Below this share of explained variance a source gets a warning.
LOW_EXPLAINED_VARIANCE = 0.3

#: Tokens run at registration, and the context taken when the SAE names none (SAELens's own default).
SAMPLE_TOKENS = 512
DEFAULT_CONTEXT = 128

#: Plain English for a first look; callers with a model of another language or domain pass their own.
SAMPLE_TEXT = """\
The harbour was quiet when the ferry came in. Two fishermen were mending a net on the quay, and an old woman
sold oranges from a wooden cart. "You are late," she said to the captain, who only laughed and bought three of
them. In the winter of 1987 the council had decided to close the railway line, because fewer than forty people
used it each day, and since then everything that the island needed came by sea: flour, timber, medicine,
newspapers, even the piano for the school. Nobody complained much. The doctor, Maria Lindqvist, visited on
Tuesdays and Fridays, and when the weather was bad she stayed overnight in the small room above the bakery.

To make the bread, mix 500 grams of flour with 7 grams of yeast, add water slowly, and let the dough rest for
an hour. If it does not rise, the water was probably too hot. Bake it at 220 degrees until the crust is brown.

Scientists reported last week that the glacier has lost a third of its volume since measurements began. "We
did not expect it to happen so quickly," said the head of the research group at the university. The government
will decide in March whether to pay for new instruments; critics say that the money should go to hospitals
instead. Shares in the company fell by four percent on Monday after it warned that profits would be lower than
last year.

Why do cats purr? There are several explanations. Some researchers believe that the sound helps them to heal,
others that it is simply a way of saying that they are content. In a function such as f(x) = x + 1, every
number is moved one step to the right; for x in range(10): print(f(x)) shows the first ten values.
"""


def load_language_model(location: str, device: str = "auto", dtype: str = "auto") -> LanguageModel:
    """Load a model for inference; see ``models.loading.load_model.load_language_model``."""
    from models.loading.load_model import load_language_model as load

    return load(location, device, dtype)


def load_dictionary(spec: SourceSpec, *, registry: tuple[str, str] | None = None, device: str = "cpu") -> Dictionary:
    """Load the SAE of a source in float32; see ``models.loading.load_dictionary.load_dictionary``."""
    from models.loading.load_dictionary import load_dictionary as load

    return load(spec, registry=registry, device=device)


def inspect_source(
    spec: SourceSpec,
    *,
    registry: tuple[str, str] | None = None,
    device: str = "auto",
    dtype: str = "auto",
    sample_text: str | None = None,
) -> SourceFacts:
    """Check that model and SAE are there, safe, whole and fit each other; run a few hundred tokens through
    them.

    Args:
        spec: the source.
        registry: release and id of SAELens's registry whose overrides apply to a local SAE folder.
        device: where to run, see ``load_language_model``.
        dtype: number format of the model.
        sample_text: text to measure on, for models whose vocabulary is not English.

    Raises:
        SourceError: one of its kinds, with a sentence that says what to do.
    """
    check_files(spec)
    model = load_language_model(spec.model, device, dtype)
    dictionary = load_dictionary(spec, registry=registry, device=str(model.device))
    return inspect_loaded(model, dictionary, sample_text=sample_text)


def check_files(spec: SourceSpec) -> None:
    """The checks on local files: present, not pickled, whole, finite, tokenizer fits. Imports no torch.

    Raises:
        SourceError: one of its kinds.
    """
    model, sae = parse_model_location(spec.model), resolve(parse_sae_location(spec.sae))
    if isinstance(sae, LocalSae):
        release_of(sae.release)
        for weights in read_sae(sae).weights:
            if weights.suffix == ".safetensors":
                check_finite(weights, nonzero=("W_enc", "W_dec"))
    if isinstance(model, Path):
        check_model_folder(model)
        for path in model_weight_files(model):
            check_numbers(path)


def inspect_loaded(model: LanguageModel, dictionary: Dictionary, *, sample_text: str | None = None) -> SourceFacts:
    """The same for parts that are loaded already, so that several SAEs of a model load it once.

    Raises:
        HookMismatch: the model has no such hook, or reads something else there than transformer_lens.
        DimensionMismatch: the SAE's width is not the hook's.
        ContextMismatch: the SAE's context is longer than the model's.
        WeightsInvalid: the two cannot be run, or compute NaN or infinity.
        MemoryRefused: they do not fit into memory.
    """
    hook = parse_hook(dictionary.hook_name)
    with _running(model, dictionary):
        check_fit(model, dictionary)
    warnings = list(dictionary.facts.warnings)
    context = dictionary.facts.context_size
    if context is None and dictionary.facts.published_context is not None:
        context = min(dictionary.facts.published_context, model.facts.context_size)
    elif context is None:
        context = min(DEFAULT_CONTEXT, model.facts.context_size)
        warnings.append(f"The SAE does not say which context size it was trained with; {context} tokens are used.")
    prepend_bos = wants_bos(model, dictionary.facts)
    if dictionary.facts.prepend_bos and model.own_bos_token_id is None:
        warnings.append(_about_bos(model, prepend_bos))
    with _running(model, dictionary):
        tokens = sample_tokens(model, sample_text or SAMPLE_TEXT, context, prepend_bos=prepend_bos)
        variance = explained_variance(model, dictionary, tokens)
        check_against_transformer_lens(model, dictionary, tokens)
    if variance < LOW_EXPLAINED_VARIANCE:
        warnings.append(
            f"On {tokens.numel()} tokens the SAE explains only {variance:.0%} of the variance; likely "
            "causes: another hook or model than it was trained on, a normalisation factor or centring that "
            "its folder does not mention (name its release), or a text very unlike its training data."
        )
    return SourceFacts(
        model=model.facts,
        sae_location=dictionary.facts.location,
        hook_name=dictionary.hook_name,
        layer=hook.layer,
        site=hook.site,
        sae_kind=dictionary.kind,
        d_in=dictionary.d_in,
        d_sae=dictionary.d_sae,
        context_size=context,
        prepend_bos=prepend_bos,
        weights_hash=dictionary.facts.weights_hash,
        explained_variance=variance,
        warnings=tuple(warnings),
    )


def _about_bos(model: LanguageModel, is_given: bool) -> str:
    """What stands in the place of a BOS that the tokenizer does not have."""
    trained = "The SAE was trained with a BOS token, and the tokenizer has none"
    if not is_given:
        return f"{trained}; texts start without one."
    eos = model.token_strings([model.bos_token_id or 0])[0]
    return f"{trained}; texts start with {eos}, which SAELens's training store puts there."


@contextmanager
def _running(model: LanguageModel, dictionary: Dictionary) -> Iterator[None]:
    """What goes wrong when two parts that were loaded are run is said of their files."""
    import torch

    both = f"{model.facts.location} with the SAE {dictionary.facts.location}"
    try:
        yield
    except PeriscopeModelError:
        raise
    except (MemoryError, torch.OutOfMemoryError):
        raise MemoryRefused(f"There is not enough memory to run {both}; free some, or use a smaller model.") from None
    except Exception as error:
        raise WeightsInvalid(
            f"{both} cannot be run ({one_line(error)}); their config.json or cfg.json does not describe the weights: "
            "download both again."
        ) from error


def check_fit(model: LanguageModel, dictionary: Dictionary) -> None:
    """Hook, widths and context of an SAE against its model.

    Raises:
        HookMismatch, DimensionMismatch, ContextMismatch: as said.
    """
    for hook, width, end in (
        (dictionary.hook_name, dictionary.d_in, "d_in"),
        (dictionary.hook_out, dictionary.d_out, "d_out"),
    ):
        found = model.width(hook)
        if found != width:
            raise DimensionMismatch(
                f"The SAE {dictionary.facts.location} has {end} = {width}, but {model.facts.name} has {found} values "
                f"per token at {hook}; check that model, SAE and hook belong together."
            )
    wanted = dictionary.facts.context_size
    if wanted is not None and wanted > model.facts.context_size:
        raise ContextMismatch(
            f"The SAE {dictionary.facts.location} was trained on contexts of {wanted} tokens, but {model.facts.name} "
            f"holds {model.facts.context_size}; they do not belong together, or context_size in its cfg.json is wrong."
        )


def sample_tokens(model: LanguageModel, text: str, context: int, *, prepend_bos: bool) -> Tensor:
    """The first ``SAMPLE_TOKENS`` tokens of a text as prompts of equal length (n, pos), BOS first if wanted."""
    import torch

    bos = model.bos_token_id
    start = [bos] if prepend_bos and bos is not None else []
    width = min(context, SAMPLE_TOKENS) - len(start)
    if width < 1:
        raise ContextMismatch(f"A context of {context} tokens has no place for text; an SAE needs at least 2.")
    ids = model.tokenize(text)[: max(width, SAMPLE_TOKENS)]
    if len(ids) < 2:
        raise ContextMismatch("The sample text has fewer than two tokens; give a longer one.")
    width = min(width, len(ids))
    rows = [start + ids[at : at + width] for at in range(0, len(ids) - width + 1, width)]
    return torch.tensor(rows, dtype=torch.long)


def explained_variance(model: LanguageModel, dictionary: Dictionary, tokens: Tensor) -> float:
    """1 − Σ‖t − t̂‖² / Σ‖t − mean t‖², t what is reconstructed, over all positions but the first.

    Raises:
        WeightsInvalid: model or SAE compute what is no number, or the model the same for every token.
    """
    names = [dictionary.hook_name, dictionary.hook_out]
    found = model.run_to_hooks(tokens, names)
    # The first position is BOS, or a token without context whose norm can dwarf all others.
    read = dictionary.read(found[dictionary.hook_name])[:, 1:].flatten(0, 1).float()
    if dictionary.is_transcoder:
        target = found[dictionary.hook_out][:, 1:].flatten(0, 1).float()
    else:
        target = dictionary.centred(read)
    error = (target - dictionary.decode(dictionary.encode(read), read)).square().sum()
    total = (target - target.mean(0)).square().sum()
    for sum_of_squares, what in ((total, model.facts.location), (error, f"the SAE {dictionary.facts.location}")):
        if not math.isfinite(sum_of_squares):
            raise WeightsInvalid(
                f"{what} computes NaN or infinity at {dictionary.hook_name}; its weights or the numbers in its "
                f"{'config.json' if sum_of_squares is total else 'cfg.json'} are damaged: download it again."
            )
    if not total > 0:
        raise WeightsInvalid(
            f"{model.facts.location} computes the same at {dictionary.hook_name} for every token; its weights or its "
            "config.json are damaged: download it again."
        )
    return float(1 - error / total)


def check_against_transformer_lens(model: LanguageModel, dictionary: Dictionary, tokens: Tensor) -> None:
    """Hold the activations at the SAE's hooks against transformer_lens's own run of the same weights.

    Raises:
        HookMismatch: they differ by more than rounding.
    """
    import torch

    few = tokens[:1, : min(16, tokens.shape[1])].to(model.device)
    names = [dictionary.hook_name, dictionary.hook_out]
    ours = model.run_to_hooks(few, names)
    bridge = model.lens()
    tolerance = 1e-3 if model.dtype == torch.float32 else 5e-2
    with torch.inference_mode():
        _, cache = bridge.run_with_cache(few, names_filter=names, return_cache_object=False)
    for name in dict.fromkeys(names):
        theirs = cache[name].flatten(2).float()
        difference = (ours[name].float() - theirs).norm() / theirs.norm().clamp(min=1e-12)
        if float(difference) > tolerance:
            raise HookMismatch(
                f"At {name} the activations of {model.facts.name} differ from transformer_lens's by "
                f"{float(difference):.1%}, so SAEs trained there would not fit; please report this architecture."
            )
