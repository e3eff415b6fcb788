"""The arguments of an environment's constructor, as they were declared: JSON does not tell 1.0 from 1."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any


def read_arguments(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the keyword arguments of an `environmentSpec`, its whole floats as floats."""
    arguments: dict[str, Any] = copy.deepcopy(dict(spec.get("kwargs") or {}))
    for *way, last in spec.get("floats") or ():
        place: Any = arguments
        for step in way:
            place = place[step]
        place[last] = float(place[last])
    return arguments
