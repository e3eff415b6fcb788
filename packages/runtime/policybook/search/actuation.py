"""How a policy turns a push of one actuator, as its rule demands it, into the environment's action."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from gymnasium.spaces import Box, Discrete

from policybook.search.action_parts import ActionParts, write_nested
from policybook.search.actuators import Actuator
from policybook.search.facts import Facts
from policybook.search.filling import format_number
from policybook.search.probe import find_action_levels

IDLE_BAND = 0.5  # a linear demand below half a push rests, where an action rests


def write_full_push(facts: Facts, actuator: Actuator, push: str) -> Sequence[str]:
    """Returns statements that push fully to the side of the sign of `push`, an expression."""
    space = facts.action_space
    if isinstance(space, Discrete):
        return [f"return {int(actuator.forward)} if {push} > 0 else {_find_rest(facts, space, actuator)}"]
    dimension = actuator.dimension or 0
    ends = (actuator.forward, _find_back_level(actuator))
    forward, backward = (write_level(space, dimension, level) for level in ends)
    pushed = f"{forward} if {push} > 0 else {backward}"
    return [f"return {write_box_action(space, {dimension: pushed})}"]


def write_measured_push(facts: Facts, actuator: Actuator, push: str) -> Sequence[str]:
    """Returns statements that push by `push`: clipped for a box, where `push` is in action units.

    Discrete actions push fully, or rest in a band where one of them rests.
    """
    space = facts.action_space
    if isinstance(space, Discrete):
        rest = [] if facts.idle is None else [f"if abs({push}) < {IDLE_BAND}:", f"    return {facts.idle}"]
        return [*rest, *write_full_push(facts, actuator, push)]
    dimension = actuator.dimension or 0
    low, high = (
        write_level(space, dimension, level)
        for level in sorted([actuator.forward, _find_back_level(actuator)])
    )
    pushed = f"max({low}, min({high}, {push}))"
    if is_whole(space, dimension):
        pushed = f"round({pushed})"
    return [f"return {write_box_action(space, {dimension: pushed})}"]


def write_level(space: Box, dimension: int, level: float) -> str:
    """Returns a level of one of a box's dimensions as a number of its kind, short where that is allowed."""
    if is_whole(space, dimension):
        return str(round(level))
    shown = format_number(level)
    low, high = float(space.low.flat[dimension]), float(space.high.flat[dimension])
    return shown if low <= float(shown) <= high else repr(float(level))


def is_whole(space: Box, dimension: int) -> bool:
    """Returns whether one of a box's dimensions takes whole numbers only."""
    if isinstance(space, ActionParts):
        return space.wholes[dimension]
    return space.dtype.kind in "biu"


def write_box_action(space: Box, parts: Mapping[int, str]) -> str:
    """Returns the expression of a box's action: of its shape and type, resting where `parts` says nothing.

    `parts` are expressions by dimension, counted through the box's shape.
    """
    resting = find_action_levels(space)[1]
    numbers = [
        parts.get(dimension) or write_level(space, dimension, float(level))
        for dimension, level in enumerate(resting)
    ]
    if isinstance(space, ActionParts):
        return space.write(numbers)
    nested = write_nested(np.array(numbers, dtype=object).reshape(space.shape))
    return f"np.array({nested}, dtype=np.{space.dtype})"


def _find_rest(facts: Facts, space: Discrete[Any], actuator: Actuator) -> int:
    """Returns the action on the other side of a push: its opposite, or one that rests."""
    if actuator.backward is not None:
        return int(actuator.backward)
    return int(space.start) if facts.idle is None else facts.idle


def _find_back_level(actuator: Actuator) -> float:
    return (actuator.neutral or 0.0) if actuator.backward is None else actuator.backward


def measure_full_push(actuator: Actuator) -> float:
    """Returns how many units of a box's action one full push is; 1 for discrete actions."""
    return 1.0 if actuator.dimension is None else abs(actuator.forward - (actuator.neutral or 0.0))
