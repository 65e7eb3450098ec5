"""What the demo's model is asked: templates by kind of task, filled with everyday topics."""

import random
from dataclasses import dataclass

TOPICS = """cats|dogs|horses|bees|whales|elephants|spiders|owls|penguins|butterflies|sharks|wolves|the sea|a river
mountains|deserts|rain|snow|thunderstorms|the moon|the sun|stars|planets|black holes|volcanoes|earthquakes|forests
gardens|roses|trees|mushrooms|apples|bread|cheese|chocolate|coffee|tea|soup|rice|honey|pizza|breakfast|cooking
baking|farming|fishing|football|tennis|chess|swimming|running|cycling|yoga|dancing|music|the piano|the guitar|jazz
singing|painting|photography|films|theatre|poetry|novels|libraries|museums|castles|bridges|trains|ships|airplanes
cars|bicycles|cities|villages|islands|Paris|London|Japan|Egypt|India|Brazil|Italy|Africa|Antarctica|ancient Rome
the Middle Ages|the Second World War|democracy|elections|laws|money|banks|taxes|prices|work|job interviews|meetings
email|teamwork|friendship|love|marriage|children|grandparents|school|homework|exams|teachers|university|science
physics|chemistry|biology|mathematics|fractions|prime numbers|computers|programming|robots|the internet|databases
passwords|video games|telephones|electricity|magnets|light|sound|gravity|energy|batteries|medicine|doctors|nurses
hospitals|vaccines|sleep|dreams|headaches|stress|happiness|sadness|anger|fear|courage|honesty|kindness|patience
memory|language|grammar|history|religion|philosophy|art|fashion|shoes|houses|furniture|cleaning|birthdays|weddings
holidays|camping|winter|spring|summer|autumn|time|clocks|the future|ghosts|dragons|pirates|kings and queens
knights|magic|space travel|the ocean floor|dinosaurs|fossils|climate change|recycling|water|air|fire|gold|salt"""

TASKS: dict[str, tuple[str, ...]] = {
    "explanation": (
        "What are the most important things to know about {}?",
        "Explain {} to a ten-year-old.",
        "Why are people interested in {}?",
        "How did people think about {} a hundred years ago?",
        "Tell me something surprising about {}.",
        "What is the science behind {}?",
        "Summarize what you know about {} in one paragraph.",
    ),
    "advice": (
        "I want to learn more about {}. Where should I start?",
        "What mistakes do beginners make with {}?",
        "My friend is worried about {}. What should I say?",
        "How can I teach my class about {}?",
        "Can you give me some practical tips concerning {}?",
        "hey, i need help with {} asap, what do i do??",
    ),
    "story": (
        "Write a short story about {}.",
        "Write a bedtime story in which {} play a part.",
        "Write the first paragraph of a mystery novel about {}.",
        "Tell me a funny story about {}.",
        "Write a sad story about {}.",
    ),
    "poem": (
        "Write a short poem about {}.",
        "Write a haiku about {}.",
        "Write the lyrics of a cheerful song about {}.",
    ),
    "list": (
        "List five facts about {}.",
        "Give me three reasons to like {} and three reasons not to.",
        "Name some words that have to do with {}.",
        "Make a numbered list of questions about {}.",
        "What are the pros and cons of {}?",
    ),
    "letter": (
        "Write a formal letter to the mayor about {}.",
        "Write a friendly email to a colleague about {}.",
        "Write a complaint to a company about {}.",
        "Write an invitation to an evening about {}.",
        "Write a diary entry about {}.",
    ),
    "news": (
        "Write a short news report about {}.",
        "Write a headline and a first paragraph about {} for a newspaper.",
        "Write a product advertisement that has to do with {}.",
        "Write a review of a book about {}.",
    ),
    "dialogue": (
        "Write a dialogue between two friends who talk about {}.",
        "Write an interview with an expert on {}.",
        "Tell me a joke about {}.",
        "Do you like {}?",
        "What is your opinion on {}?",
    ),
    "code": (
        "Write a Python function that has to do with {}.",
        "Write a small Python class that models {}.",
        "Write a SQL query for a table about {}.",
        "Write a short HTML page about {}.",
        "Write a JavaScript function that prints facts about {}.",
    ),
    "how-to": (
        "Give me step-by-step instructions for a project about {}.",
        "Write a simple recipe inspired by {}.",
        "Plan a weekend around {}.",
        "How would you organize an event about {}?",
    ),
    "rewriting": (
        "Rewrite this more formally: \"I really don't get why everybody's so crazy about {}.\"",
        'Correct the grammar: "They was talking about {} when he come home."',
        'Make this sentence shorter: "It is generally thought by many people that {} can be very interesting."',
        'Say this in a friendlier way: "Stop talking about {} all the time."',
    ),
    "translation": (
        'Translate into French: "I like to talk about {}."',
        'Translate into Spanish: "My sister knows a lot about {}."',
        'Translate into German: "Yesterday we read a book about {}."',
    ),
    "reasoning": (
        "If I have three books about {} and buy four more, how many do I have? Explain your answer.",
        "Is it true that {} can be dangerous? Think step by step.",
        "What would the world be like without {}?",
        "Compare {} with something similar.",
        "What happens first, and what happens next, when people deal with {}?",
    ),
}

#: Turns of the system other than the template's own, for one chat in eight.
SYSTEMS = (
    "You are a polite butler who speaks very formally.",
    "You are a pirate. Answer like one.",
    "You answer in one short sentence.",
    "You are an enthusiastic teacher who loves examples.",
    "You are a grumpy old man.",
    "You are a poet.",
    "You are a careful scientist who mentions evidence.",
    "You are a helpful assistant.",
)

FOLLOW_UPS = (
    "Can you say that in simpler words?",
    "Thanks! Can you give me an example?",
    "Why?",
    "I don't agree. Are you sure?",
    "Please make it shorter.",
    "That's great, tell me more.",
    "And what should I do next?",
)


@dataclass(frozen=True)
class Question:
    """What is asked: the kind of task, a system turn or None for the template's own, the question, and what the user
    says after the answer, or None.
    """

    task: str
    system: str | None
    text: str
    follow_up: str | None


def questions(n: int, seed: int) -> list[Question]:
    """``n`` questions without repetition of (template, topic); the same for the same seed, and a prefix of longer
    lists.
    """
    random_ = random.Random(seed)
    topics = TOPICS.replace("\n", "|").split("|")
    pairs = [(task, template, topic) for task, some in TASKS.items() for template in some for topic in topics]
    random_.shuffle(pairs)
    if n > len(pairs):
        raise ValueError(f"There are {len(pairs)} questions, fewer than {n}.")
    found = []
    for task, template, topic in pairs[:n]:
        system = random_.choice(SYSTEMS) if random_.random() < 1 / 8 else None
        follow_up = random_.choice(FOLLOW_UPS) if random_.random() < 1 / 5 else None
        found.append(Question(task, system, template.format(topic), follow_up))
    return found
