"""Models and dictionaries at work: hooks, caches, generation."""
