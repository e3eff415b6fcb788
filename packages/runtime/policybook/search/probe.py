"""Random play that shows what the actions do: short episodes, each action held for a few steps."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gymnasium
import numpy as np
from gymnasium.spaces import Box, Discrete
from numpy.typing import NDArray

from policybook.rollout.environment_fault import EpisodeLostError
from policybook.rollout.trajectory import Trajectory
from policybook.search.action_parts import ActionParts, find_float_bounds, make_array
from policybook.search.contract import Floats, SearchUsage
from policybook.search.taken import TakenActions

PROBE_EPISODE_STEPS = 60  # a longer random episode leaves the region where a linear fit holds
LONGEST_HOLD_STEPS = 8
STEPS_ONE_ACTUATOR = 600
STEPS_SEVERAL_ACTUATORS = 2000


@dataclass(frozen=True)
class Transitions:
    """N steps: observations before and after (N, d), actions (N,) or (N, m), rewards and endings (N,)."""

    before: Floats
    actions: NDArray[Any]
    after: Floats
    rewards: Floats
    terminated: NDArray[np.bool_]


def find_action_levels(space: Box) -> Floats:
    """Returns the lowest, neutral and highest value of each dimension, shape (3, m).

    A side without a bound counts as `find_float_bounds` says.
    """
    if isinstance(space, ActionParts):
        return space.levels
    low, high = (bound.ravel() for bound in find_float_bounds(space))
    neutral = np.where((low < 0) & (high > 0), 0.0, low)
    return np.stack([low, neutral, high])


@dataclass(frozen=True)
class ProbePlan:
    """How long a probe may be; whichever is reached first ends it. `episodes` None: as many as it takes."""

    steps: int
    episodes: int | None


def plan_probe(space: Discrete[Any] | Box, steps: int | None, episodes: int | None) -> ProbePlan:
    """Plans what a probe is worth of a run's budgets: little for one actuator, more for several.

    It takes at most a third of `steps` and of `episodes`; None stands for a budget without a limit.
    """
    one_actuator = space.n <= 3 if isinstance(space, Discrete) else int(np.prod(space.shape)) == 1
    worthwhile = STEPS_ONE_ACTUATOR if one_actuator else STEPS_SEVERAL_ACTUATORS
    return ProbePlan(
        worthwhile if steps is None else min(worthwhile, steps // 3),
        None if episodes is None else episodes // 3,
    )


def probe(
    env: gymnasium.Env[Any, Any],
    space: Discrete[Any] | Box,
    plan: ProbePlan,
    rng: np.random.Generator,
    is_late: Callable[[], bool] = lambda: False,
    *,
    read: Callable[[Any], NDArray[Any]] = np.array,
) -> tuple[list[Trajectory], SearchUsage]:
    """Plays random steps as planned, until it is late, and returns the episodes with their cost.

    `read` makes a row of an observation.
    """
    trajectories: list[Trajectory] = []
    taken = 0
    while (
        taken < plan.steps and (plan.episodes is None or len(trajectories) < plan.episodes) and not is_late()
    ):
        try:
            trajectory = _play_episode(env, space, min(PROBE_EPISODE_STEPS, plan.steps - taken), rng, read)
        except EpisodeLostError:
            # The next one has another seed.
            continue
        trajectories.append(trajectory)
        taken += len(trajectory.rewards)
    return trajectories, SearchUsage(episodes=len(trajectories), steps=taken)


def draw_starts(
    env: gymnasium.Env[Any, Any],
    count: int,
    rng: np.random.Generator,
    is_late: Callable[[], bool] = lambda: False,
) -> tuple[Floats, SearchUsage]:
    """Returns the first observations (count, d) of so many episodes, of which none is played.

    Where it is late there are fewer, but one at least.
    """
    first: list[Any] = []
    while len(first) < count and not (first and is_late()):
        with contextlib.suppress(EpisodeLostError):
            first.append(env.reset(seed=int(rng.integers(2**31)))[0])
    return np.array(first, float), SearchUsage(episodes=len(first))


def join_transitions(trajectories: list[Trajectory]) -> Transitions:
    """Returns all steps of some trajectories, one below the other."""
    observations = [t.observations.astype(float) for t in trajectories]
    ends = [np.arange(len(t.rewards)) == len(t.rewards) - 1 if t.terminated else None for t in trajectories]
    return Transitions(
        before=np.concatenate([o[:-1] for o in observations]),
        actions=np.concatenate([t.actions for t in trajectories]),
        after=np.concatenate([o[1:] for o in observations]),
        rewards=np.concatenate([t.rewards for t in trajectories]).astype(float),
        terminated=np.concatenate(
            [
                np.zeros(len(t.rewards), bool) if e is None else e
                for t, e in zip(trajectories, ends, strict=True)
            ]
        ),
    )


def _play_episode(
    env: gymnasium.Env[Any, Any],
    space: Discrete[Any] | Box,
    limit: int,
    rng: np.random.Generator,
    read: Callable[[Any], NDArray[Any]],
) -> Trajectory:
    seed = int(rng.integers(2**31))
    observation, _ = env.reset(seed=seed)
    observations, actions = [read(observation)], []
    rewards: list[float] = []
    terminated = truncated = False
    taken = TakenActions(env)
    hold = 0
    action: Any = None
    while len(rewards) < limit and not (terminated or truncated):
        if hold == 0:
            action, hold = _draw_action(space, rng), int(rng.integers(1, LONGEST_HOLD_STEPS + 1))
        hold -= 1
        observation, reward, terminated, truncated, _ = env.step(action)
        observations.append(read(observation))
        actions.append(taken.read(action))
        rewards.append(float(reward))
    return Trajectory(np.array(observations), np.array(actions), np.array(rewards), bool(terminated), seed)


def _draw_action(space: Discrete[Any] | Box, rng: np.random.Generator) -> Any:
    if isinstance(space, Discrete):
        return int(space.start + rng.integers(space.n))
    levels = find_action_levels(space)
    choice = rng.integers(3, size=levels.shape[1])
    flat = levels[choice, np.arange(levels.shape[1])]
    return make_array(space, flat.tolist())
