"""Actions of a space as Python expressions, for texts that need NumPy (as np) and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from gymnasium import spaces


class BaselineError(ValueError):
    """This environment has no such baseline; the message is for people."""


def write_drawn_action(space: spaces.Space[Any]) -> str:
    """Returns an action drawn by `self.draw`, a NumPy generator; it is uniform where there are bounds."""
    return _find_expressions(space).write_drawn(space)


def list_constant_actions(space: spaces.Space[Any]) -> list[str]:
    """Returns actions that a policy may take in every step.

    They are each of a few, the ends of each dimension, and doing nothing.
    """
    return _find_expressions(space).list_constants(space)


def write_given_action(space: spaces.Space[Any], action: Any) -> str:
    """Returns the expression of an action as JSON has it, checked against the space."""
    return _find_expressions(space).write_given(space, action)


def write_array(values: Any, dtype: Any) -> str:
    """Returns an array's expression, short where all values are the same."""
    flat = np.asarray(values)
    if flat.size > 1 and np.all(flat == flat.flat[0]):
        return f"np.full({tuple(flat.shape)!r}, {_write_number(flat.flat[0])}, {str(np.dtype(dtype))!r})"
    return f"np.array({_write_nested(flat)}, {str(np.dtype(dtype))!r})"


MAX_CONSTANTS = 32
MAX_DIMENSIONS = 8
"""A box of more dimensions is tried as a whole only."""


@dataclass(frozen=True)
class SpaceExpressions:
    """How the actions of one kind of space are written; each function takes the space first."""

    write_drawn: Callable[[Any], str]
    list_constants: Callable[[Any], list[str]]
    write_given: Callable[[Any, Any], str]


def _find_expressions(space: spaces.Space[Any]) -> SpaceExpressions:
    for kind, expressions in SPACE_EXPRESSIONS.items():
        if isinstance(space, kind):
            return expressions
    raise BaselineError(f"there is no baseline for actions of {space}")


def _write_drawn_discrete(space: spaces.Discrete[Any]) -> str:
    start = f"{int(space.start)} + " if space.start else ""
    return f"{start}int(self.draw.integers({int(space.n)}))"


def _list_discrete(space: spaces.Discrete[Any]) -> list[str]:
    first, count = int(space.start), min(int(space.n), MAX_CONSTANTS)
    return [str(first + number) for number in range(count)]


def _write_given_discrete(space: spaces.Discrete[Any], action: Any) -> str:
    _require_contained(space, action, action)
    return repr(action)


def _write_drawn_multi_discrete(space: spaces.MultiDiscrete) -> str:
    counts = f"self.draw.integers({write_array(space.nvec, 'int64')})"
    start = f"{write_array(space.start, 'int64')} + " if np.any(space.start) else ""
    return f"({start}{counts}).astype({str(space.dtype)!r})"


def _list_multi_discrete(space: spaces.MultiDiscrete) -> list[str]:
    last = space.start + space.nvec - 1
    return [write_array(space.start, space.dtype), write_array(last, space.dtype)]


def _write_drawn_multi_binary(space: spaces.MultiBinary) -> str:
    return f"self.draw.integers(2, size={tuple(space.shape)!r}).astype({str(space.dtype)!r})"


def _list_multi_binary(space: spaces.MultiBinary) -> list[str]:
    return [write_array(np.full(space.shape, value), space.dtype) for value in (0, 1)]


def _list_box(space: spaces.Box) -> list[str]:
    return [write_array(value, space.dtype) for value in _find_corners(space)]


def _write_given_array(space: spaces.Box | spaces.MultiDiscrete | spaces.MultiBinary, action: Any) -> str:
    try:
        value = np.asarray(action, dtype=space.dtype).reshape(space.shape)
    except (ValueError, TypeError):
        raise BaselineError(f"{action!r} is no action of {space}") from None
    _require_contained(space, action, value)
    return write_array(value, space.dtype)


def _write_drawn_tuple(space: spaces.Tuple[Any]) -> str:
    return f"({''.join(f'{write_drawn_action(part)}, ' for part in space.spaces)})"


def _list_tuple(space: spaces.Tuple[Any]) -> list[str]:
    return [f"({''.join(f'{list_constant_actions(part)[0]}, ' for part in space.spaces)})"]


def _write_drawn_dict(space: spaces.Dict) -> str:
    drawn = [f"{name!r}: {write_drawn_action(part)}" for name, part in space.spaces.items()]
    return f"{{{', '.join(drawn)}}}"


def _list_dict(space: spaces.Dict) -> list[str]:
    parts = [f"{name!r}: {list_constant_actions(part)[0]}" for name, part in space.spaces.items()]
    return [f"{{{', '.join(parts)}}}"]


def _refuse_given(space: spaces.Space[Any], _action: Any) -> str:
    raise BaselineError(f"an action of {space} cannot be given")


def _require_contained(space: spaces.Space[Any], action: Any, value: Any) -> None:
    if isinstance(action, bool) or not space.contains(value):
        raise BaselineError(f"{action!r} is no action of {space}")


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


# Every kind of space that has baselines: the kinds that policies act in (`READERS`), by test.
SPACE_EXPRESSIONS: dict[type[spaces.Space[Any]], SpaceExpressions] = {
    spaces.Discrete: SpaceExpressions(_write_drawn_discrete, _list_discrete, _write_given_discrete),
    spaces.Box: SpaceExpressions(_write_drawn_box, _list_box, _write_given_array),
    spaces.MultiDiscrete: SpaceExpressions(
        _write_drawn_multi_discrete, _list_multi_discrete, _write_given_array
    ),
    spaces.MultiBinary: SpaceExpressions(_write_drawn_multi_binary, _list_multi_binary, _write_given_array),
    spaces.Tuple: SpaceExpressions(_write_drawn_tuple, _list_tuple, _refuse_given),
    spaces.Dict: SpaceExpressions(_write_drawn_dict, _list_dict, _refuse_given),
}
