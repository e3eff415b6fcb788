"""Rounds for a discrete world: each explores further and proposes the table that its knowledge makes best."""

from __future__ import annotations

import numpy as np
from gymnasium.spaces import Discrete

from policybook.search.contract import Episodes, Round, Spent, Task
from policybook.search.rules import baseline, table, threshold
from policybook.search.tabular import Cells, Explorer, Tally

STEPS = 10_000  # of exploration in a round
EPISODES = 1_000
SHARE = 5  # part of the run's episodes that a round may explore: the others are for comparing
LAST_ROUND = 2


def propose(task: Task, cells: Cells, episodes: Episodes) -> Round | None:
    """Proposals of one round; None where exploring cannot be afforded.

    A round explores from the beginning on the same random stream: it repeats what the rounds before it did,
    without being charged for that again, and goes on from there.
    """
    env = episodes.make()
    try:
        space = env.action_space
        if not isinstance(space, Discrete):
            raise TypeError(f"a table needs discrete actions, not {space}")
        limit = STEPS if task.steps is None else min(STEPS, task.steps // (3 * (LAST_ROUND + 1)))
        most = EPISODES if task.episodes is None else min(EPISODES, task.episodes // SHARE)
        if min(limit, most) < 1:
            return None
        if task.round > LAST_ROUND or not task.affords(limit, most):
            return Round((), Spent(), (), True)
        tally, new = Tally(cells.count, int(space.n)), Spent()
        explorer = Explorer(env, cells, tally, int(space.start), np.random.default_rng([task.seed, 0]))
        for _ in range(task.round + 1):
            new = explorer.explore(limit, most)
        endless = env.spec is None or env.spec.max_episode_steps is None
    finally:
        env.close()
    if task.round > 0 and not new.steps:
        return Round((), Spent(), ("everything within reach is known",), True)
    times, first = "" if task.round == 0 else f" {task.round + 1}", int(space.start)
    proposals = [table.proposal(cells, tally.best(), first, task.names, f"table{times}")]
    limit_rule = threshold.proposal(cells, tally, first, task.names, f"threshold{times}")
    if limit_rule is not None:
        proposals.append(limit_rule)
    if task.round == 0 and not endless:
        proposals.insert(0, baseline.constant(space))
    return Round(
        tuple(proposals), new, tuple(_findings(tally, task.round)), exhausted=task.round == LAST_ROUND
    )


def _findings(tally: Tally, number: int) -> list[str]:
    met = f"{int(tally.seen.sum())} of {tally.cells} situations were met after {int(tally.tried.sum())} steps"
    if number > 0:
        return [met]
    chance = (
        "what an action does never changes" if tally.deterministic else "actions leave something to chance"
    )
    best = float((tally.earned / np.maximum(tally.tried, 1)).max())
    return [met, chance, f"the best step earned {best:.3g} on average"]
