"""One latent after another: an explanation, its scores, a label. What was answered before is not asked again.

A latent's label is stored at once with all its scores, when the last of them is known; a run that stops anywhere leaves
the labels of the latents that were finished, and no half of another.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from app.explain.answers import Answer
from app.explain.budget import Budget, Estimate, tokens_of
from app.explain.client import ChatClient
from app.explain.endpoint import Endpoint
from app.explain.journal import Journal, question_key
from app.explain.material import Material
from app.explain.prompts import MAX_DESCRIPTION, Message, description_in, explain_messages, reminded
from app.explain.request import ExplainRequest
from app.explain.scoring import Ask, Scores, questions, score

#: Times that the explainer is asked about one latent, if what it says cannot be read.
TRIES = 2


@dataclass(frozen=True)
class Outcome:
    """What became of a latent; without ``scores`` there is no description, and ``note`` says why."""

    index: int
    description: str = ""
    scores: Scores | None = None
    note: str = ""


@dataclass(frozen=True)
class Progress:
    """How far a run is: latents and calls (those of before included), tokens so far, answers that said nothing."""

    latent: int
    done: int
    latents: int
    calls: int
    calls_in_all: int
    tokens: int
    unread: int
    failed: int


Store = Callable[[Outcome], Awaitable[None]]
Report = Callable[[Progress], None]


def estimate(request: ExplainRequest, materials: Sequence[Material], journal: Journal) -> Estimate:
    """Calls and tokens that the run takes at most, if nothing is asked twice; answers that are known are free."""
    total = Estimate()
    longest = "x" * MAX_DESCRIPTION
    for material in materials:
        if material.index in journal.done:
            continue
        description = request.description
        if not description:
            asked = explain_messages(material)
            known = _known(journal, request.explainer, asked, request.answer_tokens)
            description = (description_in(known.text) or "") if known else ""
            if known is None:
                total += Estimate(1, tokens_of(asked) + request.answer_tokens)
        for messages in questions(description or longest, material):
            if not description or _known(journal, request.scorer, messages, request.answer_tokens) is None:
                total += Estimate(1, tokens_of(messages) + request.answer_tokens)
    return total


async def explain(
    request: ExplainRequest,
    materials: Sequence[Material],
    journal: Journal,
    budget: Budget,
    store: Store,
    report: Report,
) -> list[Outcome]:
    """Explain and score the latents of the materials; ``store`` is called with each that has a description.

    Raises the errors of ``ChatClient.ask``; CheckpointFailed if answers cannot be kept; what ``store`` raises.
    """
    outcomes: list[Outcome] = []
    async with (
        ChatClient(request.explainer, budget, request.patience) as explainer,
        ChatClient(request.scorer, budget, request.patience) as scorer,
    ):
        run = _Run(request, journal, budget, (explainer, scorer), len(materials), report)
        run.calls_in_all = sum((1 - bool(request.description)) + len(questions("", m)) for m in materials)
        for done, material in enumerate(materials):
            run.at(material.index, done)
            if material.index in journal.done:
                outcomes.append(Outcome(material.index, note="it was explained before this run was stopped"))
                continue
            outcome = await run.one(material)
            if outcome.scores is not None:
                await store(outcome)
                journal.mark_done(outcome.index)
            outcomes.append(outcome)
        run.at(materials[-1].index if materials else 0, len(materials))
    return outcomes


class _Run:
    """Asks, counts and tells."""

    def __init__(
        self,
        request: ExplainRequest,
        journal: Journal,
        budget: Budget,
        clients: tuple[ChatClient, ChatClient],
        latents: int,
        report: Report,
    ) -> None:
        self.request, self.journal, self.budget = request, journal, budget
        self.explainer, self.scorer = clients
        self.latents, self.report = latents, report
        self.latent = self.done = self.calls = self.calls_in_all = self.unread = 0

    def at(self, latent: int, done: int) -> None:
        """The run is at this latent, after ``done`` others."""
        self.latent, self.done = latent, done
        self._tell()

    async def one(self, material: Material) -> Outcome:
        """Explain one latent and score what was said."""
        description = self.request.description or await self._describe(material)
        if not description:
            return Outcome(material.index, note=f"what {self.explainer.endpoint.model} said of it could not be read")
        scores = await score(description, material, self._asker(self.scorer))
        self.unread += scores.unread
        self._tell()
        return Outcome(material.index, description, scores)

    async def _describe(self, material: Material) -> str:
        ask = self._asker(self.explainer)
        messages = explain_messages(material)
        for _ in range(TRIES):
            answer = await ask(messages)
            if found := description_in(answer.text):
                return found
            self.unread += 1
            messages = reminded(messages, answer.text)
        return ""

    def _asker(self, client: ChatClient) -> Ask:
        limit = self.request.answer_tokens

        async def ask(messages: Sequence[Message]) -> Answer:
            answer = _known(self.journal, client.endpoint, messages, limit)
            if answer is None:
                answer = await client.ask(messages, limit)
                self.journal.add(_key(client.endpoint, messages, limit), answer)
            self.calls += 1
            self._tell()
            return answer

        return ask

    def _tell(self) -> None:
        failed = self.explainer.failed + self.scorer.failed
        calls_in_all = max(self.calls_in_all, self.calls)
        self.report(
            Progress(
                self.latent, self.done, self.latents, self.calls, calls_in_all, self.budget.used, self.unread, failed
            )
        )


def _key(endpoint: Endpoint, messages: Sequence[Mapping[str, str]], limit: int) -> str:
    return question_key(endpoint.url, endpoint.model, messages, limit)


def _known(journal: Journal, endpoint: Endpoint, messages: Sequence[Mapping[str, str]], limit: int) -> Answer | None:
    return journal.answers.get(_key(endpoint, messages, limit))
