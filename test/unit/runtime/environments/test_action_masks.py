"""Masks in every form that Gymnasium's spaces have: what is drawn and what is written is legal."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from gymnasium import spaces
from policybook.baselines.texts import write_constant_policies, write_uniform_policy
from policybook.environments.action_masks import MaskError, draw_legal, find_mask, is_legal, read_mask
from policybook.source.legal_choice import MaskAccess, find_mask_access, obey_mask

Space = spaces.Space[Any]


def bits(*values: int) -> Any:
    return np.array(values, np.int8)


MASKS: dict[str, tuple[Space, Any]] = {
    "numbers": (spaces.Discrete(4), bits(0, 1, 0, 1)),
    "numbers from a start": (spaces.Discrete(3, start=-1), bits(0, 0, 1)),
    "bools": (spaces.Discrete(3, start=5), np.array([True, False, False])),
    "several numbers": (spaces.MultiDiscrete([3, 2]), (bits(0, 1, 1), bits(1, 0))),
    "several from a start": (spaces.MultiDiscrete([3, 2], start=[5, -1]), (bits(1, 0, 0), bits(0, 1))),
    "a list of bools": (spaces.Discrete(3, start=5), [True, False, False]),
    "lists of numbers": (spaces.MultiDiscrete([3, 2]), [[0, 1, 1], [1, 0]]),
    "one list of numbers": (spaces.MultiDiscrete([3, 2], start=[5, -1]), [0, 0, 1, 0, 1]),
    "a list of switches": (spaces.MultiBinary(3), [0, 2, 1]),
    "several in one row": (spaces.MultiDiscrete([3, 2]), bits(0, 0, 1, 0, 1)),
    "switches": (spaces.MultiBinary(3), bits(0, 2, 1)),
    "a tuple": (
        spaces.Tuple((spaces.Discrete(3), spaces.Box(-1, 1, (1,)))),
        (bits(0, 0, 1), None),
    ),
    "a dict": (
        spaces.Dict({"gear": spaces.Discrete(3, start=1), "lamps": spaces.MultiBinary(2)}),
        {"gear": bits(1, 0, 0), "lamps": bits(2, 0)},
    ),
}


def load(text: str) -> Any:
    namespace: dict[str, Any] = {}
    exec(compile(text, "policy", "exec"), namespace)
    if "Policy" not in namespace:
        return namespace["act"]
    policy = namespace["Policy"]()
    policy.reset(3)
    return policy.act


@pytest.mark.parametrize(("space", "given"), MASKS.values(), ids=list(MASKS))
def test_drawn_random_and_constant_actions_are_legal(space: Space, given: Any) -> None:
    mask = read_mask(space, given)
    space.seed(0)
    rng = np.random.default_rng(0)
    drawn = [draw_legal(space, mask, space.sample(), rng) for _ in range(40)]
    access = MaskAccess("action_mask", is_observed=False)
    uniform = load(write_uniform_policy(space, access))
    drawn += [uniform(None, given) for _ in range(40)]
    drawn += [load(text)(None, given) for text in write_constant_policies(space, access=access).values()]
    for action in drawn:
        assert space.contains(action), action
        assert is_legal(space, mask, action), action
    assert not all(is_legal(space, mask, space.sample()) for _ in range(60))


@pytest.mark.parametrize(("space", "given"), MASKS.values(), ids=list(MASKS))
def test_without_a_mask_in_a_step_every_action_is_legal(space: Space, given: Any) -> None:
    access = MaskAccess("action_mask", is_observed=False)
    for text in [
        write_uniform_policy(space, access),
        *write_constant_policies(space, access=access).values(),
    ]:
        assert space.contains(load(text)(None, None))


def test_a_policy_keeps_what_is_legal_and_takes_the_nearest_of_what_is_not() -> None:
    text = '"""Doc."""\n\nLIMIT = 1\n\n\ndef act(observation):\n    return observation + LIMIT\n'
    act = load(obey_mask(text, spaces.Discrete(5), MaskAccess("legal", is_observed=False)))
    assert act(1, bits(1, 1, 1, 1, 1)) == 2
    assert act(3, bits(1, 1, 0, 0, 0)) == 1
    assert act(0, bits(0, 0, 0, 0, 1)) == 4
    assert act(3, bits(0, 0, 0, 0, 0)) == 4
    seen = load(obey_mask(text, spaces.Discrete(5), MaskAccess("legal", is_observed=True, part="cards")))
    assert seen({"cards": 3, "legal": bits(1, 1, 0, 0, 0)}) == 1
    assert obey_mask(text, spaces.Discrete(5), None) == text


def test_a_mask_is_found_in_info_and_in_a_dict_observation() -> None:
    space = spaces.Discrete(2)
    assert find_mask("legal", {"legal": bits(0, 1)}, {}, space).tolist() == [False, True]
    assert find_mask("legal", None, {"legal": bits(1, 0)}, space).tolist() == [True, False]
    assert find_mask("legal", bits(0, 1), {}, space) is None
    spec: Any = {"info": ["action_mask"]}
    assert find_mask_access(spec, spaces.Box(0, 1)) == MaskAccess("action_mask", is_observed=False)
    assert find_mask_access({}, spaces.Box(0, 1)) is None
    observed = spaces.Dict({"board": spaces.Box(0, 1, (3,)), "legal": spaces.Box(0, 1, (2,))})
    assert find_mask_access({"mask": "legal"}, observed) == MaskAccess(
        "legal", is_observed=True, part="board"
    )


@pytest.mark.parametrize(
    ("space", "given", "words"),
    [
        (spaces.Discrete(3), bits(1, 0), "has shape (2,)"),
        (spaces.Discrete(3), "all", "no array of zeros and ones"),
        (spaces.MultiDiscrete([2, 2]), (bits(1, 1),), "has 1 parts"),
        (spaces.Box(-1, 1), bits(1), "no such mask"),
    ],
)
def test_a_mask_that_does_not_fit_is_named(space: Space, given: Any, words: str) -> None:
    with pytest.raises(MaskError, match=words.replace("(", r"\(").replace(")", r"\)")):
        read_mask(space, given)
