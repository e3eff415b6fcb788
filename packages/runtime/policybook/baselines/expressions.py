"""Actions of a space as Python expressions, for texts that need NumPy (as np) and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from gymnasium import spaces


class BaselineError(ValueError):
    """There is no such baseline in this environment; the message is for people."""


def write_drawn_action(space: spaces.Space[Any]) -> str:
    """Returns an action drawn by `self.draw`, a NumPy generator; it is uniform where there are bounds."""
    match space:
        case spaces.Discrete():
            start = f"{int(space.start)} + " if space.start else ""
            return f"{start}int(self.draw.integers({int(space.n)}))"
        case spaces.MultiBinary():
            return f"self.draw.integers(2, size={tuple(space.shape)!r}).astype({str(space.dtype)!r})"
        case spaces.MultiDiscrete():
            counts = f"self.draw.integers({write_array(space.nvec, 'int64')})"
            start = f"{write_array(space.start, 'int64')} + " if np.any(space.start) else ""
            return f"({start}{counts}).astype({str(space.dtype)!r})"
        case spaces.Box():
            return _write_drawn_box(space)
        case spaces.Tuple():
            return f"({''.join(f'{write_drawn_action(part)}, ' for part in space.spaces)})"
        case spaces.Dict():
            drawn = [f"{name!r}: {write_drawn_action(part)}" for name, part in space.spaces.items()]
            return f"{{{', '.join(drawn)}}}"
    raise BaselineError(f"nobody knows how to draw an action of {space}")


def list_constant_actions(space: spaces.Space[Any]) -> list[str]:
    """Returns actions worth holding for ever.

    They are each of a few, the ends of each dimension, and doing nothing.
    """
    match space:
        case spaces.Discrete():
            first, count = int(space.start), min(int(space.n), MAX_CONSTANTS)
            return [str(first + number) for number in range(count)]
        case spaces.Box():
            return [write_array(value, space.dtype) for value in _find_corners(space)]
        case spaces.MultiDiscrete():
            last = space.start + space.nvec - 1
            return [write_array(space.start, space.dtype), write_array(last, space.dtype)]
        case spaces.MultiBinary():
            return [write_array(np.full(space.shape, value), space.dtype) for value in (0, 1)]
        case spaces.Tuple():
            return [f"({''.join(f'{list_constant_actions(part)[0]}, ' for part in space.spaces)})"]
        case spaces.Dict():
            parts = [f"{name!r}: {list_constant_actions(part)[0]}" for name, part in space.spaces.items()]
            return [f"{{{', '.join(parts)}}}"]
    raise BaselineError(f"nobody knows a constant action of {space}")


def write_given_action(space: spaces.Space[Any], action: Any) -> str:
    """Returns the expression of an action as JSON has it, checked against the space."""
    value: Any = action
    if isinstance(space, spaces.Box | spaces.MultiDiscrete | spaces.MultiBinary):
        try:
            value = np.asarray(action, dtype=space.dtype).reshape(space.shape)
        except (ValueError, TypeError):
            raise BaselineError(f"{action!r} is no action of {space}") from None
    elif not isinstance(space, spaces.Discrete):
        raise BaselineError(f"an action of {space} cannot be given")
    if isinstance(action, bool) or not space.contains(value):
        raise BaselineError(f"{action!r} is no action of {space}")
    return repr(action) if isinstance(space, spaces.Discrete) else write_array(value, space.dtype)


def write_array(values: Any, dtype: Any) -> str:
    """Returns an array's expression, short where all values are the same."""
    flat = np.asarray(values)
    if flat.size > 1 and np.all(flat == flat.flat[0]):
        return f"np.full({tuple(flat.shape)!r}, {_write_number(flat.flat[0])}, {str(np.dtype(dtype))!r})"
    return f"np.array({_write_nested(flat)}, {str(np.dtype(dtype))!r})"


MAX_CONSTANTS = 32
MAX_DIMENSIONS = 8
"""A box of more dimensions is tried as a whole only."""


def _write_drawn_box(space: spaces.Box) -> str:
    dtype = str(space.dtype)
    low, high = write_array(space.low, "float64"), write_array(space.high, "float64")
    if np.issubdtype(space.dtype, np.integer):
        bounds = f"{write_array(space.low, 'int64')}, {write_array(space.high, 'int64')}"
        return f"self.draw.integers({bounds}, endpoint=True).astype({dtype!r})"
    if np.isfinite(space.low).all() and np.isfinite(space.high).all():
        return f"self.draw.uniform({low}, {high}).astype({dtype!r})"
    return f"np.clip(self.draw.normal(size={tuple(space.shape)!r}), {low}, {high}).astype({dtype!r})"


def _find_corners(space: spaces.Box) -> list[Any]:
    rest = np.clip(np.zeros(space.shape), space.low, space.high)
    ends = [np.where(np.isfinite(bound), bound, rest) for bound in (space.low, space.high)]
    found = [rest, *ends]
    size = int(np.prod(space.shape))
    if 1 < size <= MAX_DIMENSIONS:
        for position in range(size):
            for end in ends:
                corner = rest.copy()
                corner.flat[position] = end.flat[position]
                found.append(corner)
    return [value for number, value in enumerate(found) if not _contains(value, found[:number])]


def _contains(value: Any, others: Sequence[Any]) -> bool:
    return any(np.array_equal(value, other) for other in others)


def _write_nested(values: Any) -> str:
    if values.ndim == 0:
        return _write_number(values[()])
    return f"[{', '.join(_write_nested(value) for value in values)}]"


def _write_number(value: Any) -> str:
    plain = value.item() if hasattr(value, "item") else value
    if isinstance(plain, float) and not np.isfinite(plain):
        return "np.inf" if plain > 0 else "-np.inf"
    return repr(plain)
