"""`simplify` on real environments: it takes out what makes no difference, and marks what is never reached."""

from __future__ import annotations

from typing import Any

import pytest

CARTPOLE = "CartPole-v1"
BALANCE = """GAIN = 0.05  # tune: [0, 5]


def act(observation):
    return int(GAIN * observation[2] + observation[3] > 0)
"""

ROOM = """
import gymnasium
from gymnasium.spaces import Discrete


class Room(gymnasium.Env):
    action_space = Discrete(2)
    observation_space = Discrete(256)

    def __init__(self, size=6):
        self.size = size

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.x, self.y, self.left = int(self.np_random.integers(3)), 0, 40
        return 16 * self.y + self.x, {}

    def step(self, action):
        last = self.size - 1
        self.x, self.y = (min(self.x + 1, last), self.y) if action else (self.x, min(self.y + 1, last))
        self.left -= 1
        has_arrived = self.x == self.y == last
        return 16 * self.y + self.x, float(has_arrived), has_arrived, self.left == 0, {}
"""

# It goes right, then down, then right again; in a room of six columns nothing has to be known of the seventh.
COUNTER = """WIDTH = 16


def act(place):
    x, y = place % WIDTH, place // WIDTH
    if x >= 7 or (x >= 5 and y < 5 and x < 6):
        return 0
    return 1 if y >= 5 or x < 5 else 0
"""


@pytest.fixture
def simplify(evaluator: Any, parameters: Any) -> Any:
    """Asks to simplify a text by eight episodes in its environment, and in each of its variants."""

    def ask(environment: Any, source: str, *variants: Any, **change: Any) -> Any:
        bounds = {"mostReplays": 12, "mostReplayedSteps": 1_000_000, "mostVariants": 0, **change}
        further = [{"environment": each, "seeds": list(range(8, 16))} for each in variants]
        own = parameters(environment, source, range(8))
        return evaluator.ask("simplify", {**own, **bounds, "variantEnvironments": further})

    return ask


def test_simplifying_keeps_every_action(evaluator: Any, simplify: Any) -> None:
    padded = BALANCE.replace("    return", "    unused = observation[0]\n    return")
    simplified = simplify(CARTPOLE, padded)
    assert simplified["identical"] == {"source": BALANCE, "edits": ["dropped unused, never used"]}
    assert simplified["usage"]["episodes"] == 8
    hashes = [
        [episode["actionHash"] for episode in evaluator.evaluate(CARTPOLE, source, range(8))["episodes"]]
        for source in (padded, simplified["identical"]["source"])
    ]
    assert hashes[0] == hashes[1]


@pytest.mark.parametrize("name", ["Blackjack-v1", "FrozenLake-v1"])
def test_simplifying_hands_over_observations_as_the_environment_does(simplify: Any, name: str) -> None:
    source = "def act(observation):\n    assert type(observation) in (int, tuple)\n    return 0 + 1\n"
    assert simplify(name, source)["identical"] is not None


def test_simplifying_a_policy_that_fails_says_why(evaluator: Any, parameters: Any) -> None:
    own = parameters(CARTPOLE, "def act(observation):\n    return 9\n", range(8))
    bounds = {"mostReplays": 12, "mostReplayedSteps": 1_000_000, "mostVariants": 0}
    failure = evaluator.refuse("simplify", {**own, **bounds, "variantEnvironments": []})
    assert failure["code"] == "invalid_action"


def test_a_text_for_rooms_of_any_size_is_not_fitted_to_the_one_it_was_seen_in(
    evaluator: Any, simplify: Any, specification: Any
) -> None:
    room = {"simulator": {"name": "room", "source": ROOM}}
    small, large = (specification({**room, "kwargs": {"size": size}}) for size in (6, 8))

    def count_arrivals(source: str) -> float:
        return sum(episode["return"] for episode in evaluator.evaluate(large, source, range(8))["episodes"])

    assert count_arrivals(COUNTER) == 8
    found = simplify(small, COUNTER, mostVariants=3)
    assert found["identical"] is None
    assert [part["first"] for part in found["unexercised"]] == [6, 8]
    assert not found["isCutShort"]
    # Who says that there are no other rooms gets a smaller text, which is of no use in one.
    fitted = simplify(small, COUNTER, small)
    assert fitted["usage"]["episodes"] == 16
    assert count_arrivals(fitted["identical"]["source"]) == 0
    declared = simplify(small, COUNTER, large)
    kept = COUNTER if declared["identical"] is None else declared["identical"]["source"]
    assert count_arrivals(kept) == 8


def test_simplifying_again_comes_to_the_same_and_ends_where_its_bound_is(simplify: Any) -> None:
    source = BALANCE.replace("    return", "    if observation[0] > 99:\n        return 0\n    return")
    first, second = (simplify(CARTPOLE, source, mostReplays=1) for _ in range(2))
    for each in (first, second):
        del each["usage"]
    assert first == second
    assert first["isCutShort"]
    assert first["unexercised"] == []
    whole = simplify(CARTPOLE, source)
    assert whole["unexercised"] == [{"kind": "never_reached", "first": 6, "last": 6}]
    assert whole["replayedSteps"] <= 12 * whole["usage"]["steps"]
    assert not whole["isCutShort"]


LANDER = """TILT = 1.0


def act(observation):
    x, y, vx, vy, angle, spin, left, right = observation
    turn = 0.5 * (0.5 * x + vx - angle) - 0.5 * spin
    if y > 0.3 and abs(angle) > TILT:
        # Gusts throw it over.
        turn = -angle
    hover = 0.5 * (0.55 * abs(x) - y) - 0.5 * vy
    if hover > abs(turn) and hover > 0.05:
        return 2
    if turn < -0.05:
        return 3
    return 1 if turn > 0.05 else 0
"""


def test_a_lander_keeps_what_it_does_in_wind_until_its_world_is_said_to_have_none(
    simplify: Any, specification: Any
) -> None:
    calm = specification("LunarLander-v3")
    windy = {**calm, "kwargs": {"enable_wind": True, "wind_power": 20.0, "turbulence_power": 2.0}}
    branch = {"kind": "never_reached", "first": 9, "last": 9}
    marked = simplify(calm, LANDER)
    assert marked["identical"] is None
    assert branch in marked["unexercised"]
    declared = simplify(calm, LANDER, windy)
    kept = LANDER if declared["identical"] is None else declared["identical"]["source"]
    assert "        turn = -angle" in kept
    without = simplify(calm, LANDER, calm)["identical"]["source"]
    assert "TILT" not in without
    assert "turn = -angle" not in without
