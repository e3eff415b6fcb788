"""Levers and the idle action, found in made-up effects."""

from __future__ import annotations

import numpy as np
import pytest
from gymnasium.spaces import Box, Discrete
from numpy.typing import NDArray
from policybook.search.contract import Floats
from policybook.search.levers import Lever, find_levers


def probed(effects: Floats, actions: NDArray[np.int64]) -> tuple[Floats, Floats]:
    rng = np.random.default_rng(1)
    state = rng.normal(size=(len(actions), effects.shape[1]))
    return state, 0.1 * state + effects[actions] + 0.05 * rng.normal(size=state.shape)


def test_a_discrete_space_splits_into_idle_one_way_and_two_way() -> None:
    effects = np.array([[0.0, 1.0], [0.1, 0.0], [2.0, 0.1], [0.1, -1.0], [-0.1, 0.1]])
    actions = np.random.default_rng(0).integers(5, size=2000)
    state, change = probed(effects, actions)
    levers, idle = find_levers(Discrete(5, start=3), state, actions + 3, change)
    assert idle in (4, 7)
    one_way = [lever for lever in levers if not lever.two_way]
    two_way = [lever for lever in levers if lever.two_way]
    assert 5 in [lever.forward for lever in one_way]
    assert {two_way[0].forward, two_way[0].backward} == {3, 6}


def test_two_actions_are_one_lever_without_rest() -> None:
    actions = np.random.default_rng(0).integers(2, size=500)
    state, change = probed(np.array([[1.0], [-1.0]]), actions)
    (lever,), idle = find_levers(Discrete(2), state, actions, change)
    assert idle is None
    assert lever.effect[0] == pytest.approx(-1, abs=0.05)


def test_a_box_dimension_with_one_dead_side_is_one_way() -> None:
    rng = np.random.default_rng(0)
    actions = rng.integers(-1, 2, size=(2000, 2)).astype(float)
    state = rng.normal(size=(2000, 2))
    change = np.stack([np.maximum(actions[:, 0], 0), actions[:, 1]], axis=1)
    levers, _ = find_levers(Box(-1, 1, (2,)), state, actions, change + 0.01 * rng.normal(size=change.shape))
    assert {lever.dimension: lever.two_way for lever in levers} == {0: False, 1: True}


def test_pushes_are_signed_shares_of_the_way_to_an_end() -> None:
    lever = Lever(0, forward=4.0, backward=-2.0, neutral=0.0, effect=np.ones(1))
    assert lever.push(np.array([[4.0], [2.0], [0.0], [-2.0], [-1.0]])).tolist() == [1, 0.5, 0, -1, -0.5]
    one_way = Lever(None, forward=2.0, backward=None, neutral=None, effect=np.ones(1))
    assert one_way.push(np.array([0, 1, 2])).tolist() == [0, 0, 1]
