"""The linear-quadratic regulator: the gains that hold a linear system at zero at least cost."""

from __future__ import annotations

import numpy as np

from policybook.search.contract import Floats

DISCOUNT = 0.99


def solve_gains(
    drift: Floats, push: Floats, state_cost: Floats, push_cost: Floats, discount: float = DISCOUNT
) -> Floats:
    """Returns K (m, n) of u = -K z, minimising Σ γᵗ (zᵀQz + uᵀRu) under z' = A z + B u.

    Iterates the Riccati recursion, which the discount keeps bounded even where nothing can be stabilised.
    """
    a, b = np.sqrt(discount) * drift, np.sqrt(discount) * push
    value = state_cost.copy()
    for _ in range(2000):
        k = np.linalg.solve(push_cost + b.T @ value @ b, b.T @ value @ a)
        following = state_cost + a.T @ value @ (a - b @ k)
        if not np.all(np.isfinite(following)):
            break
        is_settled = np.max(np.abs(following - value)) < 1e-9 * np.max(np.abs(following))
        value = following
        if is_settled:
            break
    return np.asarray(np.linalg.solve(push_cost + b.T @ value @ b, b.T @ value @ a))
