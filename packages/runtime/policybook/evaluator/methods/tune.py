"""`tune`: CMA-ES over the marked constants; every text it samples is scored by the pool."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from policybook.evaluator.episodes import PoolEpisodes
from policybook.evaluator.job import Job
from policybook.evaluator.methods.policy_text import checked
from policybook.tuner import tune


def run(params: dict[str, Any], job: Job) -> dict[str, Any]:
    """The tuned text and its generations; a sampled text that fails is the tuner's affair."""
    episodes = PoolEpisodes(job)

    def scores(sources: Sequence[str], seeds: Sequence[int]) -> list[list[float] | None]:
        return [found if isinstance(found, list) else None for found in episodes.scores(sources, seeds)]

    def progress(generation: int, _: int, mean: float) -> None:
        job.progress(generation=generation, episodes=job.played_episodes, steps=job.played_steps, mean=mean)

    tuned = checked(lambda: tune(params["source"], scores, params["seed"], params["episodes"], progress))
    return {
        "source": tuned.source,
        "spent": job.spent(episodes=tuned.episodes, steps=job.played_steps),
        "generations": [generation.to_json() for generation in tuned.generations],
    }
