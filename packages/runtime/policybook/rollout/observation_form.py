"""Whether an observation is in its space, as far as its form and its numbers go, and fit to compute with.

An observation in which a number is NaN is in no space, and one with an infinite number in none that bounds
it there: `Space.contains` says so, too. No policy gets one; it is a fault of the environment. Numbers that
only lie outside of finite bounds are what the environment gives. Code of ours cannot compute with an
infinite number at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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


def describe_endless_number(space: Any, observation: Any) -> str | None:
    """Says which number of an observation its space cannot hold, as after "step gave "; None for none.

    That is NaN, and an infinite number where the space has a finite bound.
    """
    for part, value in _list_boxes(space, observation):
        try:
            array = np.asarray(value, float)
        except (TypeError, ValueError):
            continue
        wrong = np.isnan(array)
        if array.shape == part.shape:
            wrong |= (array == np.inf) & np.isfinite(part.high)
            wrong |= (array == -np.inf) & np.isfinite(part.low)
        if wrong.any():
            return f"{array[wrong].flat[0]} in an observation"
    return None


def _list_boxes(space: Any, observation: Any) -> Iterator[tuple[spaces.Box, Any]]:
    """Yields the parts of a space that hold numbers, with what an observation has there."""
    if isinstance(space, spaces.Box):
        yield space, observation
    elif isinstance(space, spaces.Dict) and isinstance(observation, Mapping):
        for name, part in space.spaces.items():
            if name in observation:
                yield from _list_boxes(part, observation[name])
    elif isinstance(space, spaces.Tuple) and isinstance(observation, tuple | list):
        for part, value in zip(space.spaces, observation, strict=False):
            yield from _list_boxes(part, value)


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
