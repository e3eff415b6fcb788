"""Statements that push: whatever the space of actions is, the action is in it."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from gymnasium.spaces import Box, Discrete, Space
from policybook.search.actuation import write_box_action, write_full_push, write_measured_push
from policybook.search.actuators import Actuator
from policybook.search.facts import Facts
from policybook.search.probe import find_action_levels

PUSHES = (-1e9, -300.5, -1.0, -0.3, 0.0, 0.3, 1.0, 17.2, 300.5, 1e9)
SINGLE_BOXES = [
    Box(-1, 1, (1,)),
    Box(-1, 1, ()),
    Box(-1, 1, (1, 1)),
    Box(-0.9996, 0.9996, (1,)),
    Box(0.12345, 0.12399, (1,)),
    Box(-2000, 2000, (1,), np.float64),
    Box(0, 1e6, (1,)),
    Box(-np.inf, np.inf, (1,)),
    Box(0, 255, (1,), np.uint8),
    Box(-5, 3, (), np.int32),
    Box(-1, 1, (1,), np.float16),
]


def know(space: Space[Any], idle: int | None = None) -> Facts:
    """Facts of which only the actions are known."""
    return cast("Facts", SimpleNamespace(action_space=space, idle=idle))


def actuate(space: Box, *, two_way: bool) -> Actuator:
    low, neutral, high = (float(level) for level in find_action_levels(space)[:, 0])
    return Actuator(0, high, low if two_way else None, neutral, np.ones(1))


def act(statements: Sequence[str], push: float) -> Any:
    text = "def act(push):\n" + "".join(f"    {line}\n" for line in statements)
    defined: dict[str, Any] = {"np": np}
    exec(text, defined)
    return defined["act"](push)


@pytest.mark.parametrize("space", SINGLE_BOXES, ids=str)
@pytest.mark.parametrize("two_way", [True, False])
def test_a_box_is_pushed_within_its_shape_type_and_bounds(space: Box, two_way: bool) -> None:
    actuator = actuate(space, two_way=two_way)
    for statements in (
        write_full_push(know(space), actuator, "push"),
        write_measured_push(know(space), actuator, "push"),
    ):
        actions = [act(statements, push) for push in PUSHES]
        assert all(space.contains(action) for action in actions), statements
        assert all(action.dtype == space.dtype for action in actions)
        assert float(actions[-1].flat[0]) > float(actions[0].flat[0])


@pytest.mark.parametrize("start", [0, -1, 5])
@pytest.mark.parametrize("count", [2, 3, 4])
def test_discrete_actions_are_numbers_of_the_space(start: int, count: int) -> None:
    space: Discrete[Any] = Discrete(count, start=start)
    idle = None if count == 2 else start + 1
    for backward in (float(start), None):
        actuator = Actuator(None, float(start + count - 1), backward, None, np.ones(1))
        for statements in (
            write_full_push(know(space, idle), actuator, "push"),
            write_measured_push(know(space, idle), actuator, "push"),
        ):
            assert all(space.contains(act(statements, push)) for push in PUSHES), statements
    assert act(write_full_push(know(space, idle), actuator, "push"), -1.0) == (
        start if idle is None else idle
    )


@pytest.mark.parametrize("shape", [(2,), (2, 1), (1, 2), (2, 2, 1)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int16])
def test_a_box_of_several_dimensions_rests_where_nothing_is_said(shape: tuple[int, ...], dtype: Any) -> None:
    space = Box(np.full(shape, 2), np.full(shape, 7), shape, dtype)
    action = act([f"return {write_box_action(space, {1: 'push'})}"], 5)
    assert space.contains(action)
    assert list(action.ravel()) == [2, 5, *[2] * (action.size - 2)]
