"""Write a text without and with steering, token by token; requests of several clients are rows of one batch.

The unsteered text of a prompt is remembered with the sampling that wrote it, so that moving a slider writes the steered
text alone. What is remembered belongs to the loaded weights and goes with them.
"""

import re
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar

from app.engine.costs import encode_bytes, forward_bytes, most_tokens
from app.engine.failures import plain
from app.engine.job import Batch, Ticket
from app.engine.loaded import Loaded
from app.engine.source_key import SourceKey
from app.engine.texts import Limits, TextInput, TextJob
from app.errors import Unavailable
from app.steer.close_pairs import close_pairs
from app.steer.memory import remembered_by
from app.steer.options import Options
from app.steer.results import Side, Written, WrittenToken
from models.steering.coherence import without_end
from models.steering.terms import Board

if TYPE_CHECKING:
    from models.running.chat import PromptTokens
    from models.running.dictionary import Dictionary
    from models.running.text_rows import TokenEvent
    from models.steering.readings import Reading

BASELINE, STEERED = "baseline", "steered"
#: Rows of one request (baseline, steered, reading); copies of a cache while rows come and go; copies of logits.
ROWS, CACHE_COPIES, LOGIT_COPIES = 3, 3, 6
#: Both texts and their shuffles, read at once at the end; and the tokens of a prompt that are read
#: (models.steering.readings).
READ_ROWS, READ_PROMPT_TOKENS = 6, 192
#: Tokens of the text on which each term's share of the residual norm is measured.
SHARE_TOKENS = 128
#: A character that the next token may complete.
_UNFINISHED = re.compile(r"(?:⟨[0-9A-F]{2}⟩)+\Z")


