"""Balancing: a linear-quadratic regulator on the fitted model, for one lever."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from policybook.search import lqr
from policybook.search.actuation import action_units, full_push, measured_push
from policybook.search.contract import Floats, Proposal
from policybook.search.facts import Facts
from policybook.search.text import Filling, Term, fill, gain

NEGLIGIBLE = 0.02  # a term below this share of the largest is left out
FIRST = (("hold zero", 1.0, True), ("hold zero softly", 1.0, False))
LATER = (
    ("hold zero, stiffer", 0.1, True),
    ("hold zero, looser", 10.0, True),
    ("hold zero, stiff", 0.1, False),
)


def proposals(facts: Facts, variants: tuple[tuple[str, float, bool], ...] = FIRST) -> Iterator[Proposal]:
    """One rule for each variant: label, cost of a push, whether it is always pushed fully."""
    if len(facts.levers) != 1 or not facts.levers[0].two_way:
        return
    lever = facts.levers[0]
    for label, push_cost, bang in variants:
        if not bang and lever.dimension is None and facts.idle is None:
            continue  # two actions can only be pushed fully
        terms = _terms(facts, push_cost, 1.0 if bang else action_units(lever))
        yield Proposal(
            label=label,
            idea=f"Push against the weighted sum of what is off (LQR, a push costing {push_cost:g}).",
            source=fill(
                "balance",
                Filling(
                    observed=facts.coordinates.observed,
                    terms=terms,
                    prelude=angle_lines(facts, {t.coordinate for t in terms}),
                    action=full_push(lever, "push") if bang else measured_push(lever, facts.idle, "push"),
                ),
            ),
        )


def _terms(facts: Facts, push_cost: float, units: float) -> list[Term]:
    n = len(facts.coordinates.names)
    drift, push = facts.model.linear(np.zeros(1))
    scaled = -lqr.gains(drift, push, np.eye(n), push_cost * np.eye(1))[0] * units
    raw: Floats = scaled / facts.coordinates.scale
    kept = [i for i in range(n) if abs(scaled[i]) > NEGLIGIBLE * np.abs(scaled).max()]
    return [Term(facts.coordinates.names[i], gain(float(raw[i]))) for i in kept]


def angle_lines(facts: Facts, used: set[str]) -> list[str]:
    """Lines that read the used angles from their two coordinates."""
    return [
        f"{angle.name} = math.atan2({_ratio(names[angle.sine], angle.sine_scale)}, "
        f"{_ratio(names[angle.cosine], angle.cosine_scale)})"
        for names in [facts.coordinates.observed]
        for angle in facts.coordinates.angles
        if angle.name in used
    ]


def _ratio(name: str, scale: float) -> str:
    return name if abs(scale - 1) < 1e-3 else f"{name} / {float(f'{scale:.4g}')}"
