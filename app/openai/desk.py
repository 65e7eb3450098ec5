"""The texts of ``CompleteJob`` in work, and the batch that writes them."""

from collections import deque
from collections.abc import Generator, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from app.engine.failures import plain
from app.engine.job import Ticket, while_open
from app.engine.loaded import Loaded
from app.engine.source_key import SourceKey
from app.engine.texts import TextInput
from app.errors import Unavailable
from app.openai.continuation import AT_ONCE, Continuation
from app.openai.stopped_text import LENGTH, Likely, StoppedText, TextToken, Told
from app.steer.memory import remembered_by

if TYPE_CHECKING:
    from app.steer.options import Options
    from models.running.chat import PromptTokens
    from models.running.dictionary import Dictionary
    from models.running.prompt_scores import PromptScores
    from models.running.sampling import Sampling
    from models.running.text_rows import Request


@dataclass(frozen=True)
class Gained:
    """Event: what text number ``choice`` (prompt · n + sample) has gained."""

    choice: int
    told: Told


@dataclass(frozen=True)
class Completed:
    """The result. ``prompt_tokens``: of each prompt, with a BOS that was added; ``written``: tokens of all texts."""

    prompt_tokens: tuple[int, ...]
    choices: tuple[Told, ...]
    written: int


@dataclass(eq=False)
class _Text:
    """One text of a request."""

    work: "_Work"
    choice: int
    request: "Request"
    growing: StoppedText


@dataclass(eq=False)
class _Work:
    """One ticket in work."""

    ticket: Ticket
    job: Continuation
    prompts: "list[PromptTokens]"
    waiting: deque[_Text] = field(default_factory=deque)
    pieces: dict[int, list[Told]] = field(default_factory=dict)
    n_live: int = 0
    n_written: int = 0

    def tell(self, choice: int, told: Told) -> None:
        """A text has gained this."""
        self.pieces.setdefault(choice, []).append(told)
        if told.text or told.tokens or told.finish:
            self.ticket.emit(Gained(choice, told))

    def finish_if_done(self) -> None:
        """Answer once the last text is finished."""
        if not self.waiting and not self.n_live:
            choices = tuple(_whole(self.pieces[choice]) for choice in range(len(self.prompts) * self.job.n))
            self.ticket.finish(Completed(tuple(map(len, self.prompts)), choices, self.n_written))


def _whole(pieces: Sequence[Told]) -> Told:
    tokens = tuple(token for piece in pieces for token in piece.tokens)
    return Told("".join(piece.text for piece in pieces), tokens, pieces[-1].finish)


