"""A sandboxed episode is a bare `gym.make` loop, bit by bit; what cannot be made is named with its remedy."""

from __future__ import annotations

import inspect
import json
import warnings
from typing import Any

import gymnasium
import numpy as np
import pytest

# Actions that depend on every bit of what the policy sees, and on its types.
PROBE = """
import hashlib
import numpy as np

def describe(value):
    if isinstance(value, dict):
        return [[key, describe(item)] for key, item in value.items()]
    if isinstance(value, tuple):
        return [describe(item) for item in value]
    if isinstance(value, np.ndarray):
        return ["array", value.dtype.str, list(value.shape), value.tobytes().hex()]
    return [type(value).__module__ + "." + type(value).__name__, repr(value)]

def digest(value):
    return hashlib.sha256(repr(describe(value)).encode()).digest()

steps = 0
"""
DISCRETE = "def act(observation):\n    return {start} + digest(observation)[0] % {n}\n"
BOX = """
def act(observation):
    bits = np.frombuffer(digest(observation)[:{size}], np.uint8).reshape({shape})
    low, span = np.array({low}, np.float32), np.array({span}, np.float32)
    return (low + bits / np.float32(255) * span).astype(np.float32)
"""

ENVIRONMENTS = [
    "CartPole-v1",
    "MountainCar-v0",
    "MountainCarContinuous-v0",
    "Acrobot-v1",
    "Pendulum-v1",
    "Blackjack-v1",
    "FrozenLake-v1",
    "FrozenLake8x8-v1",
    "CliffWalking-v1",
    "Taxi-v4",
    "LunarLander-v3",
    "LunarLanderContinuous-v3",
    "BipedalWalker-v3",
    "BipedalWalkerHardcore-v3",
    "CarRacing-v3",
]
FEW_STEPS = {
    "CarRacing-v3": 12,
    "BipedalWalker-v3": 150,
    "BipedalWalkerHardcore-v3": 100,
    "CliffWalking-v1": 60,
}


def probe(env: gymnasium.Env[Any, Any]) -> str:
    space: Any = env.action_space
    if isinstance(space, gymnasium.spaces.Discrete):
        return PROBE + DISCRETE.format(start=int(space.start), n=int(space.n))
    low, span = space.low.tolist(), (space.high - space.low).tolist()
    return PROBE + BOX.format(size=int(np.prod(space.shape)), shape=space.shape, low=low, span=span)


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_an_episode_is_a_bare_loops(evaluator: Any, bare: Any, name: str) -> None:
    limit = FEW_STEPS.get(name)
    seeds = [3, 0, 11, 12]
    # One for each episode: some carry physics over.
    made = [gymnasium.make(name, max_episode_steps=limit, disable_env_checker=True) for _ in seeds]
    source = probe(made[0])
    expected = [bare(env, source, seed) for env, seed in zip(made, seeds, strict=True)]
    for env in made:
        env.close()
    result = evaluator.evaluate({"id": name, "maxEpisodeSteps": limit}, source, seeds, stepMs=1000)
    assert result["failure"] is None
    assert result["episodes"] == expected


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_an_environment_is_described(evaluator: Any, specification: Any, name: str) -> None:
    facts = evaluator.ask("environment.describe", {"environment": specification(name)})["facts"]
    registered = gymnasium.spec(name)
    assert facts["rewardThreshold"] == registered.reward_threshold
    assert facts["maxEpisodeSteps"] == registered.max_episode_steps
    env = gymnasium.make(name)
    assert facts["observationSpace"]["text"] == repr(env.observation_space)
    assert facts["actionSpace"]["kind"] == type(env.action_space).__name__
    assert facts["versions"]["gymnasium"] == gymnasium.__version__
    documentation = inspect.cleandoc(type(env.unwrapped).__doc__ or "").strip()
    assert facts.get("documentation", "")[:1000] == documentation[:1000]
    env.close()


@pytest.mark.parametrize(
    ("name", "code", "detail"),
    [
        ("CartPoll-v1", "unknown_environment", {"nearest": "CartPole-v1"}),
        ("LunarLander-v2", "unknown_environment", {"nearest": "LunarLander-v3"}),
        ("HalfCheetah-v5", "missing_extra", {"install": 'pip install "policybook[mujoco]"'}),
        ("ALE/Breakout-v5", "missing_extra", {"install": 'pip install "policybook[atari]"'}),
        ("MiniGrid-Empty-5x5-v0", "missing_extra", {"install": "pip install minigrid"}),
    ],
)
def test_what_cannot_be_made_is_named(
    without_extras: Any, specification: Any, name: str, code: str, detail: dict[str, str]
) -> None:
    failure = without_extras.refuse("environment.describe", {"environment": specification(name)})
    assert failure["code"] == code
    assert name in failure["message"]
    for key, value in detail.items():
        found = failure["detail"][key]
        assert (found[0] if isinstance(found, list) else found) == value


