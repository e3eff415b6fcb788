"""What this Python has in the user's modules that their files do not say, as other processes import them."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from types import ModuleType
from typing import Any, NamedTuple

from policybook.environments.cell_objects import MAIN, list_cell_objects
from policybook.environments.module_sources import MAX_ITEMS, ModuleSource, read_module_source
from policybook.environments.user_folders import is_users

MAX_MODULES = 400
"""Of more modules nothing is said."""

MAX_SHOWN_CHARACTERS = 60


_earlier: dict[str, list[ModuleSource]] = {}
"""The texts that each file has had: a module imported before an edit holds values of an earlier one."""


class ModuleChange(NamedTuple):
    """Something that a module, or a class of it, has here and not in its file.

    `here` and `there` are the two values, None for a function or class of a cell.
    """

    file: str
    name: str
    here: str | None
    there: str | None


def list_module_changes() -> list[ModuleChange]:
    """Returns what the user's modules have here and not in their files, as far as that is certain."""
    modules = {
        name: (module, file)
        for name, module in list(sys.modules.items())
        if name != MAIN and (file := _find_source(module)) is not None
    }
    if len(modules) > MAX_MODULES:
        return []
    sources = {file: read_module_source(file) for _, file in modules.values()}
    changes = []
    for module, file in modules.values():
        changes += [ModuleChange(file, name, None, None) for name in _list_cell_objects_of(module)]
        source = sources[file]
        if source is not None:
            texts = _earlier.setdefault(file, [])
            if source not in texts:
                texts.append(source)
            # A module may give others values, too.
            tail = module.__name__.rpartition(".")[2]
            others = (each for each in sources.values() if each is not None and tail in each.imported)
            changes += _compare(module, file, source, [source, *others])
    return changes


def _find_source(module: ModuleType) -> str | None:
    file = getattr(module, "__file__", None)
    return file if isinstance(file, str) and file.endswith(".py") and is_users(file) else None


def _list_own_classes(module: ModuleType) -> Iterator[type]:
    for name, value in list(vars(module).items()):
        if isinstance(value, type) and value.__module__ == module.__name__ and value.__qualname__ == name:
            yield value


def _list_cell_objects_of(module: ModuleType) -> Iterator[str]:
    """Yields the names of functions and classes of cells in a module and its classes."""
    yield from list_cell_objects(module.__name__, vars(module))
    for kind in _list_own_classes(module):
        yield from list_cell_objects(f"{module.__name__}.{kind.__name__}", vars(kind))


def _compare(
    module: ModuleType, file: str, source: ModuleSource, changing: Sequence[ModuleSource]
) -> Iterator[ModuleChange]:
    """Yields the constants that are others here, unless the texts of `changing` may have made them so."""
    if any(each.is_opaque for each in changing):
        return
    changed = frozenset().union(*(each.changed for each in changing))
    classes = {kind.__name__: kind for kind in _list_own_classes(module)}
    for name, there in source.constants.items():
        owner, _, attribute = name.rpartition(".")
        if attribute in changed or (owner and owner not in classes):
            continue
        place = vars(classes[owner]) if owner else vars(module)
        here = _read_plain(place.get(attribute))
        held = [each.constants[name] for each in _earlier[file] if name in each.constants]
        if here is not None and _flatten(here) not in map(_flatten, held):
            shown = (f"{value!r:.{MAX_SHOWN_CHARACTERS}}" for value in (here, there))
            yield ModuleChange(file, f"{module.__name__}.{name}", *shown)


def _read_plain(value: Any) -> Any:
    """Returns a plain value, an array's as a list; None for all else."""
    kind = type(value)
    if kind in (bool, int, float, str):
        return value
    if kind is tuple and len(value) <= MAX_ITEMS:
        items = tuple(_read_plain(item) for item in value)
        return None if None in items else items
    if kind.__module__ == "numpy" and getattr(value, "size", MAX_ITEMS + 1) <= MAX_ITEMS:
        return value.tolist() if value.dtype.kind in "biuf" else None
    return None


def _flatten(value: Any) -> Any:
    """Returns tuples as lists, for an array may be given as either."""
    return [_flatten(item) for item in value] if isinstance(value, tuple | list) else value
