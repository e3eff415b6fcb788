"""One actuator thrusts one way, another turns both ways: hold the height by the first, steer by the second.

The thrust's own direction (a coordinate and its velocity) gets a regulator of its own. Everything else is
regulated by turning, in a model linearised at the thrust that hovers, which knows how tilting steers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from gymnasium.spaces import Discrete

from policybook.search import lqr
from policybook.search.actuation import write_box_action, write_level
from policybook.search.actuators import Actuator
from policybook.search.contract import Floats, Proposal
from policybook.search.facts import Facts
from policybook.search.family import FIRST_ROUND, SECOND_ROUND, Family
from policybook.search.filling import Constant, Filling, Term, fill, make_gain
from policybook.search.rules.balance import write_angle_lines


@dataclass(frozen=True)
class Variant:
    """Costs of pushing in the two regulators; touchdown speed as a share of the climb's scale; dead band.

    A variant that `is_returning` steers places to zero, one that does not only stops their motion.
    """

    label: str
    thrust_cost: float
    turn_cost: float
    touchdown: float
    slack: float
    is_returning: bool = True


# The simpler half comes first: what stops drifting shows what returning to a place is worth.
STOPPING_VARIANTS = (Variant("thrust and stop", 1.0, 0.3, 0.06, 0.5, is_returning=False),)
RETURNING_VARIANTS = (
    Variant("thrust and tilt", 1.0, 0.3, 0.06, 0.5),
    Variant("thrust and tilt, brisk", 0.3, 0.3, 0.08, 0.3),
    Variant("thrust and tilt, steered", 1.0, 0.1, 0.06, 0.5),
    Variant("thrust and tilt, brisk and steered", 0.3, 0.1, 0.08, 0.5),
    Variant("thrust and tilt, gentle", 1.0, 0.3, 0.03, 0.3),
    Variant("thrust and tilt, tight", 0.3, 0.3, 0.06, 0.15),
    Variant("thrust and tilt, late", 0.1, 0.3, 0.08, 0.3),
)


@dataclass(frozen=True)
class _Roles:
    """State indices of the four named coordinates, the other ones to steer, and the two actuators' places."""

    height: int
    climb: int
    tilt: int
    spin: int
    drifts: tuple[int, ...]
    thrust: int
    turn: int


def propose_rules(facts: Facts, variants: tuple[Variant, ...]) -> Iterator[Proposal]:
    """Yields one rule a variant, where the actuators and coordinates have the roles that it needs."""
    roles = _find_roles(facts)
    if roles is None:
        return
    names = facts.coordinates.names
    for variant in variants:
        controlled = _find_controllable(facts, roles, variant)
        if not controlled:
            continue
        yield Proposal(
            label=variant.label,
            idea=f"Brake {names[roles.climb]} towards a slow landing; turn {names[roles.tilt]} to bring "
            f"{' and '.join(names[i] for i in controlled)} to zero.",
            source=_write_source(facts, roles, variant),
        )


def _find_roles(facts: Facts) -> _Roles | None:
    one_way = [i for i, actuator in enumerate(facts.actuators) if not actuator.is_two_way]
    two_way = [i for i, actuator in enumerate(facts.actuators) if actuator.is_two_way]
    if len(one_way) != 1 or len(two_way) != 1 or len(facts.coordinates.velocities) < 2:
        return None
    thrust, turn = one_way[0], two_way[0]
    pairs, moved = facts.coordinates.velocities, facts.model.push
    climb = max(pairs, key=lambda v: abs(moved[v.index, thrust]))
    spin = max((v for v in pairs if v != climb), key=lambda v: abs(moved[v.index, turn]))
    taken = (climb.of, climb.index, spin.of, spin.index)
    drifts = tuple(i for i in range(len(facts.coordinates.names)) if i not in taken)
    return _Roles(climb.of, climb.index, spin.of, spin.index, drifts, thrust, turn)


def _find_controllable(facts: Facts, roles: _Roles, variant: Variant) -> list[int]:
    motions = {v.index for v in facts.coordinates.velocities}
    return [i for i in roles.drifts if variant.is_returning or i in motions]


