"""Topics: sea, forest, kitchen, space, hospital, school, music, money, football, winter, dragons, trains."""

from models.demo.corpus.tables.topic import Topic
from models.demo.corpus.tables.topics_a1 import TOPICS_A1
from models.demo.corpus.tables.topics_a2 import TOPICS_A2
from models.demo.corpus.tables.topics_a3 import TOPICS_A3
from models.demo.corpus.tables.topics_a4 import TOPICS_A4

TOPICS_A: tuple[Topic, ...] = TOPICS_A1 + TOPICS_A2 + TOPICS_A3 + TOPICS_A4
