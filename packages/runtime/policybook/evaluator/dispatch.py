"""Where methods run: evaluations by the pool of workers, all others as jobs in processes of their own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import cast

from policybook.pool.scheduler import WATCH_SECONDS, Scheduler
from policybook.pool.user_code_files import UserCodeFiles, find_code_hash
from policybook.pool.worker_fork_server import WorkerForkServer, explain_start_failure
from policybook.pool.worker_process import DeathCause, WorkerDiedError, WorkerProcess
from policybook.protocol.messages import (
    EnvironmentDescribeParams,
    EnvironmentDescribeResult,
    EvaluateParams,
    EvaluateResult,
    EvaluatorProgress,
    Json,
)
from policybook.rollout.blocks import Block, EpisodeSpec, Limits, read_width
from policybook.rollout.consent import read_highest_level, read_least_level
from policybook.rollout.constructor_faults import MAX_CONSTRUCTIONS, describe_next_construction
from policybook.rollout.cores import count_workers
from policybook.rollout.environment_clocks import read_hung_seconds
from policybook.rollout.environment_fault import MAX_FAULTS_IN_A_ROW, MAX_HANGS_IN_A_ROW, EnvironmentFault
from policybook.rollout.evaluation import Progress, TextResult
from policybook.rollout.failures import RequestFailedError
from policybook.rollout.fork_server import ForkServerLostError
from policybook.rollout.policy_clock import measure_cpu
from policybook.worker.job import PoolCall, PoolParams
from policybook.worker.methods import HEAVY_METHODS, METHODS

MAX_IDLE_JOBS = 3
"""Processes that are kept after their jobs, with what they have imported; as many for each heavy method.

