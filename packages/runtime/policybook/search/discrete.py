"""Rounds for a discrete environment: each explores further, and proposes the best table for what is known."""

from __future__ import annotations

import numpy as np
from gymnasium.spaces import Discrete

from policybook.defects import Defect
from policybook.search.contract import EpisodeSource, SearchRound, SearchTask, SearchUsage
from policybook.search.family import TableKnowledge
from policybook.search.gathering import gather_rules
from policybook.search.tabular import Explorer, TableCells, TransitionCounts
from policybook.search.taken import describe_refusals

ROUND_STEPS = 10_000  # of exploration in a round
ROUND_EPISODES = 1_000
EPISODES_DIVISOR = 5  # part of the run's episodes that a round may explore: the others are for comparing
LAST_ROUND = 2


def propose(task: SearchTask, cells: TableCells, episodes: EpisodeSource) -> SearchRound | None:
    """Returns one round's proposals, or None where exploring is too expensive.

    A round explores from the beginning on the same random stream: it repeats what the rounds before it did,
    without being charged for that again, and goes on from there.
    """
    env = episodes.make()
    try:
        space = env.action_space
        if not isinstance(space, Discrete):
            raise TypeError(f"a table needs discrete actions, not {space}")
        limit = ROUND_STEPS if task.steps is None else min(ROUND_STEPS, task.steps // (3 * (LAST_ROUND + 1)))
        most = (
            ROUND_EPISODES
            if task.episodes is None
            else min(ROUND_EPISODES, task.episodes // EPISODES_DIVISOR)
        )
        if min(limit, most) < 1:
            return None
        if task.round > LAST_ROUND or not task.can_afford(limit, most):
            return SearchRound((), SearchUsage(), (), True)
        counts, new = TransitionCounts(cells.count, int(space.n)), SearchUsage()
        explorer = Explorer(env, cells, counts, int(space.start), np.random.default_rng([task.seed, 0]))
        for _ in range(task.round + 1):
            new = explorer.explore(limit, most, task.is_late)
        refusals = describe_refusals(env)
        endless = env.spec is None or env.spec.max_episode_steps is None
    finally:
        env.close()
    if task.round > 0 and not new.steps:
        return SearchRound((), SearchUsage(), ("everything within reach is known",), True)
    known = TableKnowledge(cells, counts, space, task.names, task.round, endless)
    defects: list[Defect] = []
    proposals = gather_rules(lambda family: family.propose_from_counts(known), defects)
    return SearchRound(
        tuple(proposals),
        new,
        (*_describe_findings(counts, task.round), *refusals),
        is_exhausted=task.round == LAST_ROUND,
        defects=tuple(defects),
    )


def _describe_findings(counts: TransitionCounts, number: int) -> list[str]:
    seen, steps = int(counts.seen_cells.sum()), int(counts.trials.sum())
    met = f"{seen} of {counts.cells} situations were met after {steps} steps"
    if number > 0:
        return [met]
    chance = (
        "what an action does never changes"
        if counts.is_deterministic
        else "actions leave something to chance"
    )
    best = float((counts.reward_sums / np.maximum(counts.trials, 1)).max())
    return [met, chance, f"the best step earned {best:.3g} on average"]
