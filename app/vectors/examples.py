"""Lists of prompts to begin with on the Vectors page: the same sentences with and without a tone or a language.

They are in the words of the bundled demo's texts; ten in each list, so that no warning hides what the page can tell.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Example:
    """Two lists of prompts, one a line."""

    name: str
    positive: str
    negative: str


EXAMPLES = (
    Example(
        "Pirate against plain",
        """Arr, the captain be on the deck, matey.
Ahoy! Ye found me map, ye scurvy dog.
Shiver me timbers! The ship be gone, arr.
Aye, we sail fer the island, me hearties.
Avast! That be me chest o' doubloons, savvy.
Yarr, the storm be mighty strong, matey.
Blimey! The parrot be in the kitchen, aye.
Yo ho ho! We sing an' we dance, me hearties.
By Blackbeard's beard, I lost me hat, arr.
Ahoy, matey! Hand t' me yer lantern, savvy.""",
        """The captain is on the deck.
Hello! You found my map.
Oh no! The ship is gone.
Yes, we sail for the island.
Stop! That is my chest of coins.
Well, the storm is very strong.
Look! The parrot is in the kitchen.
All day long we sing and we dance.
Believe it or not, I lost my hat.
Hello! Hand me your lantern, please.""",
    ),
    Example(
        "French against English",
        """Le petit chat dort sous un arbre.
Hier, Marie a perdu sa clé.
Je cherche une lettre dans la cuisine.
Il pleuvait et les rues étaient vides.
Où est le gâteau ? Il est sur la chaise.
Mon voisin chante à voix basse.
Nous avons acheté des pommes au marché.
La reine porte une robe bleue.
Pierre est fatigué, mais il travaille au jardin.
Quelle surprise ! C'est mon chapeau.""",
        """The little cat sleeps under a tree.
Yesterday Mary lost her key.
I am looking for a letter in the kitchen.
It was raining and the streets were empty.
Where is the cake? It is on the chair.
My neighbour sings in a low voice.
We bought some apples at the market.
The queen wears a blue dress.
Peter is tired, but he works in the garden.
What a surprise! It is my hat.""",
    ),
    Example(
        "Shouting against calm",
        """THE BAKER OPENED THE DOOR AND LOOKED OUTSIDE!
GIVE ME THE LETTER NOW!
WE FOUND THE KEY UNDER THE BRIDGE!
IT IS VERY COLD IN THE KITCHEN!
SHE WANTS TO SEE THE CASTLE!
WHERE IS MY HAT?!
THE TRAIN IS LATE AGAIN!
I LOST MY LANTERN IN THE WOODS!
DO NOT OPEN THE CHEST!
WE SING ALL DAY LONG!""",
        """The baker opened the door and looked outside.
Give me the letter now, please.
We found the key under the bridge.
It is very cold in the kitchen.
She wants to see the castle.
Where is my hat?
The train is late again.
I lost my lantern in the woods.
Do not open the chest.
We sing all day long.""",
    ),
)
