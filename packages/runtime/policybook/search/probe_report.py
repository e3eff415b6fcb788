"""What a short probe shows of an environment, for an author of policies: ranges, and sentences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeGuard

import gymnasium
import numpy as np
from gymnasium import Space
from gymnasium.spaces import Box, Discrete

from policybook.rollout.trajectory import Trajectory
from policybook.search.action_parts import name_numbers, take_apart
from policybook.search.contract import Floats, SearchUsage
from policybook.search.facts import DEFAULT_HORIZON, describe_findings, read_facts
from policybook.search.flat_observations import flatten_space, name_place, write_path
from policybook.search.probe import (
    PROBE_EPISODE_STEPS,
    ProbePlan,
    Transitions,
    find_action_levels,
    join_transitions,
    plan_probe,
    probe,
)
from policybook.search.taken import describe_refusals
from policybook.source.names import make_identifiers

MANY_COORDINATES = 32
"""Of more coordinates only those that change are named."""
MAX_COORDINATES = 24
"""Of many coordinates so many are named at most."""
MAX_ACTIONS = 18
"""Of more discrete actions none is described by itself."""
MAX_EFFECTS = 2
"""Coordinates that are named of an action's effect on a row of numbers."""
MAX_CHANGES = 4
"""Coordinates that are named of an action's effect on other observations."""
MAX_VALUES = 16
"""Of more different changes of a coordinate only the signs are compared."""
SURE_ERRORS = 4.0
"""An effect is named from so many standard errors on."""


@dataclass(frozen=True)
class ProbeReport:
    """What a probe shows: sentences, and the least and the greatest value of coordinates by their paths."""

    findings: list[str]
    ranges: dict[str, tuple[float, float]]
    used: SearchUsage


def report_probe(
    env: gymnasium.Env[Any, Any],
    plan: ProbePlan,
    seed: int,
    names: tuple[str, ...] | None,
    is_late: Callable[[], bool] = lambda: False,
) -> ProbeReport:
    """Plays random steps as planned and returns what they show, with what they cost.

    Of actions that cannot be taken apart into a few numbers it says what random ones have led to.
    """
    env, space = take_apart(env)
    observed = env.observation_space
    flat = flatten_space(observed)
    worthwhile = plan_probe(space, None, None).steps
    plan = ProbePlan(min(plan.steps, worthwhile), plan.episodes)
    trajectories, used = probe(env, space, plan, np.random.default_rng([seed, 0]), is_late, read=flat.read)
    if not trajectories:
        return ProbeReport([], {}, used)
    steps = join_transitions(trajectories)
    places = flat.places
    found: list[str] = []
    if _is_row_of_numbers(observed, len(places)):
        named = _name_places(names, places)
        limit: int | None = env.spec.max_episode_steps if env.spec else None
        facts = read_facts(space, observed, limit or DEFAULT_HORIZON, trajectories, names)
        if facts is not None:
            facts = replace(facts, coordinates=replace(facts.coordinates, observed=named))
        found = [
            *(_describe_effects(steps, space, named) if isinstance(space, Discrete) else []),
            *(_describe_pushes(steps, space, named) if isinstance(space, Box) and facts is None else []),
            *([] if facts is None else describe_findings(facts)),
            *(describe_refusals(env) if facts is None else []),
        ]
    else:
        named = _name_places(None, places)
        found = [
            *(_describe_changes(steps, space, named) if isinstance(space, Discrete) else []),
            *(_describe_pushes(steps, space, named) if isinstance(space, Box) else []),
            *describe_refusals(env),
        ]
    shown, left_out = _choose_coordinates(steps)
    rows = np.concatenate([steps.before, steps.after])
    return ProbeReport(
        [*flat.unread, *left_out, _describe_rewards(steps), _describe_endings(trajectories), *found],
        {write_path(places[i]): (float(rows[:, i].min()), float(rows[:, i].max())) for i in shown},
        used,
    )


def _is_row_of_numbers(space: Space[Any], count: int) -> TypeGuard[Box]:
    """Returns whether observations are rows of measured numbers, neither a grid nor a computer's memory."""
    if not isinstance(space, Box) or len(space.shape) != 1 or count == 0:
        return False
    return count <= MANY_COORDINATES or np.issubdtype(space.dtype, np.floating)


def _choose_coordinates(steps: Transitions) -> tuple[list[int], list[str]]:
    """Returns the coordinates whose ranges are shown, and a sentence about the others."""
    rows = np.concatenate([steps.before, steps.after])
    count = rows.shape[1]
    usable = [i for i in range(count) if np.isfinite(rows[:, i]).all()]
    if count <= MANY_COORDINATES:
        return usable, []
    share = (steps.after != steps.before).mean(0)
    changing = [i for i in usable if np.ptp(rows[:, i]) > 0]
    shown = sorted(sorted(changing, key=lambda i: -share[i])[:MAX_COORDINATES])
    which = f"the ranges are of the {len(shown)} that change most often" if changing else "none has a range"
    return shown, [f"of {count} coordinates {len(changing)} changed in random play: {which}"]


def _name_places(names: tuple[str, ...] | None, places: list[tuple[str | int, ...]]) -> tuple[str, ...]:
    """Returns the user's names of the coordinates, and else where they stand in the observation."""
    if names is None:
        return tuple(name_place(place) for place in places)
    return make_identifiers(names, len(places))


