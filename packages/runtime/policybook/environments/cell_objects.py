"""Functions and classes that cells of a notebook have defined, which no other process can import."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import FunctionType
from typing import Any

MAIN = "__main__"
"""The module of a notebook's cells, and of a script."""


def is_of_cell(value: Any) -> bool:
    """Returns whether a function or class is from a cell of the notebook (or from the script itself)."""
    if isinstance(value, property):
        value = value.fget
    if isinstance(value, staticmethod | classmethod):
        value = value.__func__
    if isinstance(value, FunctionType):
        return value.__module__ == MAIN or value.__globals__.get("__name__") == MAIN
    return isinstance(value, type) and value.__module__ == MAIN


def list_cell_objects(owner: str, values: Mapping[str, Any]) -> Iterator[str]:
    """Yields what a cell has put among the attributes of a module or class, as `OWNER.attribute`."""
    yield from (f"{owner}.{name}" for name, value in list(values.items()) if is_of_cell(value))
