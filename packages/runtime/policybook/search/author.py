"""The search's entry: which kind of environment it is, and that kind's rounds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from gymnasium.spaces import Box, Discrete

from policybook.environments.space_text import format_space
from policybook.search import continuous, discrete, weighted_sums
from policybook.search.action_parts import PartsSource, read_parts
from policybook.search.constants import ALWAYS, SAME_ACTION, propose_constants
from policybook.search.contract import EpisodeSource, ScoredPolicy, SearchRound, SearchTask, SearchUsage
from policybook.search.facts import has_many_choices
from policybook.search.family import FIRST_ROUND
from policybook.search.tabular import read_cells


def propose(task: SearchTask, history: Sequence[ScoredPolicy], episodes: EpisodeSource) -> SearchRound:
    """Returns the proposals of one round; equal tasks, histories and environments give equal rounds."""
    env = episodes.make()
    try:
        space, observed = env.action_space, env.observation_space
    finally:
        env.close()
    answer = _propose_by_rules(task, history, episodes, space, observed)
    if answer is None:
        answer = _propose_constants(task, episodes, space, explain_unread(space, observed))
        obstacle = weighted_sums.find_obstacle(task, space, observed)
        if obstacle is not None and task.round == FIRST_ROUND:
            answer = replace(answer, findings=(obstacle,), is_exhausted=True)
    if answer.is_exhausted and not answer.proposals and is_unserved(history):
        sums = weighted_sums.propose(task, episodes)
        answer = replace(
            sums,
            usage=answer.usage + sums.usage,
            findings=(*answer.findings, *sums.findings),
            defects=answer.defects,
        )
    known = {scored.source for scored in history}
    return replace(answer, proposals=tuple(p for p in answer.proposals if p.source not in known))


def is_unserved(history: Sequence[ScoredPolicy]) -> bool:
    """Returns whether the best of all policies so far does without any rule."""
    head = next((scored for scored in history if scored.is_head), None)
    return head is not None and head.label.startswith((SAME_ACTION, ALWAYS))


def _propose_by_rules(
    task: SearchTask, history: Sequence[ScoredPolicy], episodes: EpisodeSource, space: Any, observed: Any
) -> SearchRound | None:
    """Returns the round of the families that read these spaces, None where there is none."""
    cells = read_cells(observed)
    if cells is not None and isinstance(space, Discrete):
        return discrete.propose(task, cells, episodes)
    if not is_flat(observed):
        return None
    parts = None if _has_choice(space) else read_parts(space)
    if parts is None and not _has_choice(space):
        return None
    answer = continuous.propose(task, history, episodes if parts is None else PartsSource(episodes, parts))
    is_served = answer is not None and any(not each.is_baseline for each in answer.proposals)
    if answer is None or task.round != FIRST_ROUND or (is_served and parts is None and not answer.is_refused):
        return answer
    constants = _propose_constants(task, episodes, space, None if is_served else NOTHING_FITS)
    return replace(
        answer,
        proposals=(*constants.proposals, *(each for each in answer.proposals if not each.is_baseline)),
        usage=constants.usage + answer.usage,
        limitation=constants.limitation,
    )


def _propose_constants(
    task: SearchTask, episodes: EpisodeSource, space: Any, limitation: str | None
) -> SearchRound:
    """Returns the actions that are worth holding for ever, in the first round; weighted sums follow."""
    if task.round != FIRST_ROUND:
        return SearchRound((), SearchUsage(), (), is_exhausted=True)
    proposals, used = propose_constants(space, task, episodes)
    return SearchRound(tuple(proposals), used, (), is_exhausted=False, limitation=limitation)


def is_flat(observed: Any) -> bool:
    """Returns whether an observation is a row of numbers."""
    return isinstance(observed, Box) and len(observed.shape) == 1


def explain_unread(space: Any, observed: Any) -> str:
    """Says why the search proposes no rules for these spaces, and what can."""
    cells = read_cells(observed)
    if not is_flat(observed) and cells is None:
        what = (
            f"has no rules for observations of {shorten(observed)}: "
            "it reads numbers in a row, and one or several whole numbers with few values"
        )
    elif cells is not None and not isinstance(space, Discrete):
        what = f"has no rules for observations of {shorten(observed)} with actions of {shorten(space)}"
    elif has_many_choices(space) or (cells is None and not _has_choice(space) and read_parts(space) is None):
        what = f"has no rules for actions of {shorten(space)}"
    else:
        what = "found nothing that actions move, or its budget carries no probe"
    return _explain_limit(what)


def _explain_limit(what: str) -> str:
    return (
        f"The search {what}. It tries single actions, then weighted sums of what is observed; "
        "a language model (`author:`), or a policy of yours (`start:`), may lead further."
    )


def shorten(space: Any) -> str:
    """Returns a space for people, in one line."""
    text = " ".join(format_space(space).split())
    return text if len(text) <= MAX_SPACE_CHARACTERS else f"{text[:MAX_SPACE_CHARACTERS]}…"


MAX_SPACE_CHARACTERS = 80
NOTHING_FITS = _explain_limit("knows no rule that fits what its probe has found")


def _has_choice(space: object) -> bool:
    """Returns whether there is a choice: two actions, or numbers, in whatever shape."""
    if isinstance(space, Discrete):
        return bool(space.n > 1)
    return isinstance(space, Box) and int(np.prod(space.shape)) > 0
