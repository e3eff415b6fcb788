"""What each action does: the idle action, actuators that push both ways, actuators that push one way."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from gymnasium.spaces import Box, Discrete
from numpy.typing import NDArray

from policybook.search.contract import Floats
from policybook.search.probe import find_action_levels

ONE_WAY_RATIO = 3.0  # two ends that differ this much in effect are no two-way actuator
OPPOSITE_COSINE = -0.8  # cosine from which two actions are called two ends of one actuator
WEAK_SHARE = 0.05  # share of the strongest effect below which an action is no actuator


@dataclass(frozen=True)
class Actuator:
    """Something to push. `forward` and `backward` are action numbers (`dimension` None) or levels of a box.

    A one-way actuator has no `backward`. `effect` (n,) is what pushing forward by one adds to each scaled
    state coordinate in a step.
    """

    dimension: int | None
    forward: float
    backward: float | None
    neutral: float | None
    effect: Floats

    @property
    def is_two_way(self) -> bool:
        """Whether it also pushes backward."""
        return self.backward is not None

    def measure_push(self, actions: NDArray[Any]) -> Floats:
        """Returns the signed push (N,) in [-1, 1] of recorded actions (N,) or (N, m)."""
        if self.dimension is None:
            forward = (actions == self.forward).astype(float)
            return np.asarray(forward if self.backward is None else forward - (actions == self.backward))
        level = actions.reshape(len(actions), -1)[:, self.dimension].astype(float)
        neutral = self.neutral or 0.0
        push = (level - neutral) / (self.forward - neutral)
        if self.backward is None:
            return np.clip(push, 0.0, 1.0)
        return np.where(
            push >= 0,
            push,
            (level - neutral) / (neutral - self.backward) if self.backward != neutral else push,
        )


def find_actuators(
    space: Discrete[Any] | Box, state: Floats, actions: NDArray[Any], change: Floats
) -> tuple[tuple[Actuator, ...], int | None]:
    """Returns the actuators, strongest first, and the number of the idle action.

    The number is None for a box and where no action idles.

    `state` and `change` (N, n) are in scaled coordinates, each change in units of its own spread.
    """
    if isinstance(space, Box):
        return _find_box_actuators(space, state, actions, change), None
    numbers = np.arange(space.start, space.start + space.n)
    effects = _fit_effects(state, np.stack([actions == a for a in numbers], axis=1).astype(float), change)
    if space.n == 2:
        half = (effects[1] - effects[0]) / 2
        return (Actuator(None, float(numbers[1]), float(numbers[0]), None, half),), None
    idle = _find_idle(effects)
    return _find_discrete_actuators(numbers, effects - effects[idle], idle), int(numbers[idle])


def _fit_effects(state: Floats, indicators: Floats, change: Floats) -> Floats:
    """Returns the mean change (k, n) that each indicator adds, given the state, by ridge regression."""
    features = np.hstack([indicators, state, np.ones((len(state), 1))])
    gram = features.T @ features + 1e-3 * np.eye(features.shape[1])
    return np.asarray(np.linalg.solve(gram, features.T @ change)[: indicators.shape[1]])


def _compute_cosine(a: Floats, b: Floats) -> float:
    return float(a @ b / (np.linalg.norm(a) * np.linalg.norm(b) + 1e-12))


def _find_idle(effects: Floats) -> int:
    """Returns the action as seen from which two strong others are most opposite."""
    everything = range(len(effects))

    def find_most_opposite(idle: int) -> float:
        others = effects - effects[idle]
        share = np.linalg.norm(others, axis=1) / (np.linalg.norm(others, axis=1).max() + 1e-12)
        pairs = combinations([a for a in everything if a != idle], 2)
        return min(_compute_cosine(others[j], others[k]) * float(min(share[j], share[k])) for j, k in pairs)

    return min(everything, key=find_most_opposite)


def _find_discrete_actuators(numbers: NDArray[Any], effects: Floats, idle: int) -> tuple[Actuator, ...]:
    strength = np.linalg.norm(effects, axis=1)
    free = [a for a in range(len(numbers)) if a != idle and strength[a] > WEAK_SHARE * strength.max()]
    actuators: list[Actuator] = []
    pairs = sorted(
        combinations(free, 2), key=lambda pair: _compute_cosine(effects[pair[0]], effects[pair[1]])
    )
    for back, forth in pairs:
        is_alike = max(strength[back], strength[forth]) < ONE_WAY_RATIO * min(strength[back], strength[forth])
        if (
            back in free
            and forth in free
            and is_alike
            and _compute_cosine(effects[back], effects[forth]) < OPPOSITE_COSINE
        ):
            half = (effects[forth] - effects[back]) / 2
            actuators.append(Actuator(None, float(numbers[forth]), float(numbers[back]), None, half))
            free = [a for a in free if a not in (back, forth)]
    actuators += [Actuator(None, float(numbers[a]), None, None, effects[a]) for a in free]
    return tuple(sorted(actuators, key=lambda actuator: -float(np.linalg.norm(actuator.effect))))


def _find_box_actuators(
    space: Box, state: Floats, actions: NDArray[Any], change: Floats
) -> tuple[Actuator, ...]:
    low, neutral, high = find_action_levels(space)
    flat = actions.reshape(len(actions), -1).astype(float)
    indicators = np.hstack([np.isclose(flat, low), np.isclose(flat, high)]).astype(float)
    effects = _fit_effects(state, indicators, change)
    count = len(low)
    actuators: list[Actuator] = []
    for d in range(count):
        if low[d] == high[d]:
            # A coordinate with one value pushes nothing.
            continue
        down, up = effects[d], effects[count + d]
        sizes = float(np.linalg.norm(down)), float(np.linalg.norm(up))
        if neutral[d] == low[d] or sizes[1] > ONE_WAY_RATIO * sizes[0]:
            actuators.append(Actuator(d, float(high[d]), None, float(neutral[d]), up))
        elif sizes[0] > ONE_WAY_RATIO * sizes[1]:
            actuators.append(Actuator(d, float(low[d]), None, float(neutral[d]), down))
        else:
            actuators.append(Actuator(d, float(high[d]), float(low[d]), float(neutral[d]), (up - down) / 2))
    return tuple(sorted(actuators, key=lambda actuator: -float(np.linalg.norm(actuator.effect))))
