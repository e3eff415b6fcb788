"""What plays for policybook takes legal actions: by the mask, or because the others are refused."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces
from policybook.environments.legal_actions import LegalActions, find_legal_actions


class Coins(gymnasium.Env[Any, Any]):
    """Take 1, 2 or 3 of the coins that are left; an illegal take raises."""

    observation_space = spaces.Box(0, 30, (1,), np.float32)
    action_space = spaces.Discrete(3)

    def __init__(self, key: str | None = None, broken: bool = False, flaky: bool = False) -> None:
        self.key, self.broken, self.flaky, self.steps = key, broken, flaky, 0

    def _info(self) -> dict[str, Any]:
        legal = np.array([self.left >= take for take in (1, 2, 3)], np.int8)
        return {} if self.key is None else {self.key: legal}

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[Any, dict[str, Any]]:
        super().reset(seed=seed)
        self.left = int(self.np_random.integers(8, 20))
        return np.array([self.left], np.float32), self._info()

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        self.steps += 1
        if self.broken and self.left < 6:
            raise KeyError("no such coin")
        if self.flaky and self.steps == 7:
            raise OSError("the line is down")
        if action + 1 > self.left:
            raise ValueError(f"illegal action {action} with {self.left} coins left")
        self.left -= int(action) + 1
        return (
            np.array([self.left], np.float32),
            float(self.left % 4 == 0),
            self.left == 0,
            False,
            self._info(),
        )


def play(env: LegalActions, episodes: int = 30) -> None:
    rng = np.random.default_rng(0)
    for seed in range(episodes):
        env.reset(seed=seed)
        over = False
        while not over:
            *_, over, _, _ = env.step(int(rng.integers(3)))


def test_a_mask_is_obeyed_without_a_single_refusal() -> None:
    for key in ("action_mask", "legal"):
        env = LegalActions(Coins(key), key, is_declared=True)
        play(env)
        assert env.refusals == 0


def test_an_environment_that_refuses_by_raising_is_played_to_its_end() -> None:
    env = LegalActions(Coins(), "action_mask", is_declared=False)
    play(env)
    assert env.refusals > 0
    assert env.last_refusal.startswith("ValueError: illegal action")
    assert find_legal_actions(gymnasium.wrappers.TimeLimit(env, 5)) is env


def test_a_broken_environment_and_one_that_does_not_repeat_are_no_refusals() -> None:
    with pytest.raises(KeyError, match="no such coin"):
        play(LegalActions(Coins(broken=True), "action_mask", is_declared=False))
    with pytest.raises(OSError, match="the line is down"):
        play(LegalActions(Coins(flaky=True), "action_mask", is_declared=False))
