"""How a removed latent's value can be replaced, in the words of pages and sentences."""

from models.causal.removal import WAYS as NAMES

WAYS = dict(zip(NAMES, ("zero", "its mean over the corpus", "values from the corpus"), strict=True))
