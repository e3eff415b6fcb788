"""Cells from keyword arguments: the text that a notebook's author would have written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from os import PathLike
from typing import Any


def write_cell(header: str, settings: Mapping[str, Any]) -> str:
    """Returns a declaration cell; each key has a line, its value is JSON, which is YAML."""
    if "\n" in header:
        raise ValueError("the name of an environment or a run holds a line break")
    lines = [f"{key}: {_write_value(value)}" for key, value in settings.items() if value is not None]
    return "\n".join([header, *lines])


def _write_value(value: Any) -> str:
    return json.dumps(value, default=_convert_value, ensure_ascii=False)


def _convert_value(value: Any) -> Any:
    """Returns what JSON can write in place of a value that it cannot.

    Policies and paths become their path; NumPy's values, tuples and sets become numbers and lists.
    """
    path = getattr(value, "path", None)
    if path is not None and hasattr(value, "act"):
        return str(path)
    name = getattr(value, "name", None)
    if name is not None and hasattr(value, "replicates"):
        return name
    if isinstance(value, PathLike):
        return str(value)
    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, set | frozenset):
        return sorted(value)
    raise TypeError(f"a {type(value).__name__} cannot stand in a declaration")
