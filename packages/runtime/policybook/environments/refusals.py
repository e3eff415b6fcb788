"""Whether an environment that raised has refused an action, or is broken: it is tried there once more.

An environment refuses an action where it raises for it again after the same actions on the same seed, and
takes another one there. One that raises for all of them is broken, and one that does not repeat says nothing.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple, Protocol

import gymnasium
import numpy as np
from gymnasium.spaces import Discrete, Space

from policybook.environments.action_masks import find_mask, is_legal

Env = gymnasium.Env[Any, Any]
Outcome = tuple[Any, Any, bool, bool, dict[str, Any]]

MAX_LISTED = 512
"""The actions of a discrete space are all tried where they are so few: a game may leave one of its places."""

DRAWN = 64
"""Actions of another space that are tried before an environment is taken to be broken."""

MAX_REPLAYED_STEPS = 20_000
"""Steps that one finding may take: behind a long episode fewer actions are tried."""


MAX_SECONDS = 5.0
"""Of a slow environment no more is tried after this time."""


class Accepted(NamedTuple):
    """Another action that the environment has taken in the same place, and what its step gave."""

    action: Any
    outcome: Outcome


class Steppable(Protocol):
    """What begins and steps an episode: an environment, or an instance of a pool."""

    @property
    def reset(self) -> Callable[..., Any]:
        """Begins an episode with `seed`."""
        ...

    @property
    def step(self) -> Callable[[Any], Outcome]:
        """Takes an action."""
        ...


class RaisedStep(NamedTuple):
    """A step that raised: the episode's seed, the actions before it, its own action, and the error."""

    seed: int
    before: Sequence[Any]
    action: Any
    error: Exception


def is_refused(env: Steppable, space: Space[Any], mask: str, raised_step: RaisedStep) -> bool:
    """Returns whether the environment has refused the action of a step that raised, and is not broken.

    Where it has a mask, under the key `mask`, that decides. Without one it is played to the same place again:
    it has refused the action if it raises for it again and takes another.
    """
    is_legal_there = _look_up(env, space, mask, raised_step)
    if is_legal_there is not None:
        return not is_legal_there
    return find_accepted(env, raised_step, list_others(space, raised_step.action)) is not None


def _look_up(env: Steppable, space: Space[Any], key: str, raised_step: RaisedStep) -> bool | None:
    """Returns whether the mask allows the action, None where there is none or the way does not repeat."""
    try:
        observation, info = env.reset(seed=raised_step.seed)
        if find_mask(key, observation, info, space) is None:
            return None
        for each in raised_step.before:
            observation, _, _, _, info = env.step(each)
        mask = find_mask(key, observation, info, space)
    except Exception:  # noqa: BLE001 - environments raise anything, and a mask may not fit
        return None
    return None if mask is None else is_legal(space, mask, raised_step.action)


def find_accepted(env: Steppable, raised_step: RaisedStep, others: Iterable[Any]) -> Accepted | None:
    """Returns an action that the environment takes where it raised, None where it has refused none.

    The environment stands behind the accepted step then.
    """
    seed, before, refused, error = raised_step
    reset, step = env.reset, env.step

    def try_action(action: Any) -> Outcome | Exception | None:
        """Returns what the action comes to, None where the way there does not repeat."""
        try:
            reset(seed=seed)
            for each in before:
                _, _, terminated, truncated, _ = step(each)
                if terminated or truncated:
                    return None
        except Exception:  # noqa: BLE001 - environments raise anything
            return None
        try:
            return step(action)
        except Exception as raised:  # noqa: BLE001 - environments raise anything
            return raised

    again = try_action(refused)
    if type(again) is not type(error):
        return None
    end = time.monotonic() + MAX_SECONDS
    affordable = MAX_REPLAYED_STEPS // (len(before) + 1)
    for number, other in enumerate(others):
        if number >= affordable or time.monotonic() > end:
            break
        outcome = try_action(other)
        if outcome is not None and not isinstance(outcome, Exception):
            return Accepted(other, outcome)
    return None


def list_others(space: Space[Any], refused: Any) -> list[Any]:
    """Returns other actions of a space: all of a few, else some that are drawn."""
    if isinstance(space, Discrete) and space.n <= MAX_LISTED:
        found: list[Any] = [int(space.start) + number for number in range(int(space.n))]
    else:
        # The environment may draw from its own space, whose generator stays as it is.
        drawn = copy.deepcopy(space)
        drawn.seed(0)
        found = [drawn.sample() for _ in range(DRAWN)]
    different = {repr(action): action for action in found}
    different.pop(repr(refused), None)
    return [action for text, action in different.items() if text != repr(_to_int(refused))]


def _to_int(action: Any) -> Any:
    """Returns a whole number as Python's own, whatever its type."""
    return int(action) if isinstance(action, int | np.integer) else action
