"""People's names with their pronouns, towns, dates and numbers."""

from collections.abc import Callable

from models.demo.corpus.dice import Dice
from models.demo.corpus.tables.packed import words

SHE = words("""
    Anna; Bella; Clara; Daisy; Ella; Freya; Grace; Hannah; Iris; Julia; Katie; Lucy; Maria; Nora; Olive;
    Polly; Ruby; Sophie; Tessa; Violet; Wendy; Zoe; Amira; Beatrice; Chloe; Emma; Fatima; Ingrid; Leila;
    Mei; Priya; Rosa; Yuki
""")
HE = words("""
    Adam; Ben; Carl; David; Ethan; Felix; George; Harry; Isaac; Jack; Kevin; Leo; Max; Noah; Oscar; Peter;
    Robert; Simon; Tom; Victor; William; Ahmed; Bruno; Diego; Finn; Hugo; Ivan; Kofi; Liam; Omar; Paul;
    Ravi; Sven
""")
THEY = ("Robin", "Sam", "Alex", "Charlie", "Jamie", "Morgan")
SURNAMES = words("""
    Archer; Baker; Bell; Brook; Carter; Clark; Cooper; Dale; Ellis; Fisher; Fox; Gray; Green; Hill; Holt;
    Hunt; Jackson; Kent; King; Lane; Lee; Marsh; Mason; Mills; Moore; Nash; Owen; Page; Parker; Perry;
    Quinn; Reed; Rose; Shaw; Smith; Stone; Taylor; Turner; Walker; Ward; Webb; Wells; White; Wood; Young
""")
TOWNS = words("""
    Ashford; Barton; Bridgewell; Brightley; Claypool; Coldbrook; Crowhurst; Dunmore; Eastwick; Elmbridge;
    Fairhaven; Fernley; Glenrock; Greenhill; Hadley; Halford; Hartwell; Holloway; Kingsbury; Lakeside;
    Langton; Lindale; Maplewood; Merton; Millbrook; Newton; Northgate; Oakham; Oldfield; Pemberton;
    Redcliff; Riverton; Rosedale; Sandwell; Silverton; Southport; Stanbury; Thornton; Upton; Westbrook;
    Whitby; Winslow; Woodstock; Yarrow
""")
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = {
    "January": 31, "February": 28, "March": 31, "April": 30, "May": 31, "June": 30, "July": 31, "August": 31,
    "September": 30, "October": 31, "November": 30, "December": 31,
}  # fmt: skip
_ONES = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_UNITS = ("minutes", "hours", "days", "weeks")


def in_words(number: int) -> str:
    """A whole number from 0 to 999 in words ("forty-two", "three hundred and one")."""
    if number < 20:
        return _ONES[number]
    if number < 100:
        return _TENS[number // 10] + (f"-{_ONES[number % 10]}" if number % 10 else "")
    rest = f" and {in_words(number % 100)}" if number % 100 else ""
    return f"{_ONES[number // 100]} hundred{rest}"


def ordinal(number: int) -> str:
    """ "1st", "2nd", "3rd", "11th"."""
    suffix = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{suffix}"


def small(dice: Dice) -> str:
    """A number from two to twelve in words."""
    return in_words(dice.integer(2, 12))


def few(dice: Dice) -> str:
    """A vague or small number before a plural: "a few", "seven"."""
    return dice.choice(("a few", "several", "two", "three", "four", "five", "many", "some", "a dozen"))


def nth(dice: Dice) -> str:
    """ "second" to "tenth"."""
    return dice.choice(("second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"))


def big(dice: Dice) -> str:
    """A larger number: in words or in digits, round more often than not."""
    if dice.chance(0.5):
        return str(dice.integer(2, 9) * dice.choice((10, 100, 1000)))
    return in_words(dice.integer(13, 99)) if dice.chance(0.5) else str(dice.integer(13, 99))


def span_of_time(dice: Dice) -> str:
    """ "three hours", "two weeks"."""
    return f"{small(dice)} {dice.choice(_UNITS)}"


def long_time(dice: Dice) -> str:
    """ "three weeks", "five years"."""
    return f"{small(dice)} {dice.choice(('days', 'weeks', 'months', 'years'))}"


def date(dice: Dice) -> str:
    """A date without the year: "3 May", "May 3rd", "the 3rd of May"."""
    name = dice.choice(tuple(MONTHS))
    day = dice.integer(1, MONTHS[name])
    styles: dict[Callable[[], str], float] = {
        lambda: f"{day} {name}": 0.6,
        lambda: f"{name} {ordinal(day)}": 0.2,
        lambda: f"the {ordinal(day)} of {name}": 0.2,
    }
    return dice.weighted(styles)()


def clock(dice: Dice) -> str:
    """A time of day: "half past six", "9.15", "seven o'clock"."""
    hour = dice.integer(1, 12)
    style = dice.integer(0, 3)
    if style == 0:
        return f"{hour}.{dice.choice(('05', '10', '15', '20', '30', '45'))}"
    lead, end = (("half past ", ""), ("quarter to ", ""), ("", " o'clock"))[style - 1]
    return f"{lead}{in_words(hour)}{end}"


def person(dice: Dice, other_than: str = "") -> tuple[str, str]:
    """A first name that is not ``other_than``, and its kind of pronouns: "she", "he" or "they"."""
    kind = dice.weighted({"she": 0.47, "he": 0.47, "they": 0.06})
    pool = {"she": SHE, "he": HE, "they": THEY}[kind]
    return dice.choice([name for name in pool if name != other_than]), kind


def first_name(dice: Dice) -> str:
    """A first name alone."""
    return person(dice)[0]


def month(dice: Dice) -> str:
    """The name of a month."""
    return dice.choice(tuple(MONTHS))


def surname(dice: Dice) -> str:
    """A family name."""
    return dice.choice(SURNAMES)


def town(dice: Dice) -> str:
    """The name of a town."""
    return dice.choice(TOWNS)


def weekday(dice: Dice) -> str:
    """The name of a weekday."""
    return dice.choice(WEEKDAYS)
