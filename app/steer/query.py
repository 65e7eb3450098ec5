"""What the steer board holds, as its form and its address say it: fields -> query.

The fields stand in order: ``term`` begins a slider, and ``mode``, ``strength``, ``everywhere`` and ``on`` after it are
that slider's; ``role`` and ``content`` are the messages of a chat. What cannot be meant becomes a sentence in
``problems``, and the rest of the board goes on.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from urllib.parse import urlencode

from app.engine.texts import TextInput
from app.errors import InvalidRequest, shorten
from app.steer.options import Options
from app.steer.service import SteerRequest
from app.steer.terms import TermRequest
from app.web.forms import MAX_LINK
from models.running.chat import ROLES, parse_messages
from models.steering.terms import MAX_STRENGTH, MAX_TERMS, MODES, POSITIONS

PATH = "/steer"
#: How a vector's term begins; no slug has a slash.
VECTOR = "vector/"
INTERFACES = ("prompt", "chat")
BOS = {"": "as the sources were trained", "yes": "always", "no": "never"}
_NUMBERS = {
    "temperature": (0.0, 10.0, 1.0), "top_p": (0.0, 1.0, 1.0), "frequency_penalty": (-10.0, 10.0, 0.0),
}  # fmt: skip


@dataclass(frozen=True)
class SliderQuery:
    """One slider. ``term``: ``source:index`` or ``vector/number``; None as strength: the recommended one, else 1."""

    term: str
    mode: str = ""
    strength: float | None = None
    everywhere: bool = False
    is_on: bool = True

    @property
    def vector(self) -> int | None:
        """The number of the vector; None for a latent."""
        number = self.term.removeprefix(VECTOR)
        return int(number) if self.term.startswith(VECTOR) else None

    @property
    def latent(self) -> tuple[str, int]:
        """Source and index."""
        slug, _, index = self.term.rpartition(":")
        return slug, int(index)

    def request(self) -> TermRequest:
        """As ``POST /steer`` takes it."""
        strength = 1.0 if self.strength is None else self.strength
        mode = self.mode or "add"
        if self.vector is not None:
            return TermRequest(mode, strength, None, None, self.vector, self.everywhere)
        slug, index = self.latent
        return TermRequest(mode, strength, slug, index)


@dataclass(frozen=True)
class SteerQuery:
    """The state of the board. ``turns``: (role, content). ``run``: the server writes. ``mix``: a stored one."""

    interface: str = "prompt"
    model: str = ""
    prompt: str = ""
    turns: tuple[tuple[str, str], ...] = ()
    sliders: tuple[SliderQuery, ...] = ()
    positions: str = "all"
    steer_bos: bool = False
    bos: str = ""
    seed: int = 0
    temperature: float = 1.0
    top_p: float = 1.0
    penalty: float = 0.0
    length: int | None = None  # None: as many as steering writes by itself
    ignore_eos: bool = False
    search: str = ""
    mix: str = ""
    run: bool = False
    problems: tuple[str, ...] = field(default=(), compare=False)

    @property
    def has_prompt(self) -> bool:
        """Whether there is something to continue."""
        return bool(self.turns) if self.interface == "chat" else bool(self.prompt)

    def request(self, model: str) -> SteerRequest:
        """What the server is asked for, with the sliders that are on. Raises for messages that cannot be meant."""
        prompt = TextInput(self.prompt, name="The prompt")
        if self.interface == "chat":
            messages = parse_messages([{"role": role, "content": content} for role, content in self.turns])
            prompt = TextInput(messages=messages, add_generation_prompt=True)
        return SteerRequest(
            prompt=prompt,
            terms=[slider.request() for slider in self.sliders if slider.is_on],
            model=model,
            positions=self.positions,
            steer_bos=self.steer_bos,
            prepend_bos={"yes": True, "no": False}.get(self.bos),
            max_new_tokens=self.length,
            options=Options(
                temperature=self.temperature,
                top_p=self.top_p,
                frequency_penalty=self.penalty,
                seed=self.seed,
                stop_at_eos=not self.ignore_eos,
            ),
        )

    def link(self, *, run: bool = False) -> str:
        """The address that restores this board; empty if it would be too long."""
        plain = SteerQuery()
        fields: list[tuple[str, str]] = [("interface", "chat")] if self.interface == "chat" else []
        fields += [("model", self.model)]
        if self.interface == "chat":
            for role, content in self.turns:
                fields += [("role", role), ("content", content)]
        else:
            fields += [("prompt", self.prompt)]
        for slider in self.sliders:
            fields += [("term", slider.term), ("mode", slider.mode)]
            fields += [("strength", f"{slider.strength:g}")] if slider.strength is not None else []
            fields += [("everywhere", "1")] if slider.everywhere else []
            fields += [("on", "0")] if not slider.is_on else []
        for name in ("positions", "bos", "seed", "temperature", "top_p", "length", "search"):
            if getattr(self, name) != getattr(plain, name):
                fields += [(name, str(getattr(self, name)))]
        fields += [("frequency_penalty", f"{self.penalty:g}")] if self.penalty else []
        fields += [("steer_bos", "1")] if self.steer_bos else []
        fields += [("ignore_eos", "1")] if self.ignore_eos else []
        fields += [("run", "1")] if run else []
        address = f"{PATH}?{urlencode([item for item in fields if item[1]])}".rstrip("?")
        return address if len(address) <= MAX_LINK else ""


def steer_query(fields: Iterable[tuple[str, str]]) -> SteerQuery:
    """The board of a form or of an address."""
    return _Fields(fields).query()


def number_of(text: str, name: str, low: float, high: float) -> float:
    """A number from an address. Raises InvalidRequest."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not low <= value <= high:
        raise InvalidRequest(f"{name} is a number from {low:g} to {high:g}, not {shorten(text, 40)!r}.")
    return value


