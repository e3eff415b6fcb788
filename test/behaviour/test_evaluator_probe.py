"""Random play shows what an environment does, in sentences."""

from __future__ import annotations

import re
from typing import Any


def probed(evaluator: Any, parameters: Any, environment: Any, **further: Any) -> Any:
    params = parameters(environment, "", [])
    asked = {"environment": params["environment"], "names": None, "seed": 3, "episodes": 40, "steps": 2000}
    return evaluator.ask("environment.probe", {**asked, **further})


def test_a_probe_tells_ranges_rewards_and_what_each_action_does(evaluator: Any, parameters: Any) -> None:
    names = ["x", "v", "angle", "spin"]
    found = probed(evaluator, parameters, "CartPole-v1", names=names)
    said = "\n".join(found["findings"])
    assert [each["path"] for each in found["ranges"]] == ["0", "1", "2", "3"]
    assert all(each["low"] < 0 < each["high"] for each in found["ranges"])
    assert "of them terminated, after " in said
    assert "a step of random play earned 1 to 1, 1 on average" in said
    assert "action 0: v changes by -" in said
    assert "action 1: v changes by +" in said
    assert 5 <= found["usage"]["episodes"] <= 40
    assert 0 < found["usage"]["steps"] <= 600
    assert probed(evaluator, parameters, "CartPole-v1", names=names)["findings"] == found["findings"]


def test_coordinates_without_names_are_said_by_their_places(evaluator: Any, parameters: Any) -> None:
    found = probed(evaluator, parameters, "Pendulum-v1", episodes=3)
    said = "\n".join(found["findings"])
    assert "action[0] is a two-way actuator on observation[2]" in said
    assert "angle is the angle of observation[0] and observation[1]" in said
    assert found["usage"]["episodes"] == 3


def test_of_one_number_the_changes_of_each_action_are_said(evaluator: Any, parameters: Any) -> None:
    found = probed(evaluator, parameters, "FrozenLake-v1", episodes=20)
    said = "\n".join(found["findings"])
    assert [each["path"] for each in found["ranges"]] == [""]
    assert found["ranges"][0]["low"] == 0
    assert re.search(r"action 1: in its \d+ steps observation changed in \d+ %", said)
    assert "20 of them terminated" in said
    assert found["usage"]["episodes"] == 20


def test_parts_of_an_observation_are_named(evaluator: Any, parameters: Any) -> None:
    found = probed(evaluator, parameters, "Blackjack-v1", episodes=20)
    assert [each["path"] for each in found["ranges"]] == ["0", "1", "2"]
    said = "\n".join(found["findings"])
    assert re.search(r"action 0: in its \d+ steps .*100 % of them ended the episode", said)
    assert re.search(r"action 1: in its \d+ steps observation\[0\] changed in \d\d %", said)


def test_of_a_grid_only_what_changes_is_named_and_of_a_text_nothing(evaluator: Any, parameters: Any) -> None:
    found = probed(evaluator, parameters, "MiniGrid-DoorKey-5x5-v0", episodes=2)
    said = "\n".join(found["findings"])
    paths = [each["path"] for each in found["ranges"]]
    assert 4 < len(paths) <= 24
    assert "direction" in paths
    assert all(path == "direction" or re.fullmatch(r"image/\d/\d/\d", path) for path in paths)
    assert re.search(r"of 148 coordinates \d+ changed in random play", said)
    assert "mission is a MissionSpace, no numbers: nothing in it was looked at" in said
    assert re.search(r"action 0: in its \d+ steps direction changed in 100 %", said)
    assert re.search(r"action 1: in its \d+ steps direction changed in 100 %", said)
    assert found["usage"]["episodes"] == 2
    assert found["usage"]["steps"] <= 120
    again = probed(evaluator, parameters, "MiniGrid-DoorKey-5x5-v0", episodes=2)
    assert again["findings"] == found["findings"]


