"""Dishes by family with their own ingredients, and the quantities ingredients come in.

A dish is ``name = slot: ingredient, ingredient | slot: ingredient``; its family's steps have these slots.
"""

from models.demo.corpus.tables.packed import pairs, words

SOUP = """
leek and potato soup = veg: leeks, potatoes | liquid: vegetable stock | rich: cream | green: chives;
tomato soup = veg: ripe tomatoes, red onions | liquid: vegetable stock | rich: cream | green: basil;
pumpkin soup = veg: pumpkin, carrots | liquid: chicken stock | rich: coconut milk | green: coriander;
lentil soup = veg: red lentils, carrots | liquid: vegetable stock | rich: yoghurt | green: mint;
mushroom soup = veg: mushrooms, leeks | liquid: chicken stock | rich: cream | green: parsley;
pea soup = veg: green peas, potatoes | liquid: vegetable stock | rich: sour cream | green: mint;
onion soup = veg: brown onions, celery | liquid: beef stock | rich: butter | green: thyme;
carrot and ginger soup = veg: carrots, ginger | liquid: vegetable stock | rich: yoghurt | green: coriander;
fish soup = veg: white fish, potatoes | liquid: fish stock | rich: cream | green: dill;
cabbage soup = veg: white cabbage, bacon | liquid: beef stock | rich: sour cream | green: caraway seeds
"""

STEW = """
beef stew = main: beef | veg: carrots, potatoes | liquid: beef stock | spice: thyme | side: crusty bread;
lamb stew = main: lamb | veg: turnips, brown onions | liquid: lamb stock | spice: rosemary
    | side: mashed potatoes;
chickpea curry = main: chickpeas | veg: spinach, ripe tomatoes | liquid: coconut milk | spice: curry powder
    | side: rice;
chicken curry = main: chicken | veg: red peppers, brown onions | liquid: coconut milk | spice: turmeric
    | side: rice;
bean chilli = main: black beans | veg: red peppers, ripe tomatoes | liquid: vegetable stock
    | spice: chilli powder
    | side: rice;
fish curry = main: white fish | veg: green beans, ginger | liquid: coconut milk | spice: cumin
    | side: flat bread;
pork goulash = main: pork | veg: red peppers, brown onions | liquid: beef stock | spice: paprika
    | side: dumplings;
pumpkin curry = main: pumpkin | veg: green peas, spinach | liquid: coconut milk | spice: cumin
    | side: flat bread;
rabbit stew = main: rabbit | veg: leeks, carrots | liquid: cider | spice: mustard | side: boiled potatoes
"""

CAKE = """
lemon cake = flavour: lemon juice | fat: butter | top: icing sugar;
chocolate cake = flavour: cocoa | fat: butter | top: grated chocolate;
carrot cake = flavour: grated carrots | fat: sunflower oil | top: cream cheese;
honey cake = flavour: honey | fat: butter | top: chopped almonds;
apple cake = flavour: apples | fat: butter | top: cinnamon;
ginger cake = flavour: ground ginger | fat: butter | top: icing sugar;
coffee cake = flavour: strong coffee | fat: butter | top: chopped walnuts;
banana cake = flavour: ripe bananas | fat: sunflower oil | top: brown sugar;
plum cake = flavour: plums | fat: butter | top: cinnamon;
orange cake = flavour: orange juice | fat: olive oil | top: icing sugar
"""

BISCUITS = """
oat biscuits = flavour: oats | extra: raisins;
ginger biscuits = flavour: ground ginger | extra: treacle;
almond biscuits = flavour: chopped almonds | extra: honey;
chocolate biscuits = flavour: cocoa | extra: grated chocolate;
lemon biscuits = flavour: lemon zest | extra: poppy seeds;
cinnamon stars = flavour: cinnamon | extra: ground hazelnuts;
coconut biscuits = flavour: grated coconut | extra: dried cherries;
peanut biscuits = flavour: peanut butter | extra: brown sugar
"""

BREAD = """
white bread = flavour: milk | extra: sesame seeds;
walnut bread = flavour: chopped walnuts | extra: honey;
olive bread = flavour: black olives | extra: rosemary;
onion bread = flavour: fried onions | extra: thyme;
seed bread = flavour: sunflower seeds | extra: poppy seeds;
raisin bread = flavour: raisins | extra: cinnamon;
cheese rolls = flavour: grated cheese | extra: mustard;
potato bread = flavour: mashed potatoes | extra: chives
"""

PIE = """
apple pie = filling: apples, raisins | taste: cinnamon;
cherry pie = filling: cherries, ground almonds | taste: brown sugar;
chicken pie = filling: chicken, mushrooms | taste: thyme;
fish pie = filling: white fish, prawns | taste: dill;
cheese and onion pie = filling: grated cheese, brown onions | taste: mustard;
blackberry pie = filling: blackberries, apples | taste: lemon juice;
spinach pie = filling: spinach, white cheese | taste: nutmeg;
beef pie = filling: beef, brown onions | taste: black pepper;
rhubarb pie = filling: rhubarb, strawberries | taste: brown sugar
"""

