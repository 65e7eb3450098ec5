"""The Source page and its table of latents."""
