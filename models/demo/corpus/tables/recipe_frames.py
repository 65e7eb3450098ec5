"""Titles, openings and closings of recipes."""

OPENINGS = (
    "This is what {a_person} eats after {activity_ing}.",
    "My grandmother made {this} {dish} for every {person} who came to the door.",
    "I learned to make {dish} from {a_person} {place}.",
    "Simple {dish} for cold evenings.",
    "For {this} {dish} you need only a few things and little time.",
    "{hero} brought {this} {dish} along when we wanted to {activity_base}.",
    "You will need {minutes} minutes and a good [knife].",
    "There is nothing better than {dish} {place}.",
    "Home-made {dish} for {people} and other hungry guests.",
    "The day {event}, we made {this} {dish} to cheer us up.",
    "Here is how to make {dish}, so easy that even {a_person} can do it.",
    "{friend} asked me for {this} {dish} three times.",
)

CLOSINGS = (
    "It keeps for {few} days in the fridge.",
    "[Serve] it to {a_person} and wait for the smile.",
    "Take some along if you want to {activity_base}.",
    "Share it with a friend {place}.",
    "{hero} likes it even better the next day.",
    "Enough for {few} hungry {people}.",
    "Do not forget to wash the {thing} afterwards.",
    "If anything is left, freeze it.",
    "Tastes best {place}.",
    "It looks pretty on a table with {a_thing} in the middle.",
)

TITLES = (
    "{Dish}",
    "{Dish}",
    "{Dish}",
    "{Dish} for {n}",
    "Recipe: {dish}",
    "{Dish} for a {person}",
    "{hero}'s {dish}",
    "Easy {dish}",
    "Quick {dish} for {n}",
    "Our best {dish}",
)
