"""Answers that code of ours cannot use cost an episode each, named with seed and step, as exceptions do."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
import pytest
from policybook.rollout.blocks import EpisodeSpec
from policybook.rollout.environment_fault import EnvironmentFault, EpisodeLostError
from policybook.rollout.environment_pool import EnvironmentPool
from policybook.rollout.episode_slots import EpisodeSlots
from policybook.rollout.failures import RequestFailedError
from policybook.rollout.lost_episodes import LostEpisodes
from policybook.worker.trusted_environment import TrustedEpisodes

SOURCE = """
import gymnasium
import numpy as np

class Drift(gymnasium.Env):
    observation_space = gymnasium.spaces.Box(-10, 10, (2,), np.float32)
    action_space = gymnasium.spaces.Discrete(2)

    def __init__(self, step=None, reset=None):
        self.wrong_step, self.wrong_reset = step, reset

    def reset(self, *, seed=None, options=None):
        self.time = 0
        return eval(self.wrong_reset or "(np.zeros(2, np.float32), {})")

    def step(self, action):
        self.time += 1
        if self.time == 3 and self.wrong_step:
            return eval(self.wrong_step)
        return np.zeros(2, np.float32), 1.0, False, self.time >= 10, {}
"""

WRONG_STEPS = {
    "np.full(2, np.nan), 0.0, False, False, {}": "step gave nan in an observation",
    "np.full(2, np.inf), 0.0, False, False, {}": "step gave inf in an observation",
    "np.zeros(3), 0.0, False, False, {}": "step gave an observation of shape (3,), not (2,)",
    "None, 0.0, False, False, {}": "step gave an observation of shape (), not (2,)",
    "[[1], [1, 2]], 0.0, False, False, {}": "step gave an observation that is no array",
}
WRONG_FOR_US = {
    **WRONG_STEPS,
    "np.zeros(2), 0.0, False, {}": "step gave 4 values, not (observation, reward, terminated,",
    "None": "step gave one NoneType, not (observation,",
    "np.zeros(2), float('nan'), False, False, {}": "step gave a reward of nan",
}


def specification(**kwargs: str) -> Any:
    simulator = {"name": "drift", "source": SOURCE}
    return {"id": None, "simulator": simulator, "kwargs": kwargs, "observe": None, "maxEpisodeSteps": None}


@pytest.mark.parametrize(("answer", "words"), WRONG_FOR_US.items())
def test_a_step_that_is_of_no_use_is_the_environments_fault(answer: str, words: str) -> None:
    episodes = TrustedEpisodes({"environment": specification(step=answer)})
    env = episodes.make()
    env.reset(seed=17)
    env.step(0)
    env.step(0)
    with pytest.raises(EpisodeLostError) as lost:
        env.step(0)
    assert lost.value.fault.cause.startswith(words)
    assert lost.value.fault.cause.endswith("(seed 17, step 3)")
    assert episodes.lost is not None
    assert episodes.lost.number == 1
    # Another episode begins.
    env.reset(seed=18)
    env.step(0)


def test_ten_resets_of_no_use_end_the_job_with_the_sentence() -> None:
    env = TrustedEpisodes({"environment": specification(reset="(np.zeros(3), {})")}).make()
    for seed in range(9):
        with pytest.raises(EpisodeLostError):
            env.reset(seed=seed)
    with pytest.raises(RequestFailedError, match=r"the simulator drift: reset gave an observation of shape"):
        env.reset(seed=9)


def test_one_environment_serves_a_whole_job_unless_it_has_failed() -> None:
    episodes = TrustedEpisodes({"environment": specification(step="None")})
    first = episodes.make()
    first.reset(seed=1)
    first.close()
    first.close()
    second = episodes.make()
    assert second.unwrapped is first.unwrapped
    failed = second.unwrapped
    second.reset(seed=1)
    for _ in range(2):
        second.step(0)
    with pytest.raises(EpisodeLostError):
        second.step(0)
    second.close()
    assert episodes.make().unwrapped is not failed


def test_an_episode_that_begins_in_a_seed_that_is_lost_begins_in_another() -> None:
    fault = EnvironmentFault("simulator_error", "drift ended its process", "the process ended in reset", 0)
    episodes = TrustedEpisodes({"environment": specification()}, {0: fault})
    observation, _ = episodes.begin_episode(0)
    assert list(observation) == [0.0, 0.0]
    assert episodes.lost == LostEpisodes(1, "the process ended in reset")


@pytest.mark.parametrize("kind", [list, tuple, np.array])
def test_what_differs_in_its_type_only_is_played(kind: Any) -> None:
    class Loose(gymnasium.Env[Any, Any]):
        observation_space = gymnasium.spaces.Box(-1, 1, (2,), np.float32)
        action_space = gymnasium.spaces.Discrete(2)

        def reset(self, **_: Any) -> Any:
            return kind([5.0, 1]), {}

    observation, _ = TrustedEpisodes({"environment": specification()}).make(lambda _: Loose()).reset(seed=0)
    assert list(observation) == [5.0, 1]


@pytest.mark.parametrize(("answer", "words"), WRONG_STEPS.items())
def test_an_episode_that_is_recorded_is_lost_as_well(answer: str, words: str) -> None:
    pool = EnvironmentPool(specification(step=answer))
    slots = EpisodeSlots(pool, 1_000_000, is_followed=False)
    slots.begin(EpisodeSpec(0, 0, 17))
    assert slots.step([0], [0]) == []
    assert slots.step([0], [0]) == []
    assert slots.step([0], [0]) == [0]
    fault = slots[0].fault
    assert fault is not None
    assert fault.cause == f"{words} (seed 17, step 3)"
