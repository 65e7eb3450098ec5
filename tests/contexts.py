"""What a template is given, held against the view that it names in its first line."""

import dataclasses
import importlib
import pkgutil
import re
import typing
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import app
from app.web.rendering import TEMPLATES


def wrong_context(template: str, context: Mapping[str, object]) -> list[str]:
    """What is wrong with a context: other names than the template's, another view, values of other types."""
    names = {"view", "layout"} if template.startswith("pages/") else {"view"}
    given = set(context) - {"request"}
    if given != names:
        return [f"{template} is given {sorted(given)}"]
    view = context["view"]
    if type(view) is not view_of(template):
        return [f"{template} is given a {type(view).__name__}"]
    return [*wrong_types(view, template), *(wrong_types(context["layout"], "layout") if "layout" in names else ())]


#: Modules of a room that hold what its templates see.
VIEWS = re.compile(r"app\.\w+\.(\w+_)?views?|app\.web\.layout")


@lru_cache
def view_classes() -> dict[str, type]:
    """What templates see, by name."""
    modules = [module.name for module in pkgutil.walk_packages(app.__path__, "app.") if VIEWS.fullmatch(module.name)]
    found: dict[str, type] = {}
    for module in map(importlib.import_module, modules):
        for kind in vars(module).values():
            if isinstance(kind, type) and kind.__module__ == module.__name__:
                assert kind.__name__ not in found, f"two views are called {kind.__name__}"
                found[kind.__name__] = kind
    return found


@lru_cache
def view_of(template: str) -> type:
    """The view that a template names."""
    first = (TEMPLATES / template).read_text(encoding="utf-8").splitlines()[0]
    named = re.fullmatch(r"\{# view: (\w+) #\}", first)
    assert named, f"{template} begins with {first}"
    found: type = view_classes()[named[1]]
    return found


def wrong_types(value: object, where: str) -> Iterator[str]:
    """Where a value, or one within it, is not of the type that its class declares."""
    for name, allowed in _declared(type(value)).items():
        found = getattr(value, name)
        items = found if isinstance(found, tuple) and not hasattr(found, "_fields") else (found,)
        for item in items:
            if not isinstance(item, allowed):
                yield f"{where}.{name} is {type(item).__name__}"
            elif fields(type(item)):
                yield from wrong_types(item, f"{where}.{name}")


@lru_cache(maxsize=512)
def fields(kind: type) -> tuple[str, ...]:
    """The names of a dataclass's fields or of a named tuple's, of which a page has very many; none of another type."""
    if dataclasses.is_dataclass(kind):
        return tuple(field.name for field in dataclasses.fields(kind))
    return tuple(getattr(kind, "_fields", ()))


@lru_cache(maxsize=512)
def _declared(kind: type) -> dict[str, tuple[type, ...]]:
    hints = typing.get_type_hints(kind)
    return {name: tuple(_leaves(hints[name])) for name in fields(kind)}


def _leaves(hint: Any) -> Iterator[type]:
    parts = typing.get_args(hint)
    if not parts:
        yield from (float, int) if hint is float else (hint,)  # as in PEP 484
    for part in parts:
        if part is not Ellipsis:
            yield from _leaves(part)
