"""The tuner's loop: sample, score in tiers on fresh common seeds, keep a mean of a distribution.

A descent that has ended with much of the budget left is followed by another, of twice the population and from
a point anywhere (IPOP-CMA-ES, Auger and Hansen 2005), until one ends no higher than those before it.
"""

from __future__ import annotations

import hashlib
import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from policybook.protocol.messages import TunerGenerationJson
from policybook.tuner.constant_space import ConstantSpace, Floats
from policybook.tuner.descent import STALL_WINDOW_GENERATIONS, Descent

# Plays each text on each seed: the returns in the seeds' order, or None for a text that failed.
Scores = Callable[[Sequence[str], Sequence[int]], list[list[float] | None]]
Progress = Callable[[int, int, float], None]
# Episodes that may still be begun, whatever they cost.
Allowance = Callable[[], int]

# Of each generation: which part of the population plays how many seeds more.
TIERS = ((1.0, 2), (0.5, 2), (0.25, 4))

# Fewer generations of its own do not lead another descent anywhere.
MIN_GENERATIONS = STALL_WINDOW_GENERATIONS

# The part of the budget kept for a final race, on at most so many seeds: the written text against the
# distribution's mean at these parts of the way. A late mean is now and then far worse than an earlier one.
FINAL_SHARE = 0.2
MAX_FINAL_SEEDS = 64
MILESTONES = (0.5, 0.75, 0.9, 1.0)


@dataclass(frozen=True)
class Generation:
    """The mean return of a generation's best quarter, that of its best text, and the episodes it cost.

    `descent` counts from 0; it is higher where the search had begun again from another point.
    """

    mean: float
    best: float
    episodes: int
    descent: int

    def to_json(self) -> TunerGenerationJson:
        """Returns the generation as the protocol has it; the first descent leaves `descent` out."""
        facts: TunerGenerationJson = {"mean": self.mean, "best": self.best, "episodes": self.episodes}
        return {**facts, "descent": self.descent} if self.descent > 0 else facts


@dataclass(frozen=True)
class Tuned:
    """The policy with a distribution's mean written in, how it got there, and the episodes played."""

    source: str
    generations: tuple[Generation, ...]
    episodes: int


@dataclass
class _Contestant:
    point: Floats
    text: str
    returns: list[float] = field(default_factory=list)
    has_failed: bool = False

    @property
    def mean(self) -> float:
        return statistics.fmean(self.returns) if self.returns and not self.has_failed else -math.inf


@dataclass(frozen=True)
class TunerOptions:
    """What a tuning may use, and how it reports."""

    seed: int
    """Seeds the search and names its streams of episode seeds."""

    episodes: int
    """How many episodes may be played at most, the final race included."""

    progress: Progress | None = None
    """Gets the number of generations, the episodes played so far and the latest generation's mean return."""

    allowance: Allowance | None = None
    """A further limit, read before each generation and the final race, for callers that count steps, too."""


def tune(source: str, scores: Scores, options: TunerOptions) -> Tuned:
    """Tunes a policy's marked constants; the result depends on nothing but the arguments.

    What is scored is always written, rounded text. The function returns a mean of the search's distribution
    (its best sample is mostly the luckiest), or the source where no mean beats it on the final race's seeds.
    Without marked constants, without a budget for one generation, or where every text fails, it returns the
    source as it is.
    """
    seed, episodes = options.seed, options.episodes
    coordinates = ConstantSpace(source)
    if coordinates.dimensions == 0:
        return Tuned(source, (), 0)
    descents = [_begin_first_descent(coordinates, seed)]
    generations: list[Generation] = []
    spent = 0
    budget = min(
        episodes, max(_count_generation_episodes(descents[0].population), round(episodes * (1 - FINAL_SHARE)))
    )
    allowed = options.allowance or (lambda: episodes)

    def can_afford(generations: int, population: int) -> bool:
        return generations * _count_generation_episodes(population) <= min(budget - spent, allowed())

    while can_afford(1, descents[-1].population):
        *before, descent = descents
        contestants = [_Contestant(point, coordinates.write_text(point)) for point in descent.ask()]
        standing, played = _race(contestants, scores, f"{seed}/tune/{len(generations)}")
        spent += played
        if standing[0].has_failed:
            break
        generations.append(_summarise_generation(standing, played, len(before)))
        if options.progress is not None:
            options.progress(len(generations), spent, generations[-1].mean)
        descent.tell([contestant.point for contestant in standing], generations[-1].mean)
        if not descent.has_ended:
            continue
        is_in_vain = any(descent.height <= other.height for other in before)
        if is_in_vain or not can_afford(MIN_GENERATIONS, 2 * descent.population):
            break
        descents.append(_begin_later_descent(coordinates, seed, len(descents), 2 * descent.population))
    finalists = _choose_finalists(coordinates, source, [descent for descent in descents if descent.means])
    most = min(episodes - spent, allowed(), max(round(episodes * FINAL_SHARE), len(finalists)))
    winner, played = _play_final(finalists, scores, most, f"{seed}/tune/final")
    return Tuned(winner, tuple(generations), spent + played)


