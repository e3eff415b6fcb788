"""A block: some seeds of one evaluation, played by one worker; and what comes of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from policybook.evaluator.failures import PolicyFailure

if TYPE_CHECKING:
    # The search imports Gymnasium, which the evaluator's main process does without.
    from policybook.search.contract import Trajectory


@dataclass(frozen=True)
class Limits:
    """What one policy may use; fields as `policyLimits` of evaluator-messages.ts."""

    step_ms: float
    import_ms: float
    memory_mb: float
    imports: tuple[str, ...]

    @classmethod
    def of(cls, limits: dict[str, Any]) -> Limits:
        """From a request's parameters."""
        return cls(limits["stepMs"], limits["importMs"], limits["memoryMb"], tuple(limits["imports"]))


@dataclass(frozen=True)
class Block:
    """Seeds for a policy to play in an environment; `record` asks for whole trajectories.

    What is asked for is one block; the scheduler cuts it into those that the workers play.
    """

    environment: dict[str, Any]
    source: str
    limits: Limits
    seeds: tuple[int, ...]
    record: bool = False


@dataclass(frozen=True)
class Episode:
    """One whole episode's outcome."""

    seed: int
    total: float
    steps: int
    terminated: bool
    truncated: bool
    action_hash: str

    def as_json(self) -> dict[str, Any]:
        """As `episodeResult` of evaluator-messages.ts."""
        return {
            "seed": self.seed,
            "return": self.total,
            "steps": self.steps,
            "terminated": self.terminated,
            "truncated": self.truncated,
            "actionHash": self.action_hash,
        }


@dataclass(frozen=True)
class Outcome:
    """The episodes of a block in the order of its seeds, up to the policy's first failure.

    `level`: the lowest of the jail at which the policy ran.
    """

    episodes: tuple[Episode, ...]
    failure: PolicyFailure | None
    steps: int
    cpu_seconds: float
    level: int
    trajectories: tuple[Trajectory, ...] = field(default=())
