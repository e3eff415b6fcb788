"""Environments whose actions or observations are texts are declared, learned, compared and exported."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from kernel_harness import Client, RunningKernel
from learning_kernel import error_of, events, kernel_of_notebook, learn, text_of, verify_export

kernel = kernel_of_notebook("texts.ipynb")


@pytest.fixture(scope="module")
def client(kernel: RunningKernel) -> Client:
    return kernel.client()


DOOR = """%%simulator door
import gymnasium
from gymnasium.spaces import Box, Text
import numpy as np


class Door(gymnasium.Env):
    observation_space = Box(0, 2, (1,), np.float32)
    action_space = Text(2, charset="ud\\"'\\x1b")

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.level, self.n = int(self.np_random.integers(3)), 0
        return np.array([self.level], np.float32), {}

    def step(self, action):
        assert type(action) is str and self.action_space.contains(action)
        self.n += 1
        wanted = "u" if self.level == 0 else "d"
        self.level = (self.level + 1) % 3
        return np.array([self.level], np.float32), float(action == wanted), False, self.n >= 8, {}
"""

BY_LEVEL = """%%policy by_level for door
def act(observation):
    return "u" if observation[0] == 0 else "d"
"""

HALL = """%%simulator hall
import gymnasium
from gymnasium.spaces import Box, Dict, Discrete, Text, Tuple
import numpy as np


class Hall(gymnasium.Env):
    observation_space = Dict({
        "heard": Text(12, min_length=0, charset="abc \\n<>\\x1b"),
        "level": Box(0, 9, (1,), np.float32),
    })
    action_space = Dict({"say": Text(9, min_length=0, charset="abc \\n<>\\x1b"), "to": Tuple((Discrete(2),))})

    def look(self):
        return {"heard": self.heard, "level": np.array([self.n], np.float32)}

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.n = 0
        self.heard = "<b>\\x1b\\n" + "abc"[self.np_random.integers(3)] * int(self.np_random.integers(4))
        return self.look(), {}

    def step(self, action):
        assert self.action_space.contains(action), action
        if action["say"] == "abc":
            raise ValueError("nobody says abc here")
        self.n += 1
        reward = float(action["say"] == self.heard.removeprefix("<b>\\x1b\\n")) + 0.1 * int(action["to"][0])
        # Texts of NumPy's, of any length: a policy gets those of Python.
        self.heard = self.np_random.choice(["", "a", "bb", "ccc"])
        return self.look(), reward, False, self.n >= 6, {}
"""

ECHO = """%%policy echo for hall
def act(observation):
    assert type(observation["heard"]) is str
    return {"say": observation["heard"].removeprefix("<b>\\x1b\\n"), "to": (1,)}
"""


def verify(kernel: RunningKernel, name: str) -> str:
    """What `policybook verify` prints of an export that is reproduced."""
    ended = verify_export(Path(kernel.cwd, name))
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def means_of(compared: str) -> dict[str, float]:
    """The contestants' means of a comparison as it was left."""
    rows = re.findall(r"^(\w+) +(-?[\d.]+) \[", compared, re.M)
    return {name: float(mean) for name, mean in rows}


def test_texts_are_actions_from_the_declaration_to_the_export(client: Client, kernel: RunningKernel) -> None:
    declared = text_of(learn(client, DOOR))
    assert r"""action       Text(1, 2, charset='\x1b"\'du')""" in declared
    assert "\x1b" not in declared
    assert "door: 8.00 [" in text_of(learn(client, BY_LEVEL))
    for action, reason in (
        ('"x"', "`act` returned 'x'. Allowed is a text of 1 to 2 characters, each one of "),
        ('"udu"', "`act` returned 'udu' of 3 characters. Allowed is a text of 1 to 2 characters"),
        ('"\\x1b" * 9000', r"`act` returned '\x1b\x1b\x1b' of 9,000 characters"),
        ("3", "`act` returned 3, where a text (str) is needed"),
    ):
        seen = client.run(f"%%policy bad for door\ndef act(observation):\n    return {action}\n")
        name, message = error_of(seen)
        assert name == "PolicyError"
        assert reason in message
    assert "rules for actions of Text(1, 2, " in text_of(
        learn(client, "%%learn door as opened\nepisodes: 40")
    )
    labels = {
        event["label"] for event in events(kernel.runs / "opened") if event["type"] == "candidate_proposed"
    }
    assert {"same action", "always 'd'"} <= labels, labels
    compared = text_of(
        learn(
            client,
            "%%compare as doors\nenvironment: door\npolicies: [by_level, opened]\n"
            "baselines: [random, constant]\nepisodes: 20",
        )
    )
    means = means_of(compared)
    assert means["by_level"] == 8
    assert 0 < means["random"] < means["constant"] < 8
    assert "constant plays 'd' in every step" in compared
    replayed = text_of(learn(client, "%replay opened"))
    assert "It is the recorded episode again" in replayed
    assert re.search(r"^1 +'d' ", replayed, re.M)
    learn(client, "%audit opened episodes=20")
    learn(client, "%export opened opened.py")
    assert "reproduced exactly" in verify(kernel, "opened.py")


def test_texts_inside_of_observations_and_actions_are_seen_and_shown_escaped(
    client: Client, kernel: RunningKernel
) -> None:
    declared = text_of(learn(client, HALL))
    assert r"Dict('heard': Text(0, 12, charset='\n\x1b <>abc'), 'level': Box(" in declared
    assert float(re.findall(r"hall: ([\d.]+) \[", text_of(learn(client, ECHO)))[0]) == pytest.approx(6.6)
    said = ECHO.replace("%%policy echo", "%%policy rude").replace('observation["heard"].', '"abc".')
    _, message = error_of(client.run(said))
    assert "ValueError: nobody says abc here" in message
    learn(client, "%%learn hall as heard\nepisodes: 80")
    compared = text_of(
        learn(
            client,
            "%%compare as halls\nenvironment: hall\npolicies: [echo, heard]\n"
            "baselines: [random, constant]\nepisodes: 20",
        )
    )
    means = means_of(compared)
    assert means["random"] < means["constant"] < means["echo"] == pytest.approx(6.6)
    replayed = text_of(learn(client, "%replay echo"))
    assert r"heard: '<b>\x1b\n" in replayed
    assert "\x1b" not in replayed
    learn(client, "%audit heard episodes=20")
    learn(client, "%export heard heard.py")
    assert "reproduced exactly" in verify(kernel, "heard.py")


WORDY = """
import gymnasium as gym
from gymnasium import spaces
import numpy as np


class Wordy(gym.Env):
    observation_space = spaces.Text(8, min_length=0)
    action_space = spaces.Text(8, min_length=0)

    def __init__(self, words=("ab", "cd")):
        self.words = words

    def look(self):
        self.word = self.np_random.choice(self.words)
        return self.word, {}

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        return self.look()

    def step(self, action):
        reward = float(action == self.word[::-1])
        word, info = self.look()
        return word, reward, False, False, info


class Loud(gym.Wrapper):
    def step(self, action):
        observation, reward, *rest = self.env.step(action.lower())
        return (observation, 2 * reward, *rest)


def make(**kwargs):
    return Loud(Wordy(**kwargs))


gym.register("Wordy-v0", entry_point=make, max_episode_steps=4, kwargs={"words": ("abc", "xyz", "q")})
"""

SHOP = """%%simulator shop
from __future__ import annotations

import dataclasses

import gymnasium as gym
import numpy as np
from gymnasium import spaces


@dataclasses.dataclass
class Stock:
    number: int = 0


class Shop(gym.Env):
    observation_space = spaces.Box(-99, 99, (3,), np.float32)

    def __init__(self, named="a", *, table=None):
        self.named, self.table = named, table or {"w": [0]}
        at = spaces.Tuple((spaces.Box(0, 1, ()), spaces.MultiDiscrete([2, 2])))
        parts = {"buy": spaces.Discrete(3, start=-1), "call": spaces.Text(6, min_length=0), "at": at}
        self.action_space = spaces.Dict(parts)

    def look(self):
        return np.array([self.stock.number, 7, 9], np.float32), {"wish": self.named[: self.time]}

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.stock, self.time = Stock(int(self.np_random.integers(5))), 0
        return self.look()

    def step(self, action):
        assert self.action_space.contains(action), action
        heard = action["call"] == self.named[: self.time]
        self.time += 1
        self.stock.number += int(action["buy"]) + int(self.np_random.integers(-1, 2))
        gain = heard + self.table["w"][0] * float(action["at"][0]) - abs(self.stock.number) / 10
        seen, info = self.look()
        return seen, gain, False, False, info
"""

SHOPPING = """%%environment shopping
id: shop
observe: [0]
info: [wish]
reward: true
max_episode_steps: 6
kwargs: {named: Zoe, table: {w: [0.5, 1], "it's": null}}"""

SELLER = """%%policy seller for shopping
import random


class Policy:
    def reset(self, seed, spaces):
        self.draw = random.Random(seed)
        self.total = 0.0

    def act(self, observation, wish, reward):
        self.total += reward
        (number,) = observation
        buy = -1 if number > 0 else (1 if number < 0 else 0)
        return {"at": (self.draw.random(), [1, 0]), "call": wish or "", "buy": buy}
"""


@pytest.mark.parametrize(
    ("cells", "environment", "policy"),
    [
        ((SHOP, SHOPPING, SELLER), "shopping", "seller"),
        (
            ("%%policy back for wordy:Wordy-v0\ndef act(word):\n    return word[::-1].upper()",),
            "wordy:Wordy-v0",
            "back",
        ),
    ],
    ids=["arguments", "wrapper"],
)
def test_an_export_with_texts_plays_what_was_evaluated_with_wrappers_and_arguments(
    client: Client, kernel: RunningKernel, cells: tuple[str, ...], environment: str, policy: str
) -> None:
    Path(kernel.cwd, "wordy.py").write_text(WORDY)
    for cell in cells:
        learn(client, cell)
    learn(client, f"%%learn {environment} as sold_{policy}\nstart: {policy}\nepisodes: 20")
    learn(client, f"%audit sold_{policy}@1 episodes=10")
    learn(client, f"%export sold_{policy}@1 {policy}.py")
    assert "reproduced exactly" in verify(kernel, f"{policy}.py")
