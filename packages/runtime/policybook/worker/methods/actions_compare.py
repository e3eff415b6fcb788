"""`actions.compare`: finds texts that act alike, by recorded observations, before episodes are spent."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

from policybook.protocol.messages import ActionsCompareParams, ActionsCompareResult
from policybook.rollout.content_key import make_content_key
from policybook.rollout.trajectory import Trajectory
from policybook.worker.agreement import Agreement, make_agreement
from policybook.worker.job import Job
from policybook.worker.methods.policy_text import raise_as_request_failure
from policybook.worker.pool_episodes import PoolEpisodes

RECORDED: OrderedDict[str, list[Trajectory]] = OrderedDict()
"""Trajectories that this process has recorded: a champion is compared with generation after generation."""

RECORDINGS_KEPT = 2


def run(params: ActionsCompareParams, job: Job) -> ActionsCompareResult:
    """Returns for each source the position of the first before it that acts alike, None where none does."""
    trajectories = _record_episodes(params, job)
    agreement = make_agreement(job, trajectories)
    same = _find_alike(agreement, params["sources"])
    job.played_cpu += agreement.cpu_seconds
    return {"same": same, "observations": agreement.total, "usage": job.measure_usage()}


def _record_episodes(params: ActionsCompareParams, job: Job) -> list[Trajectory]:
    key = make_content_key([params["environment"], params["limits"], params["reference"], params["seeds"]])
    if key not in RECORDED:
        RECORDED[key] = raise_as_request_failure(
            lambda: PoolEpisodes(job).play(params["reference"], params["seeds"])
        )
    RECORDED.move_to_end(key)
    while len(RECORDED) > RECORDINGS_KEPT:
        RECORDED.popitem(last=False)
    return RECORDED[key]


def _find_alike(agreement: Agreement, sources: Sequence[str]) -> list[int | None]:
    """Compares all observations only of texts that the sample does not tell apart."""
    sample_hashes = [agreement.hash_actions(source, whole=False) for source in sources]
    ambiguous = {each for each in sample_hashes if each is not None and sample_hashes.count(each) > 1}
    whole: list[bytes | None] = [
        agreement.hash_actions(source, whole=True) if sample_hash in ambiguous else None
        for source, sample_hash in zip(sources, sample_hashes, strict=True)
    ]
    return [
        None if actions is None or whole.index(actions) == position else whole.index(actions)
        for position, actions in enumerate(whole)
    ]
