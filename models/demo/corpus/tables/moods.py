"""The moods of a text and the words each of them brings."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Mood:
    """Words of one mood. Adjectives fit a person after "was" and "felt"; clauses are in the past tense."""

    adjective: tuple[str, ...]
    adverb: tuple[str, ...]
    exclamation: tuple[str, ...]
    closing: tuple[str, ...]
    feeling: tuple[str, ...]
    sign: tuple[str, ...]
    first: tuple[str, ...]

    @property
    def state(self) -> tuple[str, ...]:
        """Predicates after "was" or "felt"."""
        return self.adjective


MOODS = {
    "cheerful": Mood(
        adjective=(
            "cheerful",
            "delighted",
            "merry",
            "overjoyed",
            "jolly",
            "sunny",
            "happy",
            "bubbly",
            "joyful",
        ),
        adverb=("cheerfully", "merrily", "happily", "joyfully", "brightly", "gleefully"),
        exclamation=(
            "Hooray!",
            "How wonderful!",
            "What fun!",
            "Yippee!",
            "What a lovely surprise!",
            "Splendid!",
        ),
        closing=(
            "It was the happiest day of the year.",
            "Everybody laughed until their cheeks hurt.",
            "They sang and giggled all the way home.",
            "What a wonderful day it had been!",
            "There was cake, there was laughter, and nobody wanted to leave.",
            "Joy filled every corner of the day.",
            "And from then on there was always a reason to smile.",
        ),
        feeling=("joy", "delight", "laughter", "happiness", "glee", "merriment"),
        sign=(
            "everyone was beaming",
            "the whole room rang with laughter",
            "cheeks glowed with happiness",
            "somebody began to giggle",
            "smiles spread from face to face",
            "even the sun seemed to grin",
        ),
        first=(
            "I could not stop smiling.",
            "I giggled all afternoon.",
            "I felt like dancing for joy.",
            "My heart was skipping with delight.",
            "I have rarely been so happy.",
            "I laughed until I had tears in my eyes.",
        ),
    ),
    "gloomy": Mood(
        adjective=(
            "gloomy",
            "miserable",
            "sad",
            "downcast",
            "mournful",
            "dejected",
            "lonely",
            "sorrowful",
            "weary",
        ),
        adverb=("gloomily", "sadly", "mournfully", "wearily", "bleakly", "miserably"),
        exclamation=(
            "Alas!",
            "How dreadfully sad!",
            "What a miserable day!",
            "Oh, the sorrow of it!",
            "Woe is me!",
        ),
        closing=(
            "Nobody spoke on the long, grey way home.",
            "A tear ran slowly down and was not wiped away.",
            "Some sorrows do not fade, and this was one of them.",
            "It ended, as everything did, in silence and grey rain.",
            "There was nothing left to hope for.",
            "The sadness stayed long after the lights had gone out.",
            "And the grey evening swallowed the last of their hope.",
        ),
        feeling=("sorrow", "sadness", "grief", "misery", "despair", "melancholy"),
        sign=(
            "tears welled up",
            "shoulders drooped",
            "everything looked grey and hopeless",
            "a heavy silence hung in the air",
            "somebody sighed and began to weep",
            "hope seeped away",
        ),
        first=(
            "I wept a little when nobody was looking.",
            "I sighed all afternoon.",
            "Everything seems grey and pointless.",
            "My heart is as heavy as a stone.",
            "I have rarely felt so lonely.",
            "I do not think I shall ever smile again.",
        ),
    ),
    "angry": Mood(
        adjective=(
            "angry",
            "furious",
            "livid",
            "enraged",
            "cross",
            "outraged",
            "fuming",
            "irate",
            "indignant",
        ),
        adverb=("angrily", "furiously", "crossly", "hotly", "fiercely", "bitterly"),
        exclamation=(
            "How dare they!",
            "This is an outrage!",
            "Enough is enough!",
            "What a disgrace!",
            "I am furious!",
        ),
        closing=(
            "A door slammed, and that was the end of it.",
            "The quarrel was not forgotten for a very long time.",
            "Fists were clenched and no hand was shaken.",
            "Nobody apologised, and nobody was forgiven.",
            "The shouting could be heard three streets away.",
            "Such rage does not cool in a single night.",
            "And the anger went on burning long after dark.",
        ),
        feeling=("anger", "rage", "fury", "outrage", "wrath", "indignation"),
        sign=(
            "fists were clenched",
            "faces turned red with rage",
            "somebody slammed a door",
            "teeth were gritted",
            "voices rose to furious shouts",
            "eyes flashed with fury",
        ),
        first=(
            "I slammed the door so hard that the windows shook.",
            "I was boiling with rage.",
            "I have never been so cross.",
            "My blood is still boiling.",
            "I stamped my foot and shouted.",
            "I shall not forgive this insult.",
        ),
    ),
    "fearful": Mood(
        adjective=(
            "afraid",
            "terrified",
            "frightened",
            "scared",
            "nervous",
            "anxious",
            "alarmed",
            "timid",
            "fearful",
        ),
        adverb=("fearfully", "nervously", "anxiously", "timidly", "shakily", "warily"),
        exclamation=(
            "Help!",
            "What was that noise?",
            "Oh no, not again!",
            "How terrifying!",
            "Something is watching us!",
        ),
        closing=(
            "Nobody dared to turn out the light that night.",
            "And still something scratched softly behind the wall.",
            "They ran, and they did not look back.",
            "The fear never quite went away.",
            "All night long they lay awake, trembling and listening.",
            "It might come back, and everyone knew it.",
            "From that day on nobody dared to go there alone.",
        ),
        feeling=("fear", "terror", "dread", "panic", "fright", "horror"),
        sign=(
            "hands began to tremble",
            "a cold shiver ran down every back",
            "hearts pounded with fright",
            "nobody dared to breathe",
            "knees shook",
            "somebody whimpered in the shadows",
        ),
        first=(
            "I hardly dared to breathe.",
            "I trembled from head to toe.",
            "I am too frightened to sleep.",
            "My heart was pounding with dread.",
            "I hid under the blanket.",
            "I keep hearing a creaking behind me.",
        ),
    ),
    "calm": Mood(
        adjective=("calm", "peaceful", "relaxed", "content", "serene", "tranquil", "patient", "untroubled"),
        adverb=("calmly", "peacefully", "gently", "quietly", "softly", "serenely", "unhurriedly"),
        exclamation=("How peaceful it is!", "There is no need to hurry!", "Hush now!", "Such sweet peace!"),
        closing=(
            "After that there was only peace and quiet.",
            "The evening settled softly over everything.",
            "And so the day drifted gently to its close.",
            "There was no hurry, and nothing more to do but rest.",
            "They sat in comfortable silence until the stars came out.",
            "All was still, and all was well.",
            "Slowly, softly, everybody fell asleep.",
        ),
        feeling=("calm", "peace", "stillness", "serenity", "tranquillity", "contentment"),
        sign=(
            "a gentle quiet settled over everything",
            "breathing grew slow and even",
            "nobody was in a hurry",
            "the air was soft and still",
            "everyone rested for a while",
            "a soothing hush fell",
        ),
        first=(
            "I took a slow, deep breath.",
            "I sat quietly for a while and watched the clouds drift.",
            "I feel at peace.",
            "My mind is as still as a pond.",
            "I rested and let my thoughts wander.",
            "There was nothing to hurry for.",
        ),
    ),
    "proud": Mood(
        adjective=(
            "proud",
            "triumphant",
            "victorious",
            "confident",
            "dignified",
            "heroic",
            "accomplished",
            "glowing",
        ),
        adverb=("proudly", "triumphantly", "confidently", "boldly", "grandly", "nobly"),
        exclamation=(
            "What a triumph!",
            "Nobody had ever done that before!",
            "Victory!",
            "What an achievement!",
        ),
        closing=(
            "It was an achievement worth a medal.",
            "Their names would be remembered with honour.",
            "Heads were held high for the rest of the week.",
            "The applause went on and on, and it was deserved.",
            "Never had a victory been earned so well.",
            "A photograph of that triumph still hangs on the wall.",
            "And everyone agreed that it was a glorious success.",
        ),
        feeling=("pride", "triumph", "honour", "glory", "self-respect", "admiration"),
        sign=(
            "chests swelled with pride",
            "heads were held high",
            "the crowd burst into applause",
            "somebody saluted",
            "there was a round of admiring cheers",
            "everyone stood a little taller",
        ),
        first=(
            "I held my head high.",
            "I did it all by myself.",
            "I deserve a medal.",
            "My chest was swelling with pride.",
            "I have never achieved anything so grand.",
            "Everyone admired what I had accomplished.",
        ),
    ),
}
