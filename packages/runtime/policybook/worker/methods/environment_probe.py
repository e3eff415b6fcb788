"""`environment.probe`: random play for a short while, and what it shows, in sentences and ranges."""

from __future__ import annotations

from policybook.protocol.messages import EnvironmentProbeParams, EnvironmentProbeResult, SeenRangeJson
from policybook.search.probe import ProbePlan
from policybook.search.probe_report import report_probe
from policybook.worker.job import Job
from policybook.worker.pool_episodes import PoolEpisodes


def run(params: EnvironmentProbeParams, job: Job) -> EnvironmentProbeResult:
    """Returns what it shows and what the probe cost."""
    names = params["names"]
    env = PoolEpisodes(job).make()
    try:
        report = report_probe(
            env,
            ProbePlan(params["steps"], params["episodes"]),
            params["seed"],
            None if names is None else tuple(names),
        )
    finally:
        env.close()
    ranges: list[SeenRangeJson] = [
        {"path": path, "low": low, "high": high} for path, (low, high) in report.ranges.items()
    ]
    usage = job.measure_usage(episodes=report.used.episodes, steps=report.used.steps)
    return {"findings": report.findings, "ranges": ranges, "usage": usage}
