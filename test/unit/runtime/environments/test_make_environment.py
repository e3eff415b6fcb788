"""Environments are made as declared, and what cannot be made says why."""

from __future__ import annotations

import sys
from typing import Any

import gymnasium
import numpy as np
import pytest
from policybook.environments.arguments import read_arguments
from policybook.environments.make import UnavailableEnvironmentError, make_environment

CORRIDOR = """
import gymnasium
import numpy as np


class Corridor(gymnasium.Env):
    observation_space = gymnasium.spaces.Box(0.0, 10.0, (1,), np.float32)
    action_space = gymnasium.spaces.Discrete(2)

    def __init__(self, length=10):
        self.length = length

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.at = 0
        return np.array([0.0], np.float32), {}

    def step(self, action):
        self.at += 1 if action else -1
        return np.array([self.at], np.float32), -1.0, self.at >= self.length, False, {}
"""


def spec(name: str | None, **changes: Any) -> dict[str, Any]:
    return {"id": name, "simulator": None, "kwargs": {}, "observe": None, "maxEpisodeSteps": None} | changes


def simulator(source: str, **changes: Any) -> dict[str, Any]:
    return spec(None, simulator={"name": "corridor", "source": source}, **changes)


def failure(declared: dict[str, Any]) -> UnavailableEnvironmentError:
    with pytest.raises(UnavailableEnvironmentError) as caught:
        make_environment(declared)
    return caught.value


def test_observe_selects_coordinates_in_order_and_keeps_the_dtype() -> None:
    whole, part = make_environment(spec("CartPole-v1")), make_environment(spec("CartPole-v1", observe=[2, 0]))
    expected, _ = whole.reset(seed=3)
    shown, _ = part.reset(seed=3)
    assert shown.dtype == expected.dtype
    assert shown.tolist() == expected[[2, 0]].tolist()
    assert part.observation_space.contains(shown)


def test_a_step_limit_overrides_the_registered_one() -> None:
    environment = make_environment(spec("MountainCar-v0", maxEpisodeSteps=7))
    environment.reset(seed=0)
    ends = [environment.step(1)[3] for _ in range(7)]
    assert ends == [False] * 6 + [True]


def test_keyword_arguments_reach_the_constructor() -> None:
    environment = make_environment(spec("FrozenLake-v1", kwargs={"map_name": "8x8"}))
    assert environment.observation_space == gymnasium.spaces.Discrete(64)


@pytest.mark.parametrize(
    ("wanted", "nearest"),
    [
        ("LunarLandr-v3", "LunarLander-v3"),
        ("LunarLander-v2", "LunarLander-v3"),
        ("cartpole-v1", "CartPole-v1"),
    ],
)
@pytest.mark.filterwarnings("ignore:.*out of date")
def test_an_unknown_id_names_the_nearest(wanted: str, nearest: str) -> None:
    error = failure(spec(wanted))
    assert error.code == "unknown_environment"
    assert error.facts["nearest"][0] == nearest
    assert nearest in error.message


def test_a_missing_extra_names_the_line_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in [name for name in sys.modules if name.split(".")[0] == "Box2D" or ".box2d" in name]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "Box2D", None)
    monkeypatch.setitem(sys.modules, "ale_py", None)
    monkeypatch.delitem(gymnasium.registry, "ALE/Breakout-v5", raising=False)
    box2d, atari = failure(spec("LunarLander-v3")), failure(spec("ALE/Breakout-v5"))
    assert (box2d.code, box2d.facts["install"]) == ("missing_extra", 'pip install "policybook[box2d]"')
    assert (atari.code, atari.facts["install"]) == ("missing_extra", 'pip install "policybook[atari]"')


def test_a_wrong_keyword_argument_is_the_environments_error() -> None:
    error = failure(spec("CartPole-v1", kwargs={"wind": 3}))
    assert error.code == "environment_error"
    assert "wind" in error.message


