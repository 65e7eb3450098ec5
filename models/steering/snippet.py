"""A steered text as a short Python program that needs transformer_lens and sae_lens alone.

It loads model and SAEs, puts the board's changes on with hooks, and writes greedily with the bridge's own cache, so
that it gives the text that Periscope gives at temperature 0. Token ids are written out: a chat template or a BOS needs
no second opinion.
"""

from collections.abc import Mapping, Sequence

from models.errors import Unsupported
from models.loading.sae_kinds import TWO_SIDED_KINDS
from models.running.dictionary import Dictionary
from models.running.language_model import LanguageModel
from models.steering.boards import Steering
from models.steering.terms import Board, LatentSubject, SteerTerm, check_board

_HEAD = '''\
"""{title}"""
import torch
from sae_lens import SAE
from transformer_lens.model_bridge import TransformerBridge

model = TransformerBridge.boot_transformers({model!r}, device="cpu", dtype=torch.float32)
prompt = {prompt!r}  # {text}
positions, steer_bos, bos = {positions!r}, {steer_bos!r}, {bos!r}
'''

_TAIL = '''\

seen = 0  # tokens that the model has read: with a cache it sees the prompt, then one token at a time


def applies(n):
    """(1, n, 1): 1 where steering applies."""
    places = torch.arange(seen, seen + n)
    on = torch.ones(n) if positions == "all" else ((places < len(prompt)) == (positions == "prompt")).float()
    if prompt[0] == bos and not steer_bos:
        on = on * (places > 0)
    return on.view(1, n, 1)


def latent(name, index, activation):
    """Activation of a latent (1, n) and its decoder row in units of the activation (1, n, d)."""
    sae = saes[name]
    x = activation.float() if sae.cfg.reshape_activations == "hook_z" else activation.flatten(2).float()
    a = sae.encode(x)
    bumped = a.clone()
    bumped[..., index] += 1
    high = sae.decode(bumped).flatten(2)
    sae.encode(x)  # some SAEs keep what they need to decode, once
    return a[..., index], high - sae.decode(a).flatten(2)


def steer(name):
    def hook(activation, hook):
        h = activation.flatten(2).float()
        delta = torch.zeros_like(h)
        for mode, source, which, amount in terms[name]:
            if mode == "project":
                continue
            if source is None:
                delta = delta + amount * which
                continue
            a, d = latent(source, which, activation)
            c = {{"add": amount + 0 * a, "clamp": amount - a, "scale": (amount - 1) * a, "ablate": -a}}[mode]
            delta = delta + c.unsqueeze(-1) * d
        y = h + delta
        for mode, source, which, amount in terms[name]:
            if mode == "project":
                d = which if source is None else saes[source].W_dec[which]
                u = d / d.norm()
                delta = delta - amount * (y @ u).unsqueeze(-1) * u
        return (h + delta * applies(h.shape[1])).view(activation.shape).to(activation.dtype)

    return hook


ids, cache, written = torch.tensor([prompt]), None, []
with torch.inference_mode():
    for _ in range({max_new_tokens}):
        with model.hooks(fwd_hooks=[(name, steer(name)) for name in terms]):
            logits, cache = model(ids, return_type="logits_and_cache", use_past_kv_cache=True, past_key_values=cache)
        seen += ids.shape[1]
        ids = logits[:, -1:].argmax(-1)
        written.append(int(ids))
        if written[-1] in {stops}:
            break
print(model.tokenizer.decode(written))
'''


def python_snippet(
    model: LanguageModel,
    dictionaries: Mapping[str, Dictionary],
    prompt: Sequence[int],
    board: Board,
    *,
    max_new_tokens: int = 64,
    stop_at_eos: bool = True,
    title: str = "Steered text, exported from Periscope",
) -> str:
    """The program's text.

    Raises:
        Unsupported: a source that hooks on the bridge cannot steer the same way (transcoders, SAEs of centred models,
            the residual between attention and MLP, projection at every layer, SAEs with a factor of their release).
        SteeringError: a board that cannot be done at all.
    """
    check_board(board)
    Steering(model, dictionaries).check(board)
    used: dict[str, Dictionary] = {}
    by_hook: dict[str, list[str]] = {}
    for term in board.terms:
        hook, line = _term(term, dictionaries)
        if isinstance(term.subject, LatentSubject):
            used[term.subject.source] = dictionaries[term.subject.source]
        by_hook.setdefault(hook, []).append(line)
    text = "".join(model.token_strings(list(prompt))).replace("\n", "⏎")
    head = _HEAD.format(
        title=title.replace('"', "'").replace("\\", "/"),
        model=model.facts.location,
        prompt=list(prompt),
        text=text if len(text) <= 80 else f"{text[:79]}…",
        positions=board.positions,
        steer_bos=board.steer_bos,
        bos=model.bos_token_id,
    )
    saes = "".join(f"    {name!r}: {_load(dictionary)},\n" for name, dictionary in used.items())
    terms = "".join(
        f"    {hook!r}: [  # mode, SAE, latent or vector, amount\n" + "".join(lines) + "    ],\n"
        for hook, lines in by_hook.items()
    )
    tail = _TAIL.format(max_new_tokens=max_new_tokens, stops=sorted(model.stop_token_ids) if stop_at_eos else [])
    return f"{head}saes = {{\n{saes}}}\nterms = {{\n{terms}}}\n{tail}"


def _term(term: SteerTerm, dictionaries: Mapping[str, Dictionary]) -> tuple[str, str]:
    """The hook and the line of one term."""
    subject = term.subject
    if not isinstance(subject, LatentSubject):
        if term.everywhere:
            raise Unsupported("A projection at every layer is not exported as a snippet; remove it from the board.")
        _require_plain_hook(subject.hook_name)
        values = ", ".join(f"{value:.9g}" for value in subject.values.tolist())
        return subject.hook_name, f"        ({term.mode!r}, None, torch.tensor([{values}]), {term.strength!r}),\n"
    dictionary = dictionaries[subject.source]
    facts = dictionary.facts
    if facts.layout != "SAELens":
        raise Unsupported(
            f"{subject.source} was read from files in the layout of {facts.layout}, which SAELens does not open; a "
            "snippet is exported for SAELens folders and releases only."
        )
    two_sided = facts.kind in TWO_SIDED_KINDS
    if dictionary.is_transcoder or two_sided or facts.centre or facts.scaling_factor is not None:
        raise Unsupported(
            f"{subject.source} is a transcoder or an AbsTopK SAE, or belongs to a model with centred or rescaled "
            "activations; a snippet is exported for plain SAEs only."
        )
    _require_plain_hook(facts.hook_name)
    amount = term.strength * (subject.maximum or 0.0) if term.mode in ("add", "clamp") else term.strength
    return facts.hook_name, f"        ({term.mode!r}, {subject.source!r}, {subject.index}, {amount!r}),\n"


def _require_plain_hook(hook: str) -> None:
    if "resid_mid" in hook:
        raise Unsupported(
            f"A hook of the bridge at {hook} changes the MLP's input alone, not the residual; "
            "no snippet can be exported."
        )


def _load(dictionary: Dictionary) -> str:
    location = dictionary.facts.location
    if location.startswith("/"):
        return f'SAE.load_from_disk({location!r}, device="cpu")'
    release, _, sae_id = location.partition(":" if ":" in location else "/")
    return f'SAE.from_pretrained({release!r}, {sae_id!r}, device="cpu")'
