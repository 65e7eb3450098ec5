"""What a genre function is given to write with (:class:`Setting`) and what it hands back (:class:`Draft`)."""

from dataclasses import dataclass, field
from typing import TypeVar

from models.demo.corpus import morphology
from models.demo.corpus.dice import Dice
from models.demo.corpus.marks import tag
from models.demo.corpus.morphology import Forms
from models.demo.corpus.tables.moods import MOODS
from models.demo.corpus.tables.topic import Topic

T = TypeVar("T")


@dataclass(frozen=True)
class Person:
    """Somebody in a text, with a name and the pronouns to refer back with."""

    name: str
    she: str = "she"  # subject: she, he, they
    her: str = "her"  # object: her, him, them
    poss: str = "her"  # before a noun: her, his, their
    hers: str = "hers"
    herself: str = "herself"
    surname: str = ""

    @property
    def full(self) -> str:
        """First name and surname."""
        return f"{self.name} {self.surname}".strip()

    @property
    def possessive(self) -> str:
        """The name with 's ("James's")."""
        return f"{self.name}'s"

    @property
    def were(self) -> str:
        """The past of "be" after the pronoun: "they were", "she was"."""
        return "were" if self.she == "they" else "was"


@dataclass(frozen=True)
class Draft:
    """A text as a genre writes it: marks, plain newlines, labels of its own (a chat's style attributes)."""

    text: str
    labels: dict[str, str] = field(default_factory=dict)
    messages: tuple[dict[str, str], ...] = ()


@dataclass
class Setting:
    """The choices that hold for one text, and the words its topic and mood offer.

    The word helpers return words already marked with ``topic:<name>`` or ``mood:<mood>``. Within one text a
    helper does not give the same entry twice until its table is used up.
    """

    dice: Dice
    topic: Topic
    mood: str
    register: str
    hero: Person
    friend: Person
    _used: dict[str, set[object]] = field(default_factory=dict)

    def draw(self, kind: str, items: tuple[T, ...]) -> T:
        """One of ``items`` that this text has not had yet; ``kind`` names the list."""
        used = self._used.setdefault(kind, set())
        fresh = [item for item in items if item not in used]
        if not fresh:
            used.clear()
            fresh = list(items)
        item = self.dice.choice(fresh)
        used.add(item)
        return item

    def tag(self, words: str) -> str:
        """``words`` marked as words of the text's topic."""
        return tag(words, f"topic:{self.topic.name}")

    def tag_forms(self, entry: str) -> Forms:
        """All forms of a verb phrase of the topic, each marked."""
        f = morphology.verb(entry)
        return Forms(self.tag(f.base), self.tag(f.third), self.tag(f.past), self.tag(f.participle), self.tag(f.ing))

    # Nouns and phrases of the topic.

    def thing(self) -> str:
        """A countable noun in the singular, without article."""
        return self.tag(morphology.singular(self.draw("things", self.topic.things)))

    def things(self) -> str:
        """A countable noun in the plural."""
        return self.tag(morphology.plural(self.draw("things", self.topic.things)))

    def thing_pair(self) -> tuple[str, str]:
        """The singular and the plural of one countable noun."""
        entry = self.draw("things", self.topic.things)
        return self.tag(morphology.singular(entry)), self.tag(morphology.plural(entry))

    def person(self) -> str:
        """A role in the singular, without article ("lighthouse keeper")."""
        return self.tag(morphology.singular(self.draw("people", self.topic.people)))

    def people(self) -> str:
        """A role in the plural."""
        return self.tag(morphology.plural(self.draw("people", self.topic.people)))

    def stuff(self) -> str:
        """A mass noun."""
        return self.tag(self.draw("stuff", self.topic.stuff))

    def place(self) -> str:
        """A whole phrase that says where ("on the pier")."""
        return self.tag(self.draw("places", self.topic.places))

    def adjective(self) -> str:
        """An adjective that fits the topic's things."""
        return self.tag(self.draw("adjectives", self.topic.adjectives))

    def noun(self, p_adjective: float = 0.4) -> str:
        """A thing in the singular, sometimes with an adjective before it; without article."""
        thing = self.thing()
        return f"{self.adjective()} {thing}" if self.dice.chance(p_adjective) else thing

    # Clauses and verb phrases of the topic.

    def event(self) -> str:
        """A whole clause in the past tense."""
        return self.tag(self.draw("events", self.topic.events))

    def problem(self) -> str:
        """A whole clause in the past tense in which something goes wrong."""
        return self.tag(self.draw("problems", self.topic.problems))

    def fix(self) -> Forms:
        """A verb phrase that ends a problem, in all forms."""
        return self.tag_forms(self.draw("fixes", self.topic.fixes))

    def goal(self) -> Forms:
        """A verb phrase that somebody may want, in all forms."""
        return self.tag_forms(self.draw("goals", self.topic.goals))

    def activity(self) -> Forms:
        """An intransitive verb phrase, in all forms."""
        return self.tag_forms(self.draw("activities", self.topic.activities))

    def verb(self) -> Forms:
        """A transitive verb, in all forms; its object is a thing."""
        return self.tag_forms(self.draw("verbs", self.topic.verbs))

    def fix_past(self) -> str:
        """A fix in the past tense."""
        return self.fix().past

    def goal_base(self) -> str:
        """A goal in the base form."""
        return self.goal().base

    def activity_base(self) -> str:
        """An activity in the base form."""
        return self.activity().base

    def activity_past(self) -> str:
        """An activity in the past tense."""
        return self.activity().past

    def activity_ing(self) -> str:
        """An activity in the -ing form."""
        return self.activity().ing

    def verb_base(self) -> str:
        """A transitive verb in the base form."""
        return self.verb().base

    def verb_past(self) -> str:
        """A transitive verb in the past tense."""
        return self.verb().past

    def verb_ing(self) -> str:
        """A transitive verb in the -ing form."""
        return self.verb().ing

    def verb_participle(self) -> str:
        """A transitive verb as past participle."""
        return self.verb().participle

    def qa(self) -> tuple[str, str]:
        """A question (with its question mark) and its answer as a clause in lower case without full stop."""
        question, answer = self.draw("questions", self.topic.questions)
        return self.tag(question), self.tag(answer)

    def tip(self) -> str:
        """An imperative in lower case without full stop."""
        return self.tag(self.draw("tips", self.topic.tips))

    def headline(self) -> str:
        """A newspaper headline in title case."""
        return self.tag(self.draw("headlines", self.topic.headlines))

    # Words of the mood.

    def mood_word(self, kind: str) -> str:
        """A word or phrase of the text's mood.

        ``kind``: "adjective" (of a person: "delighted"), "adverb" ("merrily"), "exclamation" ("Hooray!"),
        "closing" (a whole last sentence, with full stop), "feeling" (mass noun: "joy"), "sign" (a clause in
        the past tense about the body or the place, without full stop: "the room glowed"), "state" (predicate
        after "was"/"felt": same words as adjective), "first" (whole sentence in the first person, with full
        stop).
        """
        entries = getattr(MOODS[self.mood], kind)
        return tag(self.draw(f"mood {kind}", entries), f"mood:{self.mood}")
