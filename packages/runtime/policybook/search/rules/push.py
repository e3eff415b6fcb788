"""Pumping: push along a velocity that the actuator moves, so that energy only grows."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from policybook.search.actuation import write_full_push
from policybook.search.actuators import Actuator
from policybook.search.contract import Proposal
from policybook.search.facts import Facts
from policybook.search.family import FIRST_ROUND, Family
from policybook.search.filling import Constant, Filling, fill

FELT_SHARE = 0.1  # share of the actuator's strongest effect from which a velocity counts as moved by it


def propose_rules(facts: Facts) -> Iterator[Proposal]:
    """Yields one rule for each velocity that the strongest actuator moves, the most moved first."""
    if len(facts.actuators) != 1 or not facts.actuators[0].is_two_way:
        return
    actuator = facts.actuators[0]
    for index in sorted(find_moved_velocities(facts, actuator), key=lambda i: -abs(actuator.effect[i])):
        speed = facts.coordinates.names[index]
        reach = 0.5 * float(facts.coordinates.scale[index])
        yield Proposal(
            label=f"push along {speed}",
            idea=f"Push the way {speed} already goes, so that every swing is larger than the last.",
            source=fill(
                "push",
                Filling(
                    observed=facts.coordinates.observed,
                    words={"speed": speed},
                    constants={"OFFSET": Constant(0.0, -reach, reach)},
                    action=write_full_push(facts, turn_along(actuator, index), "push"),
                ),
            ),
        )


def find_moved_velocities(facts: Facts, actuator: Actuator) -> list[int]:
    """Returns the state coordinates that are velocities and that the actuator moves."""
    strongest = float(np.abs(actuator.effect).max())
    return [
        v.index
        for v in facts.coordinates.velocities
        if abs(actuator.effect[v.index]) > FELT_SHARE * strongest
    ]


def turn_along(actuator: Actuator, index: int) -> Actuator:
    """Returns the actuator turned so that pushing forward increases coordinate `index`."""
    if actuator.effect[index] >= 0 or actuator.backward is None:
        return actuator
    return Actuator(
        actuator.dimension, actuator.backward, actuator.forward, actuator.neutral, -actuator.effect
    )


def _propose_from_facts(facts: Facts, number: int) -> Iterator[Proposal]:
    """Yields rules in the first round, unless every step is rewarded: there is then nothing to hurry to."""
    if number == FIRST_ROUND and (facts.step_reward is None or facts.step_reward <= 0):
        yield from propose_rules(facts)


FAMILY = Family(name="push along", rank=1, propose_from_facts=_propose_from_facts)
