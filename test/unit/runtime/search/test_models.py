"""The bilinear fit and the regulator derived from it."""

from __future__ import annotations

import numpy as np
from policybook.search import lqr
from policybook.search.dynamics import find_controllable, fit_bilinear
from policybook.search.goals import find_best_state


def test_a_bilinear_system_is_recovered_despite_outliers() -> None:
    rng = np.random.default_rng(0)
    state, pushes = rng.normal(size=(800, 2)), rng.integers(-1, 2, size=(800, 1)).astype(float)
    drift, coupling = np.array([[0.0, 0.1], [-0.2, 0.0]]), np.array([[0.0, 0.0], [0.3, 0.0]])
    change = state @ drift.T + pushes * (state @ coupling.T) + pushes * [0.0, 0.5] + [0.0, -0.1]
    change += 0.001 * rng.normal(size=change.shape)
    change[::40] += 20.0
    model = fit_bilinear(state, pushes, change)
    assert np.allclose(model.drift, drift, atol=0.01)
    assert np.allclose(model.coupling[0], coupling, atol=0.01)
    assert np.allclose(model.push[:, 0], [0.0, 0.5], atol=0.01)
    assert np.allclose(model.constant, [0.0, -0.1], atol=0.01)
    trimmed, _ = model.linearise(np.array([1.0]))
    assert np.allclose(trimmed, np.eye(2) + drift + coupling, atol=0.01)


def test_the_regulator_solves_the_scalar_riccati_equation() -> None:
    a, b, q, r = 1.2, 0.5, 1.0, 2.0
    k = float(lqr.solve_gains(*(np.array([[v]]) for v in (a, b, q, r)), discount=1.0)[0, 0])
    value = (q + r * k * k) / (1 - (a - b * k) ** 2)
    assert np.isclose(k, a * b * value / (r + b * b * value))


def test_the_regulator_stabilises_an_inverted_pendulum() -> None:
    drift, push = np.array([[1.0, 0.05], [0.5, 1.0]]), np.array([[0.0], [0.1]])
    k = lqr.solve_gains(drift, push, np.eye(2), np.eye(1))
    assert np.abs(np.linalg.eigvals(drift - push @ k)).max() < 1


def test_coordinates_that_no_push_moves_are_kept_apart_from_those_moved_through_others() -> None:
    rng = np.random.default_rng(0)
    pushes = rng.integers(-1, 2, size=(600, 1)).astype(float)
    place, speed, weather = rng.normal(size=(3, 600))
    change = np.stack([speed, pushes[:, 0] - 0.3 * weather, 0.2 * rng.normal(size=600)], axis=1)
    state = np.stack([place, speed, weather], axis=1)
    effects = np.array([[0.0, 0.8, 0.01]])
    assert find_controllable(fit_bilinear(state, pushes, change), effects, state, change) == (0, 1)


def test_the_best_state_is_where_rewards_peak_and_zero_where_they_say_nothing() -> None:
    rng = np.random.default_rng(0)
    state = rng.uniform(-5, 5, size=(500, 3))
    found = find_best_state(state, -np.abs(state[:, 0] - 2.0) - state[:, 1] ** 2 / 10)
    assert np.allclose(found, [2.0, 0.0, 0.0], atol=0.2)
    assert not find_best_state(state, np.ones(500)).any()
    assert not find_best_state(state, state[:, 0]).any()
