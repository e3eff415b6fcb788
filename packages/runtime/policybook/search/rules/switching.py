"""A switching curve, bent over the position, found by CMA-ES in the fitted simulator."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from policybook.search.actuation import measure_full_push, write_full_push, write_measured_push
from policybook.search.contract import Floats, Proposal
from policybook.search.coordinates import Velocity
from policybook.search.evolution import evolve
from policybook.search.facts import Facts
from policybook.search.family import SECOND_ROUND, Family, SimulatorKnowledge
from policybook.search.filling import Constant, Filling, fill, make_gain
from policybook.search.fitted_simulator import ControlLaw, FittedSimulator
from policybook.search.rules.push import turn_along

CONSTANT_NAMES = ("SHIFT", "SLOPE", "BEND")
MEASURED_LABEL = "by measure"


def make_full_law(velocity: Velocity, direction: float) -> ControlLaw:
    """Pushes fully by the sign of speed - (shift + slope p + bend p²); `direction` is the actuator's."""

    def push(parameters: Floats, states: Floats) -> Floats:
        return np.asarray(direction * np.where(_compute_excess(velocity, parameters, states) > 0, 1.0, -1.0))

    return push


def make_measured_law(velocity: Velocity) -> ControlLaw:
    """Pushes by strength × (speed - the curve), a strength of one being a full push for one unit of speed."""

    def push(parameters: Floats, states: Floats) -> Floats:
        return np.asarray(parameters[:, 3, None] * _compute_excess(velocity, parameters, states))

    return push


def _compute_excess(velocity: Velocity, parameters: Floats, states: Floats) -> Floats:
    shift, slope, bend = parameters.T[:3, :, None]
    position, speed = states[..., velocity.of], states[..., velocity.index]
    return np.asarray(speed - (shift + slope * position + bend * position**2))


def propose_full(
    facts: Facts, simulator: FittedSimulator, velocity: Velocity, label: str, seed: int
) -> Proposal | None:
    """Returns the curve that is best in the simulator; None where too few model steps are left."""
    direction = 1.0 if facts.actuators[0].effect[velocity.index] >= 0 else -1.0
    law, spread = make_full_law(velocity, direction), _choose_spread(facts, velocity)
    found = evolve(simulator, law, np.zeros(3), spread, seed)
    return None if found is None else _make_proposal(facts, velocity, label, *found)


def propose_measured(
    facts: Facts, simulator: FittedSimulator, velocity: Velocity, label: str, seed: int
) -> Proposal | None:
    """Returns the same for a box that is pushed by measure, which wins where pushing costs."""
    direction = 1.0 if facts.actuators[0].effect[velocity.index] >= 0 else -1.0
    speed_scale = facts.coordinates.scale[velocity.index]
    mean = np.array([0.0, 0.0, 0.0, direction / speed_scale])
    spread = np.append(_choose_spread(facts, velocity), 0.3 / speed_scale)
    found = evolve(simulator, make_measured_law(velocity), mean, spread, seed)
    return None if found is None else _make_proposal(facts, velocity, label, *found)


def _choose_spread(facts: Facts, velocity: Velocity) -> Floats:
    """Returns how far the curve's three constants may reasonably differ from zero."""
    position_scale, speed_scale = facts.coordinates.scale[[velocity.of, velocity.index]]
    return np.asarray(0.3 * speed_scale / position_scale ** np.arange(3))


def _make_proposal(facts: Facts, velocity: Velocity, label: str, found: Floats, expected: float) -> Proposal:
    names, actuator, measured = facts.coordinates.names, facts.actuators[0], len(found) > len(CONSTANT_NAMES)
    position, speed = names[velocity.of], names[velocity.index]
    words = {"position": position, "speed": speed, "turning_speed": f"turning_{speed}"}
    constants = {
        name: Constant(float(value), float(value - 3 * width), float(value + 3 * width))
        for name, value, width in zip(CONSTANT_NAMES, found[:3], _choose_spread(facts, velocity), strict=True)
    }
    if measured:
        words["measured"] = "measured"
        constants["STRENGTH"] = make_gain(float(found[3]) * measure_full_push(actuator))
        action = write_measured_push(facts, actuator, "push")
    else:
        words["full"] = "full"
        action = write_full_push(facts, turn_along(actuator, velocity.index), "push")
    return Proposal(
        label=label,
        idea=f"Push along {speed}, turning on a curve over {position}; a model expects {expected:.0f}.",
        source=fill(
            "switching",
            Filling(observed=facts.coordinates.observed, words=words, constants=constants, action=action),
        ),
    )


def _propose_from_simulator(known: SimulatorKnowledge) -> Iterator[Proposal]:
    """Returns full and measured pushes at first, later only what the best policy does."""
    if known.is_swing:
        return
    fitted = (known.facts, known.simulator, known.velocity)
    is_first = known.round == SECOND_ROUND
    is_measurable, is_measured = (
        known.facts.actuators[0].dimension is not None,
        MEASURED_LABEL in known.best.label,
    )
    label = f"switching curve{known.suffix}"
    rules: list[Proposal | None] = []
    if is_first or not is_measured:
        rules.append(propose_full(*fitted, label, known.seed))
    if is_measurable and (is_first or is_measured):
        rules.append(propose_measured(*fitted, f"{label}, {MEASURED_LABEL}", known.seed))
    yield from (rule for rule in rules if rule is not None)


FAMILY = Family(name="switching curve", rank=5, propose_from_simulator=_propose_from_simulator)
