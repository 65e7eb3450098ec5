"""The second dozen of topics, from garden to chess, joined from its four files."""

from models.demo.corpus.tables.topic import Topic
from models.demo.corpus.tables.topics_b1 import TOPICS_B1
from models.demo.corpus.tables.topics_b2 import TOPICS_B2
from models.demo.corpus.tables.topics_b3 import TOPICS_B3
from models.demo.corpus.tables.topics_b4 import TOPICS_B4

TOPICS_B: tuple[Topic, ...] = TOPICS_B1 + TOPICS_B2 + TOPICS_B3 + TOPICS_B4
