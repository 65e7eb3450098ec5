"""Training SAEs of one's own."""
