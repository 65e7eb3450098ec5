"""Streaming statistics of latents: every accumulator is mergeable and independent of the order of the tokens."""
