"""`tune`: moves the marked constants by CMA-ES; the pool scores every text that it samples."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from policybook.protocol.messages import TuneParams, TuneResult
from policybook.tuner import TunerOptions, tune
from policybook.worker.job import Job
from policybook.worker.methods.policy_text import raise_as_request_failure
from policybook.worker.pool_episodes import PoolEpisodes


def run(params: TuneParams, job: Job) -> TuneResult:
    """Returns the tuned text and its generations; a sampled text that fails ranks last."""
    episodes = PoolEpisodes(job)

    def play_texts(sources: Sequence[str], seeds: Sequence[int]) -> list[list[float] | None]:
        return [
            found if isinstance(found, list) else None for found in episodes.play_variants(sources, seeds)
        ]

    def report_progress(generation: int, _: int, mean: float) -> None:
        job.report_progress(
            generation=generation, episodes=job.played_episodes, steps=job.played_steps, mean=mean
        )

    options = TunerOptions(params["seed"], params["episodes"], report_progress, _make_allowance(params, job))
    tuned = raise_as_request_failure(lambda: tune(params["source"], play_texts, options))
    return {
        "source": tuned.source,
        "usage": job.measure_usage(episodes=tuned.episodes, steps=job.played_steps),
        "generations": [generation.to_json() for generation in tuned.generations],
    }


def _make_allowance(params: TuneParams, job: Job) -> Callable[[], int]:
    """Returns a function that counts the episodes for which the steps left suffice in any case."""
    episodes, steps = params["episodes"], params["steps"]
    if steps is None:
        return lambda: episodes
    longest = job.trusted.get_pool().limit
    return lambda: (steps - job.played_steps) // longest
