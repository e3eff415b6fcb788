"""CMA-ES over the parameters of a law inside a fitted simulator."""

from __future__ import annotations

import numpy as np
from cmaes import CMA

from policybook.search.contract import Floats
from policybook.search.fitted_simulator import ControlLaw, FittedSimulator

POPULATION = 16
GENERATIONS = 25
FEWEST_GENERATIONS = 12  # which the distribution needs to narrow
RESTARTS = 2
GENERATION_STARTS = 16
FEWEST_STARTS = 4
MODEL_STEPS = 1_500_000
"""The model steps of one law's search at most, apart from its last generations' rest.

Long episodes are simulated from fewer starts, so that a search costs seconds whatever their length. It never
takes more than is left of the simulator's budget."""

FINAL_STARTS = 64


def evolve(
    simulator: FittedSimulator, law: ControlLaw, mean: Floats, spread: Floats, seed: int
) -> tuple[Floats, float] | None:
    """Returns the best parameters (k,) and their return in the simulator; None where too few steps are left.

    The better of a few searches, each beginning at `mean` with a standard deviation of `spread`.
    """
    if not simulator.budget.has(count_fewest_steps(simulator.horizon)):
        return None
    starts = simulator.draw_starts(FINAL_STARTS, np.random.default_rng(seed))
    found = []
    for k in range(RESTARTS):
        share = (simulator.budget.left - _count_final_steps(simulator.horizon)) / (RESTARTS - k)
        found.append(_search(simulator, law, mean, spread, seed * RESTARTS + k, share=share))
    returns = simulator.simulate_returns(law, np.array(found), starts)
    best = int(np.argmax(returns))
    return found[best], float(returns[best])


def count_fewest_steps(horizon: int) -> int:
    """Returns the model steps that must be left for a law's search to begin; `horizon` bounds an episode."""
    generation = POPULATION * FEWEST_STARTS * horizon
    search = max(generation, min(FEWEST_GENERATIONS * generation, MODEL_STEPS // RESTARTS))
    return RESTARTS * search + _count_final_steps(horizon)


def _count_final_steps(horizon: int) -> int:
    return RESTARTS * FINAL_STARTS * horizon


def _search(
    simulator: FittedSimulator, law: ControlLaw, mean: Floats, spread: Floats, seed: int, *, share: float
) -> Floats:
    """Returns the final mean of one search, which takes at most its `share` of the model steps that are left.

    The best sample would be the luckiest one.

    Each generation plays from starts of its own, so that no parameter is fitted to a few of them.
    """
    most = min(MODEL_STEPS // RESTARTS, share)
    affordable = int(most // (FEWEST_GENERATIONS * POPULATION * simulator.horizon))
    starts = max(FEWEST_STARTS, min(GENERATION_STARTS, affordable))
    generation = POPULATION * starts * simulator.horizon
    begun = simulator.budget.taken
    rng = np.random.default_rng(seed)
    cma = CMA(mean=np.zeros(len(mean)), sigma=1.0, population_size=POPULATION, seed=seed % 2**32)
    for _ in range(GENERATIONS):
        taken = simulator.budget.taken - begun
        if taken >= MODEL_STEPS // RESTARTS:
            break
        if taken + generation > share:
            simulator.budget.is_short = True
            break
        points = np.array([cma.ask() for _ in range(POPULATION)])
        returns = simulator.simulate_returns(law, mean + points * spread, simulator.draw_starts(starts, rng))
        cma.tell([(x, -float(r)) for x, r in zip(points, returns, strict=True)])
    return np.asarray(mean + cma.mean * spread)
