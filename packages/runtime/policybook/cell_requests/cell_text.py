"""Cells from keyword arguments: the text that a notebook's author would have written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from os import PathLike
from typing import Any


def write_cell(header: str, settings: Mapping[str, Any]) -> str:
    """A declaration cell; each key on a line of its own, its value as JSON, which is YAML."""
    if "\n" in header:
        raise ValueError("the name of an environment or a run holds a line break")
    lines = [f"{key}: {_write_value(value)}" for key, value in settings.items() if value is not None]
    return "\n".join([header, *lines])


def _write_value(value: Any) -> str:
    return json.dumps(value, default=_convert_value, ensure_ascii=False)


def _convert_value(value: Any) -> Any:
    """What JSON has no word for: policies and paths by their path, NumPy's values, tuples and sets."""
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
