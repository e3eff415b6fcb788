"""All that a probe says about an environment with a flat observation: what rules are derived from."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from gymnasium.spaces import Box, Discrete

from policybook.rollout.trajectory import Trajectory
from policybook.search.contract import Episodes, Floats, Spent, Task
from policybook.search.coordinates import Coordinates, contact_free, read_coordinates
from policybook.search.dynamics import Bilinear, fit_bilinear, steered
from policybook.search.goals import best_state
from policybook.search.levers import Lever, find_levers
from policybook.search.probe import plan_probe, probe, transitions

DEFAULT_HORIZON = 1000  # steps of an episode that the environment itself never cuts


@dataclass(frozen=True)
class Facts:
    """A probed environment.

    `model` is in scaled coordinates, its pushes in the order of `levers`; `steered` are the state coordinates
    that levers move; `wanted` (n,) is the state of greatest reward, as far as rewards tell.
    """

    action_space: Discrete[Any] | Box
    observation_space: Box
    horizon: int
    trajectories: tuple[Trajectory, ...]
    coordinates: Coordinates
    levers: tuple[Lever, ...]
    idle: int | None
    model: Bilinear
    steered: tuple[int, ...]
    wanted: Floats

    @property
    def step_reward(self) -> float | None:
        """The reward of a step, where every step of the probe that did not end an episode earned the same."""
        steps = transitions(list(self.trajectories))
        rewards = steps.rewards[~steps.terminated]
        return float(rewards[0]) if len(rewards) and np.ptp(rewards) < 1e-9 else None


Gathered = tuple[Facts, Spent] | None

# What is known as long as the evaluator lends the same access to an environment: a later round needs no new
# probe. The environment's spec would be no key: a wrapper may change physics without being in it.
_known: WeakKeyDictionary[Episodes, dict[object, Gathered]] = WeakKeyDictionary()


def gather(task: Task, episodes: Episodes) -> Gathered:
    """Facts of an environment and what probing cost; None where steps are too few, or nothing moves."""
    env = episodes.make()
    try:
        space, observed = env.action_space, env.observation_space
        if not isinstance(space, Discrete | Box) or not isinstance(observed, Box):
            raise TypeError(f"no probe is known for {observed} with {space}")
        plan = plan_probe(space, task.steps, task.episodes)
        if task.round == 0 and not task.affords(plan.steps, plan.episodes or 0):
            return None
        known = _known.setdefault(episodes, {}) if isinstance(episodes, Hashable) else {}
        key = (task.seed, task.names, plan)
        if key not in known:
            trajectories, spent = probe(env, space, plan, np.random.default_rng([task.seed, 0]))
            limit: int | None = env.spec.max_episode_steps if env.spec else None
            facts = _read(space, observed, limit or DEFAULT_HORIZON, trajectories, task.names)
            known[key] = None if facts is None else (facts, spent)
        return known[key]
    finally:
        env.close()


def _read(
    space: Discrete[Any] | Box,
    observed: Box,
    horizon: int,
    trajectories: list[Trajectory],
    names: tuple[str, ...] | None,
) -> Facts | None:
    if not trajectories:
        return None
    steps = transitions(trajectories)
    lasting = ~steps.terminated
    coordinates = read_coordinates(steps, names)
    free = contact_free(coordinates, steps)
    if not coordinates.names or free.sum() < 10 * len(coordinates.names):
        return None
    before, after = coordinates.state(steps.before[free]), coordinates.state(steps.after[free])
    change = coordinates.change(before, after)
    scaled, actions = before / coordinates.scale, steps.actions[free]
    levers, idle = find_levers(space, scaled, actions, change / np.maximum(change.std(0), 1e-9))
    effects = np.stack([lever.effect * lever.push(actions).std() for lever in levers])
    pushes = np.stack([lever.push(actions) for lever in levers], axis=1)
    model = fit_bilinear(scaled, pushes, change / coordinates.scale)
    return Facts(
        action_space=space,
        observation_space=observed,
        horizon=horizon,
        trajectories=tuple(trajectories),
        coordinates=coordinates,
        levers=levers,
        idle=idle,
        model=model,
        steered=steered(model, effects, scaled, change / coordinates.scale),
        # The reward of an ending says what ends an episode, not where to be.
        wanted=best_state(coordinates.state(steps.after[lasting]), steps.rewards[lasting]),
    )


def findings(facts: Facts) -> list[str]:
    """What the probe found, in sentences."""
    c = facts.coordinates
    said = [
        f"{c.names[v.index]} is the velocity of {c.names[v.of]} (r = {v.correlation:.3f})"
        for v in c.velocities
    ]
    said += [f"{a.name} is the angle of {c.observed[a.cosine]} and {c.observed[a.sine]}" for a in c.angles]
    if c.flags:
        said.append(f"{', '.join(c.observed[i] for i in c.flags)} switch between two values, as contacts do")
    if facts.idle is not None:
        said.append(f"action {facts.idle} is idle")
    free = [name for i, name in enumerate(c.names) if i not in facts.steered]
    if free:
        said.append(f"no action moves {', '.join(free)}")
    said += [
        f"{name} is rewarded most at {value:.3g}"
        for name, value in zip(c.names, facts.wanted, strict=True)
        if value
    ]
    if facts.step_reward is not None:
        aim = "lasting long is the aim" if facts.step_reward > 0 else "ending soon is the aim"
        said.append(
            f"every step earns {facts.step_reward:g}: {aim}" if facts.step_reward else "steps earn nothing"
        )
    return said + [_lever_sentence(lever, c) for lever in facts.levers]


def _lever_sentence(lever: Lever, coordinates: Coordinates) -> str:
    target = coordinates.names[int(np.argmax(np.abs(lever.effect)))]
    if lever.dimension is not None:
        who = f"action[{lever.dimension}] is"
    elif lever.backward is None:
        who = f"action {int(lever.forward)} is"
    else:
        who = f"actions {int(lever.backward)} and {int(lever.forward)} are"
    return f"{who} a {'two' if lever.two_way else 'one'}-way lever on {target}"
