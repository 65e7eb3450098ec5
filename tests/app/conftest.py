"""Fixtures of the application's tests."""

from collections.abc import Iterator
from typing import Any

import jinja2
import pytest

from app.web.rendering import TEMPLATES
from tests.app.commands_support import run
from tests.contexts import wrong_context

__all__ = ["run"]


@pytest.fixture(autouse=True)
def contexts(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, dict[str, Any]]]:
    """The contexts of all templates that a test renders, each held against its view; by template, the last of each."""
    seen: dict[str, dict[str, Any]] = {}
    problems: list[str] = []
    render = jinja2.Template.render

    def watched(template: jinja2.Template, *args: Any, **more: Any) -> str:
        if template.name and (TEMPLATES / template.name).is_file():
            context = dict(*args, **more)
            seen[template.name] = context
            problems.extend(wrong_context(template.name, context))
        return render(template, *args, **more)

    monkeypatch.setattr(jinja2.Template, "render", watched)
    yield seen
    assert problems == []
