"""`policy.describe`: what a policy's text is, without running any of it."""

from __future__ import annotations

from policybook.protocol.messages import PolicyDescribeParams, PolicyDescribeResult
from policybook.source.description import describe
from policybook.worker.job import Job
from policybook.worker.methods.policy_text import raise_as_request_failure


def run(params: PolicyDescribeParams, job: Job) -> PolicyDescribeResult:  # noqa: ARG001 - every method is called alike
    """The facts; syntax_error or no_act."""
    return raise_as_request_failure(lambda: describe(params["source"]).to_json())
