"""Rules for composite actions: what the families do with one part of an action while the others stay."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import partial

import numpy as np

from policybook.defects import Defect, keep_defect
from policybook.search.action_parts import ActionParts
from policybook.search.actuation import write_box_action, write_level
from policybook.search.actuators import Actuator
from policybook.search.contract import Proposal
from policybook.search.dynamics import BilinearModel
from policybook.search.facts import Facts
from policybook.search.family import FIRST_ROUND, SECOND_ROUND, Family
from policybook.search.filling import add_imports, wrap_sum
from policybook.search.gathering import gather_rules
from policybook.search.rules.balance import make_terms, write_angle_lines
from policybook.source.names import make_free_name

MAX_JOINT = 8
"""The strongest numbers that are pushed together."""

MAX_ACTUATORS = 3
"""The strongest parts, each of which gets rules of its own."""


def derive_part_rules(facts: Facts, parts: ActionParts, number: int, defects: list[Defect]) -> list[Proposal]:
    """Returns every family's rules for each part, the others at rest.

    In the second round they are at their highest instead.
    """
    found: list[Proposal] = []
    if number == FIRST_ROUND and len(facts.actuators) > 1:
        found += _propose_joint(facts, parts, defects)
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


def _propose_joint(facts: Facts, parts: ActionParts, defects: list[Defect]) -> list[Proposal]:
    """Returns a rule that holds everything by all parts together, each with a regulator of its own."""
    if facts.step_reward is not None and facts.step_reward < 0:
        return []
    try:
        source = _write_joint(facts, parts)
    except Exception as error:  # noqa: BLE001 - whatever a rule raises is the rule's fault
        what = f'the search rule "regulators of all numbers" failed with {type(error).__name__}'
        defects.append(keep_defect(what, error))
        return []
    if source is None:
        return []
    idea = "Push every number of the action against the weighted sum of what is off for it."
    return [Proposal("regulators of all numbers", idea, source)]


def _write_joint(facts: Facts, parts: ActionParts) -> str | None:
    """Returns the text with a sum for each number that moves something, None where fewer than two do."""
    observed = facts.coordinates.observed
    constants: dict[str, str] = {}
    pushes: list[str] = []
    levels: dict[int, str] = {}
    used: set[str] = set()
    for position, actuator in enumerate(facts.actuators[:MAX_JOINT]):
        alone = _keep_actuator(facts, actuator, position, parts)
        terms = make_terms(alone, 1.0, True) if alone.controllable else []
        if not terms:
            continue
        dimension = actuator.dimension or 0
        prefix, push = f"GAIN_{dimension + 1}_", make_free_name(f"push_{dimension + 1}", observed)
        amounts = []
        for term in terms:
            name = f"{prefix}{term.coordinate.upper()}"
            constants[name] = term.gain.write_line(name)
            if term.set_point is not None:
                wanted = f"{term.coordinate.upper()}_WANTED"
                constants[wanted] = term.set_point.write_line(wanted)
            amounts.append(f"{name} * {term.amount}")
            used.add(term.coordinate)
        pushes += wrap_sum(f"    {push} = ", amounts)
        back = (actuator.neutral or 0.0) if actuator.backward is None else actuator.backward
        forward, backward = (write_level(parts, dimension, level) for level in (actuator.forward, back))
        levels[dimension] = f"{forward} if {push} > 0 else {backward}"
    if len(levels) < 2:
        return None
    unpacked = f"    {', '.join(observed)}{',' if len(observed) == 1 else ''} = observation"
    lines = [
        '"""Hold everything where it should be: push by every number of the action against what is off."""',
        *constants.values(),
        "",
        "",
        "def act(observation):",
        unpacked,
        *(f"    {line}" for line in write_angle_lines(facts, used)),
        *pushes,
        f"    return {write_box_action(parts, levels)}",
    ]
    return add_imports(lines)
