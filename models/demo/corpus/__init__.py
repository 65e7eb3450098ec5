"""The corpus generator: a probabilistic grammar over hand-written tables, with ground-truth labels."""
