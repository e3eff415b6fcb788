"""`environment.describe`: spaces, threshold, step limit and versions of an environment that can be made."""

from __future__ import annotations

import platform
from collections.abc import Sequence

from gymnasium import Space
from gymnasium.envs.registration import EnvSpec

from policybook.doctor.installation import find_version
from policybook.environments.action_masks import USUAL_KEY, get_mask_key
from policybook.environments.documentation import read_action_names, read_documentation
from policybook.environments.environment_check import (
    Subject,
    check_environment,
    find_subject,
    make_simulator_subject,
)
from policybook.environments.gymnasium_notices import collect_notices
from policybook.environments.make import find_registration, find_successor
from policybook.environments.simulators import SimulatorError
from policybook.environments.space_summary import summarise_space
from policybook.environments.user_code import describe_user_code, differs_from_own
from policybook.environments.user_files import FileWatch
from policybook.protocol.messages import (
    EnvironmentDescribeParams,
    EnvironmentDescribeResult,
    EnvironmentFactsJson,
    EnvironmentSpecJson,
    UserCodeJson,
)
from policybook.rollout import environment_pool
from policybook.rollout.action_reader import choose_reader
from policybook.rollout.closing import CLOSE_SECONDS, close_in_time
from policybook.rollout.constructor_faults import CONSTRUCTOR_FAULTS, describe_next_construction
from policybook.rollout.environment_fault import get_environment_name
from policybook.rollout.environment_pool import MadeEnvironment, make_timed
from policybook.rollout.failures import RequestFailedError
from policybook.rollout.lost_episodes import derive_next_seed
from policybook.rollout.repeat_trial import OTHER_SEED, TRIAL_SEED
from policybook.worker.declared_masks import USUAL_MASK_NOTE, has_usual_mask, require_mask
from policybook.worker.job import Job
from policybook.worker.repeatability import is_stock, try_to_repeat
from policybook.worker.second_process import SecondProcess
from policybook.worker.trusted_environment import TimedEnvironment

# The packages whose versions change what an environment does, by the module of its class.
FAMILIES = {
    "gymnasium.envs.box2d": "box2d",
    "gymnasium.envs.mujoco": "mujoco",
    "ale_py": "ale-py",
    "minigrid": "minigrid",
}


CHECKED_SEEDS = 3
"""A simulator that raises in the check's play of so many seeds does so always."""


OUT_OF_DATE = "is out of date"
"""By these words Gymnasium says that there is a later version."""

LATE_ENDS = 2
"""A simulator that ends its process, or hangs, so often behind its first step is taken to do so always."""


def run(params: EnvironmentDescribeParams, job: Job) -> EnvironmentDescribeResult:
    """Returns the facts; this process must have made no environment before.

    Raises unknown_environment, missing_extra, simulator_error or environment_error.
    """
    watch = FileWatch()
    try:
        return _describe(_settle_registration(params), watch, job, may_fail="mayFail" in params)
    finally:
        watch.stop()


def _settle_registration(params: EnvironmentDescribeParams) -> EnvironmentSpecJson:
    """Returns the specification without a registration that this Python has by itself.

    Raises environment_error where the notebook's Python has one that cannot be repeated here.
    """
    spec, problem = params["environment"], params.get("problem")
    if differs_from_own(spec, problem):
        if problem is not None:
            raise RequestFailedError("environment_error", problem, {"key": "id"})
        return spec
    settled: EnvironmentSpecJson = {**spec}
    if "userCode" in spec:
        code: UserCodeJson = {**spec["userCode"]}
        code.pop("registration", None)
        settled["userCode"] = code
    return settled


def _list_seeds(job: Job) -> list[int]:
    """Returns the seeds of the episodes to be played, without those that have ended this job's processes."""
    seeds = [0]
    while len(seeds) < CHECKED_SEEDS + len(job.trusted.ended_processes):
        seeds.append(derive_next_seed(seeds[-1]))
    return [seed for seed in seeds if seed not in job.trusted.ended_processes]