def test_ids_are_listed(evaluator: Any) -> None:
    assert {"CartPole-v1", "LunarLander-v3"} <= set(evaluator.ask("environment.list", {})["ids"])


def test_a_wrong_argument_is_the_environments_error(evaluator: Any, specification: Any) -> None:
    wrong = specification({"id": "CartPole-v1", "kwargs": {"gravitas": 3}})
    assert evaluator.refuse("environment.describe", {"environment": wrong})["code"] == "environment_error"


def test_only_whitelisted_coordinates_are_seen(evaluator: Any) -> None:
    source = "def act(observation):\n    spin, angle = observation\n    return int(3 * angle + spin > 0)\n"
    seen = {"id": "CartPole-v1", "observe": [3, 2]}
    assert [episode["return"] for episode in evaluator.evaluate(seen, source, range(3))["episodes"]] == [
        500.0
    ] * 3


def test_keyword_arguments_and_step_limits_hold(evaluator: Any) -> None:
    windy = {"id": "LunarLander-v3", "kwargs": {"enable_wind": True}, "maxEpisodeSteps": 40}
    source = "def act(observation):\n    return 0\n"
    (episode,) = evaluator.evaluate(windy, source, [1])["episodes"]
    assert (episode["steps"], episode["truncated"]) == (40, True)
    calm = evaluator.evaluate({**windy, "kwargs": {}}, source, [1])["episodes"][0]
    assert calm["return"] != episode["return"]


WORLD = """
import gymnasium
import numpy as np
from gymnasium.spaces import Box, Dict, Discrete, MultiBinary, MultiDiscrete, Tuple


class World(gymnasium.Env):
    observation_space = Dict({
        "place": Box(-1, 1, (2, 3), np.float64),
        "text": Tuple((Discrete(3), Discrete(2))),
    })
    action_space = Dict({
        "arms": Tuple((Discrete(3, start=-1), Box(-1, 1, (2,), np.float32))),
        "flags": MultiBinary(3),
        "gears": MultiDiscrete([2, 5]),
    })

    def __init__(self, length=5):
        self.length = length

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.steps = 0
        return self.see(), {}

    def see(self):
        return {"place": self.np_random.uniform(-1, 1, (2, 3)), "text": (self.steps, np.int64(1))}

    def step(self, action):
        assert action in self.action_space, action
        assert type(action["arms"][0]) is np.int64
        self.steps += 1
        return self.see(), float(action["arms"][1].sum()), self.steps == self.length, False, {}
"""
ACTS_IN_WORLD = """
import numpy as np

def act(observation):
    assert list(observation) == ["place", "text"]
    assert observation["place"].dtype == np.float64 and observation["place"].shape == (2, 3)
    assert type(observation["text"][0]) is int and type(observation["text"][1]) is np.int64
    arms = (-1, observation["place"][0, :2])
    return {"gears": [1, 4], "flags": [0, 1, 1], "arms": arms}
"""


def simulator(source: str, **fields: Any) -> dict[str, Any]:
    return {"simulator": {"name": "world", "source": source}, **fields}


def test_a_simulator_with_nested_spaces_is_played(evaluator: Any) -> None:
    result = evaluator.evaluate(simulator(WORLD, kwargs={"length": 3}), ACTS_IN_WORLD, range(5))
    assert result["failure"] is None
    assert [episode["steps"] for episode in result["episodes"]] == [3] * 5
    expected = np.random.Generator(np.random.PCG64(np.random.SeedSequence(4))).uniform(-1, 1, (3, 2, 3))
    total = sum(float(row[0, :2].astype(np.float32).sum()) for row in expected)
    assert result["episodes"][4]["return"] == total


def test_a_part_of_an_action_outside_its_space_is_named(evaluator: Any) -> None:
    source = ACTS_IN_WORLD.replace("[1, 4]", "[1, 5]")
    failure = evaluator.evaluate(simulator(WORLD), source, range(5))["failure"]
    assert failure["code"] == "invalid_action"
    assert "gears" in failure["message"]


UNEVEN = """
import gymnasium
import numpy as np
from gymnasium.spaces import Box


class Uneven(gymnasium.Env):
    observation_space = Box(-1, 1, (1,), np.float32)
    action_space = Box(np.array([-1, -5, -np.inf], np.float32), np.array([1, 5, np.inf], np.float32))

    def reset(self, *, seed=None, options=None):
        return np.zeros(1, np.float32), {}

    def step(self, action):
        assert action in self.action_space, action
        return np.zeros(1, np.float32), float(action[1]), True, False, {}
"""


