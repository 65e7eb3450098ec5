"""The Spectrum page: the whole distribution of a latent, split by groups of tokens."""
