"""A bilinear model of one step, fitted by ridge regression: Δz = A z + Σ uₗ Nₗ z + B u + c."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from policybook.search.contract import Floats

OUTLIER_DEVIATIONS = 6.0  # residuals beyond so many median absolute deviations are no part of the fit
RIDGE_PENALTY = 1e-4
SURE_STANDARD_ERRORS = 4.0  # standard errors from which a push is said to move a coordinate
PASSED_ON_SHARE = 0.3  # share of a coordinate's changes that must follow another for a push to be passed on


@dataclass(frozen=True)
class BilinearModel:
    """Matrices in the units of the states given to the fit: A (n, n), N (m, n, n), B (n, m), c (n,)."""

    drift: Floats
    coupling: Floats
    push: Floats
    constant: Floats

    def linearise(self, trim: Floats) -> tuple[Floats, Floats]:
        """Returns A (n, n) and B (n, m) of z' = A z + B u around z = 0 and constant pushes `trim` (m,)."""
        return np.eye(len(self.drift)) + self.drift + np.tensordot(trim, self.coupling, 1), self.push


def fit_bilinear(state: Floats, pushes: Floats, change: Floats) -> BilinearModel:
    """Fits states (N, n), pushes (N, m) and changes (N, n), leaving outliers out."""
    n, m = state.shape[1], pushes.shape[1]
    products = (pushes[:, :, None] * state[:, None, :]).reshape(len(state), m * n)
    features = np.hstack([state, products, pushes, np.ones((len(state), 1))])
    solution = np.stack([_fit_robust_ridge(features, column) for column in change.T])
    return BilinearModel(
        drift=solution[:, :n],
        coupling=solution[:, n : n + m * n].reshape(n, m, n).transpose(1, 0, 2),
        push=solution[:, n + m * n : n + m * n + m],
        constant=solution[:, -1],
    )


def find_controllable(
    model: BilinearModel, effects: Floats, state: Floats, change: Floats
) -> tuple[int, ...]:
    """Returns the state coordinates that pushes move, at once or through others.

    `effects` (m, n) are those of each push, in units of the spread of each coordinate's changes (N, n).
    """
    moved = set(
        np.flatnonzero((np.abs(effects) * np.sqrt(len(change)) > SURE_STANDARD_ERRORS).any(axis=0)).tolist()
    )
    spread = np.maximum(change.std(axis=0), 1e-12)
    passed_on = np.abs(model.drift) * state.std(axis=0) / spread[:, None] > PASSED_ON_SHARE
    for _ in range(len(spread)):
        moved |= {i for i in range(len(spread)) if any(passed_on[i, j] for j in moved)}
    return tuple(sorted(moved))


def _fit_robust_ridge(features: Floats, target: Floats) -> Floats:
    kept: NDArray[np.bool_] = np.ones(len(target), bool)
    weights = np.zeros(features.shape[1])
    for _ in range(3):
        rows = features[kept]
        gram = rows.T @ rows + RIDGE_PENALTY * np.eye(features.shape[1])
        weights = np.asarray(np.linalg.solve(gram, rows.T @ target[kept]), np.float64)
        residual = np.abs(target - features @ weights)
        kept = residual <= OUTLIER_DEVIATIONS * np.median(residual) + 1e-12
    return weights
