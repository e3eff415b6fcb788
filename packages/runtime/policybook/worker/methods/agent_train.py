"""`agent.train`: trains an agent of Stable-Baselines3 and records it; it needs the extra `rl`."""

from __future__ import annotations

import base64
import time

from policybook.agents import stable_baselines3
from policybook.agents.agent_file import AgentError, save
from policybook.protocol.messages import AgentTrainParams, AgentTrainResult
from policybook.rollout.environment_fault import get_environment_name
from policybook.rollout.failures import RequestFailedError
from policybook.worker.job import Job
from policybook.worker.trusted_environment import UnbrokenEnvironment

REPORT_SECONDS = 0.5


def run(params: AgentTrainParams, job: Job) -> AgentTrainResult:
    """Returns the agent's file.

    Raises missing_extra without the library, and bad_agent where it cannot be trained so.
    """
    spec = params["environment"]
    reported = time.monotonic()

    def report_progress(steps: int) -> None:
        nonlocal reported
        if time.monotonic() - reported >= REPORT_SECONDS:
            reported = time.monotonic()
            job.report_progress(steps=steps)

    try:
        agent = stable_baselines3.train(
            lambda: UnbrokenEnvironment(job.trusted.make()),
            get_environment_name(spec),
            stable_baselines3.TrainingOptions(
                params["algorithm"], params["steps"], params["seed"], params["settings"]
            ),
            report_progress,
        )
    except ModuleNotFoundError as error:
        install = stable_baselines3.INSTALL
        message = f"training an agent needs {error.name}, which is not installed: {install}"
        raise RequestFailedError("missing_extra", message, {"install": install}) from error
    except (AgentError, TypeError, ValueError, AssertionError) as error:
        name = get_environment_name(spec)
        message = (
            f"{params['algorithm']} cannot be trained on {name} with these settings: {error}. "
            "Stable-Baselines3's documentation says which action spaces and settings an algorithm takes."
        )
        raise RequestFailedError("bad_agent", message) from error
    return {"file": base64.b64encode(save(agent)).decode()}
