"""Rounds for an observation of numbers in a row: the simplest rules first, then what a simulator suggests.

Round 0 probes and derives rules; round 1 adds those that build on them or need a simulator; the next two fit
the simulator again to episodes of the champion. Then there is nothing new.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from policybook.search.contract import Episodes, Proposal, Round, Scored, Spent, Task
from policybook.search.facts import Facts, findings, gather
from policybook.search.probe import starts
from policybook.search.rules import balance, baseline, push, swing_up, switching, thrust_and_tilt
from policybook.search.simulator import Simulator, fit_simulator

RECORDED = 3  # episodes of the best policy that a simulator is fitted to
STARTS = 48  # first observations to begin simulated episodes at
LAST_ROUND = 3
BY_MEASURE = "by measure"


def propose(task: Task, history: Sequence[Scored], episodes: Episodes) -> Round | None:
    """Proposals of one round; None where a probe cannot be afforded or nothing moves."""
    gathered = gather(task, episodes)
    if gathered is None:
        return None
    facts, probed = gathered
    if task.round == 0:
        return Round(tuple(_first_rules(facts)), probed, tuple(findings(facts)), exhausted=False)
    return _later_round(facts, task, history, episodes)


def _first_rules(facts: Facts) -> list[Proposal]:
    """Rules whose constants follow from the probe alone. A cost in every step is no reason to hold still."""
    rules = [baseline.constant(facts.action_space, None if facts.idle is None else str(facts.idle))]
    each_step = facts.step_reward
    if each_step is None or each_step <= 0:
        rules += push.proposals(facts)
    if each_step is None or each_step >= 0:
        rules += balance.proposals(facts)
    return [*rules, *thrust_and_tilt.proposals(facts, thrust_and_tilt.STOPPING)]


def _later_round(facts: Facts, task: Task, history: Sequence[Scored], episodes: Episodes) -> Round:
    rules: list[Proposal] = []
    spent = Spent()
    if task.round == 1:
        rules += thrust_and_tilt.proposals(facts, thrust_and_tilt.RETURNING)
        if facts.step_reward is None or facts.step_reward >= 0:
            rules += balance.proposals(facts, balance.LATER)
    best = max(history, key=lambda s: (s.champion, s.mean), default=None)
    if task.round <= LAST_ROUND and best is not None and _simulable(facts, task):
        simulator, recorded = _record(facts, task, best, episodes)
        simulated, model = _simulated_rules(facts, simulator, task, best)
        rules += simulated
        spent = recorded + model
    return Round(tuple(rules), spent, (), exhausted=not rules)


def _simulable(facts: Facts, task: Task) -> bool:
    lasting = facts.step_reward is not None and facts.step_reward > 0
    affordable = task.affords(2 * RECORDED * facts.horizon, 2 * (RECORDED + STARTS))
    return (
        len(facts.levers) == 1
        and facts.levers[0].two_way
        and len(facts.coordinates.velocities) == 1
        and affordable
        and not lasting
    )


def _record(facts: Facts, task: Task, best: Scored, episodes: Episodes) -> tuple[Simulator, Spent]:
    """Plays the best policy so far and fits a simulator to its episodes and the probe's."""
    rng = np.random.default_rng([task.seed, task.round])
    played = episodes.play(best.source, [int(seed) for seed in rng.integers(2**31, size=RECORDED)])
    env = episodes.make()
    try:
        first, looked = starts(env, STARTS, rng)
    finally:
        env.close()
    simulator = fit_simulator(facts, played, first)
    return simulator, looked + Spent(episodes=len(played), steps=sum(len(t.rewards) for t in played))


def _simulated_rules(
    facts: Facts, simulator: Simulator, task: Task, best: Scored
) -> tuple[list[Proposal], Spent]:
    """Rules found in the simulator; after the first time only of the kind that the best policy is."""
    velocity = facts.coordinates.velocities[0]
    times = "" if task.round == 1 else f" {task.round}"
    seed = task.seed * 10 + task.round
    if velocity.of >= len(facts.coordinates.raw):
        rules, steps = swing_up.propose(facts, simulator, velocity, f"pump and catch{times}", seed)
        return rules, Spent(model_steps=steps)
    measurable, measured = facts.levers[0].dimension is not None, BY_MEASURE in best.label
    found: list[tuple[Proposal, int]] = []
    if task.round == 1 or not measured:
        found.append(switching.propose(facts, simulator, velocity, f"switching curve{times}", seed))
    if measurable and (task.round == 1 or measured):
        label = f"switching curve{times}, {BY_MEASURE}"
        found.append(switching.propose_measured(facts, simulator, velocity, label, seed))
    return [rule for rule, _ in found], Spent(model_steps=sum(steps for _, steps in found))
