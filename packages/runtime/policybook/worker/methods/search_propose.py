"""`search.propose`: one round of the search, the author that needs no model."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

from policybook.defects import Defect
from policybook.protocol.messages import (
    SearchProposeParams,
    SearchProposeParamsHistoryItem,
    SearchProposeResult,
)
from policybook.search import Proposal, ScoredPolicy, SearchRound, SearchTask, propose
from policybook.source.legal_choice import find_mask_access, obey_mask
from policybook.worker.job import Job
from policybook.worker.methods.policy_text import raise_as_request_failure
from policybook.worker.pool_episodes import PoolEpisodes
from policybook.worker.proposal_trial import ProposalTrial

LOOKING_SHARE = 1 / 3
"""The part of the wall time left that a round may take for looking at the environment."""


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
        end=_find_end(params["secondsLeft"], job),
        model_steps_left=params["modelStepsLeft"],
    )
    history = [_read_scored_policy(scored) for scored in params["history"]]
    round_ = raise_as_request_failure(lambda: propose(task, history, PoolEpisodes(job)))
    known = {scored.source for scored in history}
    proposals = [each for each in _obey_mask(round_.proposals, job) if each.source not in known]
    sound, faulty = _try_proposals(proposals, job)
    used = round_.usage
    if params["round"] > 0:
        # What later rounds look at once more, the first one has counted.
        job.trusted.lost = None
    return {
        "proposals": [
            {
                "label": proposal.label,
                "idea": proposal.idea,
                "source": proposal.source,
                "baseline": proposal.is_baseline,
            }
            for proposal in sound
        ],
        "usage": job.measure_usage(episodes=used.episodes, steps=used.steps, model_steps=used.model_steps),
        "findings": list(round_.findings),
        "exhausted": round_.is_exhausted,
        "limitation": _explain_limits(round_, [*round_.defects, *faulty]),
    }


def _find_end(seconds_left: float | None, job: Job) -> float | None:
    """Returns when to end looking at the environment, once that is made; None for no end."""
    began = time.monotonic()
    job.trusted.get_pool()
    made = time.monotonic()
    return None if seconds_left is None else made + LOOKING_SHARE * (seconds_left - (made - began))


def _obey_mask(proposals: Sequence[Proposal], job: Job) -> list[Proposal]:
    """Returns the proposals with texts that keep to the environment's mask, where policies read one."""
    pool = job.trusted.get_pool()
    access = find_mask_access(pool.spec, pool.observation_space)
    space = pool.action_space
    return [replace(each, source=obey_mask(each.source, space, access)) for each in proposals]


def _try_proposals(proposals: Sequence[Proposal], job: Job) -> tuple[list[Proposal], list[Defect]]:
    """Returns the proposals that act as they should, and the defects of the others."""
    sound: list[Proposal] = []
    defects: list[Defect] = []
    if not proposals:
        return sound, defects
    trial = ProposalTrial(job)
    for proposal in proposals:
        defect = trial.find_defect(proposal)
        if defect is None:
            sound.append(proposal)
        else:
            defects.append(defect)
    return sound, defects


def _explain_limits(round_: SearchRound, defects: Sequence[Defect]) -> str | None:
    """Returns what people should know first: what the search cannot do here, and what of it has failed."""
    said = [] if round_.limitation is None else [round_.limitation]
    each = {defect.id: defect for defect in defects}
    said += [defect.explain("The search goes on without it.") for defect in each.values()]
    return " ".join(said) or None


def _read_scored_policy(scored: SearchProposeParamsHistoryItem) -> ScoredPolicy:
    return ScoredPolicy(
        scored["label"],
        scored["source"],
        scored["mean"],
        scored["deviation"],
        scored["episodes"],
        is_head=scored["head"],
    )
