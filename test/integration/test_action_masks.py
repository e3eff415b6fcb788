"""Illegal actions: all that plays for policybook obeys masks, and a refusal is the policy's failure."""

from __future__ import annotations

import re

import pytest
from kernel_harness import RunningKernel
from learning_kernel import error_of, events, kernel_of_notebook, learn, text_of

kernel = kernel_of_notebook("masks.ipynb")

COINS = '''%%simulator coins
import gymnasium as gym
import numpy as np


class Coins(gym.Env):
    """Take 1, 2 or 3 of the coins that are left; an illegal take is the caller's mistake."""

    observation_space = gym.spaces.Box(0, 30, (1,), np.float32)
    action_space = gym.spaces.Discrete(3)

    def _info(self):
        # A list of bools: masks need be no arrays.
        return {"action_mask": [self.left >= k for k in (1, 2, 3)]}

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.left = int(self.np_random.integers(8, 20))
        return np.array([self.left], np.float32), self._info()

    def step(self, action):
        if action + 1 > self.left:
            raise ValueError(f"illegal action {action} with {self.left} coins left")
        self.left -= int(action) + 1
        reward = 1.0 if self.left % 4 == 0 else 0.0
        return np.array([self.left], np.float32), reward, self.left == 0, False, self._info()'''

CAREFUL = """%%policy careful for masked
def act(observation, action_mask):
    wanted = int(observation[0]) % 4
    return wanted - 1 if wanted and action_mask[wanted - 1] else 0"""


def rows_of(kernel: RunningKernel, name: str) -> dict[str, str]:
    seen = learn(
        kernel.client(),
        f"import policybook as pb\nfor row in pb.comparison({name!r}).results.itertuples():\n"
        "    print('ROW', row.Index, row.mean)",
    )
    printed = "".join(content["text"] for content in seen.of("stream"))
    rows = [line.split() for line in printed.splitlines() if line.startswith("ROW")]
    return {row[1]: " ".join(row) for row in rows}


@pytest.fixture(scope="module")
def masked(kernel: RunningKernel) -> RunningKernel:
    said = text_of(learn(kernel.client(), COINS))
    assert "info has a mask of legal actions, action_mask" in said
    # The mask is not declared: its key is the usual one.
    learn(kernel.client(), "%%environment masked\nid: coins\nobservation: [left]")
    return kernel


def test_the_search_and_both_baselines_obey_the_mask(masked: RunningKernel) -> None:
    assert "careful" in text_of(learn(masked.client(), CAREFUL))
    learn(masked.client(), "%%learn masked as m\nepisodes: 200")
    recorded = events(masked.runs / "m")
    failed = [
        event["reason"]["failure"]["message"]
        for event in recorded
        if event["type"] == "candidate_rejected" and event["reason"]["code"] == "failed"
    ]
    assert failed == []
    assert recorded[-1]["type"] == "run_stopped"
    assert recorded[-1]["reason"] in ("budget", "exhausted")
    learn(
        masked.client(),
        "%%compare as c\nenvironment: masked\npolicies: [careful, m]\n"
        "baselines: [random, constant]\nepisodes: 20",
    )
    rows = rows_of(masked, "c")
    assert set(rows) >= {"careful", "m", "random", "constant"}
    assert not any("nan" in row for row in rows.values()), rows


def test_a_declared_mask_that_is_not_there_is_named_with_what_is(masked: RunningKernel) -> None:
    seen = masked.client().run("%%environment lost\nid: coins\nmask: legal")
    name, text = error_of(seen)
    assert name == "EnvironmentError"
    assert "neither info nor the observation has legal" in text
    assert "action_mask" in text


def test_a_policy_that_fails_is_kept_and_a_missing_argument_is_explained(masked: RunningKernel) -> None:
    client = masked.client()
    learn(client, BOARD)
    for name, parameter, hint in (
        ("observed", "legal", "legal is a part of the observation: read observation['legal']"),
        ("given", "turn", "act is given turn where it is in the environment's info and declared"),
        ("paid", "reward", "the environment has reward: true"),
    ):
        kind, words = error_of(
            client.run(f"%%policy {name} for board\ndef act(observation, {parameter}):\n    return [1, 5]")
        )
        assert kind == "PolicyError"
        assert hint in words
        assert f"{name} is kept as it is" in words
    kind, words = error_of(client.run("%%policy illegal for board\ndef act(observation):\n    return [1, 5]"))
    assert "has laid stone" in words
    seed = re.search(r"%replay illegal seed=\d+", words)
    assert seed is not None, words
    assert "has laid stone" in error_of(client.run(seed[0]))[1]


