"""`simplify`: finds smaller texts of a policy, and what of it its recorded episodes do not exercise."""

from __future__ import annotations

from policybook.protocol.messages import SimplifyParams, SimplifyResult
from policybook.rollout.trajectory import Trajectory
from policybook.source.document import normalise_text
from policybook.source.simplification import simplify
from policybook.worker.agreement import make_agreement
from policybook.worker.bounded_replay import BoundedReplay
from policybook.worker.job import Job
from policybook.worker.methods.policy_text import raise_as_request_failure
from policybook.worker.pool_episodes import PoolEpisodes


def run(params: SimplifyParams, job: Job) -> SimplifyResult:
    """Returns the smallest text that takes the same actions, and smaller variants that take some others."""
    source = normalise_text(params["source"])
    trajectories = raise_as_request_failure(lambda: _play(params, source, job))
    agreement = make_agreement(job, trajectories)
    agreement.refer_to(source)
    most_steps = min(params["mostReplayedSteps"], int(params["mostReplays"] * agreement.total))
    simplified = raise_as_request_failure(
        lambda: simplify(
            source,
            BoundedReplay(agreement, most_steps),
            takes_unexercised=bool(params["variantEnvironments"]),
            most_variants=params["mostVariants"],
        )
    )
    job.played_cpu += agreement.cpu_seconds
    return {
        "identical": {"source": simplified.source, "edits": simplified.edits} if simplified.edits else None,
        "unexercised": [
            {"kind": part.kind, "first": part.first, "last": part.last} for part in simplified.unexercised
        ],
        "variants": [{"label": edit.label, "source": edit.source} for edit in simplified.variants],
        "replayedSteps": agreement.replayed,
        "isCutShort": simplified.is_cut_short,
        "usage": job.measure_usage(episodes=job.played_episodes, steps=job.played_steps),
    }


def _play(params: SimplifyParams, source: str, job: Job) -> list[Trajectory]:
    """Returns episodes of the run's environment, and of those that were declared as its variants."""
    episodes = PoolEpisodes(job)
    played = episodes.play(source, params["seeds"])
    for variant in params["variantEnvironments"]:
        played += episodes.play(source, variant["seeds"], variant["environment"])
    return played
