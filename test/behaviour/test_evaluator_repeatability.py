"""Whether an environment repeats is tried: one seed, one sequence of actions, twice, in two processes."""

from __future__ import annotations

from typing import Any

import pytest

SOURCE = """
import os
import random
import time

import gymnasium
import numpy as np

{above}

class Walk(gymnasium.Env):
    observation_space = gymnasium.spaces.Box(-100, 100, (1,), np.float64)
    action_space = gymnasium.spaces.Discrete(2)
    resets = 0

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.resets += 1
        self.x, self.time = float({start}), 0
        return np.array([self.x]), {{}}

    def step(self, action):
        self.time += 1
        self.x += action - 0.5
        return np.array([self.x]), float({reward}), False, self.time >= 30, {{}}
"""


def describe(evaluator: Any, start: str, reward: str = "0", above: str = "") -> str | None:
    simulator = {"name": "Walk", "source": SOURCE.format(start=start, reward=reward, above=above)}
    environment = {"id": None, "simulator": simulator, "kwargs": {}, "observe": None, "maxEpisodeSteps": None}
    difference: str | None = evaluator.ask("environment.describe", {"environment": environment})["facts"].get(
        "unrepeatable"
    )
    return difference


SEEDED = "self.np_random.uniform()"


@pytest.mark.parametrize(
    ("start", "reward", "above", "words"),
    [
        ("np.random.uniform()", "0", "", "the first observation was another when the seed was played again"),
        (SEEDED, "random.random()", "", "step 1 gave another reward when"),
        # A generator that the module sets is where it was in every new process, and nowhere else again.
        ("np.random.uniform()", "0", "np.random.seed(0)", "the first observation was another when"),
        ("self.resets", "0", "", "the first observation was another when"),
        (SEEDED, "time.perf_counter()", "", "step 1 gave another reward when"),
        # Within a process these are the same each time.
        (SEEDED, "os.getpid() * (self.time > 2)", "", "step 3 gave another reward in another process"),
        ("hash('start') / 2**63", "0", "", "the first observation was another in another process"),
        ("list({'a', 'b', 'c', 'd', 'e', 'f', 'g'}).index('c')", "0", "", None),
        (SEEDED, "self.np_random.normal()", "", None),
    ],
)
def test_what_does_not_follow_from_the_seed_is_found(
    evaluator: Any, start: str, reward: str, above: str, words: str | None
) -> None:
    found = describe(evaluator, start, reward, above)
    if "list({" in start:
        # One of seven orders may be the same one in two processes.
        assert found is None or "in another process" in found
    else:
        assert (found is None) if words is None else (found is not None and found.startswith(words))


@pytest.mark.parametrize("name", ["CartPole-v1", "LunarLander-v3", "FrozenLake-v1", "BipedalWalker-v3"])
def test_environments_of_gymnasium_repeat(evaluator: Any, specification: Any, name: str) -> None:
    described = evaluator.ask("environment.describe", {"environment": specification(name)})
    assert "unrepeatable" not in described["facts"]
    assert "userCode" not in described
