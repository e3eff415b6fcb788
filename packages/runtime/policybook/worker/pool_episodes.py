"""How a search or the tuner gets episodes: it steps an environment itself, or has policies play."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import gymnasium
import numpy as np

from policybook.environments.action_masks import get_mask_key
from policybook.environments.legal_actions import find_other_part
from policybook.protocol.messages import EnvironmentSpecJson
from policybook.rollout.failures import PolicyFailedError, PolicyFailure
from policybook.rollout.trajectory import Trajectory
from policybook.worker.job import Job
from policybook.worker.legal_environment import make_legal


class PoolEpisodes:
    """Gives `policybook.search.contract.Episodes`, played by the pool's sandboxed policies."""

    def __init__(self, job: Job) -> None:
        self.job = job

    def make(self) -> gymnasium.Env[Any, Any]:
        """Returns an environment that trusted code may step in this process; see `TrustedEpisodes.make`.

        It takes only legal actions, and shows what a Dict observation holds besides the mask.
        """
        spec = self.job.params["environment"]
        return self.job.trusted.make(lambda env: make_legal(spec, env))

    def play(
        self, source: str, seeds: Sequence[int], environment: EnvironmentSpecJson | None = None
    ) -> list[Trajectory]:
        """Returns an episode recorded for each seed; raises PolicyFailedError where the policy fails.

        They are played in the job's environment where no other, of the same spaces, is given.
        """
        (evaluated,) = self.job.evaluate("play", [source], seeds, environment)
        if evaluated.failure is not None:
            raise PolicyFailedError(evaluated.failure)
        return [self._select_part(each) for each in evaluated.trajectories]

    def _select_part(self, played: Trajectory) -> Trajectory:
        """Returns a trajectory with the part of a Dict observation that the search sees."""
        first = played.observations[0]
        key = get_mask_key(self.job.params["environment"])
        part = find_other_part(first, key) if isinstance(first, Mapping) else None
        if part is None:
            return played
        return replace(played, observations=np.array([row[part] for row in played.observations]))

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
