"""A rollout's episodes, widths, failures and processes, with a stand-in for the policy's process."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from policybook.protocol.messages import EnvironmentSpecJson
from policybook.rollout import vector_rollout
from policybook.rollout.blocks import Block, BlockOutcome
from policybook.rollout.environment_pool import EnvironmentPool
from policybook.rollout.episode_course import NO_EPISODE_COURSE
from policybook.rollout.failures import RequestFailedError, make_unplaced_fault
from policybook.rollout.lost_episodes import derive_next_seed
from policybook.rollout.vector_rollout import VectorRollout
from stand_ins import ENVIRONMENT, SIMULATOR, EndedError, HostStandIn, PolicyStandIn, block, length_of

WIDTHS = [1, 2, 5, 64]


def play(
    first: Block, start: Callable[[], PolicyStandIn], width: int, following: Sequence[Block] = ()
) -> HostStandIn:
    host = HostStandIn(start, following)
    VectorRollout(first, EnvironmentPool(ENVIRONMENT), host, width).play()
    return host


def raises_at(seed: int, step: int) -> Callable[[], PolicyStandIn]:
    fault = make_unplaced_fault("raised", "ValueError: as the test says")
    return lambda: PolicyStandIn(lambda at, made: fault if (at, made) == (seed, step) else None)


def indices(outcome: BlockOutcome) -> list[int]:
    return sorted(outcome.episodes)


@pytest.mark.parametrize("width", WIDTHS)
def test_every_episode_is_played_to_its_end_whatever_the_width(width: int) -> None:
    host = play(block(range(12)), PolicyStandIn, width)
    [(_, outcome)] = host.outcomes
    assert {index: episode.steps for index, episode in outcome.episodes.items()} == {
        seed: length_of(seed) for seed in range(12)
    }
    assert all(episode.terminated and episode.total == episode.steps for episode in outcome.episodes.values())
    assert (outcome.failures, outcome.level) == ({}, 4)


@pytest.mark.parametrize("width", WIDTHS)
def test_no_more_episodes_than_the_width_stand_side_by_side_and_they_begin_in_order(width: int) -> None:
    [policy] = play(block(range(12)), PolicyStandIn, width).policies
    assert max(map(len, policy.frames)) == min(width, 12)
    first_seen = list(dict.fromkeys(seed for frame in policy.frames for seed in frame))
    assert first_seen == list(range(12))


def test_the_next_frame_says_which_episodes_have_ended() -> None:
    [policy] = play(block([0, 1, 2]), PolicyStandIn, 3).policies
    # Episodes of 1, 2 and 3 steps: each time the first position ends.
    assert policy.frames == [[0, 1, 2], [1, 2], [2]]
    assert policy.ends == [[], [0], [0]]


@pytest.mark.parametrize("width", WIDTHS)
def test_a_failure_in_the_middle_keeps_the_episodes_before_it_whatever_the_width(width: int) -> None:
    host = play(block(range(10)), raises_at(seed=4, step=2), width)
    [(_, outcome)] = host.outcomes
    index, failure = outcome.failures[0]
    assert (index, failure.seed, failure.step, failure.code) == (4, 4, 2, "raised")
    assert [each for each in indices(outcome) if each < index] == [0, 1, 2, 3]
    assert all(policy.closed for policy in host.policies)


@pytest.mark.parametrize("width", WIDTHS)
def test_of_several_texts_only_the_one_that_fails_ends(width: int) -> None:
    first = block(range(6), texts=(0, 1))
    host = play(first, lambda: PolicyStandIn(compiles=lambda source: "text 1" not in source), width)
    [(_, outcome)] = host.outcomes
    assert indices(outcome) == [0, 2, 4, 6, 8, 10]
    index, failure = outcome.failures[1]
    assert (index, failure.code, failure.seed, failure.step) == (1, "syntax_error", None, None)
    assert list(outcome.failures) == [1]


@pytest.mark.parametrize("width", WIDTHS)
def test_a_process_that_ends_is_blamed_on_its_row_and_the_others_begin_again(width: int) -> None:
    def happens(seed: int, step: int) -> None:
        if (seed, step) == (7, 1):
            raise EndedError("SIGSEGV")

    host = play(block(range(10)), lambda: PolicyStandIn(happens), width)
    [(_, outcome)] = host.outcomes
    index, failure = outcome.failures[0]
    assert (index, failure.code, failure.seed, failure.step) == (7, "died", 7, 1)
    assert "SIGSEGV" in failure.message
    assert [each for each in indices(outcome) if each < 7] == list(range(7))
    assert [outcome.episodes[each].steps for each in range(7)] == [length_of(seed) for seed in range(7)]


def test_another_block_joins_as_soon_as_there_is_room() -> None:
    first, second = block([4, 4]), block([0, 0, 0], first=2)
    host = play(first, PolicyStandIn, 3, [second])
    [policy] = host.policies
    assert policy.frames[0] == [4, 4, 0]
    assert [done for done, _ in host.outcomes] == [second, first]
    assert [indices(outcome) for _, outcome in host.outcomes] == [[2, 3, 4], [0, 1]]


def test_a_block_that_joins_behind_a_failure_is_done_at_once() -> None:
    first, second = block(range(3)), block([5, 6], first=3)
    host = play(first, raises_at(seed=1, step=0), 1, [second])
    outcomes = {id(done): outcome for done, outcome in host.outcomes}
    assert outcomes[id(first)].failures[0][0] == 1
    assert id(second) not in outcomes or outcomes[id(second)].episodes == {}


def test_a_text_that_needs_its_own_process_gets_one_for_every_episode() -> None:
    host = play(block(range(4)), lambda: PolicyStandIn(needs_own_process=True), 64)
    assert [policy.begun_episodes for policy in host.policies] == [1, 1, 1, 1]
    assert all(policy.closed for policy in host.policies)
    assert indices(host.outcomes[0][1]) == [0, 1, 2, 3]


def test_a_full_process_takes_no_more_episodes(monkeypatch: pytest.MonkeyPatch) -> None:
    class Full(PolicyStandIn):
        is_filled = True

    monkeypatch.setattr(vector_rollout, "FULL_AFTER", 3)
    host = play(block(range(8)), Full, 2)
    assert len(host.policies) > 1
    assert sum(policy.begun_episodes for policy in host.policies) == 8
    assert indices(host.outcomes[0][1]) == list(range(8))


def test_what_the_host_raises_gives_the_environments_back_and_ends_the_process() -> None:
    class GivenUpError(Exception):
        pass

    def give_up() -> None:
        raise GivenUpError

    host = HostStandIn(PolicyStandIn)
    host.on_report = give_up
    pool = EnvironmentPool(ENVIRONMENT)
    with pytest.raises(GivenUpError):
        VectorRollout(block([4] * 5), pool, host, 5).play()
    assert [policy.closed for policy in host.policies] == [True]
    assert len(pool.idle) == 5
    assert host.outcomes == []


@pytest.mark.parametrize("width", WIDTHS)
def test_an_episode_in_which_the_environment_fails_is_lost_and_one_of_the_next_seed_takes_its_place(
    width: int,
) -> None:
    host = play(block([1, 666, 3]), PolicyStandIn, width)
    [(_, outcome)] = host.outcomes
    following = derive_next_seed(666)
    assert [outcome.episodes[index].seed for index in range(3)] == [1, following, 3]
    assert outcome.episodes[1].steps == length_of(following)
    assert list(outcome.lost) == [1]
    assert outcome.lost[1].number == 1
    assert "ValueError in line" in outcome.lost[1].cause
    assert "(seed 666, step 1)" in outcome.lost[1].cause


@pytest.mark.parametrize("width", WIDTHS)
def test_an_environment_that_fails_in_ten_episodes_in_a_row_ends_the_request(width: int) -> None:
    source = SIMULATOR.replace("if self.seed == 666", "if self.seed > 99")
    spec: Any = {**ENVIRONMENT, "simulator": {"name": "counting", "source": source}}
    host = HostStandIn(PolicyStandIn)
    with pytest.raises(RequestFailedError, match="10 episodes in a row") as raised:
        VectorRollout(block([1, 100, 3]), EnvironmentPool(spec), host, width).play()
    assert raised.value.code == "simulator_error"


BLIND = """
import gymnasium
import numpy as np