def _write_source(facts: Facts, roles: _Roles, variant: Variant) -> str:
    names, scale = facts.coordinates.names, facts.coordinates.scale
    height, climb = _design_regulator(
        facts, roles, [roles.height, roles.climb], roles.thrust, variant.thrust_cost
    )
    controlled = [*roles.drifts, roles.tilt, roles.spin]
    *drifts, tilt, spin = _design_regulator(facts, roles, controlled, roles.turn, variant.turn_cost)
    turn = facts.actuators[roles.turn]
    if tilt < 0:  # turned round, so that the stiffness reads as a positive number
        tilt, spin, drifts = -tilt, -spin, [-d for d in drifts]
        turn = Actuator(turn.dimension, turn.backward or 0.0, turn.forward, turn.neutral, -turn.effect)
    touchdown = float(variant.touchdown * scale[roles.climb] * np.sign(climb))
    words = {
        "height": names[roles.height],
        "climb": names[roles.climb],
        "climb_wanted": f"{names[roles.climb]}_wanted",
        "tilt": names[roles.tilt],
        "tilt_wanted": f"{names[roles.tilt]}_wanted",
        "spin": names[roles.spin],
    }
    if facts.coordinates.flags:
        words["touching"] = _write_touching(facts)
    return fill(
        "thrust_and_tilt",
        Filling(
            observed=facts.coordinates.observed,
            words=words,
            constants={
                "SINK": make_gain(float(height / climb)),
                "TOUCHDOWN": make_gain(touchdown),
                "BRAKE": make_gain(float(climb)),
                "STIFFNESS": make_gain(float(tilt)),
                "DAMPING": make_gain(float(spin)),
                "SLACK": Constant(variant.slack, 0.02, 1.5),
            },
            terms=[
                Term(names[i], make_gain(float(-d / tilt)))
                for i, d in zip(roles.drifts, drifts, strict=True)
                if i in _find_controllable(facts, roles, variant)
            ],
            prelude=write_angle_lines(facts, set(names)),
            action=_write_actions(facts, facts.actuators[roles.thrust], turn),
        ),
    )


def _design_regulator(facts: Facts, roles: _Roles, states: list[int], actuator: int, cost: float) -> Floats:
    """Returns the gains of the model at the hovering thrust, in the observation's units."""
    trim = np.zeros(len(facts.actuators))
    pushed = facts.model.push[roles.climb, roles.thrust]
    trim[roles.thrust] = np.clip(-facts.model.constant[roles.climb] / pushed, 0.0, 1.0)
    drift, push = facts.model.linearise(trim)
    k = lqr.solve_gains(
        drift[np.ix_(states, states)], push[np.ix_(states, [actuator])], np.eye(len(states)), cost * np.eye(1)
    )
    return np.asarray(k[0] / facts.coordinates.scale[states])


def _write_touching(facts: Facts) -> str:
    """Returns the condition that some contact differs from its value in free flight."""
    rows = np.concatenate([t.observations for t in facts.trajectories])
    usual = {i: float(np.median(rows[:, i])) for i in facts.coordinates.flags}
    names = facts.coordinates.observed
    return " or ".join(names[i] if usual[i] == 0 else f"{names[i]} != {usual[i]:g}" for i in usual)


def _write_actions(facts: Facts, thrust: Actuator, turn: Actuator) -> list[str]:
    space = facts.action_space
    if isinstance(space, Discrete) or thrust.dimension is None or turn.dimension is None:
        return [
            "if thrust_demand > max(abs(turn_demand) - SLACK, 0.0):",
            f"    return {int(thrust.forward)}",
            "if abs(turn_demand) > SLACK:",
            f"    return {int(turn.forward)} if turn_demand > 0 else {int(turn.backward or 0)}",
            f"return {facts.idle}",
        ]
    on, off = (
        write_level(space, thrust.dimension, level or 0.0) for level in (thrust.forward, thrust.neutral)
    )
    forward, backward, still = (
        write_level(space, turn.dimension, level or 0.0)
        for level in (turn.forward, turn.backward, turn.neutral)
    )
    return [
        f"thrust = {on} if thrust_demand > 0 else {off}",
        f"turn = {forward} if turn_demand > 0 else {backward}",
        "if abs(turn_demand) < SLACK:",
        f"    turn = {still}",
        f"return {write_box_action(space, {thrust.dimension: 'thrust', turn.dimension: 'turn'})}",
    ]


def _propose_from_facts(facts: Facts, number: int) -> Iterator[Proposal]:
    yield from propose_rules(
        facts, {FIRST_ROUND: STOPPING_VARIANTS, SECOND_ROUND: RETURNING_VARIANTS}.get(number, ())
    )


FAMILY = Family(name="thrust and tilt", rank=3, propose_from_facts=_propose_from_facts)
