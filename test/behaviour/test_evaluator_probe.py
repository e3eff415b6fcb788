"""Random play shows what an environment does, in sentences."""

from __future__ import annotations

from typing import Any

import pytest


def probed(evaluator: Any, parameters: Any, environment: Any, **further: Any) -> Any:
    params = parameters(environment, "", [])
    asked = {"environment": params["environment"], "names": None, "seed": 3, "episodes": 40, "steps": 2000}
    return evaluator.ask("environment.probe", {**asked, **further})


def test_a_probe_tells_ranges_rewards_and_what_each_action_does(evaluator: Any, parameters: Any) -> None:
    names = ["x", "v", "angle", "spin"]
    found = probed(evaluator, parameters, "CartPole-v1", names=names)
    said = "\n".join(found["findings"])
    assert "random play met x in [-" in said
    assert "a step of random play earned 1 to 1, 1 on average" in said
    assert "action 0: v changes by -" in said
    assert "action 1: v changes by +" in said
    assert 5 <= found["usage"]["episodes"] <= 40
    assert 0 < found["usage"]["steps"] <= 600
    assert probed(evaluator, parameters, "CartPole-v1", names=names)["findings"] == found["findings"]


def test_coordinates_without_names_are_said_by_their_places(evaluator: Any, parameters: Any) -> None:
    found = probed(evaluator, parameters, "Pendulum-v1", episodes=3)
    assert "observation[0] to observation[2] are called o0 to o2 here" in found["findings"]
    assert found["usage"]["episodes"] == 3


@pytest.mark.parametrize("environment", ["FrozenLake-v1", "Blackjack-v1"])
def test_of_observations_that_are_no_row_of_numbers_nothing_is_played(
    evaluator: Any, parameters: Any, environment: str
) -> None:
    found = probed(evaluator, parameters, environment)
    assert found["findings"] == []
    assert found["usage"]["episodes"] == 0
