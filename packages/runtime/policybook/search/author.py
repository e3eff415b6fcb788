"""The search's entry: which kind of environment it is, and that kind's rounds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from gymnasium.spaces import Box, Discrete

from policybook.search import continuous, discrete
from policybook.search.contract import EpisodeSource, ScoredPolicy, SearchRound, SearchTask, SearchUsage
from policybook.search.rules import baseline
from policybook.search.tabular import read_cells


def propose(task: SearchTask, history: Sequence[ScoredPolicy], episodes: EpisodeSource) -> SearchRound:
    """Returns the proposals of one round; equal tasks, histories and environments give equal rounds."""
    env = episodes.make()
    try:
        space, observed = env.action_space, env.observation_space
    finally:
        env.close()
    cells = read_cells(observed)
    answer: SearchRound | None = None
    if cells is not None and isinstance(space, Discrete):
        answer = discrete.propose(task, cells, episodes)
    elif isinstance(observed, Box) and len(observed.shape) == 1 and _has_choice(space):
        answer = continuous.propose(task, history, episodes)
    if answer is not None:
        known = {scored.source for scored in history}
        return replace(answer, proposals=tuple(p for p in answer.proposals if p.source not in known))
    unread = "there is no template for these observations and actions, or no step left to probe with"
    return SearchRound(
        (baseline.propose_constant(space),) if task.round == 0 else (),
        SearchUsage(),
        (unread,),
        is_exhausted=True,
    )


def _has_choice(space: object) -> bool:
    """Returns whether there is a choice: two actions, or numbers, in whatever shape."""
    if isinstance(space, Discrete):
        return bool(space.n > 1)
    return isinstance(space, Box) and int(np.prod(space.shape)) > 0
