"""`policy.describe`: the facts about a policy's text, none of which is run."""

from __future__ import annotations

from policybook.protocol.messages import PolicyDescribeParams, PolicyDescribeResult
from policybook.source.description import describe
from policybook.worker.job import Job
from policybook.worker.methods.policy_text import raise_as_request_failure


def run(params: PolicyDescribeParams, job: Job) -> PolicyDescribeResult:  # noqa: ARG001 - every method is called alike
    """Returns the facts; raises syntax_error or no_act."""
    return raise_as_request_failure(lambda: describe(params["source"]).to_json())
