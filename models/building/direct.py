"""The direct path: what a write into the residual stream does to the logits if no later layer reads it.

logits = head(y + γ ⊙ (w − mean w)/σ) with y the final norm's output, σ its scale on the prompt as it is (frozen), γ its
gain, w the write carried into the residual stream; an RMS norm does not subtract the mean.
"""

import torch
from torch import Tensor

from models.errors import Unsupported
from models.running.language_model import LanguageModel

#: What the last norm reads; transformer_lens's name.
FINAL_NORM = "ln_final.hook_in"


class DirectPath:
    """The way from the residual stream at the last position of one prompt to its logits."""

    def __init__(self, model: LanguageModel, final: Tensor | None, hook: str) -> None:
        """Record the final norm's scale.

        Args:
            model: a model that has given logits already.
            final: what its last norm read on the prompt, (1, pos, d_model); ``None`` if that is not known.
            hook: where the writes are made.

        Raises:
            Unsupported: what is written at ``hook`` does not reach the residual stream by a linear map, or the model
                does more than a matrix product after its last norm.
        """
        self.model = model
        self.carry = model.residual_map(hook)
        if final is None or not model.has_plain_head:
            raise Unsupported(f"What {model.facts.name} does after its last layer is not known well enough.")
        self.gain = model.final_norm_gain()
        self._record(final[0, -1])

    @classmethod
    def of(cls, model: LanguageModel, final: Tensor | None, hook: str) -> "DirectPath | None":
        """The path, or ``None`` where there is none that is known."""
        try:
            return cls(model, final, hook)
        except Unsupported:
            return None

    @torch.inference_mode()
    def _record(self, final: Tensor) -> None:
        norm = self.model.model.get_submodule(self.model.tap(FINAL_NORM).module)
        x = final.float()
        self.centres = "rms" not in type(norm).__name__.lower()
        spread = (x - x.mean() if self.centres else x).square().mean()
        eps = float(getattr(norm, "eps", getattr(norm, "variance_epsilon", 1e-5)))
        self.inverse_scale = torch.rsqrt(spread + eps)
        self.hidden: Tensor = norm(final)  # what the output layer reads, (d_model,)

    @torch.inference_mode()
    def logits(self, writes: Tensor) -> Tensor:
        """Logits (n, vocab) with each of ``writes`` (n, width at the hook) added on its own."""
        w = writes.to(self.gain)
        if self.carry is not None:
            w = w @ self.carry.float()
        if self.centres:
            w = w - w.mean(-1, keepdim=True)
        return self.model.head(self.hidden.float() + self.gain * w * self.inverse_scale)
