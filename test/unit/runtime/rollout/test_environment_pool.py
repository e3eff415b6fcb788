"""Environments that cannot be used are closed."""

from __future__ import annotations

from typing import Any

import gymnasium
import pytest
from gymnasium.spaces import Box, Discrete, Graph, Space
from gymnasium.wrappers import TimeAwareObservation, TimeLimit
from policybook.rollout import environment_pool
from policybook.rollout.blocks import EpisodeSpec
from policybook.rollout.environment_fault import EpisodeLostError
from policybook.rollout.environment_pool import POOLS_KEPT, EnvironmentPool, EnvironmentPools
from policybook.rollout.episode_slots import EpisodeSlots
from policybook.rollout.failures import RequestFailedError
from stand_ins import ENVIRONMENT


class Closing(gymnasium.Env[Any, Any]):
    """Fails at each reset, and counts how often it was closed."""

    observation_space = Discrete(2)

    def __init__(self, action_space: Space[Any]) -> None:
        self.action_space = action_space
        self.closed = 0

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> Any:
        raise ValueError(f"no episode of seed {seed}")

    def close(self) -> None:
        self.closed += 1
        raise OSError("it cannot even be closed")


def test_an_environment_that_fails_to_reset_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    made = Closing(Discrete(2))
    monkeypatch.setattr(environment_pool, "make", lambda _: made)
    pool = EnvironmentPool(ENVIRONMENT)
    with pytest.raises(EpisodeLostError, match="no episode of seed 7"):
        EpisodeSlots(pool, 0, is_followed=False).begin(EpisodeSpec(0, 0, 7))
    assert made.closed == 1
    assert pool.idle == []


def test_an_environment_whose_action_space_is_refused_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    made = Closing(Graph(Box(0, 1), None))
    monkeypatch.setattr(environment_pool, "make", lambda _: made)
    with pytest.raises(RequestFailedError, match="policies cannot act in a Graph space"):
        EnvironmentPool(ENVIRONMENT)
    assert made.closed == 1


def test_an_environment_that_cannot_be_closed_fails_no_other_ones_evaluation(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made: list[Closing] = []

    def make(_: Any) -> Closing:
        made.append(Closing(Discrete(2)))
        return made[-1]

    monkeypatch.setattr(environment_pool, "make", make)
    pools = EnvironmentPools()
    for number in range(POOLS_KEPT + 1):
        pools.get({**ENVIRONMENT, "maxEpisodeSteps": number + 1})
    assert [each.closed for each in made] == [1, *[0] * POOLS_KEPT]


def test_an_environment_that_is_used_once_and_cannot_be_closed_harms_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(environment_pool, "make", lambda _: Closing(Discrete(2)))
    pool = EnvironmentPool(ENVIRONMENT)
    instance = pool.take()
    instance.is_used_once = True
    pool.give_back(instance)
    assert pool.idle == []


def test_a_step_limit_is_found_below_further_wrappers() -> None:
    made = gymnasium.make("CartPole-v1", max_episode_steps=10)
    assert environment_pool.find_step_limit(TimeAwareObservation(made)) == 10
    assert environment_pool.find_step_limit(TimeLimit(TimeAwareObservation(made), 7)) == 7
    assert environment_pool.find_step_limit(made.unwrapped) is None