@dataclass(frozen=True)
class SteerJob(TextJob):
    """Baseline and steered text of one prompt; emits ``WrittenToken``, the result is ``Written``."""

    max_batch: ClassVar[int] = 16
    joins: ClassVar[bool] = True

    model: str
    sources: tuple[SourceKey, ...]
    prompt: TextInput
    board: Board
    options: Options
    prepend_bos: bool
    limits: Limits
    may_shorten: bool = False  # write fewer new tokens where the model's context holds no more

    def cost(self) -> int:
        """The cache of three rows, their logits, the prompt's forward pass, and the terms' shares at the end."""
        prompt = min(most_tokens(self.prompt.characters(), self.limits.max_tokens), self.limits.max_tokens)
        read = READ_ROWS * (min(prompt, READ_PROMPT_TOKENS) + self.options.max_new_tokens)
        return writing_bytes(self.limits, ROWS, prompt, self.options.max_new_tokens) + (
            forward_bytes(max(SHARE_TOKENS * len(self.board.terms), read), self.limits.d_model)
            + read * self.limits.vocab_size * 4
            + encode_bytes(self.sources)
        )

    def texts(self) -> Sequence[TextInput]:
        """The prompt."""
        return (self.prompt,)

    @classmethod
    def batch_size(cls, loaded: Loaded) -> int:
        """As many as the model writes a token of in one step."""
        from models.running.generate import writing_pace

        return max(1, min(cls.max_batch, writing_pace(loaded.model).size // ROWS))

    @classmethod
    def run(cls, loaded: Loaded, batch: Batch) -> Iterator[None]:
        """A request's prompt, one token of every text, a part of an answer: each is a step; who comes later joins."""
        desk = _Desk(loaded)
        desk.newcomers += batch.alive()
        while desk.dismiss():
            idle = True
            for work in (desk.admit, desk.read_prompts, desk.write, desk.conclude):
                if work():
                    idle = False
                    yield
            if idle:
                yield
            desk.newcomers += batch.arrivals()


def _measured(side: Side, reading: "Reading") -> Side:
    return replace(side, order_share=reading.measure.order_share, peak_share=reading.measure.peak_share)


def writing_bytes(limits: Limits, rows: int, prompt: int, new: int) -> int:
    """Writing ``rows`` texts: caches, logits, and the forward pass over the prompts."""
    cache = rows * (prompt + new) * limits.n_layers * 2 * limits.d_model * CACHE_COPIES * 4
    logits = rows * limits.vocab_size * LOGIT_COPIES * 4
    return cache + logits + forward_bytes(rows * prompt, limits.d_model)


@dataclass(eq=False)
class _Writing:
    """One ticket in work."""

    ticket: Ticket
    job: SteerJob
    options: Options
    prompt: "PromptTokens"
    known: Side | None
    sides: dict[str, list[WrittenToken]] = field(default_factory=lambda: {BASELINE: [], STEERED: []})
    injected: float | None = None

    @property
    def is_written(self) -> bool:
        wanted = [self.sides[STEERED]] + ([self.sides[BASELINE]] if self.known is None else [])
        return all(tokens and tokens[-1].finish for tokens in wanted)


class _Desk:
    """The texts in work and the batch that writes them."""

    def __init__(self, loaded: Loaded) -> None:
        from models.running.generate import TextBatch

        self.loaded = loaded
        self.memory = remembered_by(loaded)
        self.keys: dict[str, SourceKey] = {}
        self.dictionaries: dict[str, Dictionary] = {}
        self.texts: TextBatch = TextBatch(loaded.model, self.dictionaries, self.memory.prompts)
        self.newcomers: deque[Ticket] = deque()
        self.writings: dict[int, _Writing] = {}
        self._admission: Generator[None, None, None] | None = None
        self._answers: deque[tuple[_Writing, Generator[None, None, Written]]] = deque()

    def admit(self) -> bool:
        """Take a request in, step by step; whether there was one."""
        if self._admission is None:
            if not self.newcomers:
                return False
            self._admission = self._admitted(self.newcomers.popleft())
        try:
            next(self._admission)
        except StopIteration:
            self._admission = None
        return True

    def _admitted(self, ticket: Ticket) -> Generator[None, None, None]:
        """One that cannot be done is answered at once."""
        from models.running.sampling import Sampling
        from models.running.text_rows import Request

        job: Any = ticket.job
        try:
            for source in job.sources:
                self._take(source)
            (prompt,) = yield from job.tokens(self.loaded, job.prepend_bos)
            options = self._options(job, len(prompt))
            known = self.memory.get(prompt.ids, options)
            sampling = Sampling(**asdict(options))
            number = self.texts.add(Request(prompt.ids, job.board, sampling, baseline=known is None))
        except Exception as error:
            ticket.fail(plain(error))
            return
        self.writings[number] = _Writing(ticket, job, options, prompt, known)
        for token in known.tokens if known is not None else ():
            ticket.emit(token)

    def _options(self, job: SteerJob, n_prompt: int) -> Options:
        room = self.loaded.model.facts.context_size - n_prompt
        if not job.may_shorten or not 1 <= room < job.options.max_new_tokens:
            return job.options
        return replace(job.options, max_new_tokens=room)

    def _take(self, source: SourceKey) -> None:
        if self.keys.setdefault(source.slug, source) != source:
            raise Unavailable(f"{source.slug} was replaced while texts are written with it; send the request again.")
        self.dictionaries[source.slug] = self.loaded.dictionary(source)

    def dismiss(self) -> bool:
        """Forget who has left; whether there is anything left to do."""
        for number in [n for n, writing in self.writings.items() if not writing.ticket.is_open]:
            self.texts.remove(number)
            del self.writings[number]
        self.newcomers = deque(ticket for ticket in self.newcomers if ticket.is_open)
        return bool(self.newcomers or self.writings or self._answers or self._admission is not None)

    def read_prompts(self) -> bool:
        """A pass over prompts of newcomers; whether there was any to do."""
        return self.texts.read_prompts()

    def write(self) -> bool:
        """The next token of every text; whether there was one."""
        events = self.texts.write()
        for event in events:
            self._deliver(event)
        for number, error in self.texts.failed.items():
            if number in self.writings:
                self.writings.pop(number).ticket.fail(plain(error))
        self.texts.failed.clear()
        for number in [n for n, writing in self.writings.items() if writing.is_written]:
            writing = self.writings.pop(number)
            self._answers.append((writing, self._result(writing)))
        return bool(events)

    def conclude(self) -> bool:
        """A part of the oldest answer; whether there was one. What goes wrong here concerns one request alone."""
        if not self._answers:
            return False
        writing, steps = self._answers[0]
        try:
            if writing.ticket.is_open:
                next(steps)
                return True
        except StopIteration as end:
            writing.ticket.finish(end.value)
        except Exception as error:
            writing.ticket.fail(plain(error))
        self._answers.popleft()
        return True

    def _deliver(self, event: "TokenEvent") -> None:
        writing = self.writings[event.request]
        tokens = writing.sides[event.side]
        token = self._token(event, [token.token_id for token in tokens[-7:]])
        tokens.append(token)
        if event.injected_norm_share is not None:
            writing.injected = event.injected_norm_share
        writing.ticket.emit(token)

    def _token(self, event: "TokenEvent", before: list[int]) -> WrittenToken:
        strings = self.loaded.model.token_strings
        text = strings([*before, event.token_id])[-1]
        return WrittenToken(
            event.side,
            event.step,
            event.token_id,
            text if event.finish else _UNFINISHED.sub("", text),
            event.logprob,
            event.logprob if event.base_logprob is None else event.base_logprob,
            event.kl,
            tuple((strings([token_id])[0], logprob) for token_id, logprob in event.alternatives),
            event.finish,
        )

    def _result(self, writing: _Writing) -> Generator[None, None, Written]:
        job, prompt = writing.job, writing.prompt
        known = writing.known
        baseline = self._side(writing.sides[BASELINE]) if known is None else known
        steered = self._side(writing.sides[STEERED])
        (baseline, steered), effects = yield from self._read(writing, baseline, steered)
        if known is None:
            self.memory.put(prompt.ids, writing.options, baseline)
        ids = (*prompt.ids, *steered.ids)[:SHARE_TOKENS]
        leading_bos = prompt.ids[0] == self.loaded.model.bos_token_id and not job.board.steer_bos
        applies = job.board.positions != "generated"
        shares = yield from self.texts.steering.share_steps(job.board, ids)
        return Written(
            prompt,
            tuple(applies and not (leading_bos and place == 0) for place in range(len(prompt))),
            baseline,
            steered,
            writing.injected,
            tuple(shares),
            effects,
            known is not None,
            close_pairs(job.board, self.dictionaries),
        )

    def _read(
        self, writing: _Writing, baseline: Side, steered: Side
    ) -> Generator[None, None, tuple[tuple[Side, Side], tuple[float | None, ...]]]:
        """Both texts as the unsteered model reads them; what is known of a remembered one is not read again."""
        from models.steering.readings import reading_steps

        model, terms = self.loaded.model, writing.job.board.terms
        texts = [(writing.prompt.ids, without_end(side.ids, model.stop_token_ids)) for side in (baseline, steered)]
        if writing.known is None:
            before, after = yield from reading_steps(model, self.dictionaries, texts, terms)
            baseline = _measured(baseline, before)
        else:
            (before,) = yield from reading_steps(model, self.dictionaries, texts[:1], terms, shuffles=0)
            (after,) = yield from reading_steps(model, self.dictionaries, texts[1:], terms)
        steered = _measured(steered, after)
        effects = tuple(
            None if own is None or mine is None else mine - own
            for own, mine in zip(before.effects, after.effects, strict=True)
        )
        return (baseline, steered), effects

    def _side(self, tokens: list[WrittenToken]) -> Side:
        return Side(tuple(tokens), tuple(self.loaded.model.token_strings([token.token_id for token in tokens])))
