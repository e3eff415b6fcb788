"""A one-actuator environment fitted from recorded episodes, in which thousands of rollouts cost no real step.

Each state coordinate's change is a ridge regression on polynomials, sines and pushes. What these cannot say
is kept apart: the space's bounds, walls that stop a movement, the line that ends an episode, rewards.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from gymnasium.spaces import Box
from numpy.typing import NDArray

from policybook.rollout.trajectory import Trajectory
from policybook.search.contract import Floats
from policybook.search.coordinates import Coordinates
from policybook.search.facts import Facts
from policybook.search.model_steps import ModelStepBudget
from policybook.search.probe import join_transitions

HIGHEST_POWER = 5
RIDGE_PENALTY = 1e-7
HORIZON_FACTOR = 2  # times the longest ended episode that a simulated one may take
MIN_GAP = 1e-9
RAN_AWAY = -1e12  # what an episode counts that left what numbers can hold
NEAR_TOP_RADIANS = 0.5  # radians within which a reward is taken for a parabola
MIN_NEAR_STEPS = 10  # steps that such a parabola needs

# A law maps parameters (P, k) and states (P, S, n) to pushes (P, S) in [-1, 1].
ControlLaw = Callable[[Floats, Floats], Floats]


@dataclass(frozen=True)
class Goal:
    """Episodes end where `sign` × coordinate `index` passes `sign` × `threshold`."""

    index: int
    sign: float
    threshold: float

    def is_reached(self, states: Floats) -> NDArray[np.bool_]:
        """Returns the mask (…) of states (…, n) beyond the line."""
        return np.asarray(self.sign * states[..., self.index] >= self.sign * self.threshold)


@dataclass(frozen=True)
class FittedSimulator:
    """Fitted dynamics. Weights act on features of states divided by `scale`; bounds are in state units."""

    coordinates: Coordinates
    weights: Floats
    reward_weights: Floats
    top: float
    low: Floats
    high: Floats
    goal: Goal | None
    final_reward: float
    starts: Floats
    horizon: int
    budget: ModelStepBudget = field(default_factory=ModelStepBudget)

    def draw_starts(self, count: int, rng: np.random.Generator) -> Floats:
        """Returns some of the recorded start states (count, n)."""
        return np.asarray(
            self.starts[rng.choice(len(self.starts), size=min(count, len(self.starts)), replace=False)]
        )

    def simulate_returns(self, law: ControlLaw, parameters: Floats, starts: Floats) -> Floats:
        """Returns the mean return (P,) of each row of parameters (P, k), and counts the model steps.

        `starts` (S, n) are the states in which the episodes begin.
        """
        # A law that runs away, or a badly fitted model, leaves what numbers can hold: it is worth nothing.
        with np.errstate(over="ignore", invalid="ignore"):
            returns = self._simulate(law, parameters, starts)
        return np.where(np.isfinite(returns), returns, RAN_AWAY)

    def _simulate(self, law: ControlLaw, parameters: Floats, starts: Floats) -> Floats:
        states = np.broadcast_to(starts, (len(parameters), *starts.shape)).copy()
        alive: NDArray[np.bool_] = np.ones(states.shape[:2], bool)
        total = np.zeros(states.shape[:2])
        for _ in range(self.horizon):
            push = np.clip(law(parameters, states), -1.0, 1.0)
            rewards = _make_reward_features(states, push, self.top, self.coordinates) @ self.reward_weights
            states = self._keep_within_bounds(states + self.step(states, push))
            ended = self.goal.is_reached(states) if self.goal else np.zeros(alive.shape, bool)
            total += np.where(alive, np.where(ended, self.final_reward, rewards), 0.0)
            self.budget.take(int(alive.sum()))
            alive &= ~ended
            if not alive.any():
                break
        return np.asarray(total.mean(axis=1))

    def step(self, states: Floats, push: Floats) -> Floats:
        """Returns the change (P, S, n) of states (P, S, n) under pushes (P, S) in a step, bounds aside."""
        features = _make_features(states / self.coordinates.scale, push, self.coordinates)
        return np.asarray(features @ self.weights)

    def _keep_within_bounds(self, states: Floats) -> Floats:
        """Keeps states within bounds; a position that hits one loses the velocity that took it there."""
        kept = np.clip(states, self.low, self.high)
        for velocity in self.coordinates.velocities:
            hit = kept[..., velocity.of] != states[..., velocity.of]
            kept[..., velocity.index] = np.where(hit, 0.0, kept[..., velocity.index])
        raw = len(self.coordinates.raw)
        kept[..., raw:] = (states[..., raw:] + np.pi) % (2 * np.pi) - np.pi
        return np.asarray(kept)


def fit_simulator(
    facts: Facts, played: Sequence[Trajectory], starts: Floats, budget: ModelStepBudget
) -> FittedSimulator:
    """Fits a simulator of the first actuator to the probe's episodes and those that a policy `played`.

    `starts` (S, d) are the first observations of episodes. What is simulated counts in `budget`.
    """
    coordinates, trajectories = facts.coordinates, [*facts.trajectories, *played]
    steps = join_transitions(trajectories)
    before, after = coordinates.read_states(steps.before), coordinates.read_states(steps.after)
    push = facts.actuators[0].measure_push(steps.actions)
    low, high = _find_state_bounds(coordinates, facts.observation_space)
    at_wall = np.any((after <= low) | (after >= high), axis=1) & ~steps.terminated
    features = _make_features(before / coordinates.scale, push, coordinates)[~at_wall]
    change = coordinates.measure_change(before, after)[~at_wall]
    top = _find_top(coordinates, before, steps.rewards)
    ordinary = ~steps.terminated
    rewards = _fit_ridge(
        _make_reward_features(before, push, top, coordinates)[ordinary], steps.rewards[ordinary]
    )
    final = float(steps.rewards[steps.terminated].mean()) if steps.terminated.any() else 0.0
    return FittedSimulator(
        coordinates=coordinates,
        weights=_fit_ridge(features, change),
        reward_weights=rewards,
        top=top,
        low=low,
        high=high,
        goal=_find_goal(after, steps.terminated, coordinates.scale),
        final_reward=final,
        starts=coordinates.read_states(starts),
        horizon=choose_horizon(trajectories, facts.horizon),
        budget=budget,
    )


def choose_horizon(trajectories: Sequence[Trajectory], horizon: int) -> int:
    """Returns the steps after which a simulated episode is cut.

    A rule that takes far longer than those recorded need not be followed to the limit.
    """
    ended = [len(t.rewards) for t in trajectories if t.terminated]
    return min(horizon, HORIZON_FACTOR * max(ended)) if ended else horizon


def _make_features(scaled: Floats, push: Floats, coordinates: Coordinates) -> Floats:
    """Returns features (…, k) of scaled states (…, n).

    They are 1, u, powers of and u times raw coordinates, sine and cosine of all.
    """
    raw, u = len(coordinates.raw), push[..., None]
    z = scaled[..., :raw]
    angle = scaled * np.where(np.arange(scaled.shape[-1]) < raw, 1.0, coordinates.scale)
    powers = [z**k for k in range(1, HIGHEST_POWER + 1)]
    return np.concatenate([np.ones_like(u), u, *powers, u * z, np.sin(angle), np.cos(angle)], axis=-1)


def _make_reward_features(states: Floats, push: Floats, top: float, coordinates: Coordinates) -> Floats:
    """Returns features (…, k): 1, z, z², u, u², the angles measured from `top`."""
    raw = len(coordinates.raw)
    centred = states / coordinates.scale
    centred[..., raw:] = (states[..., raw:] - top + np.pi) % (2 * np.pi) - np.pi
    u = push[..., None]
    return np.concatenate([np.ones_like(u), centred, centred**2, u, u**2], axis=-1)


def _find_top(coordinates: Coordinates, states: Floats, rewards: Floats) -> float:
    """Returns the (first) angle of greatest reward in radians, 0 where there is no angle.

    Roughly the peak of a fitted sinusoid, then the vertex of a parabola within half a radian of it.
    """
    if not coordinates.angles:
        return 0.0
    angle, others = states[:, len(coordinates.raw)], states[:, : len(coordinates.raw)] ** 2
    circle = np.stack([np.sin(angle), np.cos(angle), np.ones(len(angle))], axis=1)
    sine, cosine, *_ = np.linalg.lstsq(np.hstack([circle, others]), rewards, rcond=None)[0]
    rough = float(np.arctan2(sine, cosine))
    tilt = (angle - rough + np.pi) % (2 * np.pi) - np.pi
    near = np.abs(tilt) < NEAR_TOP_RADIANS
    if near.sum() < MIN_NEAR_STEPS:
        return rough
    parabola = np.stack([tilt, tilt**2, np.ones(len(tilt))], axis=1)
    slope, bend, *_ = np.linalg.lstsq(np.hstack([parabola, others])[near], rewards[near], rcond=None)[0]
    return (
        rough
        if bend >= 0
        else rough + float(np.clip(-slope / (2 * bend), -NEAR_TOP_RADIANS, NEAR_TOP_RADIANS))
    )


def _fit_ridge(features: Floats, target: Floats) -> Floats:
    gram = features.T @ features
    return np.asarray(
        np.linalg.solve(gram + RIDGE_PENALTY * len(features) * np.eye(len(gram)), features.T @ target)
    )


def _find_state_bounds(coordinates: Coordinates, space: Box) -> tuple[Floats, Floats]:
    open_ends, raw = np.full(len(coordinates.angles), np.inf), list(coordinates.raw)
    low, high = space.low[raw].astype(float), space.high[raw].astype(float)
    return np.concatenate([low, -open_ends]), np.concatenate([high, open_ends])


def _find_goal(after: Floats, terminated: NDArray[np.bool_], scale: Floats) -> Goal | None:
    """Returns the coordinate and side on which all endings lie beyond everything else.

    Of several it is the one with the widest gap.
    """
    best, widest = None, MIN_GAP
    if not terminated.any() or terminated.all():
        return None
    for index in range(after.shape[1]):
        for sign in (1.0, -1.0):
            end = float(np.min(sign * after[terminated, index]))
            rest = float(np.max(sign * after[~terminated, index]))
            gap = (end - rest) / float(scale[index])
            if gap > -MIN_GAP and (best is None or gap > widest):
                best, widest = Goal(index, sign, sign * (end + rest) / 2), gap
    return best
