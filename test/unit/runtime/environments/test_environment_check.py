"""A simulator that breaks Gymnasium's interface is reported when it is declared."""

from __future__ import annotations

import importlib
from pathlib import Path

import gymnasium
import pytest
from policybook.environments.environment_check import check_environment, find_subject, make_simulator_subject
from policybook.environments.simulators import SimulatorError, load_simulator

BASIN = """
import gymnasium
import numpy as np


class Basin(gymnasium.Env):
    observation_space = gymnasium.spaces.Box(-1.0, 1.0, (2,), np.float32)
    action_space = gymnasium.spaces.Discrete(2)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.time = 0
        return np.zeros(2, np.float32), {}

    def step(self, action):
        self.time += 1
        return np.zeros(2, np.float32), -1.0, False, self.time >= 20, {}
"""


def check(source: str) -> list[str]:
    env = load_simulator("basin", source, {})
    return check_environment(make_simulator_subject("basin"), env, "action_mask")


def test_one_that_keeps_to_the_interface_passes() -> None:
    assert check(BASIN) == []


def test_values_outside_their_bounds_and_another_float_pass_with_a_note_and_its_line() -> None:
    notes = check(BASIN.replace("np.zeros(2, np.float32), -1.0", "np.full(2, 1.5), np.float32(-1)"))
    dtype, bounds = notes
    assert (
        "numbers of dtype float64 as observation, its observation_space says dtype float32 (line 17)" in dtype
    )
    assert (
        "1.5 at [0] as observation, its observation_space says numbers from -1 to 1 at [0] (line 17)"
        in bounds
    )


SHAPES = BASIN.replace(
    "return np.zeros(2, np.float32), -1.0", "return np.zeros(2 + self.time // 15, np.float32), -1.0"
)
WRAPPED = (
    BASIN.replace("class Basin(", "class Inner(")
    + """

class Basin(gymnasium.Wrapper):
    def __init__(self):
        super().__init__(Inner())

    def step(self, action):
        observation, reward, terminated, truncated, info = self.env.step(action)
        return observation[:1], reward, terminated, truncated, info
"""
)


@pytest.mark.parametrize(
    ("source", "line", "words"),
    [
        (SHAPES, 17, "step gave an array of shape (3,) as observation"),
        (WRAPPED, 26, "step gave an array of shape (1,) as observation"),
        (BASIN.replace("-1.0, False", "np.array([-1.0]), False"), 17, "a reward of shape (1,)"),
        (BASIN.replace("-1.0, False", "np.array([-1.0, 2.0]), False"), 17, "a reward of shape (2,)"),
        (BASIN.replace("self.time >= 20, {}", "self.time >= 20, None"), 17, "step gave None as info"),
        (BASIN.replace("False, self.time >= 20", "'no', self.time >= 20"), 17, "'no' as terminated"),
    ],
    ids=["late shape", "wrapper", "reward", "rewards", "info", "flag"],
)
def test_the_whole_is_played_and_what_is_wrong_has_its_line(source: str, line: int, words: str) -> None:
    with pytest.raises(SimulatorError) as caught:
        check(source)
    assert words in str(caught.value)
    assert caught.value.line == line


PARTS = BASIN.replace(
    "gymnasium.spaces.Box(-1.0, 1.0, (2,), np.float32)",
    "gymnasium.spaces.Dict({'place': gymnasium.spaces.Box(-1, 1, (2,), np.float32), "
    "'gear': gymnasium.spaces.Discrete(3)})",
)


def test_parts_of_an_observation_are_named() -> None:
    given = PARTS.replace("np.zeros(2, np.float32),", "{'place': np.zeros(2), 'gear': 1},")
    (note,) = check(given)
    assert "numbers of dtype float64 in place" in note
    with pytest.raises(SimulatorError, match="7 in gear as observation"):
        check(given.replace("'gear': 1", "'gear': 7"))
    with pytest.raises(SimulatorError, match="the keys place as observation"):
        check(given.replace(", 'gear': 1", ""))


REFUSING = BASIN.replace(
    "        self.time += 1\n",
    "        if action == self.time % 2:\n"
    "            raise ValueError(f'illegal {action}')\n"
    "        self.time += 1\n",
)


def test_an_environment_that_refuses_actions_is_declared_with_a_note_and_a_broken_one_is_not() -> None:
    (note,) = check(REFUSING)
    assert "refuses some actions by raising (ValueError: illegal" in note
    with pytest.raises(SimulatorError, match="ZeroDivisionError in line 16"):
        check(BASIN.replace("self.time += 1", "self.time += 1 / 0"))


def test_a_mask_in_info_is_obeyed_and_one_that_was_declared_must_fit() -> None:
    masked = REFUSING.replace(
        "return np.zeros(2, np.float32), {}",
        "return np.zeros(2, np.float32), {'action_mask': np.array([0, 1], np.int8)}",
    ).replace("self.time >= 20, {}", "self.time >= 20, {'action_mask': np.roll([0, 1], self.time)}")
    assert check(masked) == []
    broken = masked.replace("np.array([0, 1], np.int8)", "np.ones(5)")
    simulator = load_simulator("basin", broken, {})
    with pytest.raises(SimulatorError, match="is no mask: the mask has shape"):
        check_environment(make_simulator_subject("basin"), simulator, "action_mask", is_mask_declared=True)


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("    action_space = gymnasium.spaces.Discrete(2)\n", "", None, "no action_space"),
        ("self.time = 0", "self.time = 1 / 0", 12, "ZeroDivisionError in line 12"),
        ("self.time += 1", "self.time += lost", 16, "NameError in line 16"),
        ("*, seed=None, options=None", "", None, "unexpected keyword argument 'seed'"),
        ("np.zeros(2, np.float32), {}", "np.zeros(3), {}", 13, "reset gave an array of shape (3,)"),
        ("np.zeros(2, np.float32), {}", "[0.0, 0.0], {}", 13, "reset gave a list"),
        ("np.zeros(2, np.float32), {}", "np.zeros(2, np.float32)", 13, "returned one ndarray"),
        ("False, self.time >= 20, {}", "self.time >= 20, {}", 17, "returned 4 values"),
        ("-1.0, False", "'much', False", 17, "'much' as reward"),
        ("-1.0, False", "float('inf'), False", 17, "inf as reward"),
    ],
)
def test_what_breaks_it_is_named(old: str, new: str, line: int | None, words: str) -> None:
    assert old in BASIN
    with pytest.raises(SimulatorError) as caught:
        check(BASIN.replace(old, new))
    assert words in str(caught.value)
    assert caught.value.line == line


def test_an_environment_of_a_module_of_ones_own_is_checked_with_its_file_and_an_installed_one_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "basins.py").write_text(SHAPES, encoding="utf-8")
    (tmp_path / "leaks.py").write_text(
        BASIN.replace("self.time += 1", "self.time += 1 / 0"), encoding="utf-8"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    for module, words in (
        ("basins", "basins:Basin-v0: step gave an array of shape (3,)"),
        ("leaks", "leaks:Basin-v0 raised ZeroDivisionError in leaks.py, line 16"),
    ):
        env = importlib.import_module(module).Basin()
        subject = find_subject(f"{module}:Basin-v0", gymnasium.wrappers.TimeLimit(env, 50))
        assert subject is not None
        with pytest.raises(SimulatorError) as caught:
            check_environment(subject, env, "action_mask")
        assert words in str(caught.value)
        assert f"{module}.py, line" in str(caught.value)
    assert find_subject("CartPole-v1", gymnasium.make("CartPole-v1")) is None