def test_of_a_large_image_rewards_are_said_and_its_shape(evaluator: Any, parameters: Any) -> None:
    found = probed(evaluator, parameters, "CarRacing-v3", episodes=1, steps=20)
    said = "\n".join(found["findings"])
    assert "observation has the shape 96 x 96 x 3: nothing in it was looked at" in said
    assert "a step of random play earned" in said
    assert found["ranges"] == []


LEVERS = """
import gymnasium
import numpy as np
from gymnasium.spaces import Box, Dict, Discrete, MultiBinary, MultiDiscrete


class Levers(gymnasium.Env):
    # A cart with a gear, a brake and two motors; its lamps and dials show them.
    motors = Box(-1, 1, (2,), np.float32)
    action_space = Dict({"brake": MultiBinary(1), "gear": Discrete(3), "motors": motors})
    observation_space = Dict({"dials": MultiDiscrete([200, 3]), "lamps": MultiBinary(2)})

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.place, self.gear, self.brake = 100, 0, 0
        return self.see(), {}

    def see(self):
        return {
            "dials": np.array([self.place, self.gear]),
            "lamps": np.array([self.brake, self.np_random.integers(2)], np.int8),
        }

    def step(self, action):
        assert action in self.action_space, action
        self.gear, self.brake = int(action["gear"]), int(action["brake"][0])
        self.place = int(np.clip(self.place + 2 * float(action["motors"][1]), 0, 199))
        return self.see(), 0.0, False, False, {}
"""

SPELLER = """
import gymnasium
import numpy as np
from gymnasium.spaces import Box, Text


class Speller(gymnasium.Env):
    action_space = Text(4, charset="ab")
    observation_space = Box(0, 10, (1,), np.float64)

    def reset(self, *, seed=None, options=None):
        return np.zeros(1), {}

    def step(self, action):
        assert action in self.action_space, action
        return np.array([float(action.count("a"))]), float(action.startswith("b")), False, False, {}
"""


def test_of_actions_of_several_parts_each_number_is_tried_and_named(evaluator: Any, parameters: Any) -> None:
    world = {"simulator": {"name": "world", "source": LEVERS}}
    found = probed(evaluator, parameters, world, episodes=20)
    said = "\n".join(found["findings"])
    assert [each["path"] for each in found["ranges"]] == ["dials/0", "dials/1", "lamps/0", "lamps/1"]
    assert re.search(
        r'action\["motors"\]\[1\] at 1: dials\[0\] changes by \+\d.* more a step .*than at -1', said
    )
    assert 'action["motors"][0] at 1: in one step nothing moves otherwise than at -1' in said
    assert found["usage"]["steps"] > 600


def test_of_actions_that_are_texts_what_random_ones_lead_to_is_said(evaluator: Any, parameters: Any) -> None:
    world = {"simulator": {"name": "world", "source": SPELLER}}
    found = probed(evaluator, parameters, world, episodes=20)
    said = "\n".join(found["findings"])
    assert "a step of random play earned 0 to 1" in said
    assert found["ranges"][0]["high"] > 0
    again = probed(evaluator, parameters, world, episodes=20)
    assert again["findings"] == found["findings"]


MANY = """
import gymnasium
import numpy as np
from gymnasium.spaces import Box, Discrete


class Dial(gymnasium.Env):
    action_space = Discrete(100_000)
    observation_space = Box(0, 100_000, (1,), np.float64)

    def reset(self, *, seed=None, options=None):
        return np.zeros(1), {}

    def step(self, action):
        return np.array([float(action)]), float(action), False, False, {}
"""


def test_very_many_choices_are_played_and_none_is_compared(evaluator: Any, parameters: Any) -> None:
    found = probed(evaluator, parameters, {"simulator": {"name": "world", "source": MANY}}, episodes=20)
    said = "\n".join(found["findings"])
    assert "a step of random play earned " in said
    assert "action 0" not in said
