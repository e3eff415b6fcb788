"""Where a reward is greatest: the state that a regulator should hold, which need not be zero."""

from __future__ import annotations

import numpy as np

from policybook.search.contract import Floats

EXPLAINED_SHARE = 0.3  # share of the rewards' variance from which a paraboloid is taken for their shape
MATTERS_SHARE = 0.15  # share of the rewards' spread from which a coordinate's bend is no accident
NEAR_ZERO_SHARE = 0.15  # share of a coordinate's spread within which its best value is taken for zero


def find_best_state(state: Floats, rewards: Floats) -> Floats:
    """Returns the vertex (n,) of a paraboloid fitted to the rewards (N,) of states (N, n).

    Zero in every coordinate that rewards do not depend on, or depend on without a summit in what was seen.
    """
    set_point = np.zeros(state.shape[1])
    spread, middle = state.std(axis=0), state.mean(axis=0)
    if len(rewards) < 10 * state.shape[1] or rewards.std() < 1e-9:
        return set_point
    z = (state - middle) / np.maximum(spread, 1e-9)
    features = np.hstack([z, z**2, np.ones((len(z), 1))])
    weights = np.linalg.lstsq(features, rewards, rcond=None)[0]
    if 1 - (rewards - features @ weights).var() / rewards.var() < EXPLAINED_SHARE:
        return set_point
    slope, bend = weights[: z.shape[1]], weights[z.shape[1] : 2 * z.shape[1]]
    for i in range(len(set_point)):
        if bend[i] >= 0 or -bend[i] * (z[:, i] ** 2).std() < MATTERS_SHARE * rewards.std():
            continue
        summit = -slope[i] / (2 * bend[i])
        value = middle[i] + spread[i] * summit
        if z[:, i].min() <= summit <= z[:, i].max() and abs(value) > NEAR_ZERO_SHARE * spread[i]:
            set_point[i] = value
    return set_point