An author's prompt runs so many jobs side by side, at each new best policy: two episodes are replayed, and the
parts of the text are left out in turn. One that is not kept would start again each time, which takes 0.15 s.
"""
RECORDED_BYTES = 64_000_000
"""Bytes of observations in the trajectories of one request, at most."""
MAX_JOBS = 8
"""Jobs that run at the same time."""
MAX_STARTS = 3
"""Attempts to start a process, between which the process that forks them may end."""
DESCRIPTION = "environment.describe"

MAX_OTHER_DEATHS = 2
"""A job fails whose processes end so often outside of an environment."""
PLAYED_LATER = frozenset({"search.propose"})
"""Methods whose answers are played in their environment at once."""
UNREPEATED_METHODS = frozenset({"trace", "policy.time"})
"""Methods that are about an episode of one seed, so that no other can take its place."""

MethodParams = Mapping[str, Json]
"""A method's parameters, which the kernel has made by the method's schema."""


class Dispatch:
    """Runs methods: it has the pool for blocks, and processes for jobs, which it keeps warm."""

    def __init__(self) -> None:
        """Starts the process that forks workers; raises RequestFailedError where a setting is wrong."""
        _check_settings()
        self.fork_server = WorkerForkServer()
        self.code_files = UserCodeFiles()
        self.scheduler = Scheduler(self.fork_server, code_files=self.code_files)
        self.idle: list[WorkerProcess] = []
        self.busy: set[WorkerProcess] = set()
        self.job_permits = asyncio.Semaphore(MAX_JOBS)

    async def run(self, method: str, params: MethodParams, progress: Progress) -> Json:
        """Returns a method's result; the protocol says what it and `params` are."""
        await self.fork_server.wait_until_ready()
        if method == "evaluate":
            # To mypy a TypedDict is no mapping of JSON, whatever its fields are.
            result = await self._evaluate(cast("EvaluateParams", params), progress)
            return cast("Json", result)
        if method not in METHODS:
            raise RequestFailedError("unknown_method", f"The evaluator has no method {method}.")
        async with self.job_permits:
            return await self._run_with_retry(method, params, progress)

    def close(self) -> None:
        """Ends every process."""
        self.scheduler.close()
        for process in [*self.idle, *self.busy]:
            process.kill()
        self.fork_server.close()

    async def _evaluate(self, params: EvaluateParams, progress: Progress) -> EvaluateResult:
        block = replace(_make_grid(params, [params["source"]], params["seeds"]), is_followed=True)
        (evaluated,) = await self.scheduler.evaluate(block, progress)
        result: EvaluateResult = {
            "episodes": [episode.to_json() for episode in evaluated.episodes],
            "failure": None if evaluated.failure is None else evaluated.failure.to_json(),
            "cpuSeconds": evaluated.cpu_seconds,
            "level": evaluated.level,
        }
        if evaluated.lost is not None:
            result["lost"], result["fault"] = evaluated.lost
        if evaluated.slowest_ms is not None:
            result["slowestStepMs"] = evaluated.slowest_ms
        return result

    async def _run_with_retry(self, method: str, params: MethodParams, progress: Progress) -> Json:
        """Runs a job, again where its process dies: its result follows from its parameters and those deaths.

        Where the environment has ended the process in an episode, or hangs in one, that episode counts as
        lost, and the next process leaves it out. Any other death is no fault of the job's, once.
        """
        ended: dict[int, EnvironmentFault] = {}
        others = 0
        unmade: list[EnvironmentFault] = []
        code = _find_code(params)
        process = self._take_idle_process(method, code)
        while True:
            # Not again in one that stood ready: what ended the first may be about to end that one, too.
            process = process or await self._start_process(code)
            try:
                result = await self._run_job(process, method, params, progress, ended)
                return _count_unmade(result, unmade)
            except WorkerDiedError as death:
                process, fault = None, death.fault
                if fault is None or death.is_ended_from_outside:
                    others += 1
                    if others < MAX_OTHER_DEATHS:
                        continue
                    raise
                if fault.seed is None and not fault.is_hang and len(unmade) < MAX_CONSTRUCTIONS - 1:
                    unmade.append(fault)
                    continue
                if fault.seed is None or fault.seed in ended or method in UNREPEATED_METHODS:
                    raise fault.make_failure() from None
                ended[fault.seed] = fault
                if len(ended) >= (MAX_HANGS_IN_A_ROW if fault.is_hang else MAX_FAULTS_IN_A_ROW):
                    raise fault.make_failure_in_a_row(len(ended)) from None

    async def _run_job(
        self,
        process: WorkerProcess,
        method: str,
        params: MethodParams,
        progress: Progress,
        ended: Mapping[int, EnvironmentFault],
    ) -> Json:
        self.busy.add(process)
        process.take(_find_code(params))
        played = PlayedCpu()
        watch = asyncio.get_running_loop().create_task(
            _watch(process, progress, played, partial(self._prepare_pool, method, params))
        )
        try:
            serve = partial(self._serve, played)
            result: Json = await process.run(method, params, progress, serve, ended)
            if method == DESCRIPTION:
                described = cast("EnvironmentDescribeResult", result)
                self.code_files.keep(described)
                process.take(described.get("userCode", {}).get("hash"))
            return result
        except asyncio.CancelledError:
            process.kill()
            raise
        finally:
            watch.cancel()
            self.busy.discard(process)
            idle = self._find_idle(method)
            if process.is_alive:
                # The newest holds the code and the imports that are likely to be needed next.
                self.idle.append(process)
            for each in idle[: max(0, len(idle) + process.is_alive - MAX_IDLE_JOBS)]:
                self.idle.remove(each)
                each.kill()

    async def _start_process(self, code: str | None) -> WorkerProcess:
        """Starts a process for the user's code; raises RequestFailedError where that cannot be done."""
        self.code_files.check(code)
        for attempt in range(1, MAX_STARTS + 1):
            await self.fork_server.wait_until_ready()
            try:
                return WorkerProcess(self.fork_server)
            except OSError as error:
                raise explain_start_failure(error) from error
            except ForkServerLostError as error:
                # It has ended meanwhile, and another takes its place.
                if attempt == MAX_STARTS:
                    raise explain_start_failure(error) from error
        raise AssertionError("the last attempt has returned or raised")

    def _take_idle_process(self, method: str, code: str | None) -> WorkerProcess | None:
        """Returns an idle process for the user's code, if possible one that holds the method's imports.

        An environment is described in a new process: what the others have imported may be old.
        """
        idle = [process for process in self._find_idle(method) if process.can_take(code)]
        if not idle or method == DESCRIPTION:
            return None
        process = max(idle, key=lambda each: (method in each.tasks, each.code == code))
        self.idle.remove(process)
        return process

    def _find_idle(self, method: str) -> list[WorkerProcess]:
        """Returns the idle processes for a method: those that run heavy methods run nothing else."""
        self.idle = [process for process in self.idle if process.is_alive]
        if method in HEAVY_METHODS:
            return [process for process in self.idle if method in process.tasks]
        return [process for process in self.idle if not process.tasks & HEAVY_METHODS]

    def _prepare_pool(self, method: str, params: MethodParams) -> None:
        """Has the pool make the environment in which a job's answers are to be played, too."""
        if method in PLAYED_LATER:
            self.scheduler.prepare(cast("PoolParams", params)["environment"])

    async def _serve(self, played: PlayedCpu, call: PoolCall) -> list[TextResult]:
        """Plays policies for a job, over the whole pool: each of its sources on all seeds or on one."""
        play = partial(self._play_for_job, played)
        params: PoolParams = {"environment": call.environment, "limits": call.limits}
        sources, seeds = call.sources, call.seeds
        if call.name == "variants":
            block = replace(_make_grid(params, sources, seeds), family=call.family)
            return await play(block)
        if call.name == "pairs":
            specs = [EpisodeSpec(number, number, seed) for number, seed in enumerate(seeds)]
            return await play(_make_block(params, sources, specs))
        room = RECORDED_BYTES // (len(sources) * len(seeds)) if call.name == "play" else 0
        blocks = [_make_grid(params, [source], seeds, record=room) for source in sources]
        found = await asyncio.gather(*map(play, blocks))
        return [evaluated for (evaluated,) in found]

    async def _play_for_job(self, played: PlayedCpu, block: Block) -> list[TextResult]:
        number = played.open()
        results = await self.scheduler.evaluate(
            block, lambda progress: played.note(number, progress.get("cpuSeconds", 0.0))
        )
        played.note(number, sum(each.cpu_seconds for each in results))
        return results


