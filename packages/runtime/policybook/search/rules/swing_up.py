"""Pump and catch: energy from the fitted pendulum, a regulator at the top, both refined in the simulator."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from policybook.search import lqr
from policybook.search.actuation import measure_full_push, write_measured_push
from policybook.search.contract import Floats, Proposal
from policybook.search.coordinates import Velocity
from policybook.search.evolution import evolve
from policybook.search.facts import Facts
from policybook.search.family import Family, SimulatorKnowledge
from policybook.search.filling import Constant, Filling, fill, make_gain
from policybook.search.fitted_simulator import ControlLaw, FittedSimulator
from policybook.search.rules.balance import write_angle_lines

CONSTANT_NAMES = ("LIFT_ENERGY", "PUMP", "CATCH_WITHIN", "STIFFNESS", "DAMPING")
CATCH_WITHIN_RADIANS = 0.5
UPRIGHT_RADIANS = 0.02  # radians from zero at which the top is taken for zero itself


@dataclass(frozen=True)
class Swing:
    """Around the top: speed grows by `gravity` sin(tilt) + `force` push in a step, tilt by `rate` speed."""

    top: float
    gravity: float
    force: float
    rate: float


def fit_swing(facts: Facts, simulator: FittedSimulator, velocity: Velocity) -> Swing:
    """Reads the pendulum off the simulator at the angle of greatest reward."""
    tilts = np.linspace(-1.0, 1.0, 21)
    still = np.zeros((1, len(tilts), len(facts.coordinates.names)))
    still[0, :, velocity.of] = simulator.top + tilts
    pulled = _measure_speed_change(simulator, still, 0.0, velocity.index)
    pushed = _measure_speed_change(simulator, still, 1.0, velocity.index) - pulled
    gravity = float(np.sin(tilts) @ pulled / (np.sin(tilts) @ np.sin(tilts)))
    return Swing(simulator.top, gravity, float(pushed.mean()), velocity.rate)


def _measure_speed_change(simulator: FittedSimulator, states: Floats, push: float, index: int) -> Floats:
    return np.asarray(simulator.step(states, np.full(states.shape[:2], push))[0, :, index])


def make_law(velocity: Velocity, top: float, full: float) -> ControlLaw:
    """Returns the template's rule; pushes are shares of a full push of `full` action units."""

    def push(parameters: Floats, states: Floats) -> Floats:
        lift, pump, within, stiffness, damping = parameters.T[:, :, None]
        tilt = (states[..., velocity.of] - top + np.pi) % (2 * np.pi) - np.pi
        speed = states[..., velocity.index]
        caught = -stiffness * tilt - damping * speed
        pumped = pump * (lift * (1 - np.cos(tilt)) - speed**2 / 2) * np.where(speed > 0, 1.0, -1.0)
        return np.asarray(np.where(np.abs(tilt) < within, caught, pumped) / full)

    return push


def derive_constants(facts: Facts, swing: Swing, scale: Floats) -> Floats:
    """Returns the constants of the rule (5,).

    They are energy that lifts to the top, pump, catch, LQR stiffness and damping.
    """
    units = measure_full_push(facts.actuators[0])
    drift = np.array([[1.0, swing.rate], [swing.gravity, 1.0]])
    push = np.array([[0.0], [swing.force]])
    k = lqr.solve_gains(drift, push, np.diag(1 / scale**2), 0.1 * np.eye(1))[0]
    lift = swing.gravity / swing.rate
    pump = np.sign(swing.force) * 4 * units / (abs(lift) or 1.0)
    return np.array([lift, pump, CATCH_WITHIN_RADIANS, units * k[0], units * k[1]])


def propose_rules(
    facts: Facts, simulator: FittedSimulator, velocity: Velocity, label: str, seed: int
) -> list[Proposal]:
    """Returns the rule with derived constants and, where model steps suffice, the same after CMA-ES."""
    actuator = facts.actuators[0]
    swing = fit_swing(facts, simulator, velocity)
    scale = facts.coordinates.scale[[velocity.of, velocity.index]]
    start = derive_constants(facts, swing, scale)
    rule = make_law(velocity, swing.top, measure_full_push(actuator))
    refined = evolve(simulator, rule, start, 0.3 * np.abs(start), seed)
    angle = facts.coordinates.names[velocity.of]
    by_energy = Proposal(
        label,
        f"Give {angle} the energy of the top, then hold it there; constants follow from a fitted model.",
        _write_source(facts, velocity, swing, start),
    )
    if refined is None:
        return [by_energy]
    found, expected = refined
    by_model = Proposal(
        f"{label}, refined",
        f"The same swing with its five constants set in the fitted model, which expects {expected:.0f}.",
        _write_source(facts, velocity, swing, found),
    )
    return [by_energy, by_model]


def _write_source(facts: Facts, velocity: Velocity, swing: Swing, values: Floats) -> str:
    speed, angle = facts.coordinates.names[velocity.index], facts.coordinates.names[velocity.of]
    constants = {name: make_gain(float(value)) for name, value in zip(CONSTANT_NAMES, values, strict=True)}
    within = float(abs(values[2]))
    constants["CATCH_WITHIN"] = Constant(within, min(0.05, within / 2), max(1.5, 1.5 * within))
    words = {"angle": angle, "speed": speed}
    if abs(swing.top) < UPRIGHT_RADIANS:
        words["tilt"] = angle
    else:
        words["top"], constants["TOP"] = "top", Constant(swing.top)
    return fill(
        "swing_up",
        Filling(
            observed=facts.coordinates.observed,
            words=words,
            constants=constants,
            prelude=write_angle_lines(facts, {angle}),
            action=write_measured_push(facts, facts.actuators[0], "push"),
        ),
    )


def _propose_from_simulator(known: SimulatorKnowledge) -> Iterator[Proposal]:
    if not known.is_swing:
        return
    label = f"pump and catch{known.suffix}"
    yield from propose_rules(known.facts, known.simulator, known.velocity, label, known.seed)


FAMILY = Family(name="pump and catch", rank=4, propose_from_simulator=_propose_from_simulator)
