"""Pumping: push along a velocity that the lever moves, so that energy only grows."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from policybook.search.actuation import full_push
from policybook.search.contract import Proposal
from policybook.search.facts import Facts
from policybook.search.levers import Lever
from policybook.search.text import Constant, Filling, fill

FELT = 0.1  # share of the lever's strongest effect from which a velocity counts as moved by it


def proposals(facts: Facts) -> Iterator[Proposal]:
    """One rule for each velocity that the strongest lever moves, the most moved first."""
    if len(facts.levers) != 1 or not facts.levers[0].two_way:
        return
    lever = facts.levers[0]
    for index in sorted(moved_velocities(facts, lever), key=lambda i: -abs(lever.effect[i])):
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
                    action=full_push(along(lever, index), "push"),
                ),
            ),
        )


def moved_velocities(facts: Facts, lever: Lever) -> list[int]:
    """State coordinates that are velocities and that the lever moves."""
    strongest = float(np.abs(lever.effect).max())
    return [v.index for v in facts.coordinates.velocities if abs(lever.effect[v.index]) > FELT * strongest]


def along(lever: Lever, index: int) -> Lever:
    """The lever turned so that pushing forward increases coordinate `index`."""
    if lever.effect[index] >= 0 or lever.backward is None:
        return lever
    return Lever(lever.dimension, lever.backward, lever.forward, lever.neutral, -lever.effect)