def make_named_seeds(name: str, count: int) -> list[int]:
    """Returns seeds of a stream of their own, 31 bits each: equal names give equal seeds."""
    digests = [hashlib.sha256(f"{name}/{index}".encode()).digest() for index in range(count)]
    return [int.from_bytes(digest[:4], "big") >> 1 for digest in digests]


def _begin_first_descent(coordinates: ConstantSpace, seed: int) -> Descent:
    """Begins a descent from the text as it is written."""
    (own,) = make_named_seeds(f"{seed}/tune", 1)
    return Descent(coordinates.locate_text(), own)


def _begin_later_descent(coordinates: ConstantSpace, seed: int, number: int, population: int) -> Descent:
    """Begins a descent from a random point."""
    (own,) = make_named_seeds(f"{seed}/tune/descent {number}", 1)
    anywhere = np.random.default_rng(own).random(coordinates.dimensions)
    return Descent(anywhere, own, population)


def _race(contestants: list[_Contestant], scores: Scores, name: str) -> tuple[list[_Contestant], int]:
    """Returns the contestants, best first, and the episodes they played on a generation's seeds of its own.

    A contestant that reaches a later tier stands before all that did not, having won on the seeds they share.
    """
    seeds = make_named_seeds(name, sum(more for _, more in TIERS))
    standing, played = list(contestants), 0
    for part, more in TIERS:
        size = _compute_tier_size(part, len(contestants))
        front = [contestant for contestant in standing[:size] if not contestant.has_failed]
        results = scores([contestant.text for contestant in front], seeds[:more]) if front else []
        played += more * len(front)
        seeds = seeds[more:]
        for contestant, returns in zip(front, results, strict=True):
            contestant.has_failed = returns is None
            contestant.returns += returns or []
        # Sorting is stable: those behind the front keep their places, and failures go last.
        standing[:size] = sorted(standing[:size], key=lambda contestant: -contestant.mean)
        standing.sort(key=lambda contestant: contestant.has_failed)
    return standing, played


def _choose_finalists(coordinates: ConstantSpace, source: str, descents: list[Descent]) -> list[str]:
    """Chooses the texts of the final race.

    First the means of the highest descent, the last first, which wins where nothing can be played; then where
    the others ended; the source last.
    """
    highest_first = sorted(descents, key=lambda descent: -descent.height)
    means = highest_first[0].means if highest_first else []
    places = [max(0, math.ceil(part * len(means)) - 1) for part in reversed(MILESTONES)] if means else []
    points = [means[place] for place in places] + [descent.means[-1] for descent in highest_first[1:]]
    return list(dict.fromkeys([*map(coordinates.write_text, points), source]))


def _play_final(finalists: list[str], scores: Scores, most: int, name: str) -> tuple[str, int]:
    """Returns the best of some texts on common seeds of their own, and the episodes it took."""
    count = min(most // len(finalists), MAX_FINAL_SEEDS)
    if count == 0 or len(finalists) == 1:
        return finalists[0], 0
    results = scores(finalists, make_named_seeds(name, count))
    means = [statistics.fmean(returns) if returns else -math.inf for returns in results]
    # Of equals the first is taken: the latest mean.
    return finalists[means.index(max(means))], count * len(finalists)


def _compute_tier_size(part: float, population: int) -> int:
    return max(1, round(part * population))


def _count_generation_episodes(population: int) -> int:
    return sum(more * _compute_tier_size(part, population) for part, more in TIERS)


def _summarise_generation(standing: list[_Contestant], played: int, descent: int) -> Generation:
    leaders = standing[: _compute_tier_size(TIERS[-1][0], len(standing))]
    means = [contestant.mean for contestant in leaders if not contestant.has_failed]
    return Generation(statistics.fmean(means), max(means), played, descent)
