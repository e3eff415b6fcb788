"""What the keyless search learns, judged by a bare Gymnasium loop over seeds that it never saw.

The long form alone plays them; in the short form `test/unit/runtime/search` learns in the like of them.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import fmean
from typing import Any

import gymnasium
import pytest
from kernel_harness import Client
from learning_kernel import kernel_of_notebook, last_run, learn

AUDIT_SEEDS = range(5000, 5100)

# A cart on a hill under names of its own: nothing in policybook can know it.
SLEDGE = '''%%simulator sledge
import math

import gymnasium
import numpy as np


class Sledge(gymnasium.Env):
    """A sledge with a weak engine in a valley; the hut is on the right."""

    observation_space = gymnasium.spaces.Box(np.float32([-2, -0.2]), np.float32([1, 0.2]))
    action_space = gymnasium.spaces.Discrete(3)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.place = self.np_random.uniform(-0.7, -0.3)
        self.pace = 0.0
        self.time = 0
        return self._seen(), {}

    def step(self, action):
        self.time += 1
        self.pace += 0.0012 * (action - 1) - 0.0026 * math.cos(3 * self.place)
        self.pace = min(max(self.pace, -0.07), 0.07)
        self.place += self.pace
        if self.place < -1.3:
            self.place, self.pace = -1.3, 0.0
        return self._seen(), -1.0, self.place > 0.55, self.time >= 250, {}

    def _seen(self):
        return np.array([self.place, self.pace], dtype=np.float32)'''


@dataclass(frozen=True)
class Task:
    """An environment as a notebook declares it, and what its champion must reach."""

    environment: str
    least: float
    names: tuple[str, ...] = ()
    kwargs: dict[str, Any] = field(default_factory=dict)
    episodes: int = 2000
    simulator: str | None = None

    @property
    def name(self) -> str:
        return re.sub(r"\W", "", self.environment) + "".join(self.kwargs)

    def cell(self, seed: int) -> str:
        lines = [f"%%learn {self.environment} as {self.name}", f"episodes: {self.episodes}", f"seed: {seed}"]
        if self.names:
            lines.append(f"observation: [{', '.join(self.names)}]")
        if self.kwargs:
            # JSON is YAML.
            lines.append(f"kwargs: {json.dumps(self.kwargs)}")
        return "\n".join(lines)

    def make(self) -> "gymnasium.Env[Any, Any]":
        if self.simulator is None:
            return gymnasium.make(self.environment, **self.kwargs)
        names: dict[str, Any] = {}
        exec(self.simulator.split("\n", 1)[1], names)
        environment: gymnasium.Env[Any, Any] = names["Sledge"]()
        return environment


LANDER = ("x", "y", "vx", "vy", "angle", "spin", "left", "right")
TASKS = [
    Task("CartPole-v1", 475, ("place", "speed", "lean", "fall"), episodes=500),
    Task("MountainCar-v0", -110, ("position", "velocity")),
    Task("MountainCarContinuous-v0", 90, ("position", "velocity")),
    Task("Acrobot-v1", -100, ("cos1", "sin1", "cos2", "sin2", "spin1", "spin2")),
    Task("Pendulum-v1", -160, ("up", "side", "spin")),
    Task("LunarLander-v3", 242, LANDER, episodes=3000),
    Task("LunarLander-v3", 200, LANDER, {"continuous": True}, episodes=3000),
    Task("sledge", -140, ("place", "pace"), episodes=400, simulator=SLEDGE),
    Task("FrozenLake-v1", 0.7, episodes=3000),
    Task("Taxi-v4", 7),
]


pytestmark = pytest.mark.long

kernel = kernel_of_notebook("every.ipynb")


def player(source: str) -> Callable[[Any], Any]:
    """`act` of a fresh copy of a policy, as anybody would load a file."""
    names: dict[str, Any] = {}
    exec(compile(source, "policy.py", "exec"), names)
    act: Callable[[Any], Any] = names["Policy"]().act if "Policy" in names else names["act"]
    return act


def replayed(task: Task, source: str) -> float:
    """Mean return over the audit seeds in a loop that knows nothing of policybook."""
    environment = task.make()
    returns = []
    for seed in AUDIT_SEEDS:
        act = player(source)
        observation, _ = environment.reset(seed=seed)
        total, over = 0.0, False
        while not over:
            observation, reward, ended, truncated, _ = environment.step(act(observation))
            total, over = total + float(reward), ended or truncated
        returns.append(total)
    return fmean(returns)


def readable_lines(source: str) -> int:
    """Lines of a policy but for tables, which are data."""
    without = re.sub(r"^\w+ = [(\[{]\n.*?^[)\]}]\n", "", source, flags=re.MULTILINE | re.DOTALL)
    return len(without.splitlines())


def learned(client: Client, task: Task, seed: int) -> tuple[str, dict[str, Any]]:
    """Text of the champion and the run view's last state."""
    if task.simulator is not None:
        learn(client, task.simulator)
    view = last_run(learn(client, task.cell(seed)))
    code = f"import policybook as pb; print(pb.run('{task.name}').best.source)"
    return learn(client, code).text(), view


@pytest.mark.parametrize(
    "task",
    [pytest.param(task, id=task.name) for task in TASKS],
)
def test_the_champion_keeps_its_promise_on_fresh_seeds(client: Client, task: Task) -> None:
    source, view = learned(client, task, seed=0)
    audit = replayed(task, source)
    assert audit >= task.least, view["champion"]
    assert all(re.search(rf"\b{name}\b", source) for name in task.names), source
    assert readable_lines(source) < 40, source
    assert view["status"] in ("exhausted", "budget")
