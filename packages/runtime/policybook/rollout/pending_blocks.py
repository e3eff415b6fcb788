"""The blocks under way in a worker: what is done of them, and which episodes a failure makes needless."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from policybook.rollout.blocks import Block, BlockOutcome, EpisodeResult, EpisodeSpec
from policybook.rollout.environment_fault import EnvironmentFault
from policybook.rollout.failures import PolicyFailure
from policybook.rollout.lost_episodes import count_lost
from policybook.rollout.trajectory import Trajectory


@dataclass
class PendingBlock:
    """A block with the episodes that it still waits for, by index."""

    block: Block
    pending: dict[int, EpisodeSpec]
    outcome: BlockOutcome = field(default_factory=BlockOutcome)


class PendingBlocks:
    """Blocks of one evaluation, until each is complete."""

    def __init__(self) -> None:
        self.blocks: list[PendingBlock] = []
        self.complete: list[PendingBlock] = []
        """Blocks that wait for nothing any more, to be taken out."""
        self.ends: dict[int, float] = {}

    def join(self, block: Block) -> list[EpisodeSpec]:
        """Takes a block; returns those of its episodes that are needed."""
        needed = [spec for spec in block.specs if not self.is_needless(spec)]
        self.blocks.append(PendingBlock(block, {spec.index: spec for spec in needed}))
        self._move_complete()
        return needed

    def is_needless(self, spec: EpisodeSpec) -> bool:
        """Returns whether the episode's text has failed in it or before it."""
        return spec.index >= self.ends.get(spec.text, math.inf)

    def finish(self, spec: EpisodeSpec, episode: EpisodeResult, trajectory: Trajectory | None) -> None:
        """Takes an episode's result."""
        pending_block = self._find(spec)
        if pending_block is not None:
            del pending_block.pending[spec.index]
            pending_block.outcome.episodes[spec.index] = episode
            if trajectory is not None:
                pending_block.outcome.trajectories[spec.index] = trajectory
            if not pending_block.pending:
                self._move_complete()

    def fail(self, spec: EpisodeSpec, failure: PolicyFailure) -> None:
        """Notes that an episode's text has failed, which makes what lies behind it needless."""
        failed = self._find(spec)
        if failed is None:
            return
        failed.outcome.failures[spec.text] = spec.index, failure
        self.ends[spec.text] = spec.index
        for pending_block in self.blocks:
            gone = [index for index, each in pending_block.pending.items() if self.is_needless(each)]
            for index in gone:
                del pending_block.pending[index]
        self._move_complete()

    def lose(self, spec: EpisodeSpec, fault: EnvironmentFault) -> None:
        """Notes that the environment has failed in an episode, or before it began; it is played again."""
        pending_block = self._find(spec)
        if pending_block is not None:
            lost = pending_block.outcome.lost
            lost[spec.index] = count_lost(lost.get(spec.index), fault)

    def note_slow_step(self, spec: EpisodeSpec, milliseconds: float) -> None:
        """Notes the CPU time of a step that came near the limit."""
        pending_block = self._find(spec)
        if pending_block is not None:
            slowest = pending_block.outcome.slowest_ms
            slowest[spec.text] = max(milliseconds, slowest.get(spec.text, 0.0))

    def _move_complete(self) -> None:
        self.complete += [pending_block for pending_block in self.blocks if not pending_block.pending]
        self.blocks = [pending_block for pending_block in self.blocks if pending_block.pending]

    def _find(self, spec: EpisodeSpec) -> PendingBlock | None:
        return next(
            (pending_block for pending_block in self.blocks if spec.index in pending_block.pending),
            None,
        )
