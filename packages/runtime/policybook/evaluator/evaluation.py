"""One evaluation: a policy on some seeds, cut into blocks and joined again in the order of the seeds."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from policybook.evaluator.blocks import Block, Episode, Outcome
from policybook.evaluator.content import content_key
from policybook.evaluator.failures import PolicyFailure
from policybook.evaluator.processes import Progress

if TYPE_CHECKING:
    # The search imports Gymnasium, which the evaluator's main process does without.
    from policybook.search.contract import Trajectory


@dataclass(frozen=True)
class Evaluated:
    """What an evaluation found; `episodes` end before the seed of the policy's first failure.

    `level`: the lowest of the jail at which the policy ran; None where it did not.
    """

    episodes: tuple[Episode, ...]
    failure: PolicyFailure | None
    cpu_seconds: float
    steps: int
    trajectories: tuple[Trajectory, ...]
    level: int | None = None


@dataclass(eq=False)
class Part:
    """A block in the order of the evaluation: its seeds begin at `start`."""

    start: int
    block: Block
    attempt: int = 1
    progress: dict[str, int] = field(default_factory=lambda: {"episodes": 0, "steps": 0})
    outcome: Outcome | None = None


class Evaluation:
    """Hands out parts and takes their outcomes until every seed before the first failure is played."""

    def __init__(self, whole: Block, progress: Progress) -> None:
        self.whole = whole
        self.environment_key = content_key(whole.environment)
        self.progress = progress
        self.seconds_an_episode: float | None = None
        self.result: asyncio.Future[Evaluated] = asyncio.get_running_loop().create_future()
        self.parts: list[Part] = []
        self.again: list[Part] = []
        self.end = len(whole.seeds)

    @property
    def waiting(self) -> int:
        """Seeds that no worker has taken yet."""
        handed_out = self.parts[-1].start + len(self.parts[-1].block.seeds) if self.parts else 0
        return max(0, self.end - handed_out)

    @property
    def open(self) -> bool:
        """Whether a worker can take something."""
        return not self.result.done() and bool(self.again or self.waiting)

    def take(self, count: int) -> Part:
        """The next part, of at most `count` seeds."""
        if self.again:
            return self.again.pop()
        start = self.end - self.waiting
        part = Part(start, replace(self.whole, seeds=self.whole.seeds[start : min(start + count, self.end)]))
        self.parts.append(part)
        return part

    def report(self, part: Part, progress: dict[str, int]) -> None:
        """Takes a part's progress and tells the whole."""
        part.progress = progress
        keys = ("episodes", "steps")
        self.progress({key: sum(each.progress[key] for each in self.parts) for key in keys})

    def finish(self, part: Part, outcome: Outcome) -> list[Part]:
        """Takes a part's outcome; the parts under way that nobody needs any more."""
        part.outcome = outcome
        self.report(part, {"episodes": len(outcome.episodes), "steps": outcome.steps})
        if outcome.failure is not None:
            self.end = min(self.end, part.start + len(outcome.episodes))
        needed = [each for each in self.parts if each.start <= self.end]
        if not self.waiting and all(each.outcome is not None for each in needed):
            self._complete()
        return [each for each in self.parts if each.start > self.end and each.outcome is None]

    def _complete(self) -> None:
        if self.result.done():
            return
        outcomes = [(part.start, part.outcome) for part in self.parts if part.outcome is not None]
        kept = [outcome for start, outcome in outcomes if start <= self.end]
        failure = next((outcome.failure for outcome in kept if outcome.failure is not None), None)
        everything = [outcome for _, outcome in outcomes]
        self.result.set_result(
            Evaluated(
                tuple(episode for outcome in kept for episode in outcome.episodes)[: self.end],
                failure,
                sum(outcome.cpu_seconds for outcome in everything),
                sum(outcome.steps for outcome in everything),
                tuple(trajectory for outcome in kept for trajectory in outcome.trajectories)[: self.end],
                min(outcome.level for outcome in everything),
            )
        )
