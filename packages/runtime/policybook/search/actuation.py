"""How a policy turns a push of one actuator, as its rule demands it, into the environment's action."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from gymnasium.spaces import Box, Dict, Discrete, MultiDiscrete, Tuple

from policybook.search.actuators import Actuator
from policybook.search.filling import format_number

IDLE_BAND = 0.5  # a linear demand below half a push rests, where an action rests


def write_full_push(actuator: Actuator, push: str) -> Sequence[str]:
    """Returns statements that push fully to the side of the sign of `push`, an expression."""
    forward, backward = actuator.forward, actuator.neutral if actuator.backward is None else actuator.backward
    if actuator.dimension is None:
        return [f"return {int(forward)} if {push} > 0 else {int(backward or 0)}"]
    level = f"{format_number(forward)} if {push} > 0 else {format_number(backward or 0.0)}"
    return [f"return np.array([{level}], dtype=np.float32)"]


def write_measured_push(actuator: Actuator, idle: int | None, push: str) -> Sequence[str]:
    """Returns statements that push by `push`: clipped for a box, where `push` is in action units.

    Discrete actions push fully, or rest in a band where one of them rests.
    """
    if actuator.dimension is None:
        if idle is None:
            return write_full_push(actuator, push)
        rest = [f"if abs({push}) < {IDLE_BAND}:", f"    return {idle}"]
        return [*rest, *write_full_push(actuator, push)]
    ends = sorted(
        [actuator.forward, actuator.neutral or 0.0 if actuator.backward is None else actuator.backward]
    )
    low, high = format_number(ends[0]), format_number(ends[1])
    return [f"return np.array([max({low}, min({high}, {push}))], dtype=np.float32)"]


def measure_full_push(actuator: Actuator) -> float:
    """Returns how many units of a box's action one full push is; 1 for discrete actions."""
    return 1.0 if actuator.dimension is None else abs(actuator.forward - (actuator.neutral or 0.0))


def write_constant_action(space: Any) -> str:
    """Returns an expression of an action that does nothing, or the least.

    The space must be one that policies act in: a Discrete, one of arrays, or a Tuple or Dict of such.
    """
    if isinstance(space, Discrete):
        return str(int(space.start))
    if isinstance(space, Tuple):
        return f"({''.join(f'{write_constant_action(part)}, ' for part in space.spaces).rstrip()})"
    if isinstance(space, Dict):
        parts = [f"{name!r}: {write_constant_action(part)}" for name, part in space.spaces.items()]
        return f"{{{', '.join(parts)}}}"
    if isinstance(space, Box):
        return _write_idle_box(space)
    if isinstance(space, MultiDiscrete) and np.any(space.start):
        return f"np.array({space.start.tolist()}, dtype=np.{space.dtype})"
    return f"np.zeros({tuple(space.shape)}, dtype=np.{space.dtype})"


def _write_idle_box(space: Box) -> str:
    """Returns the expression of zero, or of what lies nearest to it between the bounds."""
    idle = np.clip(np.zeros(space.shape), space.low, space.high)
    first = format_number(float(idle.flat[0])) if idle.size else "0.0"
    if space.contains(np.full(space.shape, float(first), dtype=space.dtype)):
        return f"np.full({tuple(space.shape)}, {first}, dtype=np.{space.dtype})"
    return f"np.array({idle.tolist()}, dtype=np.{space.dtype})"
