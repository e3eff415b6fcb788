"""One action for ever: which of those that a space offers is worth proposing, found by a little play."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
from gymnasium.spaces import Space

from policybook.rollout.environment_fault import EpisodeLostError
from policybook.rollout.lost_episodes import derive_next_seed
from policybook.sandbox.faults import shorten
from policybook.search.contract import EpisodeSource, Proposal, SearchTask, SearchUsage
from policybook.search.filling import Filling, fill
from policybook.search.taken import TakenActions
from policybook.source.action_expressions import list_constant_actions, write_action

SAME_ACTION = "same action"
ALWAYS = "always"
"""How the labels of single actions begin."""

TRIED_EPISODES = 4
"""Episodes that each action is tried in, where the budget carries them."""

TRIED_STEPS = 200
"""Steps after which a tried episode is cut."""

BUDGET_DIVISOR = 3
"""Part of a run's episodes and steps that trying may take: the others are for comparing."""

PROPOSED = 4
"""Actions that are proposed: those that earned most."""


def propose_constant(space: Space[Any], action: Any = None) -> Proposal:
    """Plays `action`, by default the one that does nothing, or the least."""
    expression = write_action(space, list_constant_actions(space)[0] if action is None else action)
    return Proposal(
        SAME_ACTION,
        "Do nothing else than one action, to see what everything else must beat.",
        _write_source(expression),
        is_baseline=True,
    )


def propose_constants(
    space: Space[Any], task: SearchTask, episodes: EpisodeSource
) -> tuple[list[Proposal], SearchUsage]:
    """Tries the space's constant actions and returns the baseline and the best, with the cost.

    The baseline does nothing, or the least; where the environment refuses that, it is the best of the others.
    Nothing is tried where the budget does not carry an episode for each.
    """
    actions = list_constant_actions(space)
    each = TRIED_EPISODES
    if task.episodes is not None:
        each = min(each, task.episodes // (BUDGET_DIVISOR * len(actions)))
    if len(actions) < 2 or each < 1 or not task.can_afford(0, each * len(actions)):
        return [propose_constant(space)], SearchUsage()
    limit = TRIED_STEPS
    for budget in (None if task.steps is None else task.steps // BUDGET_DIVISOR, task.steps_left):
        limit = limit if budget is None else min(limit, budget // (len(actions) * each))
    if limit < 1:
        return [propose_constant(space)], SearchUsage()
    seeds = [int(seed) for seed in np.random.default_rng([task.seed, 1]).integers(2**31, size=each)]
    env = episodes.make()
    try:
        tried: list[tuple[float, int]] = []
        for action in actions:
            if task.is_late():
                break
            tried.append(_try_action(env, action, seeds, limit))
    finally:
        env.close()
    usage = SearchUsage(episodes=each * len(tried), steps=sum(taken for _, taken in tried))
    ranked = sorted(range(len(tried)), key=lambda number: -tried[number][0])
    taken = [number for number in ranked if tried[number][0] > -np.inf]
    first = 0 if 0 in taken or not taken else taken[0]
    best = [number for number in taken[:PROPOSED] if number != first]
    proposals = [_propose_tried(space, actions[number], tried[number][0]) for number in best]
    return [propose_constant(space, actions[first]), *proposals], usage


def _propose_tried(space: Space[Any], action: Any, mean: float) -> Proposal:
    expression = write_action(space, action)
    return Proposal(
        f"{ALWAYS} {shorten(expression)}",
        f"Take one action for ever; it earned {mean:.3g} an episode when each was tried.",
        _write_source(expression),
    )


def _write_source(expression: str) -> str:
    return fill("constant", Filling(observed=(), action=[f"return {expression}"]))


def _try_action(env: gymnasium.Env[Any, Any], action: Any, seeds: list[int], limit: int) -> tuple[float, int]:
    """Returns the mean of what an action earns in episodes of at most `limit` steps, and the steps taken."""
    total, taken = 0.0, 0
    given = TakenActions(env)
    refused_before = given.count_refusals()
    for seed in seeds:
        earned, steps = _play_action(env, action, seed, limit)
        total, taken = total + earned, taken + steps
    if given.count_refusals() > refused_before:
        # A policy that takes it fails.
        return -np.inf, taken
    return total / len(seeds), taken


def _play_action(env: gymnasium.Env[Any, Any], action: Any, seed: int, limit: int) -> tuple[float, int]:
    """Returns what an action earns in one episode, of another seed where that is lost, and its steps."""
    while True:
        total, taken = 0.0, 0
        try:
            env.reset(seed=seed)
            while taken < limit:
                _, reward, terminated, truncated, _ = env.step(action)
                total, taken = total + float(reward), taken + 1
                if terminated or truncated:
                    break
        except EpisodeLostError:
            seed = derive_next_seed(seed)
        else:
            return total, taken
