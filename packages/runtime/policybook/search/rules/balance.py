"""Balancing: a linear-quadratic regulator on the fitted model, for one actuator."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from policybook.search import lqr
from policybook.search.actuation import measure_full_push, write_full_push, write_measured_push
from policybook.search.contract import Floats, Proposal
from policybook.search.facts import Facts
from policybook.search.family import FIRST_ROUND, SECOND_ROUND, Family
from policybook.search.filling import Constant, Filling, Term, fill, make_gain

MIN_REST_SHARE = 0.1  # share of a full push below which none is needed to stay
NEGLIGIBLE_SHARE = 0.02  # a term below this share of the largest is left out
FIRST_VARIANTS = (("regulator", 1.0, True), ("regulator, graded", 1.0, False))
LATER_VARIANTS = (
    ("stiffer regulator", 0.1, True),
    ("looser regulator", 10.0, True),
    ("stiffer regulator, graded", 0.1, False),
)


def propose_rules(
    facts: Facts, variants: tuple[tuple[str, float, bool], ...] = FIRST_VARIANTS
) -> Iterator[Proposal]:
    """Yields one rule for each variant: label, cost of a push, whether it always pushes fully."""
    if len(facts.actuators) != 1 or not facts.controllable:
        return
    actuator = facts.actuators[0]
    for label, push_cost, bang in variants:
        if not bang and actuator.dimension is None and facts.idle is None:
            continue  # two actions can only be pushed fully
        terms = make_terms(facts, push_cost, bang)
        rest = {} if bang or actuator.dimension is None else _make_rest(facts, measure_full_push(actuator))
        yield Proposal(
            label=label,
            idea=f"Push against the weighted sum of what is off (LQR, a push costing {push_cost:g}).",
            source=fill(
                "balance",
                Filling(
                    observed=facts.coordinates.observed,
                    words={"rest": "rest"} if rest else {},
                    constants=rest,
                    terms=terms,
                    prelude=write_angle_lines(facts, {t.coordinate for t in terms}),
                    action=write_full_push(facts, actuator, "push")
                    if bang
                    else write_measured_push(facts, actuator, "push"),
                ),
            ),
        )


def make_terms(facts: Facts, push_cost: float, bang: bool) -> list[Term]:
    """Returns the terms of the gains that matter, in pushes or action units.

    Controllable coordinates count by their deviation from the set-point. The others cannot be held,
    but a measured push can make up for what they do.
    """
    units = 1.0 if bang else measure_full_push(facts.actuators[0])
    coordinates, held = facts.coordinates, list(facts.controllable)
    others = [i for i in range(len(coordinates.names)) if i not in held]
    deviation = np.maximum(coordinates.scale - np.abs(facts.set_point), 0.1 * coordinates.scale)
    drift, push = facts.model.linearise(np.zeros(1))
    cost = np.diag((coordinates.scale / deviation)[held] ** 2)
    scaled = np.zeros(len(coordinates.names))
    scaled[held] = -lqr.solve_gains(drift[np.ix_(held, held)], push[held], cost, push_cost * np.eye(1))[0]
    if not bang:
        scaled[others] = -_oppose(push[held, 0], drift[np.ix_(held, others)])
    kept = np.flatnonzero(np.abs(scaled) > NEGLIGIBLE_SHARE * np.abs(scaled).max())
    raw: Floats = scaled * units / coordinates.scale
    return [
        Term(
            coordinates.names[i], make_gain(float(raw[i])), _make_set_point(facts.set_point[i], deviation[i])
        )
        for i in kept
    ]


def _oppose(push: Floats, drifting: Floats) -> Floats:
    """Returns the pushes, of effect `push` (n,), that come nearest to making drifts (n, …)."""
    return np.asarray(push @ drifting / (push @ push + 1e-12))


def _make_set_point(value: float, deviation: float) -> Constant | None:
    return Constant(float(value), float(value - deviation), float(value + deviation)) if value else None


def _make_rest(facts: Facts, units: float) -> dict[str, Constant]:
    """Returns the push that keeps the set-point where it is, where one is needed."""
    model, actuator, held = facts.model, facts.actuators[0], list(facts.controllable)
    drifting = model.constant + model.drift @ (facts.set_point / facts.coordinates.scale)
    push = -float(_oppose(model.push[held, 0], drifting[held]))
    neutral = actuator.neutral or 0.0
    if not neutral and not facts.set_point.any() and abs(push) < MIN_REST_SHARE:
        return {}
    return {
        "REST": Constant(neutral + push * units, neutral + (push - 1) * units, neutral + (push + 1) * units)
    }


def write_angle_lines(facts: Facts, used: set[str]) -> list[str]:
    """Returns lines that read the used angles from their two coordinates."""
    return [
        f"{angle.name} = math.atan2({_write_ratio(names[angle.sine], angle.sine_scale)}, "
        f"{_write_ratio(names[angle.cosine], angle.cosine_scale)})"
        for names in [facts.coordinates.observed]
        for angle in facts.coordinates.angles
        if angle.name in used
    ]


def _write_ratio(name: str, scale: float) -> str:
    return name if abs(scale - 1) < 1e-3 else f"{name} / {float(f'{scale:.4g}')}"


def _propose_from_facts(facts: Facts, number: int) -> Iterator[Proposal]:
    """Yields simple variants first. A cost in every step is no reason to hold still."""
    variants = {FIRST_ROUND: FIRST_VARIANTS, SECOND_ROUND: LATER_VARIANTS}.get(number, ())
    if facts.step_reward is None or facts.step_reward >= 0:
        yield from propose_rules(facts, variants)


FAMILY = Family(name="balance", rank=2, propose_from_facts=_propose_from_facts)
