"""Steps inside fitted models are bounded over all rounds of a run, and the search says where that ends it."""

from __future__ import annotations

from dataclasses import replace

import gymnasium
import numpy as np
import pytest
from policybook.search import ScoredPolicy, SearchRound, SearchTask, propose
from policybook.search.continuous import CUT_SHORT, RECORDED_EPISODES
from policybook.search.evolution import count_fewest_steps, evolve
from policybook.search.facts import gather_facts
from policybook.search.fitted_simulator import FittedSimulator, fit_simulator
from policybook.search.model_steps import ModelStepBudget
from policybook.search.rules import switching
from search_harness import Evaluator

BOUND = 900_000
PUMP = "def act(observation):\n    return 2 if observation[1] > 0 else 0\n"


def play_rounds(bound: int, count: int) -> list[SearchRound]:
    """Rounds of one run from the second on, each with what those before it have left of the bound."""
    evaluator = Evaluator(lambda: gymnasium.make("MountainCar-v0"))
    head = ScoredPolicy("pump", PUMP, -120.0, 5.0, 4, is_head=True)
    rounds: list[SearchRound] = []
    for number in range(1, count + 1):
        left = bound - sum(each.usage.model_steps for each in rounds)
        rounds.append(propose(SearchTask(1, None, number, model_steps_left=left), [head], evaluator))
    return rounds


def test_rounds_share_the_model_steps_of_a_run_and_the_one_that_has_too_few_says_so() -> None:
    second, third = play_rounds(BOUND, 2)
    assert 0 < second.usage.model_steps + third.usage.model_steps <= BOUND
    assert any("switching curve" in each.label for each in second.proposals)
    assert not any("switching curve" in each.label for each in third.proposals)
    assert third.findings == (CUT_SHORT,)
    assert third.is_exhausted
    # The head's episodes say how long simulated ones would be; nothing more is played for them.
    assert (third.usage.episodes, third.usage.model_steps) == (RECORDED_EPISODES, 0)
    [without] = play_rounds(0, 1)
    assert (without.usage.episodes, without.findings) == (0, (CUT_SHORT,))


def test_a_round_that_has_enough_model_steps_is_not_cut_short() -> None:
    [second] = play_rounds(2_000_000, 1)
    assert second.usage.model_steps > BOUND
    assert second.findings == ()


@pytest.fixture(scope="module")
def hill() -> tuple[FittedSimulator, switching.ControlLaw]:
    """MountainCar-v0 as it is fitted, and a law for it."""
    evaluator = Evaluator(lambda: gymnasium.make("MountainCar-v0"))
    gathered = gather_facts(SearchTask(3, None, 0), evaluator)
    assert gathered is not None
    facts, _ = gathered
    played = evaluator.play(PUMP, range(3))
    starts = np.array([each.observations[0] for each in facts.trajectories], float)
    simulator = fit_simulator(facts, played, starts, ModelStepBudget())
    return simulator, switching.make_full_law(facts.coordinates.velocities[0], 1.0)


@pytest.mark.parametrize(("horizon", "part"), [(20, 1.0), (20, 3.0), (200, 1.0), (200, 1.3), (1500, 1.0)])
def test_a_search_begins_where_it_has_enough_and_never_takes_more_than_is_left(
    hill: tuple[FittedSimulator, switching.ControlLaw], horizon: int, part: float
) -> None:
    simulator, law = hill

    def search(budget: ModelStepBudget) -> bool:
        # No episode ends early: a search has to reckon with that.
        bounded = replace(simulator, goal=None, horizon=horizon, budget=budget)
        return evolve(bounded, law, np.zeros(3), np.full(3, 0.01), 0) is not None

    fewest = count_fewest_steps(horizon)
    few, enough = ModelStepBudget(fewest - 1), ModelStepBudget(int(part * fewest))
    assert not search(few)
    assert (few.taken, few.is_short) == (0, True)
    assert search(enough)
    assert 0.7 * fewest < enough.taken <= int(part * fewest)
