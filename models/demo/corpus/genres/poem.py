"""Short poems: rhymed couplets in stanzas, or free verse."""

from models.demo.corpus.marks import cap, plain
from models.demo.corpus.sentences import Writer
from models.demo.corpus.setting import Draft, Setting


def write_poem(s: Setting) -> Draft:
    """Three to six couplets, or free lines, mostly with a title."""
    dice = s.dice
    w = Writer(s)
    title = cap(w.say("poem_title")) + "\n\n" if dice.chance(0.7) else ""
    if dice.chance(0.6):
        couplets = [w.say("couplet") for _ in range(dice.integer(3, 6))]
        per_stanza = dice.choice((1, 2, 6))
        stanzas = ["\n".join(couplets[i : i + per_stanza]) for i in range(0, len(couplets), per_stanza)]
        return Draft(title + "\n\n".join(cap_lines(stanza) for stanza in stanzas))
    lines = [w.say("free_line") for _ in range(dice.integer(8, 14))]
    lines = [line if plain(line)[-1] in ".?!" else line + dice.choice((",", ".", "", "")) for line in lines]
    refrain = dice.chance(0.4)
    if refrain:
        lines.append(lines[0])
    if plain(lines[-1])[-1] not in ".?!":
        lines[-1] = lines[-1].rstrip(",") + "."
    if dice.chance(0.5):
        middle = len(lines) // 2
        lines = [*lines[:middle], "", *lines[middle:]]
    return Draft(title + cap_lines("\n".join(lines)))


def cap_lines(text: str) -> str:
    """Every line with a capital."""
    return "\n".join(cap(line) for line in text.split("\n"))
