"""Discrete worlds: a table of what was tried, walks to the least tried, value iteration on what is known."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

import gymnasium
import numpy as np
from gymnasium.spaces import Discrete, MultiDiscrete, Tuple

from policybook.search.contract import Floats, Spent

EPISODE_STEPS = 200
PLAN_STEPS = 50  # new steps after which plans are made again
SWEEPS = 300
DISCOUNT = 0.99
CURIOUS_DISCOUNT = 0.95
GREEDY_SHARE = 0.3  # share of the episodes that follow the best known policy, to learn more where it leads
GREEDY_NOISE = 0.1  # share of random steps in those
TIRED = 64  # trials from which an action in a stochastic world is known


@dataclass(frozen=True)
class Cells:
    """A discrete observation space: the sizes and first values of its parts, flattened to one number."""

    sizes: tuple[int, ...]
    starts: tuple[int, ...]

    @property
    def count(self) -> int:
        return int(np.prod(self.sizes))

    def index(self, observation: Any) -> int:
        parts = np.atleast_1d(np.asarray(observation, int)) - np.array(self.starts)
        return int(np.ravel_multi_index(tuple(parts), self.sizes))


LARGEST_TABLE = 5000


def read_cells(space: Any) -> Cells | None:
    """The cells of a space, None where it is not discrete or too large for a table."""
    if isinstance(space, Discrete):
        parts = [space]
    elif isinstance(space, Tuple) and all(isinstance(part, Discrete) for part in space.spaces):
        parts = list(space.spaces)
    elif isinstance(space, MultiDiscrete) and len(space.shape) == 1:
        parts = [Discrete(int(n), start=int(s)) for n, s in zip(space.nvec, space.start, strict=True)]
    else:
        return None
    cells = Cells(tuple(int(p.n) for p in parts), tuple(int(p.start) for p in parts))
    return cells if cells.count <= LARGEST_TABLE else None


@dataclass
class Tally:
    """What happened: counts and reward sums of (cell, action) and counts of where each led (-1 is the end)."""

    cells: int
    actions: int
    tried: Floats = field(init=False)
    earned: Floats = field(init=False)
    led: dict[tuple[int, int, int], int] = field(default_factory=lambda: defaultdict(int))

    def __post_init__(self) -> None:
        self.tried = np.zeros((self.cells, self.actions))
        self.earned = np.zeros((self.cells, self.actions))

    def add(self, cell: int, action: int, reward: float, following: int) -> None:
        self.tried[cell, action] += 1
        self.earned[cell, action] += reward
        self.led[cell, action, following] += 1

    @property
    def deterministic(self) -> bool:
        return len(self.led) == np.count_nonzero(self.tried)

    @property
    def seen(self) -> Floats:
        """Mask of the cells in which some action was tried."""
        return np.asarray(self.tried.sum(axis=1) > 0)

    def values(self, rewards: Floats, discount: float, unknown: float) -> Floats:
        """Action values (cells, actions) by value iteration; an untried action is worth `unknown`."""
        keys = np.array(list(self.led))
        shares = np.array(list(self.led.values())) / self.tried[keys[:, 0], keys[:, 1]]
        goes_on = keys[:, 2] >= 0
        source = keys[goes_on, 0] * self.actions + keys[goes_on, 1]
        target, share = keys[goes_on, 2], shares[goes_on]
        fixed = np.where(self.tried > 0, rewards, unknown)
        q = fixed.copy()
        for _ in range(SWEEPS):
            ahead = np.bincount(source, share * q.max(axis=1)[target], self.tried.size).reshape(q.shape)
            following = fixed + discount * ahead
            settled = np.max(np.abs(following - q)) < 1e-6
            q = following
            if settled:
                break
        return q

    def best(self) -> Floats:
        """Action values for the rewards as they were earned; what was never tried is never chosen."""
        means = self.earned / np.maximum(self.tried, 1)
        q = self.values(means, DISCOUNT, unknown=float(means.min()) / (1 - DISCOUNT) - 1)
        return np.asarray(np.where(self.tried > 0, q, -np.inf))


def explore(
    env: gymnasium.Env[Any, Any], cells: Cells, tally: Tally, steps: int, episodes: int, rng: np.random.Generator
) -> Spent:
    """Adds to a tally until everything reachable is known or the steps or episodes are spent."""
    taken = played = 0
    planned = -PLAN_STEPS
    curiosity = best = np.zeros(tally.tried.shape)
    while taken < steps and played < episodes:
        if tally.led and taken - planned >= PLAN_STEPS:
            planned, curiosity, best = taken, _curiosity(tally), tally.best()
            if tally.deterministic and not curiosity[tally.seen].any():
                break
        greedy = bool(tally.led) and rng.random() < GREEDY_SHARE
        limit = min(EPISODE_STEPS, steps - taken)
        taken += _walk(env, cells, tally, best if greedy else curiosity, greedy, limit, rng)
        played += 1
    return Spent(episodes=played, steps=taken)


def _curiosity(tally: Tally) -> Floats:
    """Values whose greedy walk leads to actions tried less than is enough to know them."""
    enough = 1 if tally.deterministic else TIRED
    novelty = np.where(tally.tried < enough, 1 / (1 + tally.tried), 0.0)
    return tally.values(novelty, CURIOUS_DISCOUNT, unknown=1.0)


def _walk(
    env: gymnasium.Env[Any, Any],
    cells: Cells,
    tally: Tally,
    values: Floats,
    greedy: bool,
    limit: int,
    rng: np.random.Generator,
) -> int:
    """Plays one episode by `values`, ties broken at random; returns its steps."""
    start = int(env.action_space.start) if isinstance(env.action_space, Discrete) else 0
    observation, _ = env.reset(seed=int(rng.integers(2**31)))
    cell = cells.index(observation)
    for step in range(limit):
        row = values[cell]
        # Within a walk an action just tried becomes less curious, though values are planned once an episode.
        wanted = row if greedy else row / (1 + tally.tried[cell])
        best = np.flatnonzero(wanted >= wanted.max())
        action = int(rng.integers(tally.actions) if greedy and rng.random() < GREEDY_NOISE else rng.choice(best))
        observation, reward, terminated, truncated, _ = env.step(action + start)
        following = -1 if terminated else cells.index(observation)
        tally.add(cell, action, float(reward), following)
        if terminated or truncated:
            return step + 1
        cell = following
    return limit
