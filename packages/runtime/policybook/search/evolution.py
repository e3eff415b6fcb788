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

Long episodes are simulated from fewer starts, so that a search costs seconds whatever their length."""

FINAL_STARTS = 64


def evolve(
    simulator: FittedSimulator, law: ControlLaw, mean: Floats, spread: Floats, seed: int
) -> tuple[Floats, float, int]:
    """Returns the best parameters (k,), their return in the simulator, and the model steps taken.

    The better of a few searches, each beginning at `mean` with a standard deviation of `spread`.
    """
    starts = simulator.draw_starts(FINAL_STARTS, np.random.default_rng(seed))
    found = [_search(simulator, law, mean, spread, seed * RESTARTS + k) for k in range(RESTARTS)]
    returns, steps = simulator.simulate_returns(
        law, np.array([parameters for parameters, _ in found]), starts
    )
    best = int(np.argmax(returns))
    return found[best][0], float(returns[best]), steps + sum(taken for _, taken in found)


def _search(
    simulator: FittedSimulator, law: ControlLaw, mean: Floats, spread: Floats, seed: int
) -> tuple[Floats, int]:
    """Returns the final mean of one search and the model steps taken.

    The best sample would be the luckiest one.

    Each generation plays from starts of its own, so that no parameter is fitted to a few of them.
    """
    most = MODEL_STEPS // RESTARTS
    affordable = most // (FEWEST_GENERATIONS * POPULATION * simulator.horizon)
    starts = max(FEWEST_STARTS, min(GENERATION_STARTS, affordable))
    rng = np.random.default_rng(seed)
    cma = CMA(mean=np.zeros(len(mean)), sigma=1.0, population_size=POPULATION, seed=seed % 2**32)
    taken = 0
    for _ in range(GENERATIONS):
        points = np.array([cma.ask() for _ in range(POPULATION)])
        returns, steps = simulator.simulate_returns(
            law, mean + points * spread, simulator.draw_starts(starts, rng)
        )
        taken += steps
        cma.tell([(x, -float(r)) for x, r in zip(points, returns, strict=True)])
        if taken >= most:
            break
    return mean + cma.mean * spread, taken