def test_a_window_for_each_episode_is_refused_in_words(masked: RunningKernel) -> None:
    seen = masked.client().run("%%environment shown\nid: CartPole-v1\nkwargs: {render_mode: human}")
    name, text = error_of(seen)
    assert name == "EnvironmentError"
    assert "has the render mode human" in text
    assert "rgb_array" in text


BOARD = '''%%simulator board
import gymnasium as gym
import numpy as np
from gymnasium import spaces


class Board(gym.Env):
    """Two hands that each lay one of three stones; a stone that is laid already must not be laid again."""

    observation_space = spaces.Dict({"stones": spaces.Box(0, 1, (6,), np.float32),
                                     "legal": spaces.Tuple((spaces.MultiBinary(3), spaces.MultiBinary(3)))})
    action_space = spaces.MultiDiscrete([3, 3], start=[1, 5])

    def look(self):
        legal = tuple((1 - self.laid).astype(np.int8))
        return {"stones": self.laid.ravel().astype(np.float32), "legal": legal}

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.laid = np.zeros((2, 3))
        self.laid[0, self.np_random.integers(3)] = self.laid[1, self.np_random.integers(3)] = 1
        return self.look(), {}

    def step(self, action):
        places = action - self.action_space.start
        for hand, place in enumerate(places):
            if self.laid[hand, place]:
                raise RuntimeError(f"hand {hand} has laid stone {place} before")
            self.laid[hand, place] = 1
        return self.look(), float(places[0] == places[1]), bool(self.laid.all()), False, {}'''


def test_a_mask_in_the_observation_with_several_numbers_is_obeyed(masked: RunningKernel) -> None:
    learn(masked.client(), BOARD)
    learn(masked.client(), "%%environment laid\nid: board\nmask: legal")
    learn(masked.client(), "%%learn laid as l\nepisodes: 120")
    failed = [
        event["reason"]["failure"]["message"]
        for event in events(masked.runs / "l")
        if event["type"] == "candidate_rejected" and event["reason"]["code"] == "failed"
    ]
    assert failed == []
    learn(
        masked.client(),
        "%%compare as d\nenvironment: laid\npolicies: [l]\nbaselines: [random, constant]\nepisodes: 20",
    )
    assert not any("nan" in row for row in rows_of(masked, "d").values())


CARELESS = """%%policy careless for masked
def act(observation):
    return 2"""


def test_an_illegal_action_is_the_policys_failure_in_the_environments_words(masked: RunningKernel) -> None:
    name, text = error_of(masked.client().run(CARELESS))
    assert name == "PolicyError"
    assert re.search(
        r"`act` returned 2, which the environment refuses \(ValueError: illegal action 2 with", text
    )
    assert re.search(r"step \d+ of the episode with seed \d+", text)
    assert "code: refused_action" in text


SECRET = (
    COINS.replace("%%simulator coins", "%%simulator secret")
    .replace("class Coins", "class Secret")
    .replace('return {"action_mask": [self.left >= k for k in (1, 2, 3)]}', "return {}")
)


def test_an_environment_without_a_mask_that_refuses_is_learned_and_compared(masked: RunningKernel) -> None:
    said = text_of(learn(masked.client(), SECRET))
    assert "refuses some actions by raising (ValueError: illegal action" in said
    learn(masked.client(), "%%learn secret as s\nobservation: [left]\nepisodes: 200")
    recorded = events(masked.runs / "s")
    assert recorded[-1]["reason"] in ("budget", "exhausted")
    findings = [each for event in recorded for each in event.get("findings", [])]
    assert any("refuses some actions" in each for each in findings), findings
    failed = [
        event["reason"]["failure"]
        for event in recorded
        if event["type"] == "candidate_rejected" and event["reason"]["code"] == "failed"
    ]
    assert all(each["code"] == "refused_action" for each in failed)
    learn(
        masked.client(),
        "%%compare as e\nenvironment: secret\npolicies: [s]\nbaselines: [random, constant]\nepisodes: 20",
    )
    assert set(rows_of(masked, "e")) == {"s", "random", "constant"}


