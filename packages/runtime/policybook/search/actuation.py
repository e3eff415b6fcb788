"""How a policy turns a wanted push of one lever into the environment's action."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from gymnasium.spaces import Box, Discrete

from policybook.search.levers import Lever
from policybook.search.text import literal

IDLE_BAND = 0.5  # a linear demand below half a push rests, where an action rests


def full_push(lever: Lever, push: str) -> Sequence[str]:
    """Statements that push fully to the side of `push`'s sign."""
    forward, backward = lever.forward, lever.neutral if lever.backward is None else lever.backward
    if lever.dimension is None:
        return [f"return {int(forward)} if {push} > 0 else {int(backward or 0)}"]
    level = f"{literal(forward)} if {push} > 0 else {literal(backward or 0.0)}"
    return [f"return np.array([{level}], dtype=np.float32)"]


def measured_push(lever: Lever, idle: int | None, push: str) -> Sequence[str]:
    """Statements that push by `push`: clipped for a box, where `push` is in action units.

    Discrete actions push fully, or rest in a band where one of them rests.
    """
    if lever.dimension is None:
        if idle is None:
            return full_push(lever, push)
        rest = [f"if abs({push}) < {IDLE_BAND}:", f"    return {idle}"]
        return [*rest, *full_push(lever, push)]
    ends = sorted([lever.forward, lever.neutral or 0.0 if lever.backward is None else lever.backward])
    low, high = literal(ends[0]), literal(ends[1])
    return [f"return np.array([max({low}, min({high}, {push}))], dtype=np.float32)"]


def action_units(lever: Lever) -> float:
    """How many units of a box's action one full push is; 1 for discrete actions."""
    return 1.0 if lever.dimension is None else abs(lever.forward - (lever.neutral or 0.0))


def constant_action(space: Any) -> str:
    """An action that does nothing, or the least, as an expression; None-like spaces are not accepted."""
    if isinstance(space, Discrete):
        return str(int(space.start))
    if isinstance(space, Box):
        middle = np.clip(np.zeros(space.shape), space.low, space.high)
        return f"np.full({tuple(space.shape)}, {literal(float(middle.flat[0]))}, dtype=np.{space.dtype})"
    return f"np.zeros({tuple(space.shape or ())}, dtype=np.{space.dtype})"
