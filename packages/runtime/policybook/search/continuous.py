"""Rounds for an observation of numbers in a row: the simplest rules first, then what a simulator suggests.

Round 0 probes and derives rules; round 1 adds those that build on them or need a simulator; the next two fit
the simulator again to episodes of the head. Then there is nothing new.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from policybook.defects import Defect
from policybook.search.action_parts import ActionParts, read_parts
from policybook.search.contract import (
    EpisodeSource,
    Floats,
    Proposal,
    ScoredPolicy,
    SearchRound,
    SearchTask,
    SearchUsage,
)
from policybook.search.evolution import count_fewest_steps
from policybook.search.facts import Facts, describe_findings, gather_facts
from policybook.search.family import FIRST_ROUND, SimulatorKnowledge
from policybook.search.fitted_simulator import choose_horizon, fit_simulator
from policybook.search.gathering import gather_rules
from policybook.search.model_steps import ModelStepBudget
from policybook.search.parts import derive_part_rules
from policybook.search.probe import draw_starts

RECORDED_EPISODES = 3  # episodes of the best policy that a simulator is fitted to
SIMULATED_STARTS = 48  # first observations to begin simulated episodes at
LAST_ROUND = 3
CUT_SHORT = "the search in fitted models was cut short: few of the model steps that a run may take are left"


def propose(task: SearchTask, history: Sequence[ScoredPolicy], episodes: EpisodeSource) -> SearchRound | None:
    """Returns one round's proposals, or None where a probe is too expensive or nothing moves."""
    gathered = gather_facts(task, episodes)
    if gathered is None:
        return None
    facts, probed = gathered
    if task.round == FIRST_ROUND:
        defects: list[Defect] = []
        rules, findings = _derive_rules(facts, task.round, defects), tuple(describe_findings(facts))
        return SearchRound(
            tuple(rules),
            probed,
            findings,
            is_exhausted=False,
            defects=tuple(defects),
            is_refused=bool(facts.refusals),
        )
    return _propose_later_round(facts, task, history, episodes)


def _derive_rules(facts: Facts, number: int, defects: list[Defect]) -> list[Proposal]:
    """Returns what every family derives from the probe in this round."""
    if isinstance(facts.action_space, ActionParts):
        return derive_part_rules(facts, facts.action_space, number, defects)
    rules = gather_rules(lambda family: family.propose_from_facts(facts, number), defects)
    parts = read_parts(facts.action_space)
    if parts is not None and len(facts.actuators) > 1 and all(rule.is_baseline for rule in rules):
        rules += derive_part_rules(facts, parts, number, defects)
    return rules


def _propose_later_round(
    facts: Facts, task: SearchTask, history: Sequence[ScoredPolicy], episodes: EpisodeSource
) -> SearchRound:
    defects: list[Defect] = []
    rules = _derive_rules(facts, task.round, defects)
    spent = SearchUsage()
    budget = ModelStepBudget(task.model_steps_left)
    best = max(history, key=lambda s: (s.is_head, s.mean), default=None)
    if task.round <= LAST_ROUND and best is not None and _can_simulate(facts, task, budget):
        rng = np.random.default_rng([task.seed, task.round])
        seeds = [int(seed) for seed in rng.integers(2**31, size=RECORDED_EPISODES)]
        played = episodes.play(best.source, seeds)
        spent += SearchUsage(episodes=len(played), steps=sum(len(t.rewards) for t in played))
        # How long simulated episodes are is known now: where no law can be searched in them, none begins.
        horizon = choose_horizon([*facts.trajectories, *played], facts.horizon)
        if budget.has(count_fewest_steps(horizon)):
            first, looked = _draw_first(task, episodes, rng)
            simulator = fit_simulator(facts, played, first, budget)
            velocity, seed = facts.coordinates.velocities[0], task.seed * 10 + task.round
            known = SimulatorKnowledge(facts, simulator, velocity, task.round, seed, best)
            rules += gather_rules(lambda family: family.propose_from_simulator(known), defects)
            spent += looked + SearchUsage(model_steps=budget.taken)
    findings = (CUT_SHORT,) if budget.is_short else ()
    return SearchRound(tuple(rules), spent, findings, is_exhausted=not rules, defects=tuple(defects))


def _can_simulate(facts: Facts, task: SearchTask, budget: ModelStepBudget) -> bool:
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
        and budget.has(count_fewest_steps(1))
    )


def _draw_first(
    task: SearchTask, episodes: EpisodeSource, rng: np.random.Generator
) -> tuple[Floats, SearchUsage]:
    """Returns first observations of episodes, in which simulated ones begin, and what drawing them used."""
    env = episodes.make()
    try:
        return draw_starts(env, SIMULATED_STARTS, rng, task.is_late)
    finally:
        env.close()
