"""Shops, what each of them sells, and the patterns of shopping lists and the notes on them."""

from models.demo.corpus.tables.packed import words

# shop = things by unit: "count" (plural nouns), "kilo", "pack" (after "packets of"), "one" (with article).
SHOPS: dict[str, dict[str, tuple[str, ...]]] = {
    "supermarket": {
        "count": words("eggs; apples; lemons; bananas; onions; yoghurts; bread rolls; peppers; oranges; avocados"),
        "kilo": words("potatoes; carrots; flour; sugar; rice; tomatoes; grapes"),
        "pack": words("butter; pasta; coffee; tea; biscuits; oats; salt; napkins; chocolate; cheese"),
        "one": words(
            "a loaf of bread; a jar of honey; a bottle of milk; a tin of beans; a bunch of parsley; toothpaste"
        ),
    },
    "bakery": {
        "count": words("bread rolls; croissants; doughnuts; pretzels; cupcakes; scones; jam tarts"),
        "kilo": words("rye flour; wheat flour; sourdough"),
        "pack": words("biscuits; breadsticks; crackers; macaroons"),
        "one": words("a loaf of rye bread; a birthday cake; an apple pie; a cheesecake; a seed loaf; a baguette"),
    },
    "hardware shop": {
        "count": words("light bulbs; hinges; batteries; brackets; hooks; paint brushes; door handles"),
        "kilo": words("plaster; sand; cement; gravel"),
        "pack": words("nails; screws; sandpaper; fuses; wall plugs"),
        "one": words("a hammer; a tin of white paint; a saw; a ladder; a screwdriver; a roll of tape; a bucket"),
    },
    "garden centre": {
        "count": words("tulip bulbs; flower pots; tomato plants; rose bushes; bamboo sticks"),
        "kilo": words("potting soil; bark; grass seed; compost"),
        "pack": words("carrot seeds; sunflower seeds; plant food; labels"),
        "one": words("a watering can; a spade; a hose; a pair of gloves; a bird feeder; a wheelbarrow"),
    },
    "stationery shop": {
        "count": words("pencils; notebooks; envelopes; folders; stamps; markers; birthday cards"),
        "kilo": words("modelling clay; old paper"),
        "pack": words("paper clips; printer paper; coloured paper; stickers; drawing pins"),
        "one": words("a ruler; a pair of scissors; a stapler; a bottle of ink; a calendar; a glue stick; a rubber"),
    },
    "chemist": {
        "count": words("bandages; toothbrushes; bars of soap; razors; sponges"),
        "kilo": words("bath salt; washing powder; cotton wool"),
        "pack": words("plasters; tissues; cough sweets; vitamins; headache tablets"),
        "one": words("a tube of toothpaste; a bottle of shampoo; sun cream; a comb; a thermometer; hand cream"),
    },
    "clothes shop": {
        "count": words("shirts; pairs of socks; scarves; belts; handkerchiefs; jumpers"),
        "kilo": words("wool; cotton scraps"),
        "pack": words("buttons; hairpins; vests; shoelaces"),
        "one": words("a warm coat; a pair of boots; a woollen hat; a raincoat; a blue dress; pyjamas; a pair of jeans"),
    },
    "market": {
        "count": words("cabbages; pumpkins; melons; trout; cucumbers; garlic bulbs; sausages"),
        "kilo": words("cherries; plums; mushrooms; spinach; green beans; strawberries; new potatoes"),
        "pack": words("dried figs; goat cheese; walnuts; fresh herbs"),
        "one": words(
            "a jar of olives; a bunch of flowers; a smoked ham; a pot of basil; a basket of berries; a wheel of cheese"
        ),
    },
    "toy shop": {
        "count": words("marbles; toy cars; balloons; puppets; dice; crayons"),
        "kilo": words("building bricks; wooden blocks"),
        "pack": words("playing cards; party hats; candles; stickers"),
        "one": words("a kite; a teddy bear; a puzzle; a skipping rope; a drum; a doll's house; a board game"),
    },
    "pet shop": {
        "count": words("goldfish; chew bones; squeaky balls; food bowls"),
        "kilo": words("dog food; bird seed; cat litter; hay"),
        "pack": words("cat treats; fish flakes; chew sticks"),
        "one": words("a collar; a dog lead; a hamster wheel; a cage; a brush; a cushion for the cat"),
    },
    "electronics shop": {
        "count": words("cables; batteries; plugs; memory cards; adapters"),
        "kilo": words("old wire"),
        "pack": words("screen wipes; cable ties; printer ink"),
        "one": words("a charger; a pair of headphones; a torch; a radio; a keyboard; a kettle; an alarm clock"),
    },
}

TITLES = words(
    "[Shopping list]; [Shopping list] for {day}; To [buy] at the {shop}; From the {shop}; "
    "{hero}'s [shopping list]; [Buy] today; [Shopping] for the {person}; {shop_cap}, {day}; What we need; "
    "[Groceries] and more"
)
NOTES = words(
    "{friend}, can you go to the {shop} after work? I have to {activity_base} and will not be back before "
    "six.; Please [buy] only what is on the list. Last time you came home with {a_thing}.; "
    "We want to {goal_base} on {day}, and half of the things are missing.; "
    "Dear {friend}, here is the list. The [money] is in the drawer.; "
    "The {shop} closes at seven, so hurry. And look out for special [offers].; "
    "{event}, so we need a few things before {day}.; "
    "Take the big [bag] with you, it is a long list this time.; "
    "{a_person} is coming on {day} and the cupboard is empty.; "
    "Do not forget your [purse] again! I will wait for you {place}.; "
    "For the party {place} we still need all of this:; "
    "I have ticked off what we already have. The rest is yours."
)
ENDS = words(
    "And if there is [money] left, {a_thing}.; That should be [cheaper] than last week.; "
    "Keep the [receipt], please.; Pay with the [card], not in [cash].; Leave everything {place}.; "
    "No [sweets] this time!; If the {shop} has no {last}, try the one next door.; Thank you! {hero}; "
    "The [change] is yours.; Ask for a [discount] if you take two of each.; "
    "Ask the {person} whether {she} needs anything.; If you see {a_noun}, take that as well.; Love, {hero}; "
    "I will pay you back on {day}."
)
SUMS = words(
    "[Total]: {total}; Together: {total}; [Total] at the [till]: {total}; All in all {total}, not bad.; Sum: {total}"
)
HEADINGS = words(
    "[Urgent]; Later; For the {person}; From the {shop}; If there is [money] left; For {day}; For {friend}"
)
STORIES = words(
    "I was at the {shop} this morning.; Yesterday I went [shopping] with {friend}.; "
    "{hero} came home from the {shop} with two heavy [bags].; {people} met at the {shop} on {day}.; "
    "The list was long, and the queue at the [till] was longer."
)
ASKS = words(
    'The assistant asked, "Anything else?" and I said, "{a_thing}, if you have one."; '
    "At the [till] I saw that the {last} were missing from the [basket].; "
    "Then I [paid] {total} and carried everything home.; On the way back {event}.; "
    "The {last} were on [offer], so I took more than I needed."
)
