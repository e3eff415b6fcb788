"""`environment.describe`: spaces, threshold, step limit and versions of an environment that can be made."""

from __future__ import annotations

import platform

import gymnasium

from policybook.doctor.installation import find_version
from policybook.environments.simulator_check import check_simulator
from policybook.environments.simulators import SimulatorError
from policybook.environments.space_summary import summarise_space
from policybook.protocol.messages import (
    EnvironmentDescribeParams,
    EnvironmentDescribeResult,
    EnvironmentSpecJson,
)
from policybook.rollout import environment_pool
from policybook.rollout.action_reader import choose_reader
from policybook.rollout.failures import RequestFailedError
from policybook.worker.job import Job

# The packages whose versions change what an environment does, by the module of its class.
FAMILIES = {
    "gymnasium.envs.box2d": "box2d",
    "gymnasium.envs.mujoco": "mujoco",
    "ale_py": "ale-py",
    "minigrid": "minigrid",
}


def run(params: EnvironmentDescribeParams, job: Job) -> EnvironmentDescribeResult:  # noqa: ARG001 - every method is called alike
    """Returns the facts.

    Raises unknown_environment, missing_extra, simulator_error or environment_error.
    """
    spec = params["environment"]
    if spec["simulator"] is not None:
        _check_simulator(spec, spec["simulator"]["name"])
    pool = environment_pool.EnvironmentPool(spec)
    env = pool.idle[0].env
    registered = gymnasium.registry.get(spec["id"]) if spec["id"] is not None else None
    try:
        return {
            "observationSpace": summarise_space(env.observation_space),
            "actionSpace": summarise_space(choose_reader(env.action_space).space),
            "rewardThreshold": None if registered is None else registered.reward_threshold,
            "maxEpisodeSteps": pool.idle[0].limit,
            "fullEpisodeSteps": _find_full_steps(spec, registered),
            "versions": _read_versions(env),
        }
    finally:
        pool.close()


def _find_full_steps(
    spec: EnvironmentSpecJson, registered: gymnasium.envs.registration.EnvSpec | None
) -> int | None:
    """Returns the registered step limit where the declaration cuts episodes shorter, else None."""
    declared, full = spec["maxEpisodeSteps"], None if registered is None else registered.max_episode_steps
    return full if declared is not None and full is not None and declared < full else None


def _check_simulator(spec: EnvironmentSpecJson, simulator: str) -> None:
    env = environment_pool.make({**spec, "observe": None})
    try:
        check_simulator(simulator, env.unwrapped)
    except SimulatorError as error:
        raise RequestFailedError("simulator_error", str(error), {"line": error.line}) from error


def _read_versions(env: environment_pool.Env) -> dict[str, str]:
    module = type(env.unwrapped).__module__
    packages = ["gymnasium", "numpy", "policybook"]
    packages += [package for prefix, package in FAMILIES.items() if module.startswith(prefix)]
    versions = {"python": platform.python_version()}
    installed = {package: find_version(package) for package in packages}
    return versions | {package: version for package, version in installed.items() if version is not None}