def _explain_notices(spec: EnvironmentSpecJson, notices: Sequence[str]) -> list[str]:
    """Returns what Gymnasium has said as notes; that an id is old is said with its successor."""
    name = spec["id"]
    successor = None if name is None else find_successor(name)
    if successor is None:
        return [f"Gymnasium: {notice}" for notice in notices]
    others = [f"Gymnasium: {notice}" for notice in notices if OUT_OF_DATE not in notice]
    return [f"{name} is an old version: its successor is {successor}.", *others]


def _list_deaths(job: Job) -> list[str]:
    """Returns a note for each process that the environment has ended in this check."""
    return [
        f"{fault.sentence}; an episode that ends so is lost" for fault in job.trusted.ended_processes.values()
    ]


def _describe(
    spec: EnvironmentSpecJson, watch: FileWatch, job: Job, *, may_fail: bool
) -> EnvironmentDescribeResult:
    seeds = _list_seeds(job)
    failing = _find_late_end(spec, job) if may_fail else None
    second = SecondProcess(spec, is_stock=is_stock(spec))
    try:
        with collect_notices() as notices:
            notes, made = _make_checked(spec, seeds, is_failing=failing is not None)
            pool = environment_pool.EnvironmentPool(spec, made)
        notes = [
            *([] if failing else _list_deaths(job)),
            *notes,
            *_explain_notices(spec, notices),
        ]
    except _LateFailureError as late:
        if not may_fail:
            second.close()
            raise late.failure from late
        notes, failing = [], str(late)
        pool = environment_pool.EnvironmentPool(spec)
    except BaseException:
        second.close()
        raise
    try:
        require_mask(spec, TimedEnvironment(pool.idle[0].env), seeds[0])
        if failing or job.trusted.ended_processes.keys() & {TRIAL_SEED, OTHER_SEED}:
            second.close()
            difference = None
        else:
            difference, unrepeated = try_to_repeat(spec, pool, second)
            notes = [*notes, *unrepeated]
        instance = pool.take()
        pool.idle.append(instance)
        env = instance.env
        registered = find_registration(spec)
        code = describe_user_code(spec, env, watch)
        facts: EnvironmentFactsJson = {
            "observationSpace": summarise_space(env.observation_space),
            "actionSpace": summarise_space(choose_reader(env.action_space).space),
            "rewardThreshold": None if registered is None else registered.reward_threshold,
            "maxEpisodeSteps": environment_pool.find_step_limit(env),
            "fullEpisodeSteps": _find_full_steps(spec, registered),
            "versions": {**_read_versions(env), **code.packages},
        }
        if has_usual_mask(spec, TimedEnvironment(env), seeds[0]):
            facts["infoMask"] = USUAL_KEY
            if USUAL_KEY not in (spec.get("info") or ()):
                notes = [*notes, USUAL_MASK_NOTE]
        failed = CONSTRUCTOR_FAULTS.take()
        if failed:
            notes = [*notes, describe_next_construction(failed[-1])]
        if notes:
            facts["notes"] = notes
        if code.files:
            facts["files"] = code.files
        if difference is not None:
            facts["unrepeatable"] = difference
        documentation = read_documentation(env, is_simulator=spec["simulator"] is not None)
        if documentation is not None:
            facts["documentation"] = documentation
        names = read_action_names(env)
        if names is not None:
            facts["actionNames"] = names
        result: EnvironmentDescribeResult = {"facts": facts, "watched": code.watched}
        if failing:
            result["failing"] = failing
        if code.user_code is not None:
            result["userCode"] = code.user_code
        return result
    finally:
        second.close()
        pool.close()


class _LateFailureError(Exception):
    """A simulator has failed in all episodes, but in none of them in its first step; the message says so."""

    def __init__(self, spec: EnvironmentSpecJson, failure: RequestFailedError, step: int) -> None:
        super().__init__(_explain_late(spec, failure.message, step))
        self.failure = failure


def _find_late_end(spec: EnvironmentSpecJson, job: Job) -> str | None:
    """Says how a simulator has hung in or ended earlier processes of this job behind its first step."""
    if len(job.trusted.ended_processes) < LATE_ENDS:
        return None
    steps = {fault.step: fault.sentence for fault in job.trusted.ended_processes.values() if fault.step}
    return _explain_late(spec, steps[min(steps)], min(steps)) if steps else None


