"""Rules for composite actions: what the families do with one part of an action while the others stay."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import partial

import numpy as np

from policybook.defects import Defect
from policybook.search.action_parts import ActionParts
from policybook.search.actuators import Actuator
from policybook.search.contract import Proposal
from policybook.search.dynamics import BilinearModel
from policybook.search.facts import Facts
from policybook.search.family import FIRST_ROUND, SECOND_ROUND, Family
from policybook.search.gathering import gather_rules

MAX_ACTUATORS = 3
"""The strongest parts, each of which gets rules of its own."""


def derive_part_rules(facts: Facts, parts: ActionParts, number: int, defects: list[Defect]) -> list[Proposal]:
    """Returns every family's rules for each part, the others at rest.

    In the second round they are at their highest instead.
    """
    found: list[Proposal] = []
    for position, actuator in enumerate(facts.actuators[:MAX_ACTUATORS]):
        dimension = actuator.dimension or 0
        if number == FIRST_ROUND:
            resting, where = parts.levels[1], ""
        elif number == SECOND_ROUND:
            resting, where = parts.levels[2].copy(), ", the others at their highest"
            resting[dimension] = parts.levels[1][dimension]
        else:
            break
        alone = _keep_actuator(facts, actuator, position, parts.rest_at(resting))
        rules = gather_rules(partial(_ask_alone, alone), defects)
        found += [
            replace(rule, label=f"{rule.label}, number {dimension + 1}{where}")
            for rule in rules
            if not rule.is_baseline
        ]
    return found


def _ask_alone(facts: Facts, family: Family) -> Iterable[Proposal]:
    return family.propose_from_facts(facts, FIRST_ROUND)


def _keep_actuator(facts: Facts, actuator: Actuator, position: int, space: ActionParts) -> Facts:
    """Returns the facts as if one actuator were all that there is."""
    model = facts.model
    return replace(
        facts,
        action_space=space,
        actuators=(actuator,),
        model=BilinearModel(
            model.drift,
            model.coupling[position : position + 1],
            np.asarray(model.push[:, position : position + 1]),
            model.constant,
        ),
    )
