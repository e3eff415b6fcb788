"""Discrete environments: a table of what was tried, walks to the least tried, value iteration."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import gymnasium
import numpy as np
from gymnasium.spaces import Discrete, MultiDiscrete, Tuple
from numpy.typing import NDArray

from policybook.rollout.environment_fault import EpisodeLostError
from policybook.search.contract import Floats, SearchUsage
from policybook.search.taken import TakenActions

EPISODE_STEPS = 200
PLAN_STEPS = 50  # new steps after which plans are made again
MAX_SWEEPS = 300
DISCOUNT = 0.99
CURIOUS_DISCOUNT = 0.95
GREEDY_SHARE = 0.3  # share of the episodes that follow the best known policy, to learn more where it leads
GREEDY_NOISE = 0.1  # share of random steps in those
KNOWN_AFTER_TRIALS = 64  # trials from which an action in a stochastic environment is known


@dataclass(frozen=True)
class TableCells:
    """A discrete observation space: the sizes and first values of its parts, flattened to one number."""

    sizes: tuple[int, ...]
    starts: tuple[int, ...]

    @property
    def count(self) -> int:
        """Returns the number of cells."""
        return int(np.prod(self.sizes))

    def locate(self, observation: Any) -> int:
        """Returns the cell of an observation."""
        parts = np.atleast_1d(np.asarray(observation, int)) - np.array(self.starts)
        return int(np.ravel_multi_index(tuple(parts), self.sizes))


LARGEST_TABLE = 5000


def read_cells(space: Any) -> TableCells | None:
    """Returns the cells of a space, or None where it is not discrete or too large for a table."""
    if isinstance(space, Discrete):
        parts = [space]
    elif isinstance(space, Tuple) and all(isinstance(part, Discrete) for part in space.spaces):
        parts = [part for part in space.spaces if isinstance(part, Discrete)]
    elif isinstance(space, MultiDiscrete) and len(space.shape) == 1:
        parts = [Discrete(int(n), start=int(s)) for n, s in zip(space.nvec, space.start, strict=True)]
    else:
        return None
    cells = TableCells(tuple(int(p.n) for p in parts), tuple(int(p.start) for p in parts))
    return cells if cells.count <= LARGEST_TABLE else None


@dataclass
class TransitionCounts:
    """What happened: trials and reward sums of (cell, action), and how often each led where (-1: the end)."""

    cells: int
    actions: int
    trials: Floats = field(init=False)
    reward_sums: Floats = field(init=False)
    refused: NDArray[np.bool_] = field(init=False)
    """Which actions were not legal when they were wanted last."""
    successors: dict[tuple[int, int, int], int] = field(default_factory=lambda: defaultdict(int))

    def __post_init__(self) -> None:
        self.trials = np.zeros((self.cells, self.actions))
        self.reward_sums = np.zeros((self.cells, self.actions))
        self.refused = np.zeros((self.cells, self.actions), bool)

    def add(self, cell: int, action: int, reward: float, following: int) -> None:
        """Counts one step."""
        self.trials[cell, action] += 1
        self.reward_sums[cell, action] += reward
        self.successors[cell, action, following] += 1

    @property
    def is_deterministic(self) -> bool:
        """Whether every action tried always led to the same cell."""
        return len(self.successors) == np.count_nonzero(self.trials)

    @property
    def seen_cells(self) -> Floats:
        """Returns the mask of the cells in which some action was tried."""
        return np.asarray(self.trials.sum(axis=1) > 0)

    def iterate_values(
        self, rewards: Floats, discount: float, unknown: float, policy: NDArray[np.int64] | None = None
    ) -> Floats:
        """Returns action values (cells, actions) of a policy (cells,) or of the best one.

        What was never tried is worth `unknown`.
        """
        keys = np.array(list(self.successors))
        shares = np.array(list(self.successors.values())) / self.trials[keys[:, 0], keys[:, 1]]
        goes_on = keys[:, 2] >= 0
        source = keys[goes_on, 0] * self.actions + keys[goes_on, 1]
        target, share = keys[goes_on, 2], shares[goes_on]
        # What is not legal is nothing to be curious of.
        fixed = np.where(self.trials > 0, rewards, np.where(self.refused, min(unknown, 0.0), unknown))
        q = fixed.copy()
        for _ in range(MAX_SWEEPS):
            state = q.max(axis=1) if policy is None else q[np.arange(self.cells), policy]
            ahead = np.bincount(source, share * state[target], self.trials.size).reshape(q.shape)
            following = fixed + discount * ahead
            is_settled = np.max(np.abs(following - q)) < 1e-6
            q = following
            if is_settled:
                break
        return q

    def solve_best(self) -> Floats:
        """Returns action values for the rewards as they were earned; what was never tried is never chosen."""
        means = self.reward_sums / np.maximum(self.trials, 1)
        q = self.iterate_values(means, DISCOUNT, unknown=float(means.min()) / (1 - DISCOUNT) - 1)
        return np.asarray(np.where(self.trials > 0, q, -np.inf))

    def follow(self, policy: NDArray[np.int64]) -> Floats:
        """Returns the values (cells,) of a policy.

        What was never tried is worth what a step earned on average.
        """
        means = self.reward_sums / np.maximum(self.trials, 1)
        usual = float(self.reward_sums.sum() / self.trials.sum())
        return np.asarray(self.iterate_values(means, DISCOUNT, usual, policy)[np.arange(self.cells), policy])


@dataclass
class Explorer:
    """Plays an environment to fill the counts; actions are numbered from `first_action`."""

    env: gymnasium.Env[Any, Any]
    cells: TableCells
    counts: TransitionCounts
    first_action: int
    rng: np.random.Generator

    def explore(self, steps: int, episodes: int, is_late: Callable[[], bool] = lambda: False) -> SearchUsage:
        """Adds to the counts until everything reachable is known, all is spent or it is late."""
        taken = played = 0
        planned = -PLAN_STEPS
        curiosity = best = np.zeros(self.counts.trials.shape)
        while taken < steps and played < episodes and not is_late():
            if self.counts.successors and taken - planned >= PLAN_STEPS:
                planned, curiosity, best = taken, _plan_curiosity(self.counts), self.counts.solve_best()
                if self.counts.is_deterministic and not curiosity[self.counts.seen_cells].any():
                    break
            is_greedy = bool(self.counts.successors) and self.rng.random() < GREEDY_SHARE
            taken += self._walk(
                best if is_greedy else curiosity, is_greedy, min(EPISODE_STEPS, steps - taken)
            )
            played += 1
        return SearchUsage(episodes=played, steps=taken)

    def _walk(self, values: Floats, is_greedy: bool, limit: int) -> int:
        """Plays one episode by `values`, ties broken at random; returns its steps."""
        try:
            observation, _ = self.env.reset(seed=int(self.rng.integers(2**31)))
        except EpisodeLostError:
            return 0
        # After a fault the environment is another one.
        taken = TakenActions(self.env)
        cell = self.cells.locate(observation)
        for step in range(limit):
            wanted = self._choose(cell, values[cell], is_greedy)
            try:
                observation, reward, terminated, truncated, _ = self.env.step(wanted + self.first_action)
            except EpisodeLostError:
                # What the steps before it showed holds; the next episode has another seed.
                return step
            action = int(taken.read(wanted + self.first_action)) - self.first_action
            self.counts.refused[cell, wanted] = action != wanted
            self.counts.refused[cell, action] = False
            following = -1 if terminated else self.cells.locate(observation)
            self.counts.add(cell, action, float(reward), following)
            if terminated or truncated:
                return step + 1
            cell = following
        return limit

    def _choose(self, cell: int, values: Floats, is_greedy: bool) -> int:
        known = self.counts.refused[cell]
        if is_greedy and self.rng.random() < GREEDY_NOISE:
            return int(self.rng.integers(self.counts.actions))
        # Plans are older than the last steps: what was just tried is less curious already.
        weights = values if is_greedy else values / (1 + self.counts.trials[cell])
        if not known.all():
            weights = np.where(known, -np.inf, weights)
        return int(self.rng.choice(np.flatnonzero(weights >= weights.max())))


def _plan_curiosity(counts: TransitionCounts) -> Floats:
    """Returns values whose greedy walk leads to actions that were tried too rarely to know them."""
    enough = 1 if counts.is_deterministic else KNOWN_AFTER_TRIALS
    wanting = (counts.trials < enough) & ~counts.refused
    novelty = np.where(wanting, 1 / (1 + counts.trials), 0.0)
    return counts.iterate_values(novelty, CURIOUS_DISCOUNT, unknown=1.0)
