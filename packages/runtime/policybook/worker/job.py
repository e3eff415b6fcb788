"""A method while it runs as a job: it reports progress, calls the pool, and measures its usage."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Literal, TypedDict

from policybook.protocol.messages import EnvironmentSpecJson, PolicyLimitsJson, RequestUsageJson
from policybook.rollout.blocks import Limits
from policybook.rollout.constructor_faults import CONSTRUCTOR_FAULTS
from policybook.rollout.evaluation import TextResult
from policybook.rollout.failures import RequestFailedError
from policybook.rollout.lost_episodes import LostEpisodes, join_lost

if TYPE_CHECKING:
    # They need NumPy and Gymnasium, which the evaluator does without.
    from policybook.rollout.policy_process import PolicyProcess
    from policybook.worker.trusted_environment import TrustedEpisodes

StartPolicy = Callable[[Limits], "PolicyProcess"]
PoolCallName = Literal["scores", "play", "variants", "pairs"]


class PoolParams(TypedDict):
    """The parameters of every method that has policies played; other methods never call the pool."""

    environment: EnvironmentSpecJson
    limits: PolicyLimitsJson


@dataclass(frozen=True)
class PoolCall:
    """A job's request that the pool plays policies; `Job.evaluate` says what the names mean."""

    name: PoolCallName
    environment: EnvironmentSpecJson
    limits: PolicyLimitsJson
    sources: tuple[str, ...]
    seeds: tuple[int, ...]
    family: str
    """Variants of one family share a process."""


class Job:
    """One method's run in this process; the attributes `played_…` count what the pool has played for it.

    `start_policy` starts a policy's process here. `find_level` returns the sandbox's level here and raises
    RequestFailedError where it is too low without the user's consent; `least` is the lowest that needs none.
    `trusted` gives environments to code of ours.
    """

    def __init__(
        self,
        connection: Connection,
        number: int,
        params: PoolParams,
        start_policy: StartPolicy,
        find_level: Callable[[], int],
        *,
        least: int,
        trusted: TrustedEpisodes,
    ) -> None:
        self.trusted = trusted
        self.connection = connection
        self.number = number
        self.params = params
        self.start_policy = start_policy
        self.find_level = find_level
        self.least = least
        self.began = time.process_time()
        self.played_episodes = 0
        self.played_steps = 0
        self.played_cpu = 0.0
        self.played_lost: LostEpisodes | None = None

    def report_progress(self, **value: float) -> None:
        """Reports progress to the request's listeners."""
        self.connection.send(("progress", self.number, value))

    def evaluate(
        self,
        name: PoolCallName,
        sources: Sequence[str],
        seeds: Sequence[int],
        environment: EnvironmentSpecJson | None = None,
    ) -> list[TextResult]:
        """Has policies played by the whole pool; returns their results in the order of `sources`.

        With `name` "scores" each is played on all seeds, with "play" its trajectories are recorded too. Texts
        that differ in constants only may share a process: "variants" plays each of them on all seeds, "pairs"
        the first on the first seed and so on. All variants of one job must differ in constants only: they are
        one family. They are played in the job's environment where no other is given.

        Raises the RequestFailedError of an environment that fails.
        """
        call = PoolCall(
            name,
            self.params["environment"] if environment is None else environment,
            self.params["limits"],
            tuple(sources),
            tuple(int(seed) for seed in seeds),
            f"{os.getpid()}/{self.number}",
        )
        self.connection.send(("call", self.number, call))
        _, has_result, value = self.connection.recv()
        if not has_result:
            failure: RequestFailedError = value
            raise failure
        results: list[TextResult] = value
        self.played_episodes += sum(len(each.episodes) for each in results)
        self.played_steps += sum(each.steps for each in results)
        self.played_cpu += sum(each.cpu_seconds for each in results)
        for each in results:
            self.played_lost = join_lost(self.played_lost, each.lost)
        return results

    def measure_usage(self, *, episodes: int = 0, steps: int = 0, model_steps: int = 0) -> RequestUsageJson:
        """Measures what the job has used; the caller knows which episodes and steps count."""
        usage: RequestUsageJson = {
            "episodes": episodes,
            "steps": steps,
            "modelSteps": model_steps,
            "cpuSeconds": time.process_time() - self.began + self.played_cpu,
        }
        self.trusted.lost = CONSTRUCTOR_FAULTS.add_to(self.trusted.lost)
        lost = join_lost(self.played_lost, self.trusted.lost)
        if lost is not None:
            usage["lost"], usage["fault"] = lost
        return usage
