"""`policy.ablate`: how differently a policy acts without each of its parts, and with each constant moved."""

from __future__ import annotations

from policybook.protocol.messages import (
    AblatedPartJson,
    MovedConstantJson,
    PolicyAblateParams,
    PolicyAblateResult,
)
from policybook.source.document import normalise_text
from policybook.source.simplification.edit import Edit
from policybook.source.simplification.parts import find_parts
from policybook.tuner import ConstantSpace
from policybook.worker.agreement import ActionChange, Agreement, make_agreement
from policybook.worker.job import Job
from policybook.worker.methods.policy_text import raise_as_request_failure
from policybook.worker.pool_episodes import PoolEpisodes


def run(params: PolicyAblateParams, job: Job) -> PolicyAblateResult:
    """Returns the parts in the order of the text, and the constants in the order of their marks."""
    source = normalise_text(params["source"])
    trajectories = raise_as_request_failure(lambda: PoolEpisodes(job).play(source, params["seeds"]))
    agreement = make_agreement(job, trajectories)
    agreement.refer_to(source)
    parts = raise_as_request_failure(lambda: find_parts(source))
    constants = raise_as_request_failure(lambda: ConstantSpace(source))
    names = constants.names
    measured = [_measure_part(agreement, part) for part in (parts or [])[: params["mostParts"]]]
    moved = [
        _measure_constant(agreement, constants, index, params["part"])
        for index in range(min(len(names), params["mostConstants"]))
    ]
    job.played_cpu += agreement.cpu_seconds
    return {
        "parts": measured,
        "constants": moved,
        "otherParts": None if parts is None else len(parts) - len(measured),
        "otherConstants": len(names) - len(moved),
        "observations": agreement.total,
        "usage": job.measure_usage(),
    }


def _measure_part(agreement: Agreement, part: Edit) -> AblatedPartJson:
    change = agreement.measure_change(part.source)
    return {
        "label": part.label,
        "first": part.first,
        "last": part.last,
        "share": None if change is None else change.share,
        "change": None if change is None else change.moved,
    }


def _measure_constant(
    agreement: Agreement, constants: ConstantSpace, index: int, part: float
) -> MovedConstantJson:
    """Returns the mean of moving a constant up and down; at an end of its range one of both stays there."""
    found: list[ActionChange] = []
    for direction in (-part, part):
        point = constants.locate_text()
        point[index] += direction
        if 0.0 <= point[index] <= 1.0:
            change = agreement.measure_change(constants.write_text(point))
            found += [] if change is None else [change]
    moves = [change.moved for change in found if change.moved is not None]
    return {
        "name": constants.names[index],
        "share": sum(change.share for change in found) / len(found) if found else None,
        "change": sum(moves) / len(moves) if moves else None,
    }
