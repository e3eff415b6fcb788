"""Exploration of small discrete worlds."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.spaces import Box, Discrete, MultiDiscrete, Tuple
from policybook.search import SearchTask, propose
from policybook.search.tabular import read_cells
from search_harness import Evaluator


class Corridor(gymnasium.Env[Any, Any]):
    """Nine places in a row, numbered from 5; action 2 goes right, 1 left; only the right end pays."""

    observation_space = Discrete(9, start=5)
    action_space = Discrete(2, start=1)

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[int, dict[str, Any]]:
        super().reset(seed=seed)
        self.place = 5
        return self.place, {}

    def step(self, action: int) -> tuple[int, float, bool, bool, dict[str, Any]]:
        self.place = max(5, self.place + (1 if action == 2 else -1))
        return self.place, float(self.place == 13), self.place == 13, False, {}


def test_a_corridor_is_walked_to_its_paying_end() -> None:
    evaluator = Evaluator(Corridor)
    answer = propose(SearchTask(0, None, 0), [], evaluator)
    (table,) = answer.proposals
    assert table.label == "table"
    (episode,) = evaluator.play(table.source, [1])
    assert len(episode.rewards) == 8
    assert episode.rewards.sum() == 1
    later = propose(SearchTask(0, None, 1), [], evaluator)
    assert later.is_exhausted
    assert later.usage.steps == 0


def test_a_count_gets_a_limit() -> None:
    answer = propose(
        SearchTask(0, ("total", "dealer", "ace"), 0), [], Evaluator(lambda: gymnasium.make("Blackjack-v1"))
    )
    (rule,) = [p for p in answer.proposals if p.label == "threshold"]
    assert "return 1 if total < LIMIT else 0" in rule.source
    (limit,) = [line for line in rule.source.splitlines() if line.startswith("LIMIT = ")]
    assert 11 <= int(limit.split()[2]) <= 19
    assert limit.endswith("  # tune: [0, 32] int")


def test_an_endless_world_gets_no_policy_that_never_leaves() -> None:
    labels = [p.label for p in propose(SearchTask(0, None, 0), [], Evaluator(Corridor)).proposals]
    assert labels == ["table"]


@pytest.mark.parametrize(
    ("space", "observation", "cell"),
    [
        (Discrete(5), 3, 3),
        (Discrete(5, start=2), 3, 1),
        (Tuple([Discrete(3), Discrete(4, start=1)]), (2, 4), 11),
        (MultiDiscrete([3, 4]), np.array([1, 2]), 6),
    ],
)
def test_observations_are_numbered(space: Any, observation: Any, cell: int) -> None:
    cells = read_cells(space)
    assert cells is not None
    assert cells.locate(observation) == cell


@pytest.mark.parametrize("space", [Box(0, 1, (2,)), Tuple([Discrete(2), Box(0, 1)]), Discrete(100_000)])
def test_other_spaces_have_no_table(space: Any) -> None:
    assert read_cells(space) is None
