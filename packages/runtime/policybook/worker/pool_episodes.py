"""How a search or the tuner gets episodes: it steps an environment itself, or has policies play."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gymnasium

from policybook.rollout import environment_pool
from policybook.rollout.failures import PolicyFailedError, PolicyFailure
from policybook.rollout.trajectory import Trajectory
from policybook.worker.job import Job


class PoolEpisodes:
    """Gives `policybook.search.contract.Episodes`, played by the pool's sandboxed policies."""

    def __init__(self, job: Job) -> None:
        self.job = job

    def make(self) -> gymnasium.Env[Any, Any]:
        """Returns an environment that trusted code may step in this process."""
        return environment_pool.make(self.job.params["environment"])

    def play(self, source: str, seeds: Sequence[int]) -> list[Trajectory]:
        """Returns an episode recorded for each seed; raises PolicyFailedError where the policy fails."""
        (evaluated,) = self.job.evaluate("play", [source], seeds)
        if evaluated.failure is not None:
            raise PolicyFailedError(evaluated.failure)
        return list(evaluated.trajectories)

    def play_variants(
        self, sources: Sequence[str], seeds: Sequence[int]
    ) -> list[list[float] | PolicyFailure]:
        """Returns for each text its returns by seed, or why it failed; the texts differ in constants only."""
        return [
            [episode.total for episode in evaluated.episodes]
            if evaluated.failure is None
            else evaluated.failure
            for evaluated in self.job.evaluate("variants", sources, seeds)
        ]
