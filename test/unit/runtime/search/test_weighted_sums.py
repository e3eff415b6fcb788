"""Weighted sums: what serves where no rule does, on worlds made for it and on their twins."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium import Space
from gymnasium.spaces import Box, Dict, Discrete, MultiBinary, MultiDiscrete, Tuple
from policybook.search import ScoredPolicy, SearchTask, propose
from policybook.search.action_parts import ActionParts, take_apart
from policybook.search.flat_observations import flatten_space, name_place
from policybook.search.linear_law import LinearLaw, count_sums, write_law
from policybook.source.names import make_identifiers
from search_harness import Evaluator

BEST = [ScoredPolicy("same action", "def act(observation):\n    return 0\n", 0.0, 1.0, 64, True)]


class Room(gymnasium.Env[Any, Any]):
    """Two rooms to keep at their temperatures: a Dict observation, and valves that act crosswise.

    `gain` scales what is observed, and `flip` swaps the rooms.
    """

    def __init__(self, gain: float = 1.0, flip: bool = False) -> None:
        self.gain, self.order = gain, [1, 0] if flip else [0, 1]
        self.observation_space = Dict(
            {"rooms": Box(-np.inf, np.inf, (2,)), "outside": Box(-np.inf, np.inf, ())}
        )
        self.action_space: Space[Any] = Box(-1, 1, (2,), np.float32)

    def reset(self, *, seed: int | None = None, options: Any = None) -> Any:
        super().reset(seed=seed)
        self.off = self.np_random.uniform(-2, 2, 2)
        self.outside = self.np_random.uniform(-1, 1)
        self.steps = 0
        return self.see(), {}

    def see(self) -> dict[str, Any]:
        rooms = (self.gain * self.off[self.order]).astype(np.float32)
        return {"rooms": rooms, "outside": np.float32(self.gain * self.outside)}

    def step(self, action: Any) -> Any:
        push = np.asarray(action, float)[::-1]
        self.off = self.off + 0.3 * push + 0.1 * self.outside
        self.steps += 1
        return self.see(), -float(np.abs(self.off).sum()), False, self.steps == 30, {}


class Silent(gymnasium.Env[Any, Any]):
    """A world in which nothing earns anything."""

    observation_space = Dict({"place": Box(-1, 1, (2,))})
    action_space = Discrete(3)

    def reset(self, *, seed: int | None = None, options: Any = None) -> Any:
        super().reset(seed=seed)
        self.steps = 0
        return self.observation_space.sample(), {}

    def step(self, action: Any) -> Any:
        self.steps += 1
        return self.observation_space.sample(), 0.0, False, self.steps == 5, {}


def propose_sums(evaluator: Evaluator, **most: int) -> Any:
    """What comes after the first round, whose best is a single action."""
    task = SearchTask(3, None, 1, episodes=600, episodes_left=most.get("episodes", 600), steps_left=None)
    return propose(task, BEST, evaluator)


@pytest.mark.parametrize("twin", [{}, {"gain": 50.0}, {"flip": True}])
def test_a_world_of_a_dict_is_held_by_few_readable_terms(twin: dict[str, Any]) -> None:
    evaluator = Evaluator(lambda: Room(**twin))
    (sums,) = propose_sums(evaluator).proposals
    still = "def act(observation):\n    return [0.0, 0.0]\n"
    seeds = range(20)
    assert evaluator.returns(sums.source, seeds).mean() > 0.5 * evaluator.returns(still, seeds).mean()
    assert 'rooms_0 = observation["rooms"][0]' in sums.source.replace("'", '"')
    assert sums.source.count("  # tune: ") <= 8


def test_equal_searches_find_equal_texts_and_say_what_they_cost() -> None:
    first, again = (propose_sums(Evaluator(Room)) for _ in range(2))
    assert first == again
    assert first.is_exhausted
    # Half of the episodes, and those that the terms were checked on.
    assert 300 <= first.usage.episodes <= 400
    assert first.usage.steps == 30 * first.usage.episodes


def test_where_all_earns_the_same_it_ends_soon_and_says_so() -> None:
    answer = propose_sums(Evaluator(Silent))
    assert answer.proposals == ()
    assert answer.findings == ("weighted sums were looked for, and all that were tried earned the same",)
    assert answer.usage.episodes < 100


def test_too_few_episodes_are_not_begun_with() -> None:
    answer = propose_sums(Evaluator(Room), episodes=100)
    assert (answer.proposals, answer.usage.episodes) == ((), 0)
    assert answer.findings == ("no weighted sums were looked for: too few episodes or steps are left",)


@pytest.mark.parametrize(
    "space",
    [
        Discrete(2),
        Discrete(4, start=-1),
        Box(-1, 1, (2,), np.float32),
        Box(np.array([[-2000.0], [0.0]]), np.array([[2000.0], [3.0]]), dtype=np.float64),
        Box(0, 9, (2,), np.int64),
        MultiDiscrete([3, 2]),
        MultiBinary(2),
        Dict({"gear": Discrete(3), "motors": Box(-1, 1, (2,), np.float32)}),
        Tuple((Discrete(2, start=1), Box(0, 1, (1,), np.float32))),
    ],
)
def test_the_text_does_what_the_law_does(space: Space[Any]) -> None:
    class World(gymnasium.Env[Any, Any]):
        observation_space = Dict({"front": Discrete(4), "distance": Box(-1, 1, (2,))})
        action_space = space

    env, taken = take_apart(World())
    flat = flatten_space(World.observation_space)
    rng = np.random.default_rng(1)
    count = count_sums(taken)
    law = LinearLaw(taken, rng.standard_normal((count, 3)).round(1), rng.standard_normal(count).round(1))
    names = make_identifiers([name_place(place) for place in flat.places], 3)
    places = ["observation" + "".join(f"[{key!r}]" for key in place) for place in flat.places]
    namespace: dict[str, Any] = {}
    exec(write_law(law, names, places), namespace)
    World.observation_space.seed(1)
    for _ in range(50):
        observation = World.observation_space.sample()
        expected = law.choose(flat.read(observation))
        acted = namespace["act"](observation)
        assert acted in space
        if isinstance(taken, ActionParts):
            np.testing.assert_allclose(
                taken.flatten(acted), taken.flatten(taken.restore(expected)), atol=1e-5
            )
        else:
            np.testing.assert_allclose(acted, expected, atol=1e-4)
    env.close()
