"""The rounds of a search: the simplest rules first, then what the scores ask for."""

from __future__ import annotations

from collections.abc import Sequence

from gymnasium.spaces import Box, Discrete

from policybook.search.contract import Episodes, Round, Scored, Spent, Task
from policybook.search.facts import Facts, findings, gather
from policybook.search.rules import balance, baseline, push, thrust_and_tilt


def propose(task: Task, history: Sequence[Scored], episodes: Episodes) -> Round:
    """Proposals of one round; the same task, history and environment give the same round."""
    env = episodes.make()
    try:
        gathered = gather(env, task)
        space = env.action_space
    finally:
        env.close()
    if gathered is None:
        return Round((baseline.constant(space),), Spent(), (), True)
    facts, spent = gathered
    if task.round == 0:
        idle = None if facts.idle is None else str(facts.idle)
        rules = [baseline.constant(space, idle), *push.proposals(facts), *balance.proposals(facts), *thrust_and_tilt.proposals(facts)]
        return Round(tuple(rules), spent, tuple(findings(facts)), False)
    if task.round == 1:
        return Round(tuple([*thrust_and_tilt.proposals(facts, thrust_and_tilt.LATER), *balance.proposals(facts, balance.LATER)]), Spent(), (), False)
    return Round((), Spent(), (), True)