SALAD = """
green salad = bits: lettuce, cucumber, radishes | oil: olive oil | sour: lemon juice | top: chives;
tomato salad = bits: ripe tomatoes, red onions, white cheese | oil: olive oil | sour: vinegar | top: basil;
potato salad = bits: boiled potatoes, gherkins, radishes | oil: sunflower oil | sour: vinegar | top: dill;
bean salad = bits: green beans, black beans, red onions | oil: olive oil | sour: lemon juice | top: parsley;
beetroot salad = bits: cooked beetroot, apples, white cheese | oil: walnut oil | sour: vinegar
    | top: chopped walnuts;
fruit salad = bits: strawberries, oranges, grapes | oil: honey | sour: lemon juice | top: mint;
cabbage salad = bits: white cabbage, carrots, raisins | oil: sunflower oil | sour: vinegar
    | top: sunflower seeds;
rice salad = bits: cold rice, green peas, sweetcorn | oil: olive oil | sour: lime juice | top: coriander
"""

PASTA = """
spaghetti with tomato sauce = shape: spaghetti | sauce: ripe tomatoes, black olives | top: grated cheese;
noodles with mushrooms = shape: noodles | sauce: mushrooms, cream | top: parsley;
pasta with green peas = shape: short pasta | sauce: green peas, bacon | top: grated cheese;
pasta with spinach = shape: ribbon pasta | sauce: spinach, white cheese | top: nutmeg;
noodles with prawns = shape: rice noodles | sauce: prawns, green beans | top: coriander;
spaghetti with lemon = shape: spaghetti | sauce: lemon juice, butter | top: black pepper;
macaroni cheese = shape: macaroni | sauce: grated cheese, milk | top: breadcrumbs
"""

DRINK = """
strawberry shake = fruit: strawberries | liquid: milk | sweet: honey;
banana shake = fruit: ripe bananas | liquid: milk | sweet: brown sugar;
lemonade = fruit: lemons | liquid: cold water | sweet: sugar;
mango drink = fruit: mango | liquid: yoghurt | sweet: honey;
berry punch = fruit: blackberries | liquid: apple juice | sweet: sugar;
orange punch = fruit: oranges | liquid: ginger ale | sweet: maple syrup
"""

PANCAKES = """
blueberry pancakes = flavour: blueberries | top: maple syrup;
apple pancakes = flavour: apples | top: cinnamon;
cheese omelette = flavour: grated cheese | top: chives;
mushroom omelette = flavour: mushrooms | top: parsley;
banana pancakes = flavour: ripe bananas | top: honey;
bacon pancakes = flavour: bacon | top: maple syrup
"""

FAMILIES = {
    "soup": pairs(SOUP),
    "stew": pairs(STEW),
    "cake": pairs(CAKE),
    "biscuits": pairs(BISCUITS),
    "bread": pairs(BREAD),
    "pie": pairs(PIE),
    "salad": pairs(SALAD),
    "pasta": pairs(PASTA),
    "drink": pairs(DRINK),
    "pancakes": pairs(PANCAKES),
}

# What every dish of a family holds besides its own ingredients.
BASICS = {
    "soup": ("garlic", "salt"),
    "stew": ("garlic", "salt"),
    "cake": ("flour", "sugar", "eggs"),
    "biscuits": ("flour", "butter", "sugar"),
    "bread": ("strong flour", "yeast", "salt"),
    "pie": ("flour", "butter", "cold water"),
    "salad": ("salt", "black pepper"),
    "pasta": ("garlic", "olive oil"),
    "drink": ("ice",),
    "pancakes": ("eggs", "milk", "butter"),
}

COUNTED = words(
    "leeks; potatoes; ripe tomatoes; red onions; carrots; brown onions; red peppers; turnips; apples; "
    "ripe bananas; plums; eggs; oranges; gherkins; radishes; lemons; boiled potatoes; mushrooms; dumplings; "
    "strawberries; cherries; prawns"
)
LIQUIDS = words(
    "vegetable stock; chicken stock; beef stock; fish stock; lamb stock; coconut milk; cream; milk; "
    "cold water; cider; apple juice; ginger ale; yoghurt; sour cream; strong coffee"
)
SPOONED = words(
    "curry powder; turmeric; chilli powder; cumin; paprika; mustard; lemon juice; orange juice; cocoa; "
    "honey; treacle; ground ginger; cinnamon; poppy seeds; sesame seeds; yeast; sunflower oil; olive oil; "
    "walnut oil; vinegar; lime juice; maple syrup; lemon zest; brown sugar; icing sugar; caraway seeds; "
    "peanut butter"
)
PINCHED = words("salt; black pepper; nutmeg")
HANDFULS = words(
    "chives; basil; coriander; mint; parsley; dill; thyme; rosemary; spinach; raisins; grapes; "
    "chopped almonds; chopped walnuts; sunflower seeds; black olives; ice; dried cherries; breadcrumbs; "
    "radishes"
)
WHOLE = {
    "pumpkin": "half a pumpkin; a small pumpkin; a quarter of a pumpkin",
    "white cabbage": "half a white cabbage; a small white cabbage",
    "garlic": "a clove of garlic; two cloves of garlic; three cloves of garlic",
    "ginger": "a thumb of ginger; a small piece of ginger",
    "celery": "a stick of celery; two sticks of celery",
    "lettuce": "a head of lettuce; half a lettuce",
    "cucumber": "one cucumber; half a cucumber",
    "mango": "one ripe mango; two ripe mangoes",
    "chicken": "a small chicken; 400 g of chicken; 600 g of chicken",
    "rabbit": "one rabbit, cut up; half a rabbit",
    "chickpeas": "a tin of chickpeas; two tins of chickpeas",
    "black beans": "a tin of black beans; two tins of black beans",
    "sweetcorn": "a small tin of sweetcorn",
    "crusty bread": "a loaf of crusty bread",
    "flat bread": "four rounds of flat bread; six rounds of flat bread",
}