SPARSE = """%%simulator sparse
import gymnasium as gym
import numpy as np


class Sparse(gym.Env):
    observation_space = gym.spaces.Box(0, 100, (1,), np.float32)
    action_space = gym.spaces.Discrete(80)

    def look(self):
        self.free = int(self.np_random.integers(78))
        return np.array([self.free], np.float32), {}

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.n = 0
        return self.look()

    def step(self, action):
        if action not in (self.free, self.free + 1):
            raise ValueError(f"{action} is taken")
        self.n += 1
        seen, info = self.look()
        return seen, 1.0, False, self.n >= 5, info"""

PAIR = """%%simulator pair
import gymnasium as gym
import numpy as np
from gymnasium import spaces


class Pair(gym.Env):
    observation_space = spaces.Box(0, 3, (1,), np.float32)
    hand = spaces.Discrete(3, start=2)
    action_space = spaces.Tuple((hand, spaces.MultiBinary(2), spaces.Text(2, charset="ab")))

    def look(self):
        self.bad = int(self.np_random.integers(3))
        first = np.arange(3) != self.bad
        return np.array([self.bad], np.float32), {"ok": (first, np.array([2, self.bad % 2]), None)}

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.n = 0
        return self.look()

    def step(self, action):
        if action[0] - 2 == self.bad or action[1][1] != self.bad % 2:
            raise ValueError(f"{action} is illegal")
        self.n += 1
        seen, info = self.look()
        return seen, float(action[0]), False, self.n >= 5, info"""


def test_a_game_that_takes_two_of_eighty_actions_is_no_broken_one(masked: RunningKernel) -> None:
    client = masked.client()
    assert "refuses some actions by raising (ValueError: " in text_of(learn(client, SPARSE))
    free = "%%policy free for sparse\ndef act(observation):\n    return int(observation[0])"
    assert "sparse: 5.0" in text_of(learn(client, free))
    name, text = error_of(client.run(free.replace("free for", "taken for").replace("[0])", "[0] - 1) % 80")))
    assert name == "PolicyError"
    assert re.search(r"which the environment refuses \(ValueError: \d+ is taken\)", text)


def test_a_mask_of_several_kinds_of_actions_is_obeyed_in_every_part(masked: RunningKernel) -> None:
    client = masked.client()
    learn(client, PAIR)
    learn(client, "%%environment paired\nid: pair\nmask: ok")
    learn(client, "%%learn paired as pairs\nepisodes: 60")
    recorded = events(masked.runs / "pairs")
    assert not [event for event in recorded if event["type"] == "candidate_rejected"]
    learn(
        client,
        "%%compare as pc\nenvironment: paired\npolicies: [pairs]\nbaselines: [random, constant]\nepisodes: 6",
    )
    rows = rows_of(masked, "pc")
    assert set(rows) == {"pairs", "random", "constant"}
    assert not any("nan" in row for row in rows.values()), rows


BROKEN = """%%simulator broken
import gymnasium as gym
import numpy as np


class Broken(gym.Env):
    observation_space = gym.spaces.Box(-1, 1, (1,), np.float32)
    action_space = gym.spaces.MultiBinary(2)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.n = 0
        return np.zeros(1, np.float32), {}

    def step(self, action):
        self.n += 1
        if self.n == 9:
            raise KeyError("the ninth")
        return np.zeros(1, np.float32), 1.0, False, False, {}"""


def test_an_environment_that_raises_for_every_action_is_broken_and_not_refusing(
    masked: RunningKernel,
) -> None:
    client = masked.client()
    declared = learn(client, BROKEN)
    assert "raised KeyError in line 18" in declared.text("stderr")
    name, text = error_of(client.run("%%learn broken as none\nepisodes: 20"))
    assert name == "SimulatorError"
    assert "raised KeyError in line 18" in text
    # What another cell cuts before it fails is played.
    learn(client, "%%environment short\nid: broken\nmax_episode_steps: 8")
