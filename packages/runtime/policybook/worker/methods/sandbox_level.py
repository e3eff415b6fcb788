"""`sandbox.level`: at which level policies without imports of their own run, and whether they may."""

from __future__ import annotations

from policybook.protocol.messages import SandboxLevelParams, SandboxLevelResult
from policybook.worker.job import Job


def run(params: SandboxLevelParams, job: Job) -> SandboxLevelResult:  # noqa: ARG001 - every method is called alike
    """The level; consent_needed where it is too low."""
    return {"level": job.find_level()}
