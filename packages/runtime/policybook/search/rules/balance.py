"""Balancing: a linear-quadratic regulator on the fitted model, for one lever."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from policybook.search import lqr
from policybook.search.actuation import action_units, full_push, measured_push
from policybook.search.contract import Floats, Proposal
from policybook.search.facts import Facts
from policybook.search.text import Constant, Filling, Term, fill, gain

LEAST_REST = 0.1  # share of a full push below which none is needed to stay
NEGLIGIBLE = 0.02  # a term below this share of the largest is left out
FIRST = (("regulator", 1.0, True), ("regulator, graded", 1.0, False))
LATER = (
    ("stiffer regulator", 0.1, True),
    ("looser regulator", 10.0, True),
    ("stiffer regulator, graded", 0.1, False),
)


def proposals(facts: Facts, variants: tuple[tuple[str, float, bool], ...] = FIRST) -> Iterator[Proposal]:
    """One rule for each variant: label, cost of a push, whether it is always pushed fully."""
    if len(facts.levers) != 1 or not facts.steered:
        return
    lever = facts.levers[0]
    for label, push_cost, bang in variants:
        if not bang and lever.dimension is None and facts.idle is None:
            continue  # two actions can only be pushed fully
        terms = _terms(facts, push_cost, bang)
        rest = {} if bang or lever.dimension is None else _rest(facts, action_units(lever))
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
                    prelude=angle_lines(facts, {t.coordinate for t in terms}),
                    action=full_push(lever, "push") if bang else measured_push(lever, facts.idle, "push"),
                ),
            ),
        )


def _terms(facts: Facts, push_cost: float, bang: bool) -> list[Term]:
    """Terms of the gains that matter, in pushes or action units.

    Steered coordinates count by how far they stray from where they should be. The others cannot be held,
    but a measured push can make up for what they do.
    """
    units = 1.0 if bang else action_units(facts.levers[0])
    coordinates, held = facts.coordinates, list(facts.steered)
    others = [i for i in range(len(coordinates.names)) if i not in held]
    stray = np.maximum(coordinates.scale - np.abs(facts.wanted), 0.1 * coordinates.scale)
    drift, push = facts.model.linear(np.zeros(1))
    cost = np.diag((coordinates.scale / stray)[held] ** 2)
    scaled = np.zeros(len(coordinates.names))
    scaled[held] = -lqr.gains(drift[np.ix_(held, held)], push[held], cost, push_cost * np.eye(1))[0]
    if not bang:
        scaled[others] = -_opposing(push[held, 0], drift[np.ix_(held, others)])
    kept = np.flatnonzero(np.abs(scaled) > NEGLIGIBLE * np.abs(scaled).max())
    raw: Floats = scaled * units / coordinates.scale
    return [Term(coordinates.names[i], gain(float(raw[i])), _wanted(facts.wanted[i], stray[i])) for i in kept]


def _opposing(push: Floats, drifting: Floats) -> Floats:
    """Pushes, of effect `push` (n,), that come nearest to making drifts (n, …)."""
    return np.asarray(push @ drifting / (push @ push + 1e-12))


def _wanted(value: float, stray: float) -> Constant | None:
    return Constant(float(value), float(value - stray), float(value + stray)) if value else None


def _rest(facts: Facts, units: float) -> dict[str, Constant]:
    """The push that keeps the wanted state where it is, where one is needed."""
    model, lever, held = facts.model, facts.levers[0], list(facts.steered)
    drifting = model.constant + model.drift @ (facts.wanted / facts.coordinates.scale)
    push = -float(_opposing(model.push[held, 0], drifting[held]))
    neutral = lever.neutral or 0.0
    if not facts.wanted.any() and abs(push) < LEAST_REST:
        return {}
    return {
        "REST": Constant(neutral + push * units, neutral + (push - 1) * units, neutral + (push + 1) * units)
    }


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
