"""A switching curve, bent over the position, found by CMA-ES in the fitted simulator."""

from __future__ import annotations

import numpy as np

from policybook.search.actuation import action_units, full_push, measured_push
from policybook.search.contract import Floats, Proposal
from policybook.search.coordinates import Velocity
from policybook.search.evolution import evolve
from policybook.search.facts import Facts
from policybook.search.rules.push import along
from policybook.search.simulator import Law, Simulator
from policybook.search.text import Constant, Filling, fill, gain

CONSTANTS = ("SHIFT", "SLOPE", "BEND")


def full_law(velocity: Velocity, direction: float) -> Law:
    """Pushes fully by the sign of speed - (shift + slope p + bend p²); `direction` is the lever's."""

    def push(parameters: Floats, states: Floats) -> Floats:
        return np.asarray(direction * np.where(_excess(velocity, parameters, states) > 0, 1.0, -1.0))

    return push


def measured_law(velocity: Velocity) -> Law:
    """Pushes by strength × (speed - the curve), a strength of one being a full push for one unit of speed."""

    def push(parameters: Floats, states: Floats) -> Floats:
        return np.asarray(parameters[:, 3, None] * _excess(velocity, parameters, states))

    return push


def _excess(velocity: Velocity, parameters: Floats, states: Floats) -> Floats:
    shift, slope, bend = parameters.T[:3, :, None]
    position, speed = states[..., velocity.of], states[..., velocity.index]
    return np.asarray(speed - (shift + slope * position + bend * position**2))


def propose(
    facts: Facts, simulator: Simulator, velocity: Velocity, label: str, seed: int
) -> tuple[Proposal, int]:
    """The curve that is best in the simulator, and the model steps that finding it took."""
    direction = 1.0 if facts.levers[0].effect[velocity.index] >= 0 else -1.0
    law, spread = full_law(velocity, direction), _spread(facts, velocity)
    found, expected, steps = evolve(simulator, law, np.zeros(3), spread, seed)
    return _proposal(facts, velocity, label, found, expected), steps


def propose_measured(
    facts: Facts, simulator: Simulator, velocity: Velocity, label: str, seed: int
) -> tuple[Proposal, int]:
    """The same for a box that is pushed by measure, which wins where pushing costs."""
    direction = 1.0 if facts.levers[0].effect[velocity.index] >= 0 else -1.0
    speed_scale = facts.coordinates.scale[velocity.index]
    mean = np.array([0.0, 0.0, 0.0, direction / speed_scale])
    spread = np.append(_spread(facts, velocity), 0.3 / speed_scale)
    found, expected, steps = evolve(simulator, measured_law(velocity), mean, spread, seed)
    return _proposal(facts, velocity, label, found, expected), steps


def _spread(facts: Facts, velocity: Velocity) -> Floats:
    """How far the curve's three constants may reasonably differ from zero."""
    position_scale, speed_scale = facts.coordinates.scale[[velocity.of, velocity.index]]
    return np.asarray(0.3 * speed_scale / position_scale ** np.arange(3))


def _proposal(facts: Facts, velocity: Velocity, label: str, found: Floats, expected: float) -> Proposal:
    names, lever, measured = facts.coordinates.names, facts.levers[0], len(found) > len(CONSTANTS)
    position, speed = names[velocity.of], names[velocity.index]
    words = {"position": position, "speed": speed, "turning_speed": f"turning_{speed}"}
    constants = {
        name: Constant(float(value), float(value - 3 * width), float(value + 3 * width))
        for name, value, width in zip(CONSTANTS, found[:3], _spread(facts, velocity), strict=True)
    }
    if measured:
        words["measured"] = "measured"
        constants["STRENGTH"] = gain(float(found[3]) * action_units(lever))
        action = measured_push(lever, facts.idle, "push")
    else:
        words["full"] = "full"
        action = full_push(along(lever, velocity.index), "push")
    return Proposal(
        label=label,
        idea=f"Push along {speed}, turning on a curve over {position}; a model expects {expected:.0f}.",
        source=fill(
            "switching",
            Filling(observed=facts.coordinates.observed, words=words, constants=constants, action=action),
        ),
    )
