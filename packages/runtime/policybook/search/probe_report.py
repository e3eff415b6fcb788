"""What a short probe shows of an environment, in sentences for an author of policies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gymnasium
import numpy as np
from gymnasium.spaces import Box, Discrete

from policybook.search.contract import Floats, SearchUsage
from policybook.search.facts import DEFAULT_HORIZON, describe_findings, read_facts
from policybook.search.probe import ProbePlan, Transitions, join_transitions, plan_probe, probe
from policybook.search.taken import describe_refusals
from policybook.source.names import make_identifiers

MAX_COORDINATES = 32
"""Coordinates whose ranges are named, at most."""
MAX_ACTIONS = 18
"""Of more discrete actions none is described by itself."""
MAX_EFFECTS = 2
"""Coordinates that are named of an action's effect."""
SURE_ERRORS = 4.0
"""An effect is named from so many standard errors on."""


def report_probe(
    env: gymnasium.Env[Any, Any],
    plan: ProbePlan,
    seed: int,
    names: tuple[str, ...] | None,
    is_late: Callable[[], bool] = lambda: False,
) -> tuple[list[str], SearchUsage]:
    """Plays random steps as planned and returns what they show, with what they cost.

    Of observations that are no row of numbers, and of other actions than one choice or a box of numbers,
    nothing is known, and nothing is played.
    """
    space, observed = env.action_space, env.observation_space
    if not isinstance(space, Discrete | Box) or not isinstance(observed, Box) or len(observed.shape) != 1:
        return [], SearchUsage()
    worthwhile = plan_probe(space, None, None).steps
    plan = ProbePlan(min(plan.steps, worthwhile), plan.episodes)
    trajectories, used = probe(env, space, plan, np.random.default_rng([seed, 0]), is_late)
    if not trajectories:
        return [], used
    steps = join_transitions(trajectories)
    named = make_identifiers(names, steps.before.shape[1])
    limit: int | None = env.spec.max_episode_steps if env.spec else None
    facts = read_facts(space, observed, limit or DEFAULT_HORIZON, trajectories, names)
    found = [] if facts is None else describe_findings(facts)
    return [
        *_describe_places(names, named),
        _describe_ranges(steps, named),
        _describe_rewards(steps),
        *(_describe_actions(steps, space, named) if isinstance(space, Discrete) else []),
        *found,
        *([] if facts is not None else describe_refusals(env)),
    ], used


def _describe_places(names: tuple[str, ...] | None, named: tuple[str, ...]) -> list[str]:
    """Says what the coordinates are called where the user has not named them."""
    if names is not None:
        return []
    last = len(named) - 1
    if last == 0:
        return [f"observation[0] is called {named[0]} here"]
    return [f"observation[0] to observation[{last}] are called {named[0]} to {named[last]} here"]


def _describe_ranges(steps: Transitions, named: tuple[str, ...]) -> str:
    rows = np.concatenate([steps.before, steps.after])
    low, high = rows.min(0), rows.max(0)
    ranges = [f"{name} in [{a:.3g}, {b:.3g}]" for name, a, b in zip(named, low, high, strict=True)]
    more = len(ranges) - MAX_COORDINATES
    return "random play met " + ", ".join(ranges[:MAX_COORDINATES]) + (f"; {more} more" if more > 0 else "")


def _describe_rewards(steps: Transitions) -> str:
    rewards = steps.rewards
    nothing = float(np.mean(rewards == 0))
    share = f"; {nothing:.0%} of its steps earned nothing".replace("%", " %") if nothing else ""
    return (
        f"a step of random play earned {rewards.min():.3g} to {rewards.max():.3g}, "
        f"{rewards.mean():.3g} on average{share}"
    )


def _describe_actions(steps: Transitions, space: Discrete[Any], named: tuple[str, ...]) -> list[str]:
    """Says for each action how coordinates change in its steps, against the steps of the others."""
    if space.n > MAX_ACTIONS:
        return []
    lasting = ~steps.terminated
    change, actions = (steps.after - steps.before)[lasting], steps.actions[lasting]
    return [
        f"action {number}: {_describe_effect(change, actions == number, named)}"
        for number in range(int(space.start), int(space.start + space.n))
        if 1 < np.sum(actions == number) < len(actions) - 1
    ]


def _describe_effect(change: Floats, chosen: Any, named: tuple[str, ...]) -> str:
    own, other = change[chosen], change[~chosen]
    difference = own.mean(0) - other.mean(0)
    error = np.sqrt(own.var(0, ddof=1) / len(own) + other.var(0, ddof=1) / len(other))
    sureness = np.abs(difference) / np.maximum(error, 1e-12)
    order = [int(i) for i in np.argsort(-sureness, kind="stable") if sureness[i] > SURE_ERRORS]
    if not order:
        return "in one step it moves nothing otherwise than the other actions do"
    effects = [f"{named[i]} changes by {difference[i]:+.3g} more a step" for i in order[:MAX_EFFECTS]]
    return " and ".join(effects) + " than under the other actions"
