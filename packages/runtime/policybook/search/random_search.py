"""Augmented random search over linear laws, after Mania, Guy and Recht (2018), on the real environment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import gymnasium
import numpy as np
from gymnasium.spaces import Box, Discrete

from policybook.rollout.environment_fault import EpisodeLostError
from policybook.search.contract import Floats, SearchUsage
from policybook.search.flat_observations import FlatObservation
from policybook.search.linear_law import LinearLaw, count_sums

SEED_LIMIT = 2**31


@dataclass(frozen=True)
class RandomSearchConstants:
    """How far a search looks around, and how far it steps, at first and at last.

    Both are in units of normalised observations. Every iteration plays two episodes of each of `directions`,
    and steps by the `best` of them. After `patience` iterations in which all episodes have earned the same,
    the search ends.
    """

    noise: tuple[float, float] = (0.1, 0.03)
    step: tuple[float, float] = (0.05, 0.02)
    directions: int = 8
    best: int = 4
    patience: int = 5


@dataclass
class Episodes:
    """Plays laws and counts what that costs, until `steps` or `episodes` are used up or it is late."""

    env: gymnasium.Env[Any, Any]
    space: Discrete[Any] | Box
    flat: FlatObservation
    steps: int
    episodes: int
    is_late: Callable[[], bool]
    used: SearchUsage = field(default_factory=SearchUsage)

    def is_over(self) -> bool:
        """Returns whether no further episode is to begin."""
        return self.measure_progress() >= 1 or self.is_late()

    def measure_progress(self) -> float:
        """Returns the part of what may be used that is used, from 0 to 1."""
        return max(self.used.steps / self.steps, self.used.episodes / self.episodes)

    def play(self, law: LinearLaw, seed: int) -> tuple[float, Floats] | None:
        """Returns an episode's return and its observations (N, d); None where the environment has lost it.

        An episode that would take more steps than are left is cut.
        """
        total, rows = 0.0, []
        try:
            observation, _ = self.env.reset(seed=seed)
            over = False
            while not over:
                numbers = self.flat.read(observation)
                if not np.isfinite(numbers).all():
                    numbers = np.nan_to_num(numbers, posinf=0.0, neginf=0.0)
                rows.append(numbers)
                observation, reward, terminated, truncated, _ = self.env.step(law.choose(numbers))
                total += float(reward)
                over = terminated or truncated or self.used.steps + len(rows) >= self.steps
        except EpisodeLostError:
            return None
        self.used += SearchUsage(episodes=1, steps=len(rows))
        return total, np.array(rows)


class Normaliser:
    """The mean and the spread of each number, of all that was observed so far."""

    def __init__(self, size: int) -> None:
        self.count = 0
        self.mean = np.zeros(size)
        self.squares = np.zeros(size)

    def add(self, rows: Floats) -> None:
        """Takes the observations (N, d) of an episode."""
        count = self.count + len(rows)
        mean, squares = rows.mean(0), ((rows - rows.mean(0)) ** 2).sum(0)
        shift = mean - self.mean
        self.squares += squares + shift**2 * self.count * len(rows) / count
        self.mean = self.mean + shift * len(rows) / count
        self.count = count

    @property
    def spread(self) -> Floats:
        """Returns the standard deviations; infinite for a number that does not move: it weighs nothing."""
        deviation = np.sqrt(self.squares / max(1, self.count))
        return np.where(deviation > 1e-9, deviation, np.inf)

    def make_law(self, space: Discrete[Any] | Box, weights: Floats) -> LinearLaw:
        """Returns the law of weights (m, d + 1) of normalised numbers, the last of which is an offset."""
        gains = weights[:, :-1] / self.spread
        return LinearLaw(space, gains, weights[:, -1] - gains @ self.mean)


def search_weights(
    play: Episodes, constants: RandomSearchConstants, size: int, rng: np.random.Generator
) -> tuple[Floats, Normaliser] | None:
    """Returns weights (m, d + 1) and their normaliser; None where all that was tried earned the same."""
    weights = np.zeros((count_sums(play.space), size + 1))
    seen = Normaliser(size)
    first = play.play(seen.make_law(play.space, weights), int(rng.integers(SEED_LIMIT)))
    if first is None:
        return None
    seen.add(first[1])
    idle, differed = 0, False
    while not play.is_over() and (differed or idle < constants.patience):
        noise, step = (
            float(np.interp(play.measure_progress(), (0, 1), ends))
            for ends in (constants.noise, constants.step)
        )
        tried: list[tuple[Floats, float, float]] = []
        rows: list[Floats] = []
        for _ in range(constants.directions):
            direction = rng.standard_normal(weights.shape)
            seed = int(rng.integers(SEED_LIMIT))
            both = [
                play.play(seen.make_law(play.space, weights + sign * noise * direction), seed)
                for sign in (1, -1)
            ]
            played = [each for each in both if each is not None]
            rows += [each[1] for each in played]
            if len(played) == 2:
                tried.append((direction, played[0][0], played[1][0]))
            if play.is_over():
                break
        for each in rows:
            seen.add(each)
        tried.sort(key=lambda each: -max(each[1], each[2]))
        best = tried[: constants.best]
        deviation = float(np.std([value for _, up, down in best for value in (up, down)])) if best else 0.0
        if deviation > 0:
            differed = True
            change = sum((up - down) * direction for direction, up, down in best)
            weights = weights + step / (len(best) * deviation) * change
        idle += 1
    return (weights, seen) if differed else None
