"""`environment.probe`: random play for a short while, and what it shows, in sentences."""

from __future__ import annotations

from policybook.protocol.messages import EnvironmentProbeParams, EnvironmentProbeResult
from policybook.search.probe import ProbePlan
from policybook.search.probe_report import report_probe
from policybook.worker.job import Job
from policybook.worker.pool_episodes import PoolEpisodes


def run(params: EnvironmentProbeParams, job: Job) -> EnvironmentProbeResult:
    """Returns the sentences and what the probe cost."""
    names = params["names"]
    env = PoolEpisodes(job).make()
    try:
        findings, used = report_probe(
            env,
            ProbePlan(params["steps"], params["episodes"]),
            params["seed"],
            None if names is None else tuple(names),
        )
    finally:
        env.close()
    return {"findings": findings, "usage": job.measure_usage(episodes=used.episodes, steps=used.steps)}