def _describe_rewards(steps: Transitions) -> str:
    rewards = steps.rewards
    nothing = float(np.mean(rewards == 0))
    share = f"; {_percent(nothing)} of its steps earned nothing" if nothing else ""
    return (
        f"a step of random play earned {rewards.min():.3g} to {rewards.max():.3g}, "
        f"{rewards.mean():.3g} on average{share}"
    )


def _describe_endings(trajectories: list[Trajectory]) -> str:
    """Says how the episodes of random play ended, and what their last steps earned."""
    ended = [each for each in trajectories if each.terminated]
    said = f"random play took {_count(len(trajectories), 'episode')} of {PROBE_EPISODE_STEPS} steps at most"
    if not ended:
        return f"{said}: none of them terminated"
    lengths = [len(each.rewards) for each in ended]
    last = [float(each.rewards[-1]) for each in ended]
    return (
        f"{said}: {len(ended)} of them terminated, after {_range(min(lengths), max(lengths))} steps, "
        f"and the last step then earned {_range(min(last), max(last))}"
    )


def _range(low: float, high: float) -> str:
    return f"{low:.3g}" if low == high else f"{low:.3g} to {high:.3g}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _describe_effects(steps: Transitions, space: Discrete[Any], named: tuple[str, ...]) -> list[str]:
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
    """Says how the mean change differs from that of the other actions."""
    effects = _find_effects(change[chosen], change[~chosen], named)
    if not effects:
        return "in one step it moves nothing otherwise than the other actions do"
    return " and ".join(effects) + " than under the other actions"


def _describe_pushes(steps: Transitions, space: Box, named: tuple[str, ...]) -> list[str]:
    """Says for each number of an action how coordinates change in the steps in which it is highest."""
    names = name_numbers(space)
    if len(names) > MAX_ACTIONS or not named:
        return []
    lasting = ~steps.terminated
    change = (steps.after - steps.before)[lasting]
    actions = steps.actions.reshape(len(steps.actions), -1)[lasting]
    levels = find_action_levels(space)
    found: list[str] = []
    for index, name in enumerate(names):
        least, most = (float(level) for level in levels[[0, 2], index])
        own, other = change[actions[:, index] == most], change[actions[:, index] == least]
        if least == most or min(len(own), len(other)) < 2:
            continue
        effects = _find_effects(own, other, named)
        said = f"{' and '.join(effects)} than" if effects else "in one step nothing moves otherwise than"
        found.append(f"{name} at {most:.3g}: {said} at {least:.3g}")
    return found


def _find_effects(own: Floats, other: Floats, named: tuple[str, ...]) -> list[str]:
    """Returns how the mean changes of some steps differ from those of others, the surest first."""
    difference = own.mean(0) - other.mean(0)
    error = np.sqrt(own.var(0, ddof=1) / len(own) + other.var(0, ddof=1) / len(other))
    sureness = np.abs(difference) / np.maximum(error, 1e-12)
    order = [int(i) for i in np.argsort(-sureness, kind="stable") if sureness[i] > SURE_ERRORS]
    return [f"{named[i]} changes by {difference[i]:+.3g} more a step" for i in order[:MAX_EFFECTS]]


def _describe_changes(steps: Transitions, space: Discrete[Any], named: tuple[str, ...]) -> list[str]:
    """Says for each action in which share of its steps coordinates change, and the episode ends."""
    if space.n > MAX_ACTIONS or not named:
        return []
    change, ended = steps.after - steps.before, steps.terminated
    said: list[str] = []
    for number in range(int(space.start), int(space.start + space.n)):
        chosen = steps.actions == number
        count = int(chosen.sum())
        if count == 0:
            continue
        changes = _describe_change_of(change, chosen, named)
        ends = f"; {_percent(ended[chosen].mean())} of them ended the episode" if ended[chosen].any() else ""
        said.append(f"action {number}: in its {_count(count, 'step')} {changes}{ends}")
    return said


def _describe_change_of(change: Floats, chosen: Any, named: tuple[str, ...]) -> str:
    """Names the coordinates that change, first those whose changes are most unlike under other actions."""
    share = (change[chosen] != 0).mean(0)
    order = sorted(
        np.flatnonzero(share).tolist(),
        key=lambda i: (-_measure_unlikeness(change[chosen, i], change[~chosen, i]), i),
    )
    if not order:
        return "nothing changed"
    effects = [_describe_change(change[chosen, i], share[i], named[i]) for i in order[:MAX_CHANGES]]
    more = len(order) - MAX_CHANGES
    return ", ".join(effects) + (f", and {_count(more, 'more coordinate')} changed" if more > 0 else "")


def _measure_unlikeness(own: Floats, other: Floats) -> float:
    """Returns the total variation distance of two samples of changes.

    Of many different changes the signs are compared.
    """
    values = np.unique(np.concatenate([own, other]))
    if len(values) > MAX_VALUES:
        own, other, values = np.sign(own), np.sign(other), np.array([-1.0, 0.0, 1.0])
    shares = [(each[:, None] == values).sum(0) / max(len(each), 1) for each in (own, other)]
    return float(np.abs(shares[0] - shares[1]).sum() / 2)


def _describe_change(own: Floats, share: float, name: str) -> str:
    ((step, count),) = Counter(own[own != 0].tolist()).most_common(1)
    often = f"mostly by {step:+.3g}" if 2 * count > share * len(own) else f"by {own.mean():+.3g} on average"
    return f"{name} changed in {_percent(share)} ({often})"
