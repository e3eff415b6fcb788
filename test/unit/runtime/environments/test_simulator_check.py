"""A simulator that breaks Gymnasium's interface is reported when it is declared."""

from __future__ import annotations

import pytest
from policybook.environments.simulator_check import check_simulator
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


def check(source: str) -> None:
    check_simulator("basin", load_simulator("basin", source, {}))


def test_one_that_keeps_to_the_interface_passes() -> None:
    check(BASIN)


def test_values_outside_their_bounds_and_another_float_pass() -> None:
    check(BASIN.replace("np.zeros(2, np.float32), -1.0", "np.full(2, 1.5), np.float32(-1)"))


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("    action_space = gymnasium.spaces.Discrete(2)\n", "", None, "no action_space"),
        ("self.time = 0", "self.time = 1 / 0", 12, "ZeroDivisionError in line 12"),
        ("self.time += 1", "self.time += lost", 16, "NameError in line 16"),
        ("*, seed=None, options=None", "", None, "unexpected keyword argument 'seed'"),
        ("np.zeros(2, np.float32), {}", "np.zeros(3), {}", None, "reset gave an array of shape (3,)"),
        ("np.zeros(2, np.float32), {}", "[0.0, 0.0], {}", None, "reset gave a list"),
        ("np.zeros(2, np.float32), {}", "np.zeros(2, np.float32)", None, "returned one ndarray"),
        ("False, self.time >= 20, {}", "self.time >= 20, {}", None, "returned 4 values"),
        ("-1.0, False", "'much', False", None, "'much' as reward"),
        ("-1.0, False", "float('inf'), False", None, "inf as reward"),
    ],
)
def test_what_breaks_it_is_named(old: str, new: str, line: int | None, words: str) -> None:
    assert old in BASIN
    with pytest.raises(SimulatorError) as caught:
        check(BASIN.replace(old, new))
    assert words in str(caught.value)
    assert caught.value.line == line