def test_a_simulator_plays_with_its_own_arguments_and_limit() -> None:
    environment = make_environment(simulator(CORRIDOR, kwargs={"length": 2}, maxEpisodeSteps=5))
    environment.reset(seed=0)
    assert [environment.step(1)[2] for _ in range(2)] == [False, True]
    environment.reset(seed=0)
    assert [environment.step(0)[3] for _ in range(5)] == [False] * 4 + [True]


@pytest.mark.parametrize(
    ("source", "line", "words"),
    [
        ("import gymnasium\nclass A(gymnasium.Env)\n", 2, "does not compile, line 2"),
        ("import gymnasium\n\nsize = notebook_variable\n", 3, "nothing of the notebook"),
        ("x = 1\n", None, "no subclass of gymnasium.Env"),
        (CORRIDOR.replace("self.length = length", "self.length = 1 / 0"), 11, "ZeroDivisionError"),
    ],
)
def test_a_broken_simulator_says_what_and_where(source: str, line: int | None, words: str) -> None:
    error = failure(simulator(source))
    assert (error.code, error.facts["line"]) == ("simulator_error", line)
    assert words in error.message


def test_of_several_environments_the_one_named_like_the_cell_is_meant() -> None:
    other = CORRIDOR[CORRIDOR.index("class") :].replace("Corridor", "Other")
    assert type(make_environment(simulator(CORRIDOR + other))).__name__ == "Corridor"


@pytest.mark.parametrize(
    ("name", "observe"), [("CartPole-v1", [4]), ("CartPole-v1", []), ("FrozenLake-v1", [0])]
)
def test_observe_that_cannot_be_is_refused(name: str, observe: list[int]) -> None:
    error = failure(spec(name, observe=observe))
    assert (error.code, error.facts) == ("environment_error", {"key": "observe"})


def test_observations_shown_are_copies() -> None:
    environment = make_environment(spec("CartPole-v1", observe=[0, 1]))
    first, _ = environment.reset(seed=0)
    kept = np.array(first)
    environment.step(1)
    assert np.array_equal(first, kept)


@pytest.mark.parametrize(
    ("name", "words", "left_out"),
    [
        ("Taxi-v3", "Taxi-v3 is deprecated, and Gymnasium", "did you mean"),
        ("LunarLander-v2", "use LunarLander-v3.", "three ways"),
        ("CartPole-v7", "did you mean CartPole-v1?", "three ways"),
        ("CartPoll-v1", "did you mean CartPole-v1? An environment of your own is named in one of", "use "),
        ("Greenhouse-v0", "as module:Id-v0", "did you mean"),
        ("Greenhouse-v0", "%%simulator", "deprecated"),
    ],
)
def test_an_id_that_is_not_registered_gets_its_successor_or_the_three_ways(
    name: str, words: str, left_out: str
) -> None:
    with pytest.raises(UnavailableEnvironmentError) as caught:
        make_environment(spec(name))  # type: ignore[arg-type]
    assert words in caught.value.message
    assert left_out not in caught.value.message


def test_the_successor_of_a_deprecated_id_is_named() -> None:
    with pytest.raises(UnavailableEnvironmentError, match="use Taxi-v4"):
        make_environment(spec("Taxi-v3"))  # type: ignore[arg-type]


def test_whole_floats_of_a_declaration_are_floats_again() -> None:
    declared = {"kwargs": {"a": 1, "b": [1, {"c": 2}], "d": 0.5}, "floats": [["a"], ["b", 1, "c"]]}
    given = read_arguments(declared)
    assert repr(given) == "{'a': 1.0, 'b': [1, {'c': 2.0}], 'd': 0.5}"
    assert declared["kwargs"] == {"a": 1, "b": [1, {"c": 2}], "d": 0.5}


@pytest.mark.parametrize("name", ["HalfCheetah-v3", "Hopper-v2"])
def test_an_old_version_whose_package_is_no_more_names_its_successor(name: str) -> None:
    with pytest.raises(UnavailableEnvironmentError) as caught:
        make_environment(spec(name))
    assert str(caught.value).endswith(f"Its successor is {name.partition('-')[0]}-v5.")
