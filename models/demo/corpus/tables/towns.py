"""Regions for the weather, by kind."""

from models.demo.corpus.tables.packed import words

REGIONS = words(
    "the north; the south; the east; the west; the coast; the hills; the valleys; the islands; "
    "the lowlands; the capital; the lake district; the mountains; the moors; the far north; "
    "the south coast; the river plain"
)
