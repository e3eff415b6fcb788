"""Baselines as texts: every kind of action space, and heuristics taken out of their modules."""

from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces
from policybook.baselines.baseline_error import BaselineError
from policybook.baselines.heuristic import extract_heuristic
from policybook.baselines.texts import write_constant_policies, write_uniform_policy

SPACES = [
    spaces.Discrete(4),
    spaces.Discrete(3, start=-1),
    spaces.Box(-1, 2, (2,), np.float32),
    spaces.Box(np.array([0, -np.inf]), np.array([1, np.inf]), dtype=np.float64),
    spaces.Box(0, 9, (2, 2), np.int32),
    spaces.MultiDiscrete([3, 2]),
    spaces.MultiDiscrete([3, 2], start=[1, 5]),
    spaces.MultiBinary(3),
    spaces.Tuple((spaces.Discrete(2), spaces.Box(-1, 1, (1,)))),
    spaces.Dict({"a": spaces.Discrete(2), "b": spaces.MultiBinary(2)}),
    spaces.Dict({"it's": spaces.Tuple((spaces.Dict({"x": spaces.Box(-1, 1, ())}), spaces.Discrete(40)))}),
    spaces.Box(5, np.inf, (2,), np.float32),
    spaces.Box(np.array([-np.inf, 0, -2, -np.inf]), np.array([-4, np.inf, 3, np.inf]), dtype=np.float32),
    spaces.Box(0, 255, (2, 1), np.uint8),
    spaces.Box(np.zeros(2, bool), np.ones(2, bool), dtype=np.bool_),
    spaces.MultiDiscrete([[3, 2], [4, 5]]),
    spaces.MultiBinary([2, 2]),
]


def loaded(text: str) -> dict[str, Any]:
    namespace: dict[str, Any] = {}
    exec(compile(text, "baseline", "exec"), namespace)
    return namespace


@pytest.mark.parametrize("space", SPACES, ids=str)
def test_random_actions_lie_in_the_space_and_follow_from_the_seed(space: spaces.Space[Any]) -> None:
    policy = loaded(write_uniform_policy(space))["Policy"]

    def actions(seed: int) -> list[Any]:
        player = policy()
        player.reset(seed)
        return [player.act(None) for _ in range(30)]

    assert all(space.contains(action) for action in actions(1))
    assert repr(actions(1)) == repr(actions(1))
    assert repr(actions(1)) != repr(actions(2))


@pytest.mark.parametrize("space", SPACES, ids=str)
def test_constant_actions_lie_in_the_space_and_differ(space: spaces.Space[Any]) -> None:
    texts = write_constant_policies(space)
    played = [loaded(text)["act"](None) for text in texts.values()]
    assert all(space.contains(action) for action in played)
    assert len({repr(action) for action in played}) == len(played)


def test_all_actions_of_a_small_discrete_space_and_the_ends_of_a_box_are_tried() -> None:
    assert list(write_constant_policies(spaces.Discrete(3, start=5))) == ["5", "6", "7"]
    assert len(write_constant_policies(spaces.Box(-1, 1, (2,)))) == 7


def test_an_action_that_the_user_gives_is_checked_against_the_space() -> None:
    box = spaces.Box(-1, 1, (2,), np.float32)
    [text] = write_constant_policies(box, [0.5, -1]).values()
    assert list(loaded(text)["act"](None)) == [0.5, -1]
    assert list(write_constant_policies(spaces.Discrete(4), 2)) == ["2"]
    pair = spaces.Dict({"gear": spaces.Discrete(3), "gas": spaces.Box(0, 1, (1,))})
    [text] = write_constant_policies(pair, {"gear": 2, "gas": [0.25]}).values()
    assert pair.contains(loaded(text)["act"](None))
    for action in ({"gear": 3, "gas": [0.5]}, {"gear": 2}, [2, [0.5]]):
        with pytest.raises(BaselineError, match="no action of"):
            write_constant_policies(pair, action)
    for space, action in [(spaces.Discrete(4), 4), (spaces.Discrete(4), True), (box, [2, 0]), (box, "left")]:
        with pytest.raises(BaselineError, match="no action of"):
            write_constant_policies(space, action)


@pytest.mark.parametrize(
    ("name", "least"), [("LunarLander-v3", 200), ("LunarLanderContinuous-v3", 200), ("BipedalWalker-v3", 0)]
)
def test_an_environments_own_heuristic_runs_alone(name: str, least: float) -> None:
    namespace = loaded(extract_heuristic(gymnasium.make(name), name))
    returns = []
    for seed in range(4):
        act = namespace.get("act")
        if act is None:
            policy = namespace["Policy"]()
            policy.reset()
            act = policy.act
        environment = gymnasium.make(name)
        observation, _ = environment.reset(seed=seed)
        total, over = 0.0, False
        while not over:
            observation, reward, terminated, truncated, _ = environment.step(act(observation))
            total, over = total + float(reward), terminated or truncated
        returns.append(total)
    assert np.mean(returns) > least


def test_an_environment_without_a_heuristic_is_refused_with_a_sentence() -> None:
    with pytest.raises(BaselineError, match="CartPole-v1 has no heuristic of its own"):
        extract_heuristic(gymnasium.make("CartPole-v1"), "CartPole-v1")
