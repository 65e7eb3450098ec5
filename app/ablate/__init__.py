"""Ablate: what a prediction rests on."""
