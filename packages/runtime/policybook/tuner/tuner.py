"""The tuner's loop: sample, score in tiers on fresh common seeds, keep the distribution's mean."""

from __future__ import annotations

import hashlib
import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from cmaes import CMA, SepCMA

from policybook.tuner.coordinates import Coordinates, Floats

# Plays each text on each seed: the returns in the seeds' order, or None for a text that failed.
Scores = Callable[[Sequence[str], Sequence[int]], list[list[float] | None]]
Progress = Callable[[int, int, float], None]
# Episodes that may still be begun, whatever they cost.
Allowance = Callable[[], int]

# Of each generation: which part of the population plays how many seeds more.
TIERS = ((1.0, 2), (0.5, 2), (0.25, 4))

# First step of the search, and the spread of a generation at which it has settled, as parts of each range.
SIGMA = 0.25
CONVERGED = 0.01

# The means of this many generations are set against those of as many before. Each plays seeds of its own, so
# fewer would take hard seeds for a stall.
STALL_WINDOW = 15

# The part of the budget kept for a final race, on at most so many seeds: the written text against the
# distribution's mean at these parts of the way. A late mean is now and then far worse than an earlier one.
FINAL_PART = 0.2
FINAL_SEEDS = 64
MILESTONES = (0.5, 0.75, 0.9, 1.0)

# CMA-ES learns a matrix of n² entries; above this that takes longer than a budget lasts.
MOST_DENSE_DIMENSIONS = 40


@dataclass(frozen=True)
class Generation:
    """The mean return of a generation's best quarter, that of its best text, and the episodes it cost."""

    mean: float
    best: float
    episodes: int

    def to_json(self) -> dict[str, Any]:
        """As in the result of `tune`."""
        return asdict(self)


@dataclass(frozen=True)
class Tuned:
    """The policy with the distribution's mean written in, how it got there, and the episodes played."""

    source: str
    generations: tuple[Generation, ...]
    episodes: int


@dataclass
class _Contestant:
    point: Floats
    text: str
    returns: list[float] = field(default_factory=list)
    failed: bool = False

    @property
    def mean(self) -> float:
        return statistics.fmean(self.returns) if self.returns and not self.failed else -math.inf


def tune(
    source: str,
    scores: Scores,
    seed: int,
    episodes: int,
    progress: Progress | None = None,
    *,
    allowance: Allowance | None = None,
) -> Tuned:
    """Tunes a policy's marked constants with at most `episodes` episodes; deterministic in its arguments.

    What is scored is always written, rounded text. Returned is a mean of the search's distribution (its best
    sample is mostly the luckiest), or the source where no mean beats it on the final race's seeds.
    `progress` hears generation, episodes so far and the generation's mean. `allowance` is asked before each
    generation and before the final race, for callers who count something else than episodes too. Without
    marked constants, or a budget for one generation, or where every text fails, the source comes back as it
    is.
    """
    coordinates = Coordinates(source)
    if coordinates.dimensions == 0:
        return Tuned(source, (), 0)
    search = _search(coordinates, seed)
    generations: list[Generation] = []
    means: list[str] = []
    spent = 0
    budget = max(_cost(search.population_size), round(episodes * (1 - FINAL_PART)))
    allowed = allowance or (lambda: episodes)
    cost = _cost(search.population_size)
    while spent + cost <= min(budget, episodes) and cost <= allowed() and not _stalled(generations):
        points = [np.asarray(search.ask()) for _ in range(search.population_size)]
        contestants = [_Contestant(point, coordinates.text(point)) for point in points]
        standing, played = _race(contestants, scores, f"{seed}/tune/{len(generations)}")
        spent += played
        if standing[0].failed:
            break
        generations.append(_generation(standing, played))
        if progress is not None:
            progress(len(generations), spent, generations[-1].mean)
        search.tell([(contestant.point, float(rank)) for rank, contestant in enumerate(standing)])
        means.append(coordinates.text(search.mean))
        if float(np.std(points, axis=0).max()) < CONVERGED or search.should_stop():
            break
    finalists = _finalists(source, means)
    most = min(episodes - spent, allowed(), max(round(episodes * FINAL_PART), len(finalists)))
    winner, played = _final(finalists, scores, most, f"{seed}/tune/final")
    return Tuned(winner, tuple(generations), spent + played)


