"""`sandbox.level`: the level at which policies without imports of their own run."""

from __future__ import annotations

from policybook.protocol.messages import SandboxLevelParams, SandboxLevelResult
from policybook.worker.job import Job


def run(params: SandboxLevelParams, job: Job) -> SandboxLevelResult:  # noqa: ARG001 - every method is called alike
    """Returns the level; raises consent_needed where it is too low without the user's consent."""
    return {"level": job.find_level()}
