"""Where methods run: evaluations by the pool of workers, all others as jobs in processes of their own."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import cast

from policybook.pool.scheduler import Scheduler
from policybook.pool.worker_process import WorkerDiedError, WorkerProcess, start_fork_server
from policybook.protocol.messages import (
    EnvironmentDescribeParams,
    EvaluateParams,
    EvaluateResult,
    EvaluatorProgress,
    Json,
)
from policybook.rollout.blocks import Block, EpisodeSpec, Limits
from policybook.rollout.evaluation import Progress, TextResult
from policybook.rollout.failures import RequestFailedError
from policybook.rollout.fork_server import STARTING_SECONDS, ForkServerLostError
from policybook.worker.job import PoolCall, PoolParams
from policybook.worker.methods import HEAVY_METHODS, METHODS

MAX_IDLE_JOBS = 2
"""Processes that are kept after their jobs, with what they have imported; as many for each heavy method."""
RECORDED_BYTES = 64_000_000
"""Bytes of observations in the trajectories of one request, at most."""
MAX_JOBS = 8
"""Jobs that run at the same time."""
DESCRIBE_SECONDS = 30
"""How long an environment may take to be made and described."""

MethodParams = Mapping[str, Json]
"""A method's parameters, which the kernel has made by the method's schema."""


class Dispatch:
    """Runs methods: it has the pool for blocks, and processes for jobs, which it keeps warm."""

    def __init__(self) -> None:
        self.server = start_fork_server()
        self.scheduler = Scheduler(self.server)
        self.idle: list[WorkerProcess] = []
        self.busy: set[WorkerProcess] = set()
        self.places = asyncio.Semaphore(MAX_JOBS)
        self.starting: asyncio.Task[None] | None = None

    async def run(self, method: str, params: MethodParams, progress: Progress) -> Json:
        """Returns a method's result; the protocol says what it and `params` are."""
        await self._await_fork_server()
        if method == "evaluate":
            # To mypy a TypedDict is no mapping of JSON, whatever its fields are.
            result = await self._evaluate(cast("EvaluateParams", params), progress)
            return cast("Json", result)
        if method not in METHODS:
            raise RequestFailedError("unknown_method", f"The evaluator has no method {method}.")
        async with self.places:
            return await self._run_with_retry(method, params, progress)

    def close(self) -> None:
        """Ends every process."""
        self.scheduler.close()
        for process in [*self.idle, *self.busy]:
            process.kill()
        if self.starting is not None:
            self.starting.cancel()
        self.server.close()

    async def _await_fork_server(self) -> None:
        """Waits until workers can be forked at once, so that no fork keeps the event loop waiting."""
        if self.server.greeting is not None:
            return
        if self.starting is None or self.starting.done():
            self.starting = asyncio.get_running_loop().create_task(self._read_greeting())
        try:
            await asyncio.shield(self.starting)
        except (ForkServerLostError, TimeoutError) as error:
            reason = error if str(error) else f"none was there after {STARTING_SECONDS} s"
            text = f"No worker process could be started: {reason}."
            raise RequestFailedError("internal", text) from error

    async def _read_greeting(self) -> None:
        loop = asyncio.get_running_loop()
        if self.server.process.poll() is not None:
            self.server.restart()
        control = self.server.control
        has_come = asyncio.Event()
        loop.add_reader(control, has_come.set)
        try:
            async with asyncio.timeout(STARTING_SECONDS):
                await has_come.wait()
        finally:
            loop.remove_reader(control)
        self.server.read_greeting()

    async def _evaluate(self, params: EvaluateParams, progress: Progress) -> EvaluateResult:
        block = replace(_make_grid(params, [params["source"]], params["seeds"]), has_trajectory_hashes=True)
        (evaluated,) = await self.scheduler.evaluate(block, progress)
        result: EvaluateResult = {
            "episodes": [episode.to_json() for episode in evaluated.episodes],
            "failure": None if evaluated.failure is None else evaluated.failure.to_json(),
            "cpuSeconds": evaluated.cpu_seconds,
            "level": evaluated.level,
        }
        if evaluated.slowest_ms is not None:
            result["slowestStepMs"] = evaluated.slowest_ms
        return result

    async def _run_with_retry(self, method: str, params: MethodParams, progress: Progress) -> Json:
        """Runs a job, a second time where its process dies: its result follows from its parameters alone."""
        try:
            return await self._run_job(self._take_process(method), method, params, progress)
        except WorkerDiedError:
            pass
        try:
            # Not in one that stood ready: what ended the first process may be about to end that one as well.
            return await self._run_job(WorkerProcess(self.server), method, params, progress)
        except WorkerDiedError:
            if not method.startswith("environment."):
                raise
            raise _blame_environment(params, "ended the process that it was made in") from None

    async def _run_job(
        self, process: WorkerProcess, method: str, params: MethodParams, progress: Progress
    ) -> Json:
        self.busy.add(process)
        seconds = DESCRIBE_SECONDS if method.startswith("environment.") else None
        try:
            async with asyncio.timeout(seconds):
                result: Json = await process.run(method, params, progress, self._serve)
                return result
        except TimeoutError:
            process.kill()
            raise _blame_environment(params, f"did not answer within {seconds} s") from None
        except asyncio.CancelledError:
            process.kill()
            raise
        finally:
            self.busy.discard(process)
            idle = self._find_idle(method)
            if process.alive and len(idle) < MAX_IDLE_JOBS:
                self.idle.append(process)
            else:
                process.kill()

    def _take_process(self, method: str) -> WorkerProcess:
        """Returns an idle process, if possible one that has run the method and holds its imports."""
        idle = self._find_idle(method)
        if not idle:
            return WorkerProcess(self.server)
        process = max(idle, key=lambda each: method in each.tasks)
        self.idle.remove(process)
        return process

    def _find_idle(self, method: str) -> list[WorkerProcess]:
        """Returns the idle processes for a method: those that run heavy methods run nothing else."""
        self.idle = [process for process in self.idle if process.alive]
        if method in HEAVY_METHODS:
            return [process for process in self.idle if method in process.tasks]
        return [process for process in self.idle if not process.tasks & HEAVY_METHODS]

    async def _serve(self, call: PoolCall) -> list[TextResult]:
        """Plays policies for a job, over the whole pool: each of its sources on all seeds or on one."""
        place: PoolParams = {"environment": call.environment, "limits": call.limits}
        sources, seeds = call.sources, call.seeds
        if call.name == "variants":
            block = replace(_make_grid(place, sources, seeds), family=call.family)
            return await self.scheduler.evaluate(block, _ignore)
        if call.name == "pairs":
            specs = [EpisodeSpec(number, number, seed) for number, seed in enumerate(seeds)]
            return await self.scheduler.evaluate(_make_block(place, sources, specs), _ignore)
        room = RECORDED_BYTES // (len(sources) * len(seeds)) if call.name == "play" else 0
        blocks = [_make_grid(place, [source], seeds, record=room) for source in sources]
        found = await asyncio.gather(*(self.scheduler.evaluate(block, _ignore) for block in blocks))
        return [evaluated for (evaluated,) in found]


def _make_grid(where: PoolParams, sources: Sequence[str], seeds: Sequence[int], *, record: int = 0) -> Block:
    """Returns a block of every text on every seed, the first text's episodes first."""
    pairs = [(text, seed) for text in range(len(sources)) for seed in seeds]
    specs = [EpisodeSpec(index, text, seed) for index, (text, seed) in enumerate(pairs)]
    return _make_block(where, sources, specs, record=record)


def _make_block(
    where: PoolParams, sources: Sequence[str], specs: Sequence[EpisodeSpec], *, record: int = 0
) -> Block:
    limits = Limits.from_json(where["limits"])
    return Block(where["environment"], dict(enumerate(sources)), limits, tuple(specs), record)


def _blame_environment(params: MethodParams, what: str) -> RequestFailedError:
    environment = cast("EnvironmentDescribeParams", params).get("environment")
    simulator = None if environment is None else environment["simulator"]
    if simulator is None:
        name = "an environment" if environment is None else environment["id"]
        return RequestFailedError("environment_error", f"{name} {what}.")
    return RequestFailedError("simulator_error", f"the simulator {simulator['name']} {what}.", {"line": None})


def _ignore(value: EvaluatorProgress) -> None:
    """Drops progress: a job reports its own."""
