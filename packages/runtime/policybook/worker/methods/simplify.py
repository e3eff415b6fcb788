"""`simplify`: finds smaller texts of a policy, by its actions on recorded episodes."""

from __future__ import annotations

from policybook.protocol.messages import SimplifyParams, SimplifyResult
from policybook.source.document import normalise_text
from policybook.source.simplification import simplify
from policybook.worker.agreement import make_agreement
from policybook.worker.job import Job
from policybook.worker.methods.policy_text import raise_as_request_failure
from policybook.worker.pool_episodes import PoolEpisodes


def run(params: SimplifyParams, job: Job) -> SimplifyResult:
    """Returns the smallest text that acts identically, if any, and smaller variants that nearly do."""
    source = normalise_text(params["source"])
    trajectories = raise_as_request_failure(lambda: PoolEpisodes(job).play(source, params["seeds"]))
    agreement = make_agreement(job, trajectories)
    agreement.refer_to(source)
    simplified = raise_as_request_failure(lambda: simplify(source, agreement.measure_share))
    job.played_cpu += agreement.cpu_seconds
    return {
        "identical": {"source": simplified.source, "edits": simplified.edits} if simplified.edits else None,
        "variants": [{"label": edit.label, "source": edit.source} for edit in simplified.variants],
        "usage": job.measure_usage(episodes=job.played_episodes, steps=job.played_steps),
    }
