"""Makes what the chat demo ships: its corpus, its SAEs and their figures, from packages alone."""
