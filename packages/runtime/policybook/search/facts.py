"""All that a probe shows of an environment with a flat observation; rules are derived from it."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from gymnasium import Space
from gymnasium.spaces import Box, Discrete

from policybook.rollout.trajectory import Trajectory
from policybook.search.action_parts import name_numbers
from policybook.search.actuators import Actuator, find_actuators
from policybook.search.contract import EpisodeSource, Floats, SearchTask, SearchUsage
from policybook.search.coordinates import Coordinates, find_free_steps, read_coordinates
from policybook.search.dynamics import BilinearModel, find_controllable, fit_bilinear
from policybook.search.goals import find_best_state
from policybook.search.probe import join_transitions, plan_probe, probe
from policybook.search.taken import describe_refusals

DEFAULT_HORIZON = 1000  # steps of an episode that the environment itself never cuts
MOST_CHOICES = 64  # the work of comparing them grows with the third power of their number


@dataclass(frozen=True)
class Facts:
    """A probed environment.

    `model` is in scaled coordinates, its pushes in the order of `actuators`; `controllable` are the state
    coordinates that actuators move; `set_point` (n,) is the state of greatest reward, as far as rewards tell.
    """

    action_space: Discrete[Any] | Box
    observation_space: Box
    horizon: int
    trajectories: tuple[Trajectory, ...]
    coordinates: Coordinates
    actuators: tuple[Actuator, ...]
    idle: int | None
    model: BilinearModel
    controllable: tuple[int, ...]
    set_point: Floats
    refusals: tuple[str, ...] = ()
    """That the environment refuses actions, in a sentence."""

    @property
    def step_reward(self) -> float | None:
        """Returns the reward of a step where all steps earned the same, else None; endings do not count."""
        steps = join_transitions(list(self.trajectories))
        rewards = steps.rewards[~steps.terminated]
        return float(rewards[0]) if len(rewards) and np.ptp(rewards) < 1e-9 else None


Gathered = tuple[Facts, SearchUsage] | None

# What is known as long as the evaluator gives the same access to an environment: a later round needs no new
# probe. The environment's spec would be no key: a wrapper may change physics without being in it.
_gathered_facts: WeakKeyDictionary[EpisodeSource, dict[object, Gathered]] = WeakKeyDictionary()


def gather_facts(task: SearchTask, episodes: EpisodeSource) -> Gathered:
    """Returns the facts of an environment and what probing used.

    It returns None where steps are too few, where nothing moves, and of an action with very many choices.
    """
    env = episodes.make()
    try:
        space, observed = env.action_space, env.observation_space
        if not isinstance(space, Discrete | Box) or not isinstance(observed, Box):
            raise TypeError(f"no probe is known for {observed} with {space}")
        if has_many_choices(space):
            return None
        plan = plan_probe(space, task.steps, task.episodes)
        if task.round == 0 and not task.can_afford(plan.steps, plan.episodes or 0):
            return None
        known = _gathered_facts.setdefault(episodes, {}) if isinstance(episodes, Hashable) else {}
        key = (task.seed, task.names, plan)
        if key not in known:
            trajectories, spent = probe(env, space, plan, np.random.default_rng([task.seed, 0]), task.is_late)
            limit: int | None = env.spec.max_episode_steps if env.spec else None
            facts = read_facts(space, observed, limit or DEFAULT_HORIZON, trajectories, task.names)
            if facts is not None:
                facts = replace(facts, refusals=tuple(describe_refusals(env)))
            known[key] = None if facts is None else (facts, spent)
        return known[key]
    finally:
        env.close()


def has_many_choices(space: Space[Any]) -> bool:
    """Returns whether an action is one of more choices than can be compared with each other."""
    return isinstance(space, Discrete) and bool(space.n > MOST_CHOICES)


def read_facts(
    space: Discrete[Any] | Box,
    observed: Box,
    horizon: int,
    trajectories: list[Trajectory],
    names: tuple[str, ...] | None,
) -> Facts | None:
    """Returns what probed episodes show.

    It returns None where they are too few, where nothing moves, and of an action with very many choices.
    """
    if not trajectories or has_many_choices(space):
        return None
    steps = join_transitions(trajectories)
    lasting = ~steps.terminated
    coordinates = read_coordinates(steps, names)
    free = find_free_steps(coordinates, steps)
    if not coordinates.names or free.sum() < 10 * len(coordinates.names):
        return None
    before, after = coordinates.read_states(steps.before[free]), coordinates.read_states(steps.after[free])
    change = coordinates.measure_change(before, after)
    scaled, actions = before / coordinates.scale, steps.actions[free]
    actuators, idle = find_actuators(space, scaled, actions, change / np.maximum(change.std(0), 1e-9))
    if not actuators:
        return None
    effects = np.stack([actuator.effect * actuator.measure_push(actions).std() for actuator in actuators])
    pushes = np.stack([actuator.measure_push(actions) for actuator in actuators], axis=1)
    model = fit_bilinear(scaled, pushes, change / coordinates.scale)
    return Facts(
        action_space=space,
        observation_space=observed,
        horizon=horizon,
        trajectories=tuple(trajectories),
        coordinates=coordinates,
        actuators=actuators,
        idle=idle,
        model=model,
        controllable=find_controllable(model, effects, scaled, change / coordinates.scale),
        # The reward of an ending says what ends an episode, not where to be.
        set_point=find_best_state(coordinates.read_states(steps.after[lasting]), steps.rewards[lasting]),
    )


def describe_findings(facts: Facts) -> list[str]:
    """Returns what the probe found, in sentences."""
    c = facts.coordinates
    found = [
        f"{c.names[v.index]} is the velocity of {c.names[v.of]} (r = {v.correlation:.3f})"
        for v in c.velocities
    ]
    found += facts.refusals
    found += [f"{a.name} is the angle of {c.observed[a.cosine]} and {c.observed[a.sine]}" for a in c.angles]
    if c.flags:
        found.append(f"{', '.join(c.observed[i] for i in c.flags)} switch between two values, as contacts do")
    if facts.idle is not None:
        found.append(f"action {facts.idle} is idle")
    free = [name for i, name in enumerate(c.names) if i not in facts.controllable]
    if free:
        found.append(f"no action moves {', '.join(free)}")
    found += [
        f"{name} is rewarded most at {value:.3g}"
        for name, value in zip(c.names, facts.set_point, strict=True)
        if value
    ]
    if facts.step_reward is not None:
        aim = "lasting long is the aim" if facts.step_reward > 0 else "ending soon is the aim"
        found.append(
            f"every step earns {facts.step_reward:g}: {aim}" if facts.step_reward else "steps earn nothing"
        )
    space = facts.action_space
    numbers = name_numbers(space) if isinstance(space, Box) else []
    return found + [_describe_actuator(actuator, c, numbers) for actuator in facts.actuators]


def _describe_actuator(actuator: Actuator, coordinates: Coordinates, numbers: Sequence[str]) -> str:
    target = coordinates.names[int(np.argmax(np.abs(actuator.effect)))]
    if actuator.dimension is not None:
        subject = f"{numbers[actuator.dimension]} is"
    elif actuator.backward is None:
        subject = f"action {int(actuator.forward)} is"
    else:
        subject = f"actions {int(actuator.backward)} and {int(actuator.forward)} are"
    return f"{subject} a {'two' if actuator.is_two_way else 'one'}-way actuator on {target}"
