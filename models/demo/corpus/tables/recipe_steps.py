"""Sentence patterns of recipes: steps by family of dish; slots as in the dishes."""

STEPS: dict[str, tuple[tuple[str, ...], ...]] = {
    "soup": (
        (
            "[Chop] {veg} and the [garlic].",
            "[Peel] and [slice] {veg} and crush the [garlic].",
            "Wash {veg}, then [cut] everything into small pieces with the [garlic].",
        ),
        (
            "[Fry] {veg} gently in a large [pot] until soft.",
            "[Soften] {veg} in a heavy [pan] for {mins} minutes.",
            "Put {veg} into a deep [pot] and [stir] over a low heat.",
        ),
        (
            "[Pour] in {liquid} and bring it to the [boil].",
            "Add {liquid} and let it [simmer] for {mins} minutes.",
            "Cover with {liquid}, put on the lid and [simmer] for {mins} minutes.",
        ),
        (
            "[Stir] in {rich} and add a little [salt].",
            "[Blend] the soup until smooth and [stir] in {rich}.",
            "Take it off the heat, add {rich} and [taste] it for [salt].",
        ),
        (
            "Scatter {green} on top and [serve] hot.",
            "[Serve] in warm [bowls] with {green} on top.",
            "Ladle into [bowls] and finish with {green}.",
        ),
    ),
    "stew": (
        (
            "[Cut] {main} into pieces and rub them with {spice}.",
            "Rinse {main} and mix with {spice} in a [bowl].",
            "Season {main} with [salt] and {spice}.",
        ),
        (
            "[Chop] {veg} and crush the [garlic].",
            "[Slice] {veg} thinly and [chop] the [garlic].",
            "[Peel] and [dice] {veg} and keep the [garlic] ready.",
        ),
        (
            "Brown {main} in a hot [pan], then add {veg}.",
            "[Fry] {main} with {veg} for {mins} minutes.",
            "Warm some oil in a big [pot] and [fry] {main} and {veg} until golden.",
        ),
        (
            "[Pour] in {liquid}, cover and [simmer] for {long} minutes.",
            "Add {liquid} and [cook] slowly for {long} minutes.",
            "[Stir] in {liquid} and leave the [pot] on a low heat for {long} minutes.",
        ),
        (
            "[Serve] with {side}.",
            "[Taste], add [salt] if you like, and [serve] with {side}.",
            "Bring it to the table with {side}.",
        ),
    ),
    "cake": (
        (
            "Heat the [oven] to {degrees} degrees and grease a round [tin].",
            "Set the [oven] to {degrees} degrees and line a [tin] with paper.",
            "Turn on the [oven] ({degrees} degrees).",
        ),
        (
            "[Beat] {fat} and the [sugar] until pale.",
            "[Whisk] {fat} with the [sugar] for {mins} minutes.",
            "Mix {fat} and the [sugar] in a large [bowl].",
        ),
        (
            "Add the [eggs] one by one, then {flavour}.",
            "[Beat] in the [eggs] and {flavour}.",
            "Break in the [eggs], [stir] well and add {flavour}.",
        ),
        (
            "[Fold] in the [flour] and [pour] the [batter] into the [tin].",
            "[Sift] in the [flour], [stir] until smooth and fill the [tin].",
            "Mix in the [flour] a spoonful at a time and spoon the [batter] into a [tin].",
        ),
        (
            "[Bake] for {long} minutes.",
            "[Bake] in the middle of the [oven] for {long} minutes, until a needle comes out clean.",
            "Put it in the [oven] for {long} minutes and do not open the door.",
        ),
        (
            "Let it cool and cover with {top}.",
            "When the cake is cold, finish it with {top}.",
            "Turn it out, wait until it is cool and [sprinkle] it with {top}.",
        ),
    ),
    "biscuits": (
        (
            "Heat the [oven] to {degrees} degrees.",
            "Set the [oven] to {degrees} degrees and line a [baking tray].",
            "Grease a [baking tray] and turn the [oven] to {degrees} degrees.",
        ),
        (
            "[Beat] the [butter] and the [sugar] together.",
            "[Stir] the [butter] and the [sugar] in a [bowl] until soft.",
            "Mix the [butter] with the [sugar] using a wooden [spoon].",
        ),
        (
            "Add the [flour], {flavour} and {extra} and make a firm [dough].",
            "Work in the [flour] with {flavour}, then add {extra}.",
            "[Sift] in the [flour], add {flavour} and {extra} and [knead] briefly.",
        ),
        (
            "[Roll] the [dough] into small balls and press them flat.",
            "[Roll] out the [dough] and [cut] it into rounds.",
            "Drop spoonfuls of the [dough] onto the [baking tray].",
        ),
        (
            "[Bake] for {mins} minutes until golden.",
            "[Bake] for {mins} minutes and cool them on a rack.",
            "Put them in the [oven] for {mins} minutes; they should still be a little soft.",
        ),
    ),
    "bread": (
        (
            "Mix the [strong flour], the [yeast] and the [salt] in a large [bowl].",
            "Put the [strong flour] into a [bowl] with the [yeast] and the [salt].",
            "[Stir] the [yeast] into warm water and add the [strong flour] and the [salt].",
        ),
        (
            "Add {flavour} and {extra}.",
            "Work in {flavour}, then {extra}.",
            "Make a hollow in the middle and add {flavour} with {extra}.",
        ),
        (
            "[Knead] the [dough] for {mins} minutes.",
            "[Knead] on a floured table for {mins} minutes, until the [dough] is smooth.",
            "Turn out the [dough] and [knead] it well for {mins} minutes.",
        ),
        (
            "Cover it with a cloth and let it [rise] for {long} minutes.",
            "Leave it in a warm place to [rise] for {long} minutes.",
            "Let the [dough] [rise] until it has doubled.",
        ),
        (
            "Shape it and [bake] at {degrees} degrees for {long} minutes.",
            "Form a round loaf and [bake] it for {long} minutes at {degrees} degrees.",
            "[Bake] for {long} minutes in an [oven] at {degrees} degrees; it should sound hollow.",
        ),
    ),
    "pie": (
        (
            "Rub the [butter] into the [flour], add the [cold water] and make a [dough].",
            "Make a [pastry] from the [flour], the [butter] and the [cold water].",
            "Mix the [flour] and the [butter] with your fingers, then add the [cold water].",
        ),
        (
            "Let the [pastry] rest in the fridge for {long} minutes.",
            "Chill the [pastry] for {mins} minutes.",
            "Wrap the [pastry] and keep it cold.",
        ),
        (
            "Mix {filling} in a [bowl] with {taste}.",
            "Prepare {filling} and season with {taste}.",
            "[Cut] up {filling} and [stir] in {taste}.",
        ),
        (
            "[Roll] out half of the [pastry], line a dish and put in {filling}.",
            "Line a deep dish with [pastry] and fill it with {filling}.",
            "Fill the [pastry] with {filling} and put a lid of [pastry] on top.",
        ),
        (
            "[Bake] at {degrees} degrees for {long} minutes.",
            "Brush the lid with milk and [bake] for {long} minutes at {degrees} degrees.",
            "[Bake] until the top is golden, which takes about {long} minutes.",
        ),
    ),
    "salad": (
        (
            "Wash and [slice] {bits}.",
            "Prepare {bits} and [cut] them into bite-sized pieces.",
            "[Cut] up {bits} with a sharp [knife].",
        ),
        (
            "Put everything into a wide [bowl].",
            "Arrange {bits} on a large [plate].",
            "Toss {bits} gently in a [bowl].",
        ),
        (
            "[Whisk] {oil} with {sour} and a pinch of [salt].",
            "For the [dressing], mix {oil}, {sour} and a little [black pepper].",
            "Shake {oil} and {sour} in a jar to make the [dressing].",
        ),
        (
            "[Pour] the [dressing] over the salad and add {top}.",
            "[Pour] over the [dressing] and [sprinkle] with {top}.",
            "Add the [dressing] at the last moment and scatter {top} on top.",
        ),
    ),
    "pasta": (
        (
            "[Boil] {shape} in salted water.",
            "Bring a large [pot] of water to the [boil] and [cook] {shape} for {mins} minutes.",
            "[Cook] {shape} until it still has some bite.",
        ),
        (
            "Warm the [olive oil] in a [pan] with the [garlic].",
            "[Fry] the [garlic] in the [olive oil].",
            "[Slice] the [garlic] and let it colour slowly in the [olive oil].",
        ),
        (
            "Add {sauce} and [cook] for {mins} minutes.",
            "[Stir] in {sauce} and let it bubble.",
            "Now add {sauce} and [simmer] until thick.",
        ),
        (
            "[Drain] {shape} and mix with the sauce.",
            "[Drain] {shape}, keep a cup of the water and toss it all together.",
            "Tip {shape} into the [pan] and shake well.",
        ),
        (
            "Finish with {top}.",
            "[Serve] at once with {top}.",
            "[Sprinkle] with {top} and eat it straight away.",
        ),
    ),
    "drink": (
        (
            "Wash and [chop] {fruit}.",
            "[Peel] {fruit} and remove every stone.",
            "[Slice] {fruit} and keep one piece for later.",
        ),
        (
            "[Blend] {fruit} with {sweet}.",
            "Crush {fruit} in a jug with {sweet}.",
            "Press {fruit} through a [sieve] and [stir] in {sweet}.",
        ),
        (
            "[Pour] in {liquid} and mix again.",
            "Add {liquid} and [stir] with a long [spoon].",
            "Top up with {liquid}.",
        ),
        (
            "Add the [ice] and [pour] into tall glasses.",
            "Fill the glasses with [ice] and [serve] cold.",
            "[Taste] it, add more {sweet0} if you like, and drop in the [ice].",
        ),
    ),
    "pancakes": (
        (
            "[Whisk] the [eggs] and the [milk] in a [bowl].",
            "[Beat] the [eggs], add the [milk] and [beat] again.",
            "Break the [eggs] into a [bowl] and [whisk] in the [milk].",
        ),
        (
            "[Stir] in {flavour}.",
            "Add {flavour} and let it stand for {mins} minutes.",
            "Mix in {flavour} with a [fork].",
        ),
        (
            "Melt the [butter] in a flat [pan].",
            "Heat a [pan] and let the [butter] foam.",
            "Put a little of the [butter] into a hot [pan].",
        ),
        (
            "[Pour] in some of the mixture and [fry] it for two minutes.",
            "[Fry] a ladleful at a time until the edges are brown.",
            "Add the mixture and [cook] until the top is set.",
        ),
        (
            "Turn it over, then [serve] with {top}.",
            "Flip it if you dare, and finish with {top}.",
            "Slide it onto a warm [plate] and add {top}.",
        ),
    ),
}
