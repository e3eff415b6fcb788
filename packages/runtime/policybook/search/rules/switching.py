"""A switching curve, bent over the position, found by CMA-ES in the fitted simulator."""

from __future__ import annotations

import numpy as np

from policybook.search.actuation import full_push
from policybook.search.contract import Floats, Proposal
from policybook.search.coordinates import Velocity
from policybook.search.evolution import evolve
from policybook.search.facts import Facts
from policybook.search.rules.push import along
from policybook.search.simulator import Law, Simulator
from policybook.search.text import Constant, Filling, fill


def law(velocity: Velocity, direction: float) -> Law:
    """Pushes fully by the sign of speed - (shift + slope p + bend p²); `direction` is the lever's."""

    def push(parameters: Floats, states: Floats) -> Floats:
        shift, slope, bend = parameters.T[:, :, None]
        position, speed = states[..., velocity.of], states[..., velocity.index]
        return direction * np.where(speed - (shift + slope * position + bend * position**2) > 0, 1.0, -1.0)

    return push


def propose(facts: Facts, simulator: Simulator, velocity: Velocity, label: str, seed: int) -> tuple[Proposal, int]:
    """The curve that is best in the simulator, and the model steps that finding it took."""
    position_scale, speed_scale = facts.coordinates.scale[[velocity.of, velocity.index]]
    spread = 0.3 * speed_scale / position_scale ** np.arange(3)
    lever = facts.levers[0]
    direction = 1.0 if lever.effect[velocity.index] >= 0 else -1.0
    found, expected, steps = evolve(simulator, law(velocity, direction), np.zeros(3), spread, seed)
    names = facts.coordinates.names
    position, speed = names[velocity.of], names[velocity.index]
    proposal = Proposal(
        label=label,
        idea=f"Push along {speed}, but turn on a curve bent over {position}, which a fitted model puts at {expected:.0f}.",
        source=fill(
            "switching",
            Filling(
                observed=facts.coordinates.observed,
                words={"position": position, "speed": speed, "turning_speed": f"turning_{speed}"},
                constants={
                    name: Constant(float(value), float(value - 3 * width), float(value + 3 * width))
                    for name, value, width in zip(("SHIFT", "SLOPE", "BEND"), found, spread, strict=True)
                },
                action=full_push(along(lever, velocity.index), "push"),
            ),
        ),
    )
    return proposal, steps
