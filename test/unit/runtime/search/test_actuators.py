"""Actuators and the idle action, found in made-up effects."""

from __future__ import annotations

import numpy as np
import pytest
from gymnasium.spaces import Box, Discrete
from numpy.typing import NDArray
from policybook.search.actuators import Actuator, find_actuators
from policybook.search.contract import Floats


def probed(effects: Floats, actions: NDArray[np.int64]) -> tuple[Floats, Floats]:
    rng = np.random.default_rng(1)
    state = rng.normal(size=(len(actions), effects.shape[1]))
    return state, 0.1 * state + effects[actions] + 0.05 * rng.normal(size=state.shape)


def test_a_discrete_space_splits_into_idle_one_way_and_two_way() -> None:
    effects = np.array([[0.0, 1.0], [0.1, 0.0], [2.0, 0.1], [0.1, -1.0], [-0.1, 0.1]])
    actions = np.random.default_rng(0).integers(5, size=2000)
    state, change = probed(effects, actions)
    actuators, idle = find_actuators(Discrete(5, start=3), state, actions + 3, change)
    assert idle in (4, 7)
    one_way = [actuator for actuator in actuators if not actuator.is_two_way]
    two_way = [actuator for actuator in actuators if actuator.is_two_way]
    assert 5 in [actuator.forward for actuator in one_way]
    assert {two_way[0].forward, two_way[0].backward} == {3, 6}


def test_two_actions_are_one_actuator_without_rest() -> None:
    actions = np.random.default_rng(0).integers(2, size=500)
    state, change = probed(np.array([[1.0], [-1.0]]), actions)
    (actuator,), idle = find_actuators(Discrete(2), state, actions, change)
    assert idle is None
    assert actuator.effect[0] == pytest.approx(-1, abs=0.05)


def test_a_box_dimension_with_one_dead_side_is_one_way() -> None:
    rng = np.random.default_rng(0)
    actions = rng.integers(-1, 2, size=(2000, 2)).astype(float)
    state = rng.normal(size=(2000, 2))
    change = np.stack([np.maximum(actions[:, 0], 0), actions[:, 1]], axis=1)
    actuators, _ = find_actuators(
        Box(-1, 1, (2,)), state, actions, change + 0.01 * rng.normal(size=change.shape)
    )
    assert {actuator.dimension: actuator.is_two_way for actuator in actuators} == {0: False, 1: True}


def test_a_coordinate_of_a_box_with_one_value_is_no_actuator() -> None:
    rng = np.random.default_rng(0)
    actions = np.stack([np.ones(500), rng.integers(-1, 2, size=500)], axis=1)
    state = rng.normal(size=(500, 1))
    space = Box(np.array([1, -1], np.float32), np.array([1, 1], np.float32))
    (actuator,), _ = find_actuators(space, state, actions, actions[:, 1:])
    assert actuator.dimension == 1
    assert np.isfinite(actuator.measure_push(actions)).all()


def test_pushes_are_signed_shares_of_the_way_to_an_end() -> None:
    actuator = Actuator(0, forward=4.0, backward=-2.0, neutral=0.0, effect=np.ones(1))
    assert actuator.measure_push(np.array([[4.0], [2.0], [0.0], [-2.0], [-1.0]])).tolist() == [
        1,
        0.5,
        0,
        -1,
        -0.5,
    ]
    one_way = Actuator(None, forward=2.0, backward=None, neutral=None, effect=np.ones(1))
    assert one_way.measure_push(np.array([0, 1, 2])).tolist() == [0, 0, 1]
