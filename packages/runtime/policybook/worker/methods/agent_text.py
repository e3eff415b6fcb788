"""`agent.text`: writes a recorded agent as a policy's text, and returns what its training cost."""

from __future__ import annotations

import base64

from policybook.agents.agent_file import AgentError, load
from policybook.agents.agent_policy import write_policy_text
from policybook.protocol.messages import AgentTextParams, AgentTextResult
from policybook.rollout.failures import RequestFailedError
from policybook.worker.job import Job


def run(params: AgentTextParams, job: Job) -> AgentTextResult:  # noqa: ARG001 - every method is called alike
    """Returns the text; raises bad_agent for a file that holds no agent."""
    try:
        agent = load(base64.b64decode(params["file"]))
        source = write_policy_text(agent)
    except AgentError as error:
        raise RequestFailedError("bad_agent", str(error)) from error
    return {
        "source": source,
        "algorithm": agent.algorithm,
        "weights": agent.weights,
        "steps": agent.training.get("steps"),
        "cpuSeconds": agent.training.get("cpu_seconds"),
    }