class Blind(gymnasium.Env):
    observation_space = gymnasium.spaces.Box(0, np.array([np.inf, 9.0]))
    action_space = gymnasium.spaces.Discrete(2)

    def reset(self, *, seed=None, options=None):
        self.seed, self.steps = seed, 0
        return self.observe(), {}

    def observe(self):
        is_blind = (self.seed, self.steps) in {(100, 0), (101, 0), (102, 2), (103, 5)}
        bad = np.inf if self.seed == 102 else np.nan
        return np.array([self.seed * 1000.0 + self.steps, bad if is_blind else 3.0])

    def step(self, action):
        self.steps += 1
        return self.observe(), 1.0, self.steps > 4, False, {}
"""


@pytest.mark.parametrize("width", WIDTHS)
def test_no_policy_gets_an_observation_whose_numbers_are_in_no_space(width: int) -> None:
    """Of 100 and 101 the reset is blind, of 102 the second step; of 103 the last, which no policy sees."""
    host = HostStandIn(PolicyStandIn)
    spec: Any = {**ENVIRONMENT, "simulator": {"name": "blind", "source": BLIND}}
    seeds = [1, 100, 2, 102, 3, 101, 4, 103, 5, 6]
    VectorRollout(block(seeds), EnvironmentPool(spec), host, width).play()
    [(_, outcome)] = host.outcomes
    played = [derive_next_seed(seed) if seed in {100, 101, 102} else seed for seed in seeds]
    assert [outcome.episodes[index].seed for index in range(len(seeds))] == played
    assert all(episode.steps == 5 for episode in outcome.episodes.values())
    assert {index: lost.cause for index, lost in sorted(outcome.lost.items())} == {
        1: "reset gave nan in an observation (seed 100, in reset)",
        3: "step gave inf in an observation (seed 102, step 2)",
        5: "reset gave nan in an observation (seed 101, in reset)",
    }
    assert 100 not in {seed for policy in host.policies for frame in policy.frames for seed in frame}
    # Each frame has the rows that the process holds: those of the last one without the ended, then the begun.
    for policy in host.policies:
        for before, ended, frame in zip(policy.frames, policy.ends[1:], policy.frames[1:], strict=False):
            left = [seed for row, seed in enumerate(before) if row not in ended]
            assert frame[: len(left)] == left


def test_an_environment_that_failed_is_not_played_again() -> None:
    pool = EnvironmentPool(ENVIRONMENT)
    broken = pool.idle[0]
    VectorRollout(block([666, 4]), pool, HostStandIn(PolicyStandIn), 2).play()
    assert broken not in pool.idle


def test_progress_counts_ended_episodes_and_all_steps() -> None:
    reported: list[Any] = []
    host = HostStandIn(PolicyStandIn)
    rollout = VectorRollout(block([0, 4]), EnvironmentPool(ENVIRONMENT), host, 2)
    host.on_report = lambda: reported.extend(value for _, value in rollout.count_progress())
    rollout.play()
    assert reported == [{"episodes": 1, "steps": steps} for steps in (2, 3, 4, 5)]


SAYING = """
import gymnasium