def _explain_late(spec: EnvironmentSpecJson, what: str, step: int) -> str:
    return (
        f"{what}. Longer episodes end so, and a run of them would end with that. An %%environment cell with "
        f"`id: {get_environment_name(spec)}` and `max_episode_steps: {step}` plays it up to there."
    )


def _find_full_steps(spec: EnvironmentSpecJson, registered: EnvSpec | None) -> int | None:
    """Returns the registered step limit where the declaration cuts episodes shorter, else None."""
    declared, full = spec["maxEpisodeSteps"], None if registered is None else registered.max_episode_steps
    return full if declared is not None and full is not None and declared < full else None


def _make_checked(
    spec: EnvironmentSpecJson, seeds: list[int], *, is_failing: bool
) -> tuple[list[str], MadeEnvironment | None]:
    """Returns what the check says, and an environment where one is at hand.

    Gymnasium's own environments are not checked, nor one of which it is known that it fails.
    """
    if spec["simulator"] is not None:
        subject = make_simulator_subject(spec["simulator"]["name"])
        return ([], None) if is_failing else _check(spec, subject, seeds)
    made = make_timed(spec)
    own = find_subject(str(spec["id"]), made.env)
    if own is None:
        return [], made
    notes, checked = _check(spec, own, seeds, made if made.is_slow else None)
    return notes, checked or made


def _check(
    spec: EnvironmentSpecJson, subject: Subject, seeds: list[int], made: MadeEnvironment | None = None
) -> tuple[list[str], MadeEnvironment | None]:
    """Returns what people should know; raises RequestFailedError for what would break a run.

    That is a _LateFailureError where a simulator has failed behind its first step only. `made` is an
    environment that is checked first. One that takes long to make is not closed, and comes back.
    """
    failures: list[SimulatorError] = []
    steps: list[int] = []
    for seed in seeds:
        current, made = made or make_timed(spec), None
        env = TimedEnvironment(current.env)
        _require_actions(env)
        try:
            notes = check_environment(
                subject,
                env,
                get_mask_key(spec),
                is_mask_declared="mask" in spec,
                is_mask_given="mask" in spec or get_mask_key(spec) in (spec.get("info") or ()),
                seed=seed,
            )
        except SimulatorError as error:
            failures.append(error)
            steps.append(env.steps)
            # What is wrong with an answer is wrong in every episode; an exception may be a rare one.
            if error.__cause__ is None:
                env.close()
                break
        else:
            rare = [f"{failure}: an episode in which it raises is lost" for failure in failures]
            if current.is_slow:
                return [*rare, *notes], current
            if not close_in_time(env.env):
                rare.append(
                    f"{subject.name}: close() had not ended after {CLOSE_SECONDS:g} s and was given up; "
                    "nothing waits for it again"
                )
            return [*rare, *notes], None
        env.close()
    first = failures[0]
    if spec["simulator"] is None:
        raise RequestFailedError("environment_error", str(first), {"key": "id"}) from first
    failure = RequestFailedError("simulator_error", str(first), {"line": first.line})
    if first.__cause__ is not None and min(steps) > 0:
        raise _LateFailureError(spec, failure, min(steps)) from first
    raise failure from first


def _require_actions(env: TimedEnvironment) -> None:
    """Raises environment_error for a space that policies cannot act in, before anything is drawn from it."""
    space = getattr(env, "action_space", None)
    if not isinstance(space, Space):
        return
    try:
        choose_reader(space)
    except RequestFailedError:
        env.close()
        raise


def _read_versions(env: environment_pool.Env) -> dict[str, str]:
    module = type(env.unwrapped).__module__
    packages = ["gymnasium", "numpy", "policybook"]
    packages += [package for prefix, package in FAMILIES.items() if module.startswith(prefix)]
    versions = {"python": platform.python_version()}
    installed = {package: find_version(package) for package in packages}
    return versions | {package: version for package, version in installed.items() if version is not None}