@pytest.mark.parametrize(
    ("action", "allowed"),
    [
        ("0.5, 1, 0", True),
        ("0.5, 4, 0", True),
        ("-1, -5, -1e30", True),
        ("0.5, 6, 0", False),
        ("1.5, 0, 0", False),
        ("0, 0, inf", False),
        ("0, 0, -inf", False),
        ("0, 0, nan", False),
    ],
)
def test_each_number_of_an_action_is_held_to_its_own_bounds(
    evaluator: Any, action: str, allowed: bool
) -> None:
    source = f"from math import inf, nan\n\n\ndef act(observation):\n    return [{action}]\n"
    result = evaluator.evaluate(simulator(UNEVEN), source, range(3))
    code = None if result["failure"] is None else result["failure"]["code"]
    assert code == (None if allowed else "invalid_action")


def test_an_environment_without_end_is_truncated(evaluator: Any) -> None:
    (episode,) = evaluator.evaluate(simulator(WORLD, kwargs={"length": 0}), ACTS_IN_WORLD, [0])["episodes"]
    assert (episode["steps"], episode["truncated"], episode["terminated"]) == (10_000, True, False)


@pytest.mark.parametrize(
    ("source", "line", "words"),
    [
        (WORLD.replace("import numpy as np", ""), 9, "NameError"),
        (WORLD + "\nwidth = table['x']\n", WORLD.count("\n") + 2, "nothing of the notebook"),
        (WORLD + "\ndef broken(:\n", WORLD.count("\n") + 2, "does not compile"),
        ("x = 1\n", None, "no subclass of gymnasium.Env"),
    ],
)
def test_a_broken_simulator_names_its_line(
    evaluator: Any, specification: Any, source: str, line: int | None, words: str
) -> None:
    failure = evaluator.refuse("environment.describe", {"environment": specification(simulator(source))})
    assert failure["code"] == "simulator_error"
    assert words in failure["message"]
    assert failure["detail"]["line"] == line


CLOSING = """
import signal, time
import gymnasium
import numpy as np

class Closing(gymnasium.Env):
    observation_space = gymnasium.spaces.Box(-1, 1, (1,), np.float32)
    action_space = gymnasium.spaces.Discrete(2)

    def reset(self, *, seed=None, options=None):
        self.time = 0
        return np.zeros(1, np.float32), {}

    def step(self, action):
        self.time += 1
        return np.zeros(1, np.float32), 1.0, False, self.time >= 10, {}

    def close(self):
        HOW
        time.sleep(1000)
"""


def test_a_close_that_does_not_end_is_given_up_with_a_sentence(evaluator: Any, specification: Any) -> None:
    world = specification(simulator(CLOSING.replace("HOW", "pass")))
    notes = evaluator.ask("environment.describe", {"environment": world})["facts"]["notes"]
    assert notes == [
        "the simulator world: close() had not ended after 3 s and was given up; nothing waits for it again"
    ]


@pytest.mark.long
def test_a_close_that_cannot_be_interrupted_ends_with_its_process(evaluator: Any, specification: Any) -> None:
    source = CLOSING.replace("HOW", "signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM})")
    failure = evaluator.refuse("environment.describe", {"environment": specification(simulator(source))})
    assert failure["code"] == "simulator_error"
    assert "the simulator world did not answer to close within 10 s" in failure["message"]


def test_a_simulator_that_needs_an_argument_names_it_and_how_it_is_given(
    evaluator: Any, specification: Any
) -> None:
    source = WORLD.replace("length=5", "length")
    assert source != WORLD
    failure = evaluator.refuse("environment.describe", {"environment": specification(simulator(source))})
    assert failure["code"] == "simulator_error"
    assert failure["detail"] == {"line": None, "missing": ["length"]}
    assert "no default for `length`" in failure["message"]
    assert "`kwargs: {length: VALUE}` in an %%environment cell with `id: world`" in failure["message"]
    given = {"environment": specification(simulator(source, kwargs={"length": 2}))}
    assert evaluator.ask("environment.describe", given)["facts"]["actionSpace"]


def test_what_an_environment_says_by_sys_exit_is_kept_and_the_process_lives(
    evaluator: Any, specification: Any
) -> None:
    leaving = WORLD.replace(
        "def __init__(self, length=5):",
        "def __init__(self, length=5):\n        if length == 9: raise SystemExit('no display')",
    )
    assert leaving != WORLD
    world = specification(simulator(leaving, kwargs={"length": 9}))
    failure = evaluator.refuse("environment.describe", {"environment": world})
    assert failure["code"] == "simulator_error"
    assert "raised SystemExit in line " in failure["message"]
    assert failure["message"].endswith(": no display")


