"""What the evaluator gives to a search and what a search gives back.

A search is a pure function of its task, of what the engine has scored so far and of the environment.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import gymnasium
import numpy as np
from numpy.typing import NDArray

from policybook.defects import Defect
from policybook.rollout.trajectory import Trajectory

Floats = NDArray[np.float64]


class EpisodeSource(Protocol):
    """Access to the environment, which the evaluator gives."""

    def make(self) -> gymnasium.Env[Any, Any]:
        """Returns a trusted instance that the search steps itself."""
        ...

    def play(self, source: str, seeds: Sequence[int]) -> list[Trajectory]:
        """Plays a policy's text, one recorded episode a seed."""
        ...


@dataclass(frozen=True)
class SearchTask:
    """What to search for: `names` are the user's words for the observation's coordinates.

    `steps` and `episodes` are the budgets of the whole run, None without a limit. They are the same in every
    round, and with them all that follows from them. After `end`, by the monotonic clock, no episode begins to
    look at the environment; None without a limit. `model_steps_left` bounds the steps inside fitted models.
    """

    seed: int
    names: tuple[str, ...] | None
    round: int
    steps: int | None = None
    episodes: int | None = None
    steps_left: int | None = None
    episodes_left: int | None = None
    end: float | None = None
    model_steps_left: float = math.inf

    def is_late(self) -> bool:
        """Returns whether no time is left for looking at the environment."""
        return self.end is not None and time.monotonic() >= self.end

    def can_afford(self, steps: int, episodes: int) -> bool:
        """Returns whether so much is left of both budgets."""
        return (self.steps_left is None or steps <= self.steps_left) and (
            self.episodes_left is None or episodes <= self.episodes_left
        )


@dataclass(frozen=True)
class ScoredPolicy:
    """What the engine measured of one policy: the mean and standard deviation of its returns."""

    label: str
    source: str
    mean: float
    deviation: float
    episodes: int
    is_head: bool
    """Whether it is the run's best estimate, from which the search goes on."""


@dataclass(frozen=True)
class Proposal:
    """A policy's whole text, under a short unique label and with its idea in one sentence."""

    label: str
    idea: str
    source: str
    is_baseline: bool = False
    """Whether it is the policy that all others must beat; it becomes the first champion as it is."""


@dataclass(frozen=True)
class SearchUsage:
    """Real episodes and environment steps, and steps taken inside fitted models."""

    episodes: int = 0
    steps: int = 0
    model_steps: int = 0

    def __add__(self, other: SearchUsage) -> SearchUsage:
        return SearchUsage(
            self.episodes + other.episodes, self.steps + other.steps, self.model_steps + other.model_steps
        )


@dataclass(frozen=True)
class SearchRound:
    """One round's proposals; `findings` are sentences about the environment, for a person."""

    proposals: tuple[Proposal, ...]
    usage: SearchUsage
    findings: tuple[str, ...]
    is_exhausted: bool
    limitation: str | None = None
    """What the search cannot do in this environment, in sentences for people; None where it can."""
    is_refused: bool = False
    """Whether the environment has refused actions by raising."""
    defects: tuple[Defect, ...] = ()
    """What of the search itself has failed."""