class Saying(gymnasium.Env):
    observation_space = gymnasium.spaces.Discrete(1_000_000)
    action_space = gymnasium.spaces.Discrete(2)

    def reset(self, *, seed=None, options=None):
        self.seed, self.steps = seed, 0
        return seed * 1000, {"reward_early": 1.0}

    def step(self, action):
        self.steps += 1
        over = self.steps > self.seed % 5
        info = {"reward_seed": self.seed, "reward_rare": 1.0, "is_success": over and self.seed % 2 == 0}
        if self.seed % 3 == 0 and self.steps == 2:
            del info["reward_rare"]
        if self.seed == 4:
            info = {}
        return self.seed * 1000 + self.steps, float(self.seed), over, self.seed == 7, info
"""


@pytest.mark.parametrize("width", WIDTHS)
def test_what_happens_along_an_episode_is_the_same_whatever_is_played_with_it(width: int) -> None:
    environment: EnvironmentSpecJson = {
        **ENVIRONMENT,
        "simulator": {"name": "saying", "source": SAYING},
        "maxEpisodeSteps": 4,
    }
    followed = replace(block(range(12)), environment=environment, is_followed=True)
    host = HostStandIn(PolicyStandIn)
    VectorRollout(followed, EnvironmentPool(environment), host, width).play()
    [(_, outcome)] = host.outcomes

    for seed, episode in outcome.episodes.items():
        steps = 1 if seed == 7 else min(4, length_of(seed))
        assert episode.steps == steps
        # Seeds 4 and 9 would have a fifth step.
        assert episode.truncated == (seed in (4, 7, 9) or steps == 4)
        assert episode.terminated == (seed not in (4, 7, 9))
        assert episode.course.reward_by_tenth == pytest.approx([seed * steps / 10] * 10)
        is_success = seed % 2 == 0 and seed != 4
        assert episode.course.flags == (("is_success",) if is_success else ())
        terms: dict[str, float] = {} if seed == 4 else {"reward_seed": seed * steps, "reward_rare": steps}
        if seed % 3 == 0 and steps > 1:
            del terms["reward_rare"]
        assert episode.course.terms == terms


def test_episodes_that_are_not_followed_have_no_course() -> None:
    [(_, outcome)] = play(block([0, 3]), PolicyStandIn, 2).outcomes
    assert all(episode.course == NO_EPISODE_COURSE for episode in outcome.episodes.values())
