"""Builds: what a source shows, computed once from a corpus; the Builds page."""
