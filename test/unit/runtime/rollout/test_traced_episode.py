"""A traced episode's steps and failures, with a stand-in for the policy's process."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from policybook.rollout.environment_pool import EnvironmentPool
from policybook.rollout.failures import make_unplaced_fault
from policybook.rollout.policy_process import PolicyLostError, Reply
from policybook.rollout.traced_episode import TracedEpisode, trace_episode
from policybook.worker.methods import trace
from stand_ins import ENVIRONMENT, EndedError, PolicyStandIn, length_of

SEED = 4
SOURCE = "def act(o): return 0"


class TracedStandIn(PolicyStandIn):
    def trace(self, observation: bytes, extra_args: bytes = b"") -> Reply:
        return self.act(1, observation, extra_args=extra_args)


class LostStandIn(TracedStandIn):
    def load(self, *loaded: Any, **further: Any) -> Any:
        raise PolicyLostError("died", "SIGSEGV", 0)


class JobStandIn:
    def __init__(self, policy: Any) -> None:
        self.policy = policy

    def start_policy(self, limits: Any) -> Any:
        return self.policy


def play(policy: Any) -> TracedEpisode:
    return trace_episode(EnvironmentPool(ENVIRONMENT), policy, SOURCE, SEED, 0)


def run(policy: Any) -> Any:
    """What the method answers."""
    limits = {"stepMs": 100, "importMs": 1000, "memoryMb": 512, "imports": []}
    params: Any = {
        "environment": ENVIRONMENT,
        "source": SOURCE,
        "limits": limits,
        "seed": SEED,
        "pictures": 0,
    }
    job: Any = JobStandIn(policy)
    return trace.run(params, job)


def fails_at(step: int, code: str) -> Callable[[int, int], Any]:
    fault = make_unplaced_fault(code, "as the test says")
    return lambda _, made: fault if made == step else None


def ends_at(step: int) -> Callable[[int, int], Any]:
    def happens(_: int, made: int) -> None:
        if made == step:
            raise EndedError("SIGSEGV")

    return happens


def test_a_whole_episode_is_traced() -> None:
    episode = play(TracedStandIn())
    assert len(episode.steps) == episode.total == length_of(SEED)
    assert (episode.terminated, episode.truncated, episode.fault) == (True, False, None)


@pytest.mark.parametrize("happens", [fails_at(2, "raised"), ends_at(2)])
def test_a_failure_names_its_seed_and_the_step_behind_those_that_are_kept(happens: Any) -> None:
    traced = run(TracedStandIn(happens))
    assert len(traced["steps"]) == traced["return"] == 2
    assert (traced["failure"]["seed"], traced["failure"]["step"]) == (SEED, 2)


@pytest.mark.parametrize(
    ("policy", "code"),
    [
        (TracedStandIn(compiles=lambda source: False), "syntax_error"),
        (LostStandIn(), "died"),
        (TracedStandIn(fails_at(0, "import_failed")), "import_failed"),
    ],
)
def test_a_text_that_fails_as_a_whole_names_no_seed_and_no_step(policy: Any, code: str) -> None:
    traced = run(policy)
    assert traced["steps"] == []
    assert (traced["failure"]["code"], traced["failure"]["seed"], traced["failure"]["step"]) == (
        code,
        None,
        None,
    )