def test_a_simulator_that_raises_while_it_is_played_names_its_line(evaluator: Any, parameters: Any) -> None:
    broken = WORLD.replace("self.steps += 1", "self.steps += step_size")
    failure = evaluator.refuse("evaluate", parameters(simulator(broken), ACTS_IN_WORLD, [0]))
    assert failure["code"] == "simulator_error"
    assert failure["detail"]["line"] == WORLD.split("\n").index("        self.steps += 1") + 1
    assert "step_size" in failure["message"]


def test_rewards_that_are_no_numbers_are_the_environments_error(evaluator: Any, parameters: Any) -> None:
    broken = WORLD.replace('float(action["arms"][1].sum())', 'float("nan")')
    failure = evaluator.refuse("evaluate", parameters(simulator(broken), ACTS_IN_WORLD, [0]))
    assert failure["code"] == "environment_error"


def test_results_are_json(evaluator: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        json.dumps(evaluator.evaluate("CartPole-v1", "balance.py", [0]), allow_nan=False)


COUNTER = """
import gymnasium
from gymnasium.spaces import Discrete


class Counter(gymnasium.Env):
    observation_space = action_space = Discrete(9)

    def reset(self, *, seed=None, options=None):
        self.count = 0
        return 0, {"lives": 3, "mood": "calm"}

    def step(self, action):
        assert action == self.count % 9, action
        self.count += 1
        info = {"lives": 3 - self.count, "unasked": object()}
        return 0, self.count / 4, self.count == 5, False, info
"""
TOLD = """
count = 0

def act(observation, *, reward, lives, mood):
    global count
    assert (type(reward), reward) == (float, count / 4)
    assert (type(lives), lives) == (int, 3 - count)
    assert mood == ("calm" if count == 0 else None)
    count += 1
    return count - 1
"""


@pytest.mark.parametrize(
    "source",
    [
        TOLD,
        "class Policy:\n def act(self, observation, **further): return 3 - further['lives']\n",
        "def act(observation, lives=7): return 3 - lives\n",
        "count = -1\ndef act(observation):\n global count\n count += 1\n return count\n",
    ],
    ids=["all", "any", "some", "none"],
)
def test_declared_info_and_reward_are_further_arguments(evaluator: Any, source: str) -> None:
    declared = simulator(COUNTER, info=["lives", "mood"], reward=True)
    result = evaluator.evaluate(declared, source, range(3))
    assert result["failure"] is None
    assert [(each["steps"], each["return"]) for each in result["episodes"]] == [(5, 3.75)] * 3


def test_what_is_not_declared_is_not_passed_on(evaluator: Any) -> None:
    failure = evaluator.evaluate(simulator(COUNTER), TOLD, [0])["failure"]
    assert failure["code"] == "raised"
    assert "lives" in failure["message"]


LATE = """import time

import gymnasium
import numpy as np


class Late(gymnasium.Env):
    observation_space = gymnasium.spaces.Box(-1, 1, (1,), np.float32)
    action_space = gymnasium.spaces.Discrete(2)

    def reset(self, *, seed=None, options=None):
        self.n = 0
        return np.zeros(1, np.float32), {}

    def step(self, action):
        self.n += 1
        if self.n == 6:
            FAIL
        return np.zeros(1, np.float32), 1.0, False, False, {}
"""


@pytest.mark.parametrize(
    ("fail", "words"),
    [
        ("raise KeyError(self.n)", "the simulator world raised KeyError in line 18: 6"),
        ("time.sleep(3600)", "the simulator world did not answer to step within 0.5 s (seed"),
    ],
)
def test_a_simulator_that_fails_in_long_episodes_may_be_declared_for_shorter_ones(
    evaluator: Any, specification: Any, fail: str, words: str
) -> None:
    late = simulator(LATE.replace("FAIL", fail), clocks={"step": 0.5})
    said = evaluator.ask("environment.describe", {"environment": specification(late), "mayFail": True})
    assert said["failing"].startswith(words)
    assert "`id: world` and `max_episode_steps: 5` plays it up to there" in said["failing"]
    assert said["facts"]["maxEpisodeSteps"] is None
    refused = evaluator.refuse("environment.describe", {"environment": specification(late)})
    assert words.partition(" (seed")[0] in refused["message"]
    short = specification({**late, "maxEpisodeSteps": 5})
    assert "failing" not in evaluator.ask("environment.describe", {"environment": short})
    at_once = simulator(LATE.replace("FAIL", fail).replace("self.n == 6", "self.n"), clocks={"step": 0.5})
    params = {"environment": specification(at_once), "mayFail": True}
    assert evaluator.refuse("environment.describe", params)["code"] == "simulator_error"
