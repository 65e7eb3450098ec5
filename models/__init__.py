"""Everything that computes: models, dictionaries, statistics, steering. Never imports app."""
