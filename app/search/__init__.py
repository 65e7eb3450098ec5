"""One search over the latents of all sources."""
