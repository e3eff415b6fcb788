"""What is done of the blocks under way in a worker, and what a failure makes needless."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from policybook.rollout.blocks import Block, Episode, Outcome, Play
from policybook.rollout.failures import PolicyFailure
from policybook.rollout.trajectory import Trajectory


@dataclass
class Counted:
    """A block with the episodes that it still waits for, by place."""

    block: Block
    pending: dict[int, Play]
    outcome: Outcome = field(default_factory=Outcome)


class Tally:
    """Blocks of one evaluation, until each is complete."""

    def __init__(self) -> None:
        self.counted: list[Counted] = []
        self.complete: list[Counted] = []
        """Blocks that wait for nothing any more, to be taken out."""
        self.ends: dict[int, float] = {}

    def join(self, block: Block) -> list[Play]:
        """Takes a block; those of its episodes that are needed."""
        needed = [play for play in block.plays if not self.needless(play)]
        self.counted.append(Counted(block, {play.place: play for play in needed}))
        self._sort_out()
        return needed

    def needless(self, play: Play) -> bool:
        """Whether the episode's text has failed in it or before it."""
        return play.place >= self.ends.get(play.text, math.inf)

    def finish(self, play: Play, episode: Episode, trajectory: Trajectory | None) -> None:
        """An episode is over."""
        counted = self._of(play)
        if counted is not None:
            del counted.pending[play.place]
            counted.outcome.episodes[play.place] = episode
            if trajectory is not None:
                counted.outcome.trajectories[play.place] = trajectory
            if not counted.pending:
                self._sort_out()

    def fail(self, play: Play, failure: PolicyFailure) -> None:
        """An episode's text has failed: what lies behind it is needless."""
        failed = self._of(play)
        if failed is None:
            return
        failed.outcome.failures[play.text] = play.place, failure
        self.ends[play.text] = play.place
        for counted in self.counted:
            gone = [place for place, each in counted.pending.items() if self.needless(each)]
            for place in gone:
                del counted.pending[place]
        self._sort_out()

    def notice(self, play: Play, milliseconds: float) -> None:
        """A step took long."""
        counted = self._of(play)
        if counted is not None:
            slowest = counted.outcome.slowest_ms
            slowest[play.text] = max(milliseconds, slowest.get(play.text, 0.0))

    def _sort_out(self) -> None:
        self.complete += [counted for counted in self.counted if not counted.pending]
        self.counted = [counted for counted in self.counted if counted.pending]

    def _of(self, play: Play) -> Counted | None:
        return next((counted for counted in self.counted if play.place in counted.pending), None)
