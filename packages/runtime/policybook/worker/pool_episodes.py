"""The environment as a search, tuner or pruner sees it: to step it itself, or to have policies play it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gymnasium

from policybook.rollout import environment_pool
from policybook.rollout.failures import PolicyFailedError, PolicyFailure
from policybook.rollout.trajectory import Trajectory
from policybook.worker.job import Job


class PoolEpisodes:
    """`policybook.search.contract.Episodes` over the pool's sandboxed policies."""

    def __init__(self, job: Job) -> None:
        self.job = job

    def make(self) -> gymnasium.Env[Any, Any]:
        """A trusted instance in this process."""
        return environment_pool.make(self.job.params["environment"])

    def play(self, source: str, seeds: Sequence[int]) -> list[Trajectory]:
        """One recorded episode a seed; PolicyFailedError if the policy fails in any."""
        (evaluated,) = self.job.evaluate("play", [source], seeds)
        if evaluated.failure is not None:
            raise PolicyFailedError(evaluated.failure)
        return list(evaluated.trajectories)

    def play_variants(
        self, sources: Sequence[str], seeds: Sequence[int]
    ) -> list[list[float] | PolicyFailure]:
        """Returns by seed of each text, or why it failed; the texts differ in constants only."""
        return [
            [episode.total for episode in evaluated.episodes]
            if evaluated.failure is None
            else evaluated.failure
            for evaluated in self.job.evaluate("variants", sources, seeds)
        ]
