"""Whether an observation is one that code of ours can compute with: of its space's form, and finite."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from gymnasium import spaces


def describe_misfit(space: Any, observation: Any) -> str | None:
    """Says what an observation is that does not fit its space, as after "step gave "; None for one that does.

    What only differs in its type, such as a list, or lies outside of the bounds, fits.
    """
    if isinstance(space, spaces.Box):
        return _describe_array_misfit(space, observation)
    if isinstance(space, spaces.Dict):
        if not isinstance(observation, Mapping) or set(observation) != set(space.spaces):
            return f"an observation with other parts than {', '.join(space.spaces)}"
        parts = [(part, observation[name]) for name, part in space.spaces.items()]
    elif isinstance(space, spaces.Tuple):
        if not isinstance(observation, tuple | list) or len(observation) != len(space.spaces):
            return f"an observation that does not have {len(space.spaces)} parts"
        parts = list(zip(space.spaces, observation, strict=True))
    else:
        return None
    found = (describe_misfit(part, value) for part, value in parts)
    return next((misfit for misfit in found if misfit is not None), None)


def _describe_array_misfit(space: spaces.Box, observation: Any) -> str | None:
    try:
        array = np.asarray(observation)
    except ValueError:
        return "an observation that is no array"
    if array.shape != space.shape:
        return f"an observation of shape {array.shape}, not {space.shape}"
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        return f"{array[~np.isfinite(array)].flat[0]} in an observation"
    return None if array.dtype.kind in "biuf" else f"an observation of {array.dtype}, not of numbers"