class _Fields:
    """Fields on their way into a query."""

    def __init__(self, fields: Iterable[tuple[str, str]]) -> None:
        self.single: dict[str, str] = {}
        self.sliders: list[SliderQuery] = []
        self.turns: list[tuple[str, str]] = []
        self.problems: list[str] = []
        self.is_skipping = False  # the last term cannot be restored; what follows is its
        for name, value in fields:
            self._take(name, value.replace("\r\n", "\n"))

    def _take(self, name: str, value: str) -> None:
        if name == "term":
            self._term(value)
        elif name in ("mode", "strength", "everywhere", "on"):
            if self.sliders and not self.is_skipping:
                self.sliders[-1] = self._with(self.sliders[-1], name, value)
        elif name == "content":
            self._content(value)
        else:
            self.single[name] = value

    def _term(self, value: str) -> None:
        self.is_skipping = True
        if not _is_term(value):
            self.problems.append(f"There is no slider {shorten(value, 40)!r}: a term is source:index or vector/number.")
        elif len(self.sliders) == MAX_TERMS:
            self.problems.append(f"A board holds {MAX_TERMS} sliders; the ones after that were left out.")
        else:
            self.is_skipping = False
            self.sliders.append(SliderQuery(value))

    def _with(self, slider: SliderQuery, name: str, value: str) -> SliderQuery:
        if name == "mode":
            if value and value not in MODES:
                said = f"Mode {shorten(value, 40)!r} of {slider.term} is not known; it is one of {', '.join(MODES)}."
                self.problems.append(said)
                return slider
            return replace(slider, mode=value)
        if name == "strength":
            try:
                what = f"The strength of {slider.term}"
                return replace(slider, strength=number_of(value, what, -MAX_STRENGTH, MAX_STRENGTH))
            except InvalidRequest as error:
                self.problems.append(str(error))
                return slider
        return replace(slider, everywhere=value == "1") if name == "everywhere" else replace(slider, is_on=value != "0")

    def _content(self, value: str) -> None:
        role = self.single.pop("role", "user")
        answer = self.single.pop("answer", "") if role == "user" else ""
        if not value:
            return
        if role not in ROLES:
            self.problems.append(f"A message is by {', '.join(ROLES)}, not by {shorten(role, 40)!r}; it is left out.")
            return
        # Without scripts the form holds the steered answer until the reader goes on from it.
        if answer:
            self.turns.append(("assistant", answer))
        self.turns.append((role, value))

    def query(self) -> SteerQuery:
        found = self.single
        sliders = list(self.sliders)
        # The term of a button that was pressed without scripts; of several of that term it is the first.
        gone = next((place for place, slider in enumerate(sliders) if slider.term == found.get("remove")), len(sliders))
        del sliders[gone : gone + 1]
        if found.get("add") and _is_term(found["add"]) and len(sliders) < MAX_TERMS:
            sliders.append(SliderQuery(found["add"]))
        numbers = {name: self._number(name, low, high, plain) for name, (low, high, plain) in _NUMBERS.items()}
        return SteerQuery(
            interface=self._one_of("interface", INTERFACES),
            model=found.get("model", ""),
            prompt=found.get("prompt", ""),
            turns=tuple(self.turns),
            sliders=tuple(sliders),
            positions=self._one_of("positions", POSITIONS),
            steer_bos=found.get("steer_bos") == "1",
            bos=self._one_of("bos", tuple(BOS)),
            seed=int(self._number("seed", 0, 2**53, 0, is_whole=True)),
            temperature=numbers["temperature"],
            top_p=numbers["top_p"] or 1.0,
            penalty=numbers["frequency_penalty"],
            length=int(self._number("length", 0, 100_000, 0, is_whole=True)) or None,
            ignore_eos=found.get("ignore_eos") == "1",
            search=found.get("search", ""),
            mix=found.get("mix", ""),
            run=found.get("run") == "1",
            problems=tuple(self.problems),
        )

    def _one_of(self, name: str, known: tuple[str, ...]) -> str:
        value = self.single.get(name, known[0])
        if value in known:
            return value
        said = f"{name} is one of {', '.join(filter(None, known))}, not {shorten(value, 40)!r}; {known[0]} is used."
        self.problems.append(said)
        return known[0]

    def _number(self, name: str, low: float, high: float, plain: float, *, is_whole: bool = False) -> float:
        text = self.single.get(name, "")
        if not text:
            return plain
        try:
            value = number_of(text, name, low, high)
            if is_whole and value != int(value):
                raise InvalidRequest(f"{name} is a whole number, not {shorten(text, 40)!r}.")
        except InvalidRequest as error:
            self.problems.append(f"{error} {plain:g} is used.")
            return plain
        return value


def _is_term(text: str) -> bool:
    slug, separator, index = text.rpartition(":")
    if text.startswith(VECTOR):
        slug, separator, index = "vector", ":", text.removeprefix(VECTOR)
    return bool(slug and separator) and index.isascii() and index.isdigit() and len(index) < 10
