"""Thin scripts: parse, call, print one summary."""