class PlayedCpu:
    """The CPU seconds of what the pool plays for one job, as far as they are known."""

    def __init__(self) -> None:
        self._seconds: list[float] = []

    @property
    def seconds(self) -> float:
        """The CPU seconds of all that was played so far."""
        return sum(self._seconds)

    def open(self) -> int:
        """Returns the number of one more evaluation."""
        self._seconds.append(0.0)
        return len(self._seconds) - 1

    def note(self, number: int, seconds: float) -> None:
        """Notes what an evaluation has taken so far, which never shrinks."""
        self._seconds[number] = max(self._seconds[number], seconds)


def _check_settings() -> None:
    """Raises RequestFailedError where a variable of the environment holds nothing of use.

    A worker reads some of them as it starts, when it could not say what is wrong.
    """
    for read in (read_highest_level, read_hung_seconds, read_least_level, read_width, count_workers):
        read()


def _make_grid(params: PoolParams, sources: Sequence[str], seeds: Sequence[int], *, record: int = 0) -> Block:
    """Returns a block of every text on every seed, the first text's episodes first."""
    pairs = [(text, seed) for text in range(len(sources)) for seed in seeds]
    specs = [EpisodeSpec(index, text, seed) for index, (text, seed) in enumerate(pairs)]
    return _make_block(params, sources, specs, record=record)


def _make_block(
    params: PoolParams, sources: Sequence[str], specs: Sequence[EpisodeSpec], *, record: int = 0
) -> Block:
    limits = Limits.from_json(params["limits"])
    return Block(params["environment"], dict(enumerate(sources)), limits, tuple(specs), record)


def _find_code(params: MethodParams) -> str | None:
    return find_code_hash(cast("EnvironmentDescribeParams", params).get("environment"))


def _count_unmade(result: Json, unmade: Sequence[EnvironmentFault]) -> Json:
    """Returns a job's result in which the processes that a constructor has ended are counted or noted."""
    if not unmade or not isinstance(result, dict):
        return result
    usage, facts = result.get("usage"), result.get("facts")
    if isinstance(usage, dict):
        lost = usage.get("lost", 0)
        number = len(unmade) + (lost if isinstance(lost, int) else 0)
        return {**result, "usage": {**usage, "lost": number, "fault": unmade[-1].cause}}
    if isinstance(facts, dict):
        notes = facts.get("notes", [])
        said = describe_next_construction(unmade[-1])
        return {**result, "facts": {**facts, "notes": [said, *(notes if isinstance(notes, list) else [])]}}
    return result


async def _watch(
    process: WorkerProcess, progress: Progress, played: PlayedCpu, on_slow_making: Callable[[], None]
) -> None:
    """Reports a job's CPU time and where its environment is for long; ends it where that is too long.

    Calls `on_slow_making` once where the job's environment takes long to make, while that is under way.
    """
    before = measure_cpu(process.fork.pid)
    pause = min(WATCH_SECONDS, read_hung_seconds() / 4)
    is_slow = False
    while True:
        await asyncio.sleep(pause)
        if process.find_overdue():
            process.kill(DeathCause.HUNG)
            return
        reported: EvaluatorProgress = {"cpuSeconds": measure_cpu(process.fork.pid) - before + played.seconds}
        if process.is_long_in_the_making and not is_slow:
            is_slow = True
            on_slow_making()
        stay = process.describe_stay()
        if stay is not None:
            reported["place"] = stay
        progress(reported)