def named_seeds(name: str, count: int) -> list[int]:
    """Seeds of a stream of their own, 31 bits each: equal names give equal seeds."""
    digests = [hashlib.sha256(f"{name}/{index}".encode()).digest() for index in range(count)]
    return [int.from_bytes(digest[:4], "big") >> 1 for digest in digests]


def _search(coordinates: Coordinates, seed: int) -> CMA | SepCMA:
    kind = SepCMA if coordinates.dimensions > MOST_DENSE_DIMENSIONS else CMA
    bounds = np.tile([0.0, 1.0], (coordinates.dimensions, 1))
    (start,) = named_seeds(f"{seed}/tune", 1)
    return kind(mean=coordinates.written(), sigma=SIGMA, bounds=bounds, seed=start)


def _race(contestants: list[_Contestant], scores: Scores, name: str) -> tuple[list[_Contestant], int]:
    """The contestants, best first, and the episodes they played on a generation's seeds of its own.

    Whoever reaches a later tier stands before all who did not, having won on the seeds they share.
    """
    seeds = named_seeds(name, sum(more for _, more in TIERS))
    standing, played = list(contestants), 0
    for part, more in TIERS:
        size = _tier_size(part, len(contestants))
        front = [contestant for contestant in standing[:size] if not contestant.failed]
        results = scores([contestant.text for contestant in front], seeds[:more]) if front else []
        played += more * len(front)
        seeds = seeds[more:]
        for contestant, returns in zip(front, results, strict=True):
            contestant.failed = returns is None
            contestant.returns += returns or []
        # Sorting is stable: those behind the front keep their places, and failures go last.
        standing[:size] = sorted(standing[:size], key=lambda contestant: -contestant.mean)
        standing.sort(key=lambda contestant: contestant.failed)
    return standing, played


def _finalists(source: str, means: list[str]) -> list[str]:
    """The last mean first, which wins where nothing can be played; the source last."""
    places = [max(0, math.ceil(part * len(means)) - 1) for part in reversed(MILESTONES)] if means else []
    return list(dict.fromkeys([*(means[place] for place in places), source]))


def _final(finalists: list[str], scores: Scores, most: int, name: str) -> tuple[str, int]:
    """The best of some texts on common seeds of their own, and the episodes it took."""
    count = min(most // len(finalists), FINAL_SEEDS)
    if count == 0 or len(finalists) == 1:
        return finalists[0], 0
    results = scores(finalists, named_seeds(name, count))
    means = [statistics.fmean(returns) if returns else -math.inf for returns in results]
    # Of equals the first is taken: the latest mean.
    return finalists[means.index(max(means))], count * len(finalists)


def _tier_size(part: float, population: int) -> int:
    return max(1, round(part * population))


def _cost(population: int) -> int:
    return sum(more * _tier_size(part, population) for part, more in TIERS)


def _generation(standing: list[_Contestant], played: int) -> Generation:
    leaders = standing[: _tier_size(TIERS[-1][0], len(standing))]
    means = [contestant.mean for contestant in leaders if not contestant.failed]
    return Generation(statistics.fmean(means), max(means), played)


def _stalled(generations: list[Generation]) -> bool:
    if len(generations) < 2 * STALL_WINDOW:
        return False
    means = [generation.mean for generation in generations[-2 * STALL_WINDOW :]]
    return statistics.fmean(means[STALL_WINDOW:]) <= statistics.fmean(means[:STALL_WINDOW])
