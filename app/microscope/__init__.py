"""The Microscope: which latents fire on a text; contrast search."""
