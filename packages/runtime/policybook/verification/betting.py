"""The interval of a mean of bounded returns, as `packages/engine/src/acceptance/betting.ts` has it.

Both are held to the vectors in `test/fixtures/audit/`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

_STAKES = (0.03, 0.06, 0.12, 0.25, 0.5, 0.9)


def compute_mean(values: Sequence[float]) -> float:
    """Returns the mean, added up in order: equal to the engine's to the last bit, unlike Python's `sum`."""
    total = 0.0
    for value in values:
        total += value
    return total / len(values)


def compute_interval(
    returns: Sequence[float], low: float, high: float, confidence: float
) -> tuple[float, float]:
    """Returns both limits of the mean, which hold together; returns outside the bounds are clipped."""
    clipped = [min(high, max(low, value)) for value in returns]
    alpha = (1 - confidence) / 2
    upper = -_find_lower_limit([-value for value in clipped], -high, alpha)
    mean = compute_mean(returns)
    return min(_find_lower_limit(clipped, low, alpha), mean), max(upper, mean)


def _find_lower_limit(values: Sequence[float], low: float, alpha: float) -> float:
    refuted, unrefuted = low, compute_mean(values)
    for _ in range(32):
        if refuted >= unrefuted:
            break
        middle = (refuted + unrefuted) / 2
        if _compute_log_e_value(values, middle, low) >= -math.log(alpha):
            refuted = middle
        else:
            unrefuted = middle
    return refuted


def _compute_log_e_value(values: Sequence[float], m: float, low: float) -> float:
    """Returns the logarithm of the wealth of a gambler who bets that the mean exceeds m."""
    bets = [(value - m) / (m - low) for value in values]
    logs = [math.fsum(math.log1p(stake * bet) for bet in bets) for stake in _STAKES]
    top = max(logs)
    return top + math.log(math.fsum(math.exp(log - top) for log in logs) / len(logs))
