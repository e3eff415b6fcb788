"""One descent of CMA-ES from one starting point, until it has settled or stalled."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

import numpy as np
from cmaes import CMA, SepCMA

from policybook.tuner.constant_space import Floats

# First step of the search, and the spread of a generation at which it has settled, as parts of each range.
FIRST_STEP = 0.25
CONVERGED_SPREAD = 0.01

# The means of this many generations are set against those of as many before. Each plays seeds of its own, so
# fewer would take hard seeds for a stall.
STALL_WINDOW_GENERATIONS = 15

# CMA-ES learns a matrix of n² entries; above this that takes longer than a budget lasts.
MAX_DENSE_DIMENSIONS = 40


class Descent:
    """Gives points of the unit cube and moves by their ranking; deterministic in its arguments.

    `population` is CMA-ES' own choice for the dimensions where it is None. Above 40 dimensions the covariance
    is kept diagonal.
    """

    def __init__(self, start: Floats, seed: int, population: int | None = None) -> None:
        kind = SepCMA if len(start) > MAX_DENSE_DIMENSIONS else CMA
        bounds = np.tile([0.0, 1.0], (len(start), 1))
        self._search = kind(
            mean=start, sigma=FIRST_STEP, bounds=bounds, seed=seed, population_size=population
        )
        self._spread = FIRST_STEP
        self._returns: list[float] = []
        # The distribution's mean after each generation.
        self.means: list[Floats] = []

    @property
    def population(self) -> int:
        """Returns how many points a generation has."""
        return int(self._search.population_size)

    @property
    def height(self) -> float:
        """Returns the mean return over the latest window of generations, each with seeds of its own."""
        return statistics.fmean(self._returns[-STALL_WINDOW_GENERATIONS:])

    def ask(self) -> list[Floats]:
        """Returns the points of the next generation."""
        return [np.asarray(self._search.ask()) for _ in range(self.population)]

    def tell(self, best_first: Sequence[Floats], mean_return: float) -> None:
        """Moves by the ranking of the points asked for; `mean_return` is the generation's."""
        self._search.tell([(np.asarray(point), float(rank)) for rank, point in enumerate(best_first)])
        self._spread = float(np.std(best_first, axis=0).max())
        self._returns.append(mean_return)
        self.means.append(np.array(self._search.mean))

    @property
    def has_ended(self) -> bool:
        """Whether it has settled on a point, stopped rising, or cannot be computed further."""
        return self._spread < CONVERGED_SPREAD or self._has_stalled() or self._search.should_stop()

    def _has_stalled(self) -> bool:
        if len(self._returns) < 2 * STALL_WINDOW_GENERATIONS:
            return False
        return self.height <= statistics.fmean(
            self._returns[-2 * STALL_WINDOW_GENERATIONS : -STALL_WINDOW_GENERATIONS]
        )
