"""The last round where no rule serves: weighted sums of whatever numbers an observation has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from gymnasium import Space
from gymnasium.spaces import Box, Discrete

from policybook.search.action_parts import read_parts, take_apart
from policybook.search.contract import (
    EpisodeSource,
    Floats,
    Proposal,
    SearchRound,
    SearchTask,
    SearchUsage,
)
from policybook.search.facts import has_many_choices
from policybook.search.flat_observations import FlatObservation, flatten_space, name_place
from policybook.search.linear_law import LinearLaw, write_law
from policybook.search.random_search import SEED_LIMIT, Episodes, RandomSearchConstants, search_weights
from policybook.source.names import make_identifiers

LABEL = "weighted sums"


@dataclass(frozen=True)
class WeightedSumsConstants:
    """What the search may spend, and how it looks around."""

    search: RandomSearchConstants = field(default_factory=RandomSearchConstants)
    share: float = 0.5
    """The part of the steps and episodes left that the search takes; the rest compares and tunes."""
    steps: int = 1_000_000
    """The steps of the search at most."""
    fewest_episodes: int = 64
    """Fewer episodes show no direction to go."""
    checked_episodes: int = 8
    """The common seeds on which a law is compared with itself without some of its terms."""
    tolerance: float = 0.02
    """The part of what the law has gained that may be lost with the terms."""


CONSTANTS = WeightedSumsConstants()


def find_obstacle(task: SearchTask, action_space: Space[Any], observation_space: Space[Any]) -> str | None:
    """Returns why no weighted sums are looked for, in a sentence; None where they are."""
    if not flatten_space(observation_space).places:
        reason = "no number of the observation can be read"
    elif has_many_choices(action_space):
        reason = "the action is one of very many choices"
    elif isinstance(action_space, Discrete) and action_space.n < 2:
        reason = "there is one action only"
    elif not isinstance(action_space, Discrete | Box) and read_parts(action_space) is None:
        reason = "the action is not one of a few numbers"
    elif min(_plan(task)) < CONSTANTS.fewest_episodes:
        reason = "too few episodes or steps are left"
    else:
        return None
    return f"no weighted sums were looked for: {reason}"


def propose(task: SearchTask, episodes: EpisodeSource) -> SearchRound:
    """Returns one policy, or none with the reason as a finding; it is the last that there is."""
    original = episodes.make()
    try:
        obstacle = find_obstacle(task, original.action_space, original.observation_space)
        if obstacle is not None:
            return _end(SearchUsage(), obstacle)
        env, space = take_apart(original)
        flat = flatten_space(env.observation_space)
        play = Episodes(env, space, flat, *_plan(task), task.is_late)
        rng = np.random.default_rng([task.seed, 2])
        found = search_weights(play, CONSTANTS.search, len(flat.places), rng)
        if found is None:
            return _end(play.used, "weighted sums were looked for, and all that were tried earned the same")
        weights, seen = found
        law = _prune(seen.make_law(space, weights), seen.spread, play, rng)
        names, places = _name_numbers(env.observation_space, flat, task.names)
        idea = (
            f"Weighted sums of what is observed, found in {play.used.episodes} episodes by random search; "
            f"{law.count_terms()} terms earn what all {weights.size - len(weights)} did."
        )
        return SearchRound(
            (Proposal(LABEL, idea, write_law(law, names, places)),), play.used, (), is_exhausted=True
        )
    finally:
        original.close()


def _name_numbers(
    space: Space[Any], flat: FlatObservation, names: tuple[str, ...] | None
) -> tuple[tuple[str, ...], list[str]]:
    """Returns identifiers for the numbers of an observation, and the expressions that read them."""
    is_row = isinstance(space, Box) and len(space.shape) == 1
    words = names if names or is_row else [name_place(place) for place in flat.places]
    places = ["observation" + "".join(f"[{key!r}]" for key in place) for place in flat.places]
    return make_identifiers(words, len(places)), places


def _end(used: SearchUsage, finding: str) -> SearchRound:
    return SearchRound((), used, (finding,), is_exhausted=True)


def _plan(task: SearchTask) -> tuple[int, int]:
    """Returns the steps and the episodes that a round may take."""
    steps = CONSTANTS.steps if task.steps_left is None else int(CONSTANTS.share * task.steps_left)
    episodes = CONSTANTS.steps if task.episodes_left is None else int(CONSTANTS.share * task.episodes_left)
    return min(CONSTANTS.steps, steps), episodes


def _prune(law: LinearLaw, spread: Floats, play: Episodes, rng: np.random.Generator) -> LinearLaw:
    """Returns the law with the fewest terms that earns as much, the terms of least weight taken out first."""
    seeds = [int(seed) for seed in rng.integers(SEED_LIMIT, size=CONSTANTS.checked_episodes)]
    check = Episodes(play.env, play.space, play.flat, 2**62, 2**62, play.is_late)
    whole, nothing = (_measure(each, check, seeds) for each in (law, _keep_terms(law, spread, 0)))
    enough = whole - CONSTANTS.tolerance * abs(whole - nothing)
    low, high = 0, law.count_terms()
    while low < high and not play.is_late():
        middle = (low + high) // 2
        if _measure(_keep_terms(law, spread, middle), check, seeds) >= enough:
            high = middle
        else:
            low = middle + 1
    play.used += check.used
    return _keep_terms(law, spread, high)


def _keep_terms(law: LinearLaw, spread: Floats, count: int) -> LinearLaw:
    """Returns the law with the terms that move its sums most, each by what its number is spread."""
    moved = np.abs(law.gains) * np.where(np.isfinite(spread), spread, 0.0)
    kept = np.zeros(law.gains.size, bool)
    kept[np.argsort(-moved, axis=None, kind="stable")[:count]] = True
    return replace(law, gains=np.where(kept.reshape(law.gains.shape), law.gains, 0.0))


def _measure(law: LinearLaw, check: Episodes, seeds: Sequence[int]) -> float:
    played = [check.play(law, seed) for seed in seeds]
    returns = [each[0] for each in played if each is not None]
    return float(np.mean(returns)) if returns else -np.inf
