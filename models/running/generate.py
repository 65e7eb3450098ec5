"""One batched loop that writes texts token by token, with keys and values cached.

A *request* is up to three rows of the batch, all at the same step:

* ``baseline``: the unsteered model writes its own text;
* ``steered``: the model under the request's board writes its own text;
* reading: the *unsteered* model reads the steered text (the same tokens are forced). It gives the base log-prob of
  every steered token, and the KL divergence KL(steered ‖ base) = Σ p_s (ln p_s − ln p_b) at every step.

``TextBatch`` is the step interface: ``add`` requests at any time, ``step`` for the next token of every text,
``remove`` to cancel. Rows share every forward pass, whatever request they belong to; each has its own board, seed and
length, and comes out as it would alone. The model's lock is held per step, never between steps.

Prompts of newcomers are read a few at a time, so that those who write already go on: a step is one token of every text,
and one pass over prompts (``models.running.pace``).

The unsteered prompt is run once and remembered (``PromptMemory``), so that a moved slider only pays for its own row.
"""

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from itertools import count

import torch
from torch import Tensor

from models.errors import ContextMismatch, NoRoom, SteeringError
from models.running.dictionary import Dictionary
from models.running.kv_rows import KvRows
from models.running.language_model import LanguageModel
from models.running.pace import Pace
from models.running.prefill import Prefiller, PromptMemory, generated_board
from models.running.sampling import Chooser, is_number
from models.running.text_rows import BASELINE, READING, STEERED, Request, Row, TokenEvent
from models.steering.boards import RowEdits, SiteSums, Steering

_Read = tuple[KvRows, Tensor, list[SiteSums]]


def writing_pace(model: LanguageModel) -> Pace:
    """How many rows are written at once, so that a token of all of them is a step."""
    return model.paces("write", least=8, most=256)


