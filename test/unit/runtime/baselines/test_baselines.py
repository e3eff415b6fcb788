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
    spaces.Box(0, np.uint64(2**64 - 1), (2,), np.uint64),
    spaces.Box(np.int64(-(2**63)), np.int64(2**63 - 1), (1,), np.int64),
    spaces.Tuple((spaces.Dict({}), spaces.Box(-1, 1, (0,)), spaces.Discrete(2))),
    spaces.Text(6, charset="lr{action}'\\\"\n\0{mask}"),
    spaces.Text(3, min_length=0, charset="é→😀"),
    spaces.Text(12),
    spaces.Text(2, min_length=2, charset="".join(map(chr, range(0x110000)))),
    spaces.Text(4000, min_length=3990, charset="ab"),
    spaces.Dict({"say": spaces.Text(9), "to": spaces.Tuple((spaces.Discrete(2), spaces.Text(1)))}),
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


def test_of_texts_the_shortest_comes_first_then_all_of_few_one_of_each_character_or_drawn_ones() -> None:
    def list_texts(space: spaces.Text) -> list[str]:
        return [loaded(text)["act"](None) for text in write_constant_policies(space).values()]

    assert list_texts(spaces.Text(2, min_length=0, charset="ba")) == ["", "a", "b", "aa", "ab", "ba", "bb"]
    assert list_texts(spaces.Text(9, min_length=3, charset="rld")) == ["ddd", "lll", "rrr"]
    drawn = list_texts(spaces.Text(40, charset="abcdefghijklmnop"))
    assert drawn[0] == "a"
    assert 4 < len(drawn) < 10
    assert max(map(len, drawn)) < 10
    assert list_texts(spaces.Text(0, min_length=0, charset="")) == [""]
    [first, *_] = write_constant_policies(spaces.Text(4000, min_length=3990, charset="ab"))
    assert first == "'a' * 3990"


def test_characters_are_drawn_from_all_of_the_space_and_lengths_too() -> None:
    policy = loaded(write_uniform_policy(spaces.Text(3, min_length=0, charset="xyz!")))["Policy"]()
    policy.reset(5)
    drawn = [policy.act(None) for _ in range(300)]
    assert {len(text) for text in drawn} == {0, 1, 2, 3}
    assert set("".join(drawn)) == set("xyz!")
    with pytest.raises(BaselineError, match="up to 10,000 different characters"):
        write_uniform_policy(spaces.Text(3, charset="".join(map(chr, range(0, 40_000, 2)))))


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
    word = spaces.Text(4, charset="lr\n")
    [text] = write_constant_policies(word, "r\nl").values()
    assert loaded(text)["act"](None) == "r\nl"
    for space, action in [(word, "x"), (word, 1), (word, "l" * 5), (word, ["l"])]:
        with pytest.raises(BaselineError, match="no action of Text") as refused:
            write_constant_policies(space, action)
        assert str(refused.value).isprintable()
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
