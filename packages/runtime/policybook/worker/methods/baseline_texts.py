"""`baseline.texts`: the texts of a baseline, several where the best of them is to be chosen."""

from __future__ import annotations

from policybook.baselines.baseline_error import BaselineError
from policybook.baselines.heuristic import extract_heuristic
from policybook.baselines.texts import write_constant_policies, write_uniform_policy
from policybook.protocol.messages import BaselineTextsParams, BaselineTextsResult
from policybook.rollout import environment_pool
from policybook.rollout.action_reader import choose_reader
from policybook.rollout.environment_fault import get_environment_name
from policybook.rollout.failures import RequestFailedError
from policybook.source.legal_choice import find_mask_access
from policybook.worker.job import Job


def run(params: BaselineTextsParams, job: Job) -> BaselineTextsResult:
    """Returns label and source of each text; raises no_baseline where there can be none."""
    pool = job.trusted.get_pool()
    instance = pool.take()
    try:
        return {
            "texts": [
                {"label": label, "source": source}
                for label, source in _write_texts(params, instance.env).items()
            ]
        }
    except BaselineError as error:
        raise RequestFailedError("no_baseline", str(error)) from error
    finally:
        pool.give_back(instance)


def _write_texts(params: BaselineTextsParams, env: environment_pool.Env) -> dict[str, str]:
    spec = params["environment"]
    space = choose_reader(env.action_space).space
    access = find_mask_access(spec, env.observation_space)
    match params["baseline"]:
        case "random":
            name = "random actions" if access is None else "random legal actions"
            return {name: write_uniform_policy(space, access)}
        case "constant":
            return write_constant_policies(space, params["action"], access)
    if spec["observe"] is not None:
        raise BaselineError(
            "the environment's own heuristic needs the whole observation, and observe: hides some"
        )
    return {"own heuristic": extract_heuristic(env, get_environment_name(spec))}