class Desk:
    """The requests in work and the batch that writes their texts; each public method is a step, if there is one."""

    def __init__(self, loaded: Loaded) -> None:
        from models.running.generate import TextBatch, writing_pace

        self.model = loaded.model
        self.loaded = loaded
        self.keys: dict[str, SourceKey] = {}
        self.dictionaries: dict[str, Dictionary] = {}
        self.batch: TextBatch = TextBatch(loaded.model, self.dictionaries, remembered_by(loaded).prompts)
        self.pace = writing_pace(loaded.model)
        self.newcomers: deque[Ticket] = deque()
        self.works: list[_Work] = []
        self.texts: dict[int, _Text] = {}  # by their number in the batch
        self._admissions: deque[Generator[None, None, None]] = deque()

    def dismiss(self) -> bool:
        """Forget who has left; whether there is anything left to do."""
        for number in [n for n, text in self.texts.items() if not text.work.ticket.is_open]:
            self.batch.remove(number)
            del self.texts[number]
        self.works = [work for work in self.works if work.ticket.is_open]
        self.newcomers = deque(ticket for ticket in self.newcomers if ticket.is_open)
        return bool(self.newcomers or self.works or self._admissions)

    # ---------------------------------------------------------------- prompts

    def admit(self) -> bool:
        """A step of taking requests in, one after the other; whether there was one."""
        self._admissions.extend(self._admitted(ticket) for ticket in self.newcomers)
        self.newcomers.clear()
        if not self._admissions:
            return False
        steps = self._admissions.popleft()
        if next(steps, steps) is not steps:
            self._admissions.append(steps)
        return True

    def _admitted(self, ticket: Ticket) -> Generator[None, None, None]:
        """One that cannot be done is answered at once."""
        try:
            work = yield from while_open(ticket, self._prepared(ticket))
            if work is not None:
                self.works.append(work)
                work.finish_if_done()
        except Exception as error:
            ticket.fail(plain(error))

    def _prepared(self, ticket: Ticket) -> Generator[None, None, _Work]:
        from models.running.sampling import Sampling
        from models.running.text_rows import Request

        job: Any = ticket.job
        for source in job.sources:
            self._take(source)
        prompts = yield from job.tokens(self.loaded, job.prepend_bos)
        work = _Work(ticket, job, prompts)
        options = [self._options(job, len(prompt)) for prompt in prompts]
        if job.options.max_new_tokens:
            for prompt, chosen in zip(prompts, options, strict=True):
                self.batch.check(Request(prompt.ids, job.board, Sampling(**asdict(chosen))))
        scores = yield from self._scores(job, prompts)
        for place, prompt in enumerate(prompts):
            echo = self._echo(job.prompts[place], prompt, scores[place]) if job.echo else None
            for sample in range(job.n):
                choice = place * job.n + sample
                chosen = replace(job.sampling(sample), max_new_tokens=options[place].max_new_tokens)
                sampling = Sampling(**asdict(chosen))
                request = Request(prompt.ids, job.board, sampling, baseline=False, reading=False)
                growing = StoppedText(self.model.token_strings, job.stop, len(echo.text) if echo else 0)
                if echo is not None:
                    work.tell(choice, echo)
                self._begin(_Text(work, choice, request, growing), scores[place])
        return work

    def _take(self, source: SourceKey) -> None:
        if self.keys.setdefault(source.slug, source) != source:
            raise Unavailable(f"{source.slug} was replaced while texts are written with it; send the request again.")
        self.dictionaries[source.slug] = self.loaded.dictionary(source)

    def _options(self, job: Continuation, n_prompt: int) -> "Options":
        room = self.model.facts.context_size - n_prompt
        if not job.may_shorten or not 1 <= room < job.options.max_new_tokens:
            return job.options
        return replace(job.options, max_new_tokens=room)

    def _scores(
        self, job: Continuation, prompts: "list[PromptTokens]"
    ) -> "Generator[None, None, Sequence[PromptScores | None]]":
        from models.running.prompt_scores import score_steps

        if not (job.echo and job.scores):
            return [None] * len(prompts)
        ids = [prompt.ids for prompt in prompts]
        return (yield from score_steps(self.batch.steering, ids, job.board, job.options.alternatives))

    def _echo(self, given: TextInput, prompt: "PromptTokens", scores: "PromptScores | None") -> Told:
        """The prompt as the beginning of a text; a BOS that nobody wrote is left out."""
        first = int(prompt.bos_was_added)
        tokens, offset = [], 0
        for place in range(first, len(prompt)) if scores is not None else ():
            token_id = prompt.ids[place]
            logprob = scores.logprobs[place - 1] if scores is not None and place else None
            likeliest = scores.likeliest[place - 1] if scores is not None and place else ()
            tokens.append(TextToken(token_id, self._likely(token_id, logprob), self._all(likeliest), offset))
            offset += len(prompt.texts[place])
        return Told(given.text or "".join(prompt.texts[first:]), tuple(tokens))

    def _begin(self, text: _Text, scores: "PromptScores | None") -> None:
        """Let a text wait for its turn, unless there is nothing to write, or a single token that is known already."""
        from models.running.prompt_scores import choose

        sampling: Sampling = text.request.sampling
        if text.work.job.options.max_new_tokens == 0:
            text.work.tell(text.choice, Told("", (), LENGTH))
        elif scores is not None and sampling.max_new_tokens == 1:
            found = choose(scores.last, sampling)
            is_end = sampling.stop_at_eos and found.token_id in self.model.stop_token_ids
            self._grow(text, found.token_id, found.logprob, found.likeliest, "eos" if is_end else "length")
        else:
            text.work.waiting.append(text)

    # ---------------------------------------------------------------- texts

    def read_prompts(self) -> bool:
        """A pass over prompts whose turn it is to be continued; whether there was any."""
        self._seat()
        return self.batch.read_prompts()

    def _seat(self) -> None:
        """Begin texts that wait while there is room, of each request in turn."""
        size = max(1, self.pace.size)
        while len(self.texts) < size:
            works = [work for work in self.works if work.waiting and work.n_live < AT_ONCE]
            if not works:
                return
            work = min(works, key=lambda work: work.n_live)
            text = work.waiting.popleft()
            try:
                self.texts[self.batch.add(text.request)] = text
                work.n_live += 1
            except Exception as error:
                work.ticket.fail(plain(error))
                self.works.remove(work)

    def write(self) -> bool:
        """The next token of every text; whether there was one."""
        events = self.batch.write()
        for event in events:
            text = self.texts[event.request]
            is_over = self._grow(text, event.token_id, event.logprob, event.alternatives, event.finish)
            if is_over:
                if event.finish is None:
                    self.batch.remove(event.request)
                del self.texts[event.request]
                text.work.n_live -= 1
                text.work.finish_if_done()
        return bool(events)

    def _grow(
        self, text: _Text, token_id: int, logprob: float, likeliest: Sequence[tuple[int, float]], finish: str | None
    ) -> bool:
        """Whether the text is over."""
        told = text.growing.take(token_id, self._likely(token_id, logprob), self._all(likeliest), finish)
        text.work.n_written += 1
        text.work.tell(text.choice, told)
        return told.finish is not None

    def _likely(self, token_id: int, logprob: float | None) -> Likely:
        return Likely(self.model.token_strings([token_id])[0], self.model.token_bytes(token_id), logprob)

    def _all(self, likeliest: Sequence[tuple[int, float]]) -> tuple[Likely, ...]:
        return tuple(self._likely(token_id, logprob) for token_id, logprob in likeliest)
