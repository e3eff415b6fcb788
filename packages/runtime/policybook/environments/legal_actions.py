"""An environment in which only legal actions are taken: by its mask, or because it refuses the others."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import gymnasium
import numpy as np
from gymnasium.spaces import Dict

from policybook.environments.action_masks import MaskError, draw_legal, find_mask, is_legal
from policybook.environments.levels import iterate_levels
from policybook.environments.refusals import Env, Outcome, RaisedStep, find_accepted, list_others


class LegalActions(gymnasium.Wrapper[Any, Any, Any, Any]):
    """Takes a legal action in the place of one that the mask forbids or that the environment refuses.

    It is for what plays on policybook's behalf, never for a score. `taken` is the action of the last step.
    `key` is the mask's; `is_declared` says whether the user named it, so that one which does not fit is an
    error.
    """

    def __init__(self, env: Env, key: str, *, is_declared: bool) -> None:
        super().__init__(env)
        self.key = key
        self.is_declared = is_declared
        self.mask: Any = None
        self.taken: Any = None
        self.refusals = 0
        """How many actions the environment has refused by raising."""
        self.last_refusal = ""
        """What it said then."""
        self._seed: int | None = None
        self._before: list[Any] = []
        self._rng = np.random.default_rng(0)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, Any]:
        """Begins an episode."""
        self._seed, self._before = seed, []
        self._rng = np.random.default_rng(0 if seed is None else seed)
        answer = self.env.reset(seed=seed, options=options)
        self._look(answer)
        return answer

    def step(self, action: Any) -> Outcome:
        """Takes the action, or a legal one in its place."""
        self.taken = draw_legal(self.env.action_space, self.mask, action, self._rng)
        try:
            outcome = self.env.step(self.taken)
        except Exception as error:  # noqa: BLE001 - environments raise anything
            outcome = self._take_another(error)
        self._before.append(self.taken)
        self._look(outcome)
        return outcome

    def _take_another(self, error: Exception) -> Outcome:
        """Takes another action where one was refused; raises the error where it is none of the action's."""
        if self._seed is None:
            raise error
        others = list_others(self.env.action_space, self.taken)
        self._rng.shuffle(others)
        legal = [each for each in others if is_legal(self.env.action_space, self.mask, each)]
        accepted = find_accepted(self.env, RaisedStep(self._seed, self._before, self.taken, error), legal)
        if accepted is None:
            raise error
        self.refusals += 1
        self.last_refusal = f"{type(error).__name__}: {error}"
        self.taken = accepted.action
        return accepted.outcome

    def _look(self, answer: Any) -> None:
        """Reads the mask of a reset's or a step's answer, which may be anything."""
        self.mask = None
        if not isinstance(answer, tuple) or not answer:
            return
        try:
            self.mask = find_mask(self.key, answer[0], answer[-1], self.env.action_space)
        except MaskError:
            if self.is_declared:
                raise


class MaskedObservation(gymnasium.ObservationWrapper[Any, Any, Any]):
    """Shows the one part of a Dict observation that is no mask."""

    def __init__(self, env: Env, name: str) -> None:
        super().__init__(env)
        self.name = name
        self.observation_space = env.observation_space.spaces[name]  # type: ignore[attr-defined]

    def observation(self, observation: Any) -> Any:
        """Returns that part."""
        return observation[self.name]


def find_legal_actions(env: Env) -> LegalActions | None:
    """Returns the wrapper of an environment that takes legal actions only, None where it has none."""
    return next((level for level in iterate_levels(env) if isinstance(level, LegalActions)), None)


def find_observed_part(observed: Any, key: str) -> str | None:
    """Returns the one part of a Dict observation that is not the mask, None for any other observation."""
    return find_other_part(observed.spaces, key) if isinstance(observed, Dict) else None


def find_other_part(names: Collection[str], key: str) -> str | None:
    """Returns the one of two names that is not the mask's, None for any other names."""
    return next(name for name in names if name != key) if key in names and len(names) == 2 else None
