"""The registers of English a text can be in, and :func:`restyle`, which turns plain text into one of them.

A register brings marker words of its own, marked ``register:<name>``, so that its ground truth is as sharp as that of a
topic: substitutions of single words, phrases put before or after about every second sentence, and a last line.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from models.demo.corpus.dice import Dice
from models.demo.corpus.marks import plain, shout, tag
from models.demo.corpus.tables import names


@dataclass(frozen=True)
class Register:
    """How a register talks. ``before`` with a comma or "that" continues the sentence; with "!" it stands alone."""

    swaps: dict[str, str] = field(default_factory=dict)  # lower-case words -> what the register says instead
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()  # with the comma that leads in, put before the full stop
    closers: tuple[str, ...] = ()  # whole last sentences
    greetings: tuple[str, ...] = ("Hello",)  # before a name: "Dear", "Ahoy"


REGISTERS = {
    "plain": Register(greetings=("Dear", "Hello", "Hi")),
    "formal": Register(
        swaps={
            "very": "exceedingly",
            "wondered": "enquired",
            "wanted to know": "enquired",
            "started": "commenced",
            "began": "commenced",
            ", so": ", and therefore",
            ", but": "; however,",
            "nobody": "no person",
            "near": "in the vicinity of",
            "said": "stated",
            "helped": "assisted",
            "lots of": "a considerable number of",
            "bought": "purchased",
            "perhaps": "presumably",
            "after that": "subsequently",
            "thank you": "please accept my gratitude",
            "at last": "ultimately",
            "told": "informed",
            "tried to": "endeavoured to",
            "needed": "required",
            "also": "likewise",
            "because": "inasmuch as",
            "although": "notwithstanding that",
        },
        before=(
            "Furthermore,",
            "Moreover,",
            "Accordingly,",
            "It should be noted that",
            "Nevertheless,",
            "In this regard,",
            "It is hereby confirmed that",
            "Consequently,",
            "With all due respect,",
            "We respectfully observe that",
        ),
        after=(
            ", as previously stated",
            ", in accordance with the regulations",
            ", to the best of our knowledge",
            ", without prejudice",
            ", pursuant to our agreement",
            ", as is customary",
            ", subject to confirmation",
        ),
        closers=(
            "We remain at your disposal for any further enquiries.",
            "Kindly acknowledge receipt of the above.",
            "Your esteemed consideration is sincerely appreciated.",
            "The foregoing is respectfully submitted.",
        ),
        greetings=("Dear Sir or Madam,", "Esteemed"),
    ),
    "casual": Register(
        swaps={
            "very": "super",
            "it is": "it's",
            "did not": "didn't",
            "was not": "wasn't",
            "do not": "don't",
            "could not": "couldn't",
            "would not": "wouldn't",
            "is not": "isn't",
            "that is": "that's",
            "i am": "I'm",
            "going to": "gonna",
            "want to": "wanna",
            "yes": "yeah",
            "children": "kids",
            "thank you": "thanks a bunch",
            "hello": "hey",
            "a little": "kinda",
            "wonderful": "awesome",
            "could have": "coulda",
            "let us": "let's",
            "people": "folks",
            "have to": "gotta",
            "no,": "nah,",
            "really": "totally",
        },
        before=(
            "Honestly,",
            "Anyway,",
            "Like,",
            "So yeah,",
            "Guess what,",
            "No kidding,",
            "OK so",
            "Dude,",
            "Basically,",
            "Not gonna lie,",
        ),
        after=(
            ", you know",
            ", no big deal",
            ", lol",
            ", or whatever",
            ", I guess",
            ", for real",
            ", buddy",
            ", guys",
        ),
        closers=(
            "Anyway, gotta run, catch you later!",
            "Pretty cool, huh?",
            "So yeah, that's about it, guys.",
            "Lol, bye!",
            "No worries, dude, see ya!",
        ),
        greetings=("Hey", "Yo", "Hiya"),
    ),
    "shouting": Register(
        before=(
            "Listen up!",
            "Wake up!",
            "Can you hear me?",
            "Watch out!",
            "Pay attention!",
            "Louder!",
            "Yell it out!",
            "Silence, everyone!",
            "I am shouting this!",
            "Oi!",
        ),
        after=(
            ", do you hear me",
            ", and I mean it",
            ", I say",
            ", I tell you",
            ", you lot",
            ", for goodness' sake",
        ),
        closers=(
            "Did everybody hear that?",
            "I will yell it even louder!",
            "Do not make me yell again!",
            "Now move, move, move!",
            "That was an order!",
            "Is anybody listening?",
        ),
        greetings=("Oi,",),
    ),
    "old-fashioned": Register(
        swaps={
            "you are": "thou art",
            "are you": "art thou",
            "you have": "thou hast",
            "have you": "hast thou",
            "do you": "dost thou",
            "you do": "thou dost",
            "you can": "thou canst",
            "can you": "canst thou",
            "will you": "wilt thou",
            "you will": "thou wilt",
            "your": "thy",
            "yours": "thine",
            "has": "hath",
            "does": "doth",
            "before": "ere",
            "perhaps": "perchance",
            "often": "oft",
            "it was": "'twas",
            "yes": "yea",
            "no,": "nay,",
            "between": "betwixt",
            "nothing": "naught",
            "to you": "unto thee",
            "for you": "for thee",
            "with you": "with thee",
            "of you": "of thee",
            "really": "verily",
            "very": "passing",
            "please": "prithee",
            "did you": "didst thou",
            "you did": "thou didst",
            "evening": "eventide",
            "morning": "morrow",
            "hello": "hail",
            "at once": "anon",
            "soon": "anon",
        },
        before=(
            "Verily,",
            "Forsooth,",
            "Lo,",
            "Hark!",
            "In days of yore,",
            "Methinks",
            "By my troth,",
            "Hear ye!",
            "Behold!",
            "In sooth,",
        ),
        after=(
            ", forsooth",
            ", I trow",
            ", good sir",
            ", as the bards do sing",
            ", by my troth",
            ", fair maiden",
        ),
        closers=(
            "Fare thee well, and may fortune favour thee.",
            "Thus endeth this humble tale.",
            "So mote it be, forsooth.",
            "Thy servant hath spoken, verily.",
        ),
        greetings=("Hail,", "Most noble"),
    ),
    "pirate": Register(
        swaps={
            "you": "ye",
            "your": "yer",
            "my": "me",
            "is": "be",
            "are": "be",
            "am": "be",
            "hello": "ahoy",
            "yes": "aye",
            "friend": "matey",
            "friends": "mateys",
            "for": "fer",
            "of": "o'",
            "very": "mighty",
            "over there": "yonder",
            "and": "an'",
            "to": "t'",
            "them": "'em",
            "stop": "avast",
            "money": "doubloons",
        },
        before=(
            "Arr,",
            "Arr!",
            "Avast!",
            "Shiver me timbers!",
            "Blimey!",
            "Ahoy!",
            "Yo ho ho!",
            "Aye,",
            "By Blackbeard's beard,",
            "Yarr,",
        ),
        after=(", arr", ", matey", ", me hearties", ", ye scurvy dog", ", ye landlubber", ", savvy", ", aye"),
        closers=(
            "Yo ho ho, an' a bottle o' rum!",
            "Or walk the plank, ye scallywag!",
            "Arr, that be the tale, me hearties!",
            "Hoist the Jolly Roger, mateys!",
        ),
        greetings=("Ahoy,", "Arr,"),
    ),
}

# First words that may follow "Verily," in lower case.
_LOWER = frozenset(
    """a after all although an and another as at because before below beside both but by down each even every everyone
    everybody few for from he her here his how if in inside instead it its just last later many most much my near
    next no nobody not nothing of on once one only our out over perhaps she since so some somebody somehow someone
    something sometimes soon still suddenly that the their then there these they this those though to today two three
    under until up we what when whenever where while who why with within without yet you your""".split()  # noqa: SIM905
)
_NAMES = frozenset(
    (*names.SHE, *names.HE, *names.THEY, *names.TOWNS, *names.WEEKDAYS, *names.MONTHS, "I", "Mr", "Mrs")
)
_SPLIT = re.compile(r"[.!?][\ue002]*\s+(?=\"?(?:\ue000[^\ue001]*\ue001)?[A-Z])|[.][\"\ue002]+\s+(?=\"?[A-Z])")
_LABEL = re.compile(r"^(?:[A-Z][\w'-]*(?: [A-Z][\w'-]*)?: |[-*] |\d+\. )")
_FIRST = re.compile(r'^("?)([A-Za-z\'-]+)')
_END = re.compile(r'([.!])("?)$')
_FULL_STOP = re.compile(r"(?<=[A-Z'\ue002])\.(?=[\s\"\ue002<]|$)")
_SWAPS = {
    name: re.compile(
        "|".join(
            rf"(?<!\w){re.escape(w)}(?![\w'])" if w[0] != "," else re.escape(w) + r"(?= \w)"
            for w in sorted(r.swaps, key=len, reverse=True)
        ),
        re.IGNORECASE,
    )
    for name, r in REGISTERS.items()
    if r.swaps
}


def say(dice: Dice, register: str, kind: str) -> str:
    """One of the ``before``, ``after``, ``closers`` or ``greetings`` of a register, marked unless it is plain."""
    words = dice.choice(getattr(REGISTERS[register], kind))
    return words if register == "plain" else tag(words, f"register:{register}")


def restyle(dice: Dice, text: str, register: str) -> str:
    """``text`` in ``register``: words swapped, about every second sentence with a marker, marks kept.

    A text that got no marker (a list, a heading) is given a last line in the register, other texts get one now and then.
    """
    if register == "plain":
        return text
    mark = f"register:{register}"
    if register in _SWAPS:
        swaps, pattern = REGISTERS[register].swaps, _SWAPS[register]

        def swap(match: re.Match[str]) -> str:
            new = swaps[match.group().lower()]
            return tag(new[:1].upper() + new[1:] if match.group()[0].isupper() else new, mark)

        text = _outside(text, lambda piece: pattern.sub(swap, piece))
    before = text.count(mark)
    text = "\n".join(_mark_line(dice, line, register) for line in text.split("\n"))
    if text.count(mark) == before or dice.chance(0.35):
        end = (
            "\n"
            if not plain(text).rstrip('"').endswith((".", "!", "?")) or "\n" in plain(text)[-90:]
            else " "
        )
        text += end + say(dice, register, "closers")
    if register == "shouting":
        text = shout(text)
        text = _FULL_STOP.sub("!", text)
    return text


def _outside(text: str, edit: Callable[[str], str]) -> str:
    """``edit`` applied to the pieces of ``text`` that are not marked."""
    return "".join(
        p if p.startswith("\ue000") else edit(p) for p in re.split("(\ue000[^\ue002]*\ue002)", text)
    )


def _mark_line(dice: Dice, line: str, register: str) -> str:
    """One line with markers at about every second of its sentences."""
    label = _LABEL.match(line)
    start = label.end() if label else 0
    pieces, at = [line[:start]], start
    for gap in _SPLIT.finditer(line, start):
        pieces += [_mark_sentence(dice, line[at : gap.end()].rstrip(), register), " "]
        at = gap.end()
    pieces.append(_mark_sentence(dice, line[at:], register))
    return "".join(pieces)


def _mark_sentence(dice: Dice, sentence: str, register: str) -> str:
    """A sentence of some length with a marker before or after it, half of the time."""
    clean = plain(sentence)
    if clean.count(" ") < 3 or clean.rstrip('"')[-1:] not in (".", "!", "?") or not dice.chance(0.5):
        return sentence
    book, mark = REGISTERS[register], f"register:{register}"
    first, end = _FIRST.match(sentence), _END.search(sentence)
    if end and dice.chance(0.45):
        return f"{sentence[: end.start()]}{tag(dice.choice(book.after), mark)}{end.group(1)}{end.group(2)}"
    word = first.group(2) if first else ""
    joins = word in _NAMES or word.lower() in _LOWER
    options = [b for b in book.before if joins or b[-1] in "!?"]
    if not options:
        return sentence
    lead = dice.choice(options)
    quote = '"' if sentence.startswith('"') else ""
    rest = sentence[len(quote) :]
    if lead[-1] not in "!?" and word not in _NAMES:
        rest = rest[:1].lower() + rest[1:]
    return f"{quote}{tag(lead, mark)} {rest}"
