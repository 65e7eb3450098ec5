"""Hand-written vocabulary of twelve topics: dogs to cycling, joined from four files."""

from models.demo.corpus.tables.topic import Topic
from models.demo.corpus.tables.topics_c1 import TOPICS_C1
from models.demo.corpus.tables.topics_c2 import TOPICS_C2
from models.demo.corpus.tables.topics_c3 import TOPICS_C3
from models.demo.corpus.tables.topics_c4 import TOPICS_C4

TOPICS_C: tuple[Topic, ...] = TOPICS_C1 + TOPICS_C2 + TOPICS_C3 + TOPICS_C4
