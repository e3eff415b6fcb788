"""`policy.time`: how long a policy takes to start and to decide, by the clock: no two calls give the same."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from typing import Any

from policybook.protocol.messages import PolicyTimeParams, PolicyTimeResult
from policybook.rollout.blocks import Limits
from policybook.rollout.environment_pool import EnvironmentPool
from policybook.rollout.episode_slot import derive_policy_seed
from policybook.rollout.frame_packer import BATCH_BYTES
from policybook.rollout.policy_process import ObservationFormat, PolicyLostError, PolicyProcess
from policybook.sandbox.codecs import CodecMismatchError, DynamicCodec, infer_codec
from policybook.worker.agreement import restore_type
from policybook.worker.job import Job
from policybook.worker.methods.policy_text import raise_as_request_failure
from policybook.worker.pool_episodes import PoolEpisodes

FRAME_ROWS = 256
"""Observations in a frame: they share the up to 100 µs that an exchange between processes costs."""

TIMED_FRAMES = 12
TIMED_STARTS = 5


def run(params: PolicyTimeParams, job: Job) -> PolicyTimeResult:
    """Returns medians, None where the policy fails on the way."""
    [trajectory] = raise_as_request_failure(
        lambda: PoolEpisodes(job).play(params["source"], [params["seed"]])
    )
    pool = job.trusted.get_pool()
    sample, _ = job.trusted.begin_episode(params["seed"])
    observations = [restore_type(sample, row) for row in trajectory.observations[:-1]]
    timing = PolicyTiming(params, job, pool, observations, trajectory.extra_args)
    return {"coldStartMs": timing.measure_cold_start(), "decisionUs": timing.measure_decision()}


class PolicyTiming:
    """Times processes of one policy with an episode's observations."""

    def __init__(
        self,
        params: PolicyTimeParams,
        job: Job,
        pool: EnvironmentPool,
        observations: list[Any],
        extra_args: Sequence[dict[str, Any]],
    ) -> None:
        self.source = params["source"]
        self.limits = Limits.from_json(params["limits"])
        self.seed = params["seed"]
        self.job = job
        self.pool = pool
        rows = max(1, min(FRAME_ROWS, BATCH_BYTES // max(1, getattr(observations[0], "nbytes", 1))))
        # The episode's observations come in turn, so that the policy sees what it sees when it plays.
        self.rows = [observations[index % len(observations)] for index in range(rows)]
        self.extra_args = (
            [extra_args[index % len(extra_args)] for index in range(rows)] if pool.has_extra_args else []
        )

    def measure_cold_start(self) -> float | None:
        """Returns the milliseconds from nothing to the first action, None where the policy fails.

        They cover a process of its own, and the text compiled and run.
        """
        times = []
        for _ in range(TIMED_STARTS):
            began = time.perf_counter()
            policy = self._start_policy()
            try:
                if policy is None or not self._act(policy, self.rows[:1], begin=True):
                    return None
                times.append(1000 * (time.perf_counter() - began))
            finally:
                if policy is not None:
                    policy.close()
        return statistics.median(times)

    def measure_decision(self) -> float | None:
        """Returns the microseconds of one call of `act`, None where the policy fails.

        They cover its values' way into and out of Python.
        """
        policy = self._start_policy()
        if policy is None:
            return None
        try:
            if not self._act(policy, self.rows, begin=True):
                return None
            times = []
            for _ in range(TIMED_FRAMES):
                began = time.perf_counter()
                if not self._act(policy, self.rows, begin=False):
                    return None
                times.append(1e6 * (time.perf_counter() - began) / len(self.rows))
            return statistics.median(times)
        finally:
            policy.close()

    def _start_policy(self) -> PolicyProcess | None:
        policy = self.job.start_policy(self.limits)
        try:
            observation_format = ObservationFormat(
                infer_codec(self.rows[0]), len(self.rows), self.pool.has_extra_args
            )
            if (
                policy.load([self.source], self.pool.actions.codec, self.pool.spaces, observation_format)
                is None
            ):
                return policy
        except (PolicyLostError, CodecMismatchError, TypeError):
            pass
        policy.close()
        return None

    def _act(self, policy: PolicyProcess, rows: list[Any], *, begin: bool) -> bool:
        begun = [(0, derive_policy_seed(self.seed + index)) for index in range(len(rows))] if begin else []
        try:
            extra_args = (
                DynamicCodec().pack_rows(self.extra_args[: len(rows)]) if self.pool.has_extra_args else b""
            )
            reply = policy.act(
                len(rows), infer_codec(rows[0]).pack_rows(rows), begun=begun, extra_args=extra_args
            )
        except (PolicyLostError, CodecMismatchError):
            return False
        return reply.fault is None
