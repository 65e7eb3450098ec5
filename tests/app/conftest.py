"""Fixtures of the application's tests."""

from tests.app.commands_support import run

__all__ = ["run"]
