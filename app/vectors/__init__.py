"""Contrast vectors."""
