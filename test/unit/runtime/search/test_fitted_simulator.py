"""The fitted simulator against the system that it was fitted to, and the laws against their templates."""

from __future__ import annotations

import math
from typing import Any

import gymnasium
import numpy as np
import pytest
from policybook.search.contract import Floats, SearchTask
from policybook.search.facts import Facts, gather_facts
from policybook.search.fitted_simulator import ControlLaw, FittedSimulator, fit_simulator
from policybook.search.model_steps import ModelStepBudget
from policybook.search.rules import push, swing_up, switching
from search_harness import Evaluator, controller


def fitted(name: str) -> tuple[Facts, FittedSimulator, Evaluator]:
    evaluator = Evaluator(lambda: gymnasium.make(name))
    gathered = gather_facts(SearchTask(3, None, 0), evaluator)
    assert gathered is not None
    facts, _ = gathered
    (rule,) = push.propose_rules(facts)
    played = evaluator.play(rule.source, range(3))
    starts = np.array([t.observations[0] for t in facts.trajectories], float)
    return facts, fit_simulator(facts, played, starts, ModelStepBudget()), evaluator


def test_a_hill_is_simulated_with_its_wall_its_goal_and_its_length() -> None:
    facts, simulator, evaluator = fitted("MountainCar-v0")
    assert simulator.goal is not None
    assert simulator.goal.threshold == pytest.approx(0.5, abs=0.03)
    law = switching.make_full_law(facts.coordinates.velocities[0], 1.0)
    source = "def act(o):\n    return 2 if o[1] > 0.004 + 0.003 * o[0] - 0.012 * o[0] ** 2 else 0"
    parameters = np.array([[0.004, 0.003, -0.012]])
    for episode in evaluator.play(source, range(10, 16)):
        simulated = simulator.simulate_returns(law, parameters, episode.observations[:1].astype(float))
        assert simulated[0] == pytest.approx(episode.rewards.sum(), abs=2)


def test_a_pendulum_is_read_off_its_simulator() -> None:
    facts, simulator, _ = fitted("Pendulum-v1")
    swing = swing_up.fit_swing(facts, simulator, facts.coordinates.velocities[0])
    assert swing.top == pytest.approx(0, abs=0.01)
    assert swing.gravity == pytest.approx(1.5 * 10 * 0.05, rel=0.02)
    assert abs(swing.force) == pytest.approx(3 * 0.05 * 2, rel=0.02)
    assert swing.rate == pytest.approx(0.05, rel=0.03)


def simulated_pushes(law: ControlLaw, parameters: list[float], states: Floats) -> Floats:
    return np.asarray(np.clip(law(np.array([parameters]), states[None])[0], -1, 1))


def test_the_simulated_laws_are_those_of_the_policies() -> None:
    facts, simulator, evaluator = fitted("MountainCarContinuous-v0")
    velocity = facts.coordinates.velocities[0]
    rng = np.random.default_rng(0)
    rows = rng.uniform([-1.2, -0.07], [0.6, 0.07], size=(200, 2))
    env = evaluator.make()
    for propose, law in (
        (switching.propose_full, switching.make_full_law(velocity, 1.0)),
        (switching.propose_measured, switching.make_measured_law(velocity)),
    ):
        rule = propose(facts, simulator, velocity, "curve", 1)
        assert rule is not None
        act, constants = controller(rule.source, env, 0), declared(rule.source)
        pushes = simulated_pushes(law, constants, facts.coordinates.read_states(rows))
        assert np.allclose([act(row)[0] for row in rows], pushes, atol=1e-6)


def test_the_simulated_swing_is_that_of_the_policy() -> None:
    facts, simulator, evaluator = fitted("Pendulum-v1")
    velocity = facts.coordinates.velocities[0]
    rules = swing_up.propose_rules(facts, simulator, velocity, "swing", 1)
    rng = np.random.default_rng(0)
    angles, speeds = rng.uniform(-math.pi, math.pi, 200), rng.uniform(-8, 8, 200)
    rows = np.stack([np.cos(angles), np.sin(angles), speeds], axis=1)
    for rule in rules:
        act = controller(rule.source, evaluator.make(), 0)
        law = swing_up.make_law(velocity, 0.0, 2.0)
        pushes = simulated_pushes(law, declared(rule.source), facts.coordinates.read_states(rows))
        assert np.allclose([act(row)[0] for row in rows], 2 * pushes, atol=1e-5)


def declared(source: str) -> list[float]:
    """The tunable constants of a policy, in their order."""
    namespace: dict[str, Any] = {}
    exec(source, namespace)
    return [namespace[line.split(" = ")[0]] for line in source.splitlines() if "# tune:" in line]
