"""Attacks on a server of this checkout, over loopback only: ``python -m scripts.attack --help``."""
