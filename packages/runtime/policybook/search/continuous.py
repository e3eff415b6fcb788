"""Rounds for an observation of numbers in a row: the simplest rules first, then what a simulator suggests.

Round 0 probes and derives rules; round 1 adds those that build on them or need a simulator; the next two fit
the simulator again to episodes of the champion. Then there is nothing new.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from policybook.search.contract import (
    EpisodeSource,
    Proposal,
    ScoredPolicy,
    SearchRound,
    SearchTask,
    SearchUsage,
)
from policybook.search.facts import Facts, describe_findings, gather_facts
from policybook.search.fitted_simulator import FittedSimulator, fit_simulator
from policybook.search.probe import draw_starts
from policybook.search.rules import balance, baseline, push, swing_up, switching, thrust_and_tilt

RECORDED_EPISODES = 3  # episodes of the best policy that a simulator is fitted to
SIMULATED_STARTS = 48  # first observations to begin simulated episodes at
LAST_ROUND = 3
MEASURED_LABEL = "by measure"


def propose(task: SearchTask, history: Sequence[ScoredPolicy], episodes: EpisodeSource) -> SearchRound | None:
    """Proposals of one round; None where a probe cannot be afforded or nothing moves."""
    gathered = gather_facts(task, episodes)
    if gathered is None:
        return None
    facts, probed = gathered
    if task.round == 0:
        return SearchRound(
            tuple(_propose_first_rules(facts)), probed, tuple(describe_findings(facts)), exhausted=False
        )
    return _propose_later_round(facts, task, history, episodes)


def _propose_first_rules(facts: Facts) -> list[Proposal]:
    """Rules whose constants follow from the probe alone. A cost in every step is no reason to hold still."""
    rules = [baseline.propose_constant(facts.action_space, None if facts.idle is None else str(facts.idle))]
    each_step = facts.step_reward
    if each_step is None or each_step <= 0:
        rules += push.propose_rules(facts)
    if each_step is None or each_step >= 0:
        rules += balance.propose_rules(facts)
    return [*rules, *thrust_and_tilt.propose_rules(facts, thrust_and_tilt.STOPPING_VARIANTS)]


def _propose_later_round(
    facts: Facts, task: SearchTask, history: Sequence[ScoredPolicy], episodes: EpisodeSource
) -> SearchRound:
    rules: list[Proposal] = []
    spent = SearchUsage()
    if task.round == 1:
        rules += thrust_and_tilt.propose_rules(facts, thrust_and_tilt.RETURNING_VARIANTS)
        if facts.step_reward is None or facts.step_reward >= 0:
            rules += balance.propose_rules(facts, balance.LATER_VARIANTS)
    best = max(history, key=lambda s: (s.champion, s.mean), default=None)
    if task.round <= LAST_ROUND and best is not None and _can_simulate(facts, task):
        simulator, recorded = _record(facts, task, best, episodes)
        simulated, model = _propose_simulated_rules(facts, simulator, task, best)
        rules += simulated
        spent = recorded + model
    return SearchRound(tuple(rules), spent, (), exhausted=not rules)


def _can_simulate(facts: Facts, task: SearchTask) -> bool:
    lasting = facts.step_reward is not None and facts.step_reward > 0
    affordable = task.can_afford(
        2 * RECORDED_EPISODES * facts.horizon, 2 * (RECORDED_EPISODES + SIMULATED_STARTS)
    )
    return (
        len(facts.actuators) == 1
        and facts.actuators[0].is_two_way
        and len(facts.coordinates.velocities) == 1
        and affordable
        and not lasting
    )


def _record(
    facts: Facts, task: SearchTask, best: ScoredPolicy, episodes: EpisodeSource
) -> tuple[FittedSimulator, SearchUsage]:
    """Plays the best policy so far and fits a simulator to its episodes and the probe's."""
    rng = np.random.default_rng([task.seed, task.round])
    played = episodes.play(best.source, [int(seed) for seed in rng.integers(2**31, size=RECORDED_EPISODES)])
    env = episodes.make()
    try:
        first, looked = draw_starts(env, SIMULATED_STARTS, rng)
    finally:
        env.close()
    simulator = fit_simulator(facts, played, first)
    return simulator, looked + SearchUsage(episodes=len(played), steps=sum(len(t.rewards) for t in played))


def _propose_simulated_rules(
    facts: Facts, simulator: FittedSimulator, task: SearchTask, best: ScoredPolicy
) -> tuple[list[Proposal], SearchUsage]:
    """Rules found in the simulator; after the first time only of the kind that the best policy is."""
    velocity = facts.coordinates.velocities[0]
    times = "" if task.round == 1 else f" {task.round}"
    seed = task.seed * 10 + task.round
    if velocity.of >= len(facts.coordinates.raw):
        rules, steps = swing_up.propose_rules(facts, simulator, velocity, f"pump and catch{times}", seed)
        return rules, SearchUsage(model_steps=steps)
    measurable, measured = facts.actuators[0].dimension is not None, MEASURED_LABEL in best.label
    found: list[tuple[Proposal, int]] = []
    if task.round == 1 or not measured:
        found.append(switching.propose_full(facts, simulator, velocity, f"switching curve{times}", seed))
    if measurable and (task.round == 1 or measured):
        label = f"switching curve{times}, {MEASURED_LABEL}"
        found.append(switching.propose_measured(facts, simulator, velocity, label, seed))
    return [rule for rule, _ in found], SearchUsage(model_steps=sum(steps for _, steps in found))
