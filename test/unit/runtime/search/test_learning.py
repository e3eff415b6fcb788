"""Searches that must learn: known environments, and the same ones in disguise.

The short form learns each kind of rule once, some in disguise; the long form learns all others.
"""

from __future__ import annotations

from typing import Any

import gymnasium
import pytest
import search_twins as twins
from search_harness import Evaluator, Maker, search

AUDIT = range(10**6, 10**6 + 60)


def long(*values: object) -> Any:
    """A case of the long form."""
    return pytest.param(*values, marks=pytest.mark.long)


def audited(maker: Maker, rounds: int) -> float:
    """Mean return over fresh seeds of the last champion."""
    found = search(maker, seed=1, rounds=rounds)
    return float(Evaluator(maker).returns(found.champions[-1].source, AUDIT).mean())


@pytest.mark.parametrize(
    ("name", "rounds", "target"),
    [
        ("CartPole-v1", 1, 475),
        long("MountainCar-v0", 4, -110),
        long("MountainCarContinuous-v0", 1, 90),
        ("Acrobot-v1", 1, -100),
        long("Pendulum-v1", 2, -160),
        long("LunarLander-v3", 2, 242),
        ("FrozenLake-v1", 1, 0.6),
        long("Taxi-v4", 2, 7),
        ("CliffWalking-v1", 1, -13),
    ],
)
def test_the_search_learns_each_environment(name: str, rounds: int, target: float) -> None:
    assert audited(lambda: gymnasium.make(name), rounds) >= target


@pytest.mark.long
def test_a_box_of_two_actuators_is_learned() -> None:
    assert audited(lambda: gymnasium.make("LunarLander-v3", continuous=True), 2) >= 242


@pytest.mark.parametrize(
    ("maker", "rounds", "target"),
    [
        long(twins.cart_pole, 1, 475),
        long(twins.mountain_car, 3, -110),
        (twins.mountain_car_continuous, 1, 85),
        long(twins.acrobot, 1, -100),
        long(twins.pendulum, 2, -150),
        long(twins.lander, 2, 242),
        long(twins.lander_continuous, 2, 242),
    ],
)
def test_permuting_flipping_or_rescaling_an_environment_makes_no_difference(
    maker: Maker, rounds: int, target: float
) -> None:
    assert audited(maker, rounds) >= target


def test_an_ending_that_earns_nothing_is_no_place_to_keep_away_from() -> None:
    found = search(lambda: twins.UnpaidEnding(gymnasium.make("CartPole-v1")), seed=1, rounds=1)
    assert not any("is rewarded most" in said for said in found.findings)
    assert found.champions[-1].mean >= 475


def test_a_room_is_kept_warm_against_the_weather() -> None:
    found = search(twins.Thermostat, seed=1, names=("room", "weather"), rounds=2)
    assert "no action moves weather" in found.findings
    assert any(said.startswith("room is rewarded most at 2") for said in found.findings)
    assert found.champions[-1].mean > -160
    assert "ROOM_WANTED" in found.champions[-1].source


@pytest.mark.long
def test_each_champion_returns_more_than_the_one_before_and_the_last_flies() -> None:
    champions = search(lambda: gymnasium.make("LunarLander-v3"), seed=3, rounds=2).champions
    means = [champion.mean for champion in champions]
    assert len(champions) > 2
    assert means == sorted(means)
    # Doing nothing crashes; a policy that flies gains more than the crash costs.
    assert means[0] < -100
    assert means[-1] > 100
