"""`search.propose`: one round of the search, the author that needs no model."""

from __future__ import annotations

from policybook.protocol.messages import (
    SearchProposeParams,
    SearchProposeParamsHistoryItem,
    SearchProposeResult,
)
from policybook.search import ScoredPolicy, SearchTask, propose
from policybook.worker.job import Job
from policybook.worker.methods.policy_text import raise_as_request_failure
from policybook.worker.pool_episodes import PoolEpisodes


def run(params: SearchProposeParams, job: Job) -> SearchProposeResult:
    """Returns proposals and what they cost; the search itself says what it has played and stepped."""
    names = params["names"]
    task = SearchTask(
        seed=params["seed"],
        names=None if names is None else tuple(names),
        round=params["round"],
        steps=params["steps"],
        episodes=params["episodes"],
        steps_left=params["stepsLeft"],
        episodes_left=params["episodesLeft"],
    )
    history = [_read_scored_policy(scored) for scored in params["history"]]
    round_ = raise_as_request_failure(lambda: propose(task, history, PoolEpisodes(job)))
    used = round_.usage
    return {
        "proposals": [
            {
                "label": proposal.label,
                "idea": proposal.idea,
                "source": proposal.source,
                "baseline": proposal.is_baseline,
            }
            for proposal in round_.proposals
        ],
        "usage": job.measure_usage(episodes=used.episodes, steps=used.steps, model_steps=used.model_steps),
        "findings": list(round_.findings),
        "exhausted": round_.is_exhausted,
    }


def _read_scored_policy(scored: SearchProposeParamsHistoryItem) -> ScoredPolicy:
    return ScoredPolicy(
        scored["label"],
        scored["source"],
        scored["mean"],
        scored["deviation"],
        scored["episodes"],
        is_champion=scored["champion"],
    )