class TextBatch:
    """Requests that are written together on one model."""

    def __init__(
        self, model: LanguageModel, dictionaries: Mapping[str, Dictionary], memory: PromptMemory | None = None
    ) -> None:
        self.model = model
        self.steering = Steering(model, dictionaries)
        self._stops = model.stop_token_ids
        self._prefiller = Prefiller(model, self.steering, memory or PromptMemory())
        self._numbers = count()
        self._newcomers: list[Row] = []
        self._arriving: list[Row] = []  # whose prompts are being read
        self._reading: Generator[None, None, _Read] | None = None
        self._read: _Read | None = None  # of those who arrive, when their prompts have been read
        self._gone: set[int] = set()  # requests removed while their prompts are being read
        #: Requests that ended because the model computed no numbers, and the sentence about it.
        self.failed: dict[int, SteeringError] = {}
        self._rows: list[Row] = []
        self._kv: KvRows | None = None
        self._edits = RowEdits([], 0)
        self._logits: Tensor | None = None  # (rows, vocab) float32, where the next token has not been chosen
        self._pending: list[int] = []  # chosen tokens that the model has not read yet

    @property
    def live(self) -> int:
        """How many requests are not finished."""
        arriving = [row for row in self._arriving if row.request not in self._gone]
        return len({row.request for row in [*self._rows, *arriving, *self._newcomers]})

    def add(self, request: Request) -> int:
        """Take a request in; its first tokens come with the next step. Returns its number. Raises as ``check`` does."""
        self.check(request)
        number = next(self._numbers)
        sides = [BASELINE] if request.baseline or request.board is None else []
        if request.board is not None:
            sides += [STEERED, READING] if request.reading else [STEERED]
        for side in sides:
            chooser = None if side == READING else Chooser(request.sampling, self.model.device)
            self._newcomers.append(Row(number, side, request, chooser))
        return number

    def check(self, request: Request) -> None:
        """Refuse what cannot be written.

        Raises:
            NoRoom, ContextMismatch: prompt and new tokens do not fit the model's context; the prompt is empty.
            SourceError, SteeringError: a board or sampling setting that cannot be done.
        """
        request.sampling.check()
        self._check_length(request)
        if request.board is not None:
            self.steering.check(request.board)

    def remove(self, number: int) -> None:
        """Forget a request, finished or not."""
        self._newcomers = [row for row in self._newcomers if row.request != number]
        self._gone.add(number)
        self._keep([place for place, row in enumerate(self._rows) if row.request != number])

    def injected_share(self, number: int) -> float:
        """mean‖δ‖ / mean‖h‖ over the tokens of a request steered so far, the largest over its sites."""
        self._harvest()
        return max((row.injected.share() for row in self._rows if row.request == number), default=0.0)

    def step(self) -> list[TokenEvent]:
        """A pass over prompts of newcomers, and the next token of every text whose prompt has been read.

        Finished texts leave the batch, and so do requests for which the model computes no numbers (``failed``). Empty
        while there is no token to be had yet.
        """
        self.read_prompts()
        return self.write()

    @torch.inference_mode()
    def read_prompts(self) -> bool:
        """A pass over prompts of newcomers; whether there was one. When a few requests' are done, their rows join."""
        if self._reading is None:
            if not self._newcomers or self._read is not None:
                return False
            self._arriving, self._newcomers = self._few()
            self._gone = set()
            self._reading = self._prefiller.steps([(row.asked.prompt, row.board) for row in self._arriving])
        try:
            next(self._reading)
        except StopIteration as end:
            self._reading, self._read = None, end.value
        except Exception:
            self._reading, self._arriving = None, []
            raise
        return True

    @torch.inference_mode()
    def write(self) -> list[TokenEvent]:
        """The next token of every text whose prompt has been read."""
        if not self._rows and self._read is None:
            return []
        pace = writing_pace(self.model)
        with pace.timed(len(self._rows) + len(self._arriving if self._read else ())):
            if self._pending:
                self._advance()
            self._join()
            self._dismiss_unnumbered()
            if not self._rows or self._logits is None:
                return []
            events = self._events(self._logits)
        over = {(event.request, event.side) for event in events if event.finish is not None}
        self._keep(
            [
                place
                for place, row in enumerate(self._rows)
                if (row.request, STEERED if row.side == READING else row.side) not in over
            ]
        )
        return events

    def _dismiss_unnumbered(self) -> None:
        """Requests for which the model computes NaN or infinity end: their next token would be an accident."""
        if self._logits is None:
            return
        failed: dict[int, SteeringError] = {}
        for place in torch.nonzero(~is_number(self._logits)).flatten().tolist():
            row = self._rows[place]
            if row.side == STEERED:
                sentence = "Under these terms the model computes NaN or infinity; use smaller strengths."
            else:
                sentence = f"{self.model.facts.name} computes NaN or infinity as logits; {self.model.way_out()}."
            failed.setdefault(row.request, SteeringError(sentence))
        for number in failed:
            self.remove(number)
        self.failed |= failed

    # ---------------------------------------------------------------- rows

    def _advance(self) -> None:
        """The forward pass over the tokens chosen last."""
        kv = self._kv
        if kv is None:
            return
        ids = torch.tensor(self._pending, device=self.model.device).unsqueeze(1)
        positions = kv.lengths.unsqueeze(1)
        kv.grow()
        self._logits = self._prefiller.forward(ids, kv, positions, self._edits.attached(self.model))
        self._pending = []

    def _few(self) -> tuple[list[Row], list[Row]]:
        """The rows of the requests whose prompts fit into one step, of one at least; and the others."""
        size, used = self._prefiller.pace.size, 0
        chosen: set[int] = set()
        plain: set[tuple[int, ...]] = set()  # prompts that nothing steers are read once
        for row in self._newcomers:
            is_known = row.board is None and row.asked.prompt in plain
            used += 0 if is_known else len(row.asked.prompt)
            if chosen and used > size and row.request not in chosen:
                break
            chosen.add(row.request)
            if row.board is None:
                plain.add(row.asked.prompt)
        return (
            [row for row in self._newcomers if row.request in chosen],
            [row for row in self._newcomers if row.request not in chosen],
        )

    def _join(self) -> None:
        """Put the rows whose prompts were read behind the present ones."""
        if self._read is None:
            return
        (kv, logits, injected), self._read = self._read, None
        places = [place for place, row in enumerate(self._arriving) if row.request not in self._gone]
        newcomers = [self._arriving[place] for place in places]
        if 0 < len(places) < len(self._arriving):
            kv, logits, injected = kv.take(places), logits[places], [injected[place] for place in places]
        self._arriving = []
        if not newcomers:
            return
        for row, sums in zip(newcomers, injected, strict=True):
            row.injected.include(sums)
        self._harvest()
        self._rows = [*self._rows, *newcomers]
        self._kv = kv if self._kv is None else KvRows.joined([self._kv, kv])
        self._logits = logits if self._logits is None else torch.cat([self._logits, logits])
        self._lay_out()

    def _keep(self, places: Sequence[int]) -> None:
        if len(places) == len(self._rows):
            return
        self._harvest()
        self._rows = [self._rows[place] for place in places]
        self._pending = [self._pending[place] for place in places] if self._pending else []
        if not places or self._kv is None:
            self._kv, self._logits = None, None
        else:
            self._kv = self._kv.take(places)
            self._logits = None if self._logits is None else self._logits[list(places)]
        self._lay_out()

    def _lay_out(self) -> None:
        """The edits of the present rows, for generated tokens."""
        self._edits = self.steering.rows([generated_board(row.board) for row in self._rows])

    def _harvest(self) -> None:
        for row, sums in zip(self._rows, self._edits.drain(), strict=True):
            row.injected.include(sums)

    def _check_length(self, request: Request) -> None:
        prompt, new, limit = len(request.prompt), request.sampling.max_new_tokens, self.model.facts.context_size
        if not prompt:
            raise ContextMismatch("The prompt has no tokens; write something, or start with the BOS token.")
        if prompt + new > limit:
            raise NoRoom(
                f"{prompt} prompt tokens and {new} new ones do not fit the context of {self.model.facts.name}, which "
                f"holds {limit}; shorten the prompt or ask for {max(0, limit - prompt)} new tokens."
            )
        vocab = self.model.facts.vocab_size
        if min(request.prompt) < 0 or max(request.prompt) >= vocab:
            raise SteeringError(f"The prompt has a token id outside the vocabulary, which is 0 to {vocab - 1}.")

    # ---------------------------------------------------------------- tokens

    def _events(self, logits: Tensor) -> list[TokenEvent]:
        """Choose a token for every text; readers take over the steered one's."""
        logprobs = torch.log_softmax(logits, dim=-1)
        writers = [place for place, row in enumerate(self._rows) if row.chooser is not None]
        readers = {row.request: place for place, row in enumerate(self._rows) if row.side == READING}
        bases = [self._base(place, readers) for place in writers]
        tokens = [self._choose(self._rows[place], logits[place]) for place in writers]
        own, base, kl = self._compared(logprobs, writers, bases, tokens)
        shown = self._alternatives(logprobs, writers)
        chosen = dict(zip(writers, tokens, strict=True))
        by_request = {
            self._rows[place].request: token for place, token in chosen.items() if self._rows[place].side == STEERED
        }
        self._pending = [chosen[p] if p in chosen else by_request[row.request] for p, row in enumerate(self._rows)]
        self._logits = None
        events = []
        for n, place in enumerate(writers):
            row = self._rows[place]
            finish = self._finish(row, tokens[n])
            read = bases[n] is not None
            steered = row.side == STEERED
            events.append(
                TokenEvent(
                    request=row.request,
                    side=row.side,
                    step=row.step,
                    token_id=tokens[n],
                    logprob=own[n],
                    base_logprob=base[n] if read else None,
                    kl=kl[n] if read and steered else None,
                    alternatives=tuple(shown[n][: row.asked.sampling.alternatives]),
                    finish=finish,
                    injected_norm_share=self.injected_share(row.request) if steered and finish else None,
                )
            )
            row.step += 1
        return events

    def _base(self, place: int, readers: Mapping[int, int]) -> int | None:
        """The row that has the unsteered model's view of this text, if any."""
        row = self._rows[place]
        return place if row.side == BASELINE else readers.get(row.request)

    @staticmethod
    def _choose(row: Row, logits: Tensor) -> int:
        if row.chooser is None:
            raise TypeError("a reading row chooses nothing")
        return row.chooser.choose(logits)

    @staticmethod
    def _compared(
        logprobs: Tensor, writers: list[int], bases: list[int | None], tokens: list[int]
    ) -> tuple[list[float], list[float], list[float]]:
        """Per text: log-prob of its token, base log-prob of it, KL(text's model ‖ base) in nats."""
        ids = torch.tensor(tokens, device=logprobs.device).unsqueeze(1)
        others = [place if base is None else base for place, base in zip(writers, bases, strict=True)]
        own, base = logprobs[writers], logprobs[others]
        kl = torch.zeros(len(writers), device=logprobs.device)
        differ = [n for n, (a, b) in enumerate(zip(writers, others, strict=True)) if a != b]
        if differ:
            p, q = own[differ], base[differ]
            kl[differ] = (p.exp() * (p - q)).sum(-1).clamp(min=0)
        gathered = torch.stack([own.gather(1, ids).squeeze(1), base.gather(1, ids).squeeze(1), kl]).tolist()
        return gathered[0], gathered[1], gathered[2]

    def _alternatives(self, logprobs: Tensor, writers: list[int]) -> list[list[tuple[int, float]]]:
        wanted = max(self._rows[place].asked.sampling.alternatives for place in writers)
        if not wanted:
            return [[] for _ in writers]
        top = logprobs[writers].topk(min(wanted, logprobs.shape[1]), dim=-1)
        pairs = zip(top.indices.tolist(), top.values.tolist(), strict=True)
        return [list(zip(ids, values, strict=True)) for ids, values in pairs]

    def _finish(self, row: Row, token: int) -> str | None:
        if row.asked.sampling.stop_at_eos and token in self._stops:
            return "eos"
        return "length" if row.step + 1 >= row.asked.sampling.max_new_tokens else None


def generate(
    model: LanguageModel,
    dictionaries: Mapping[str, Dictionary],
    requests: Sequence[Request],
    *,
    memory: PromptMemory | None = None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Iterator[TokenEvent]:
    """Write several requests as one batch; an event per token, requests numbered from 0.

    ``cancelled`` is asked before every step; so a run ends within one token. Raises as ``TextBatch.add`` does, before
    the first token, and SteeringError where the model computes NaN or infinity.
    """
    batch = TextBatch(model, dictionaries, memory)
    for request in requests:
        batch.add(request)
    while batch.live and not cancelled():
        yield from batch.step()
        if batch.failed:
            raise next(iter(batch.failed.values()))
