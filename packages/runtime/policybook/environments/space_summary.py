"""Gymnasium spaces as JSON, for people, authors and a policy's `reset`."""

from __future__ import annotations

import math
from typing import Any

from gymnasium import spaces

from policybook.environments.space_text import format_space
from policybook.protocol.messages import SpaceSummaryJson


def summarise_space(space: spaces.Space[Any]) -> SpaceSummaryJson:
    """Returns a space as the protocol's `spaceSummary`."""
    summary: SpaceSummaryJson = {
        "kind": type(space).__name__,
        "text": format_space(space),
        "shape": None if space.shape is None else list(space.shape),
        "dtype": None if space.dtype is None else str(space.dtype),
        "n": int(space.n) if isinstance(space, spaces.Discrete) else None,
        "start": int(space.start) if isinstance(space, spaces.Discrete) else None,
        "low": _list_bounds(space.low) if isinstance(space, spaces.Box) else None,
        "high": _list_bounds(space.high) if isinstance(space, spaces.Box) else None,
    }
    if isinstance(space, spaces.Dict):
        summary["keys"] = [str(key) for key in space.spaces]
    return summary


def _list_bounds(bounds: Any) -> list[float | None]:
    return [float(bound) if math.isfinite(bound) else None for bound in bounds.ravel()]
