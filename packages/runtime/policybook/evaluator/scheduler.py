"""Shares the pool of workers between evaluations, block by block, in turns."""

from __future__ import annotations

import asyncio
import math
import os
from collections import deque

from policybook.evaluator.blocks import Block
from policybook.evaluator.evaluation import Evaluated, Evaluation, Part
from policybook.evaluator.failures import RequestFailedError
from policybook.evaluator.processes import Progress, TaskCancelledError, WorkerDiedError, WorkerProcess

BLOCK_SECONDS = 0.4
"""What a block should take: long enough to cost nothing, short enough to share and to balance."""

FIRST_BLOCK = 32
"""At most so many seeds go to a policy whose speed is not known."""

LONGEST_BLOCK = 512
HUNG_SECONDS = 30.0
"""A worker that was silent for so long stands inside an environment that does not return."""


class Scheduler:
    """Workers, one a core, started when first needed; evaluations take turns with them."""

    def __init__(self, count: int | None = None) -> None:
        cores = _cores()
        self.count = count or int(os.environ.get("POLICYBOOK_WORKERS") or len(cores))
        self.hung = float(os.environ.get("POLICYBOOK_HUNG_SECONDS") or HUNG_SECONDS)
        # Two evaluators on one machine start at different cores; more workers than cores are not pinned.
        first = os.getpid()
        self.cores = [cores[(first + i) % len(cores)] for i in range(len(cores))]
        self.workers: list[WorkerProcess] = []
        self.turns: deque[Evaluation] = deque()
        self.playing: dict[Part, tuple[WorkerProcess, asyncio.Task[None]]] = {}
        self.seconds_an_episode: dict[str, float] = {}
        self.watch: asyncio.Task[None] | None = None

    async def evaluate(self, whole: Block, progress: Progress) -> Evaluated:
        """Plays the seeds over the whole pool; RequestFailedError where the environment is at fault."""
        if not whole.seeds:
            return Evaluated((), None, 0.0, 0, ())
        evaluation = Evaluation(whole, progress)
        self.turns.append(evaluation)
        self._hand_out()
        try:
            return await evaluation.result
        finally:
            self.turns = deque(each for each in self.turns if each is not evaluation)
            self._give_up(evaluation.parts)

    def close(self) -> None:
        """Ends all workers."""
        if self.watch is not None:
            self.watch.cancel()
        for worker in self.workers:
            worker.kill()
        self.workers.clear()

    def _hand_out(self) -> None:
        while any(evaluation.open for evaluation in self.turns):
            worker = self._free_worker()
            if worker is None:
                return
            evaluation = self.turns[0]
            self.turns.rotate(-1)
            if not evaluation.open:
                continue
            part = evaluation.take(self._block_size(evaluation))
            task = asyncio.get_running_loop().create_task(self._play(worker, evaluation, part))
            self.playing[part] = (worker, task)

    def _free_worker(self) -> WorkerProcess | None:
        self.workers = [worker for worker in self.workers if worker.alive]
        taken = {id(worker) for worker, _ in self.playing.values()}
        for worker in self.workers:
            if id(worker) not in taken:
                return worker
        if len(self.workers) >= self.count:
            return None
        if self.watch is None:
            self.watch = asyncio.get_running_loop().create_task(self._watch())
        pinned = {worker.core for worker in self.workers}
        free = [core for core in self.cores if core not in pinned]
        worker = WorkerProcess(free[0] if free and self.count <= len(self.cores) else -1)
        self.workers.append(worker)
        return worker

    def _block_size(self, evaluation: Evaluation) -> int:
        """Seeds for a block, from how long this policy's episodes took, or else other policies' there."""
        known = evaluation.seconds_an_episode or self.seconds_an_episode.get(evaluation.environment_key)
        most = FIRST_BLOCK if evaluation.seconds_an_episode is None else LONGEST_BLOCK
        fair = math.ceil(evaluation.waiting / self.count)
        size = most if known is None else math.ceil(BLOCK_SECONDS / max(known, 1e-6))
        return max(1, min(size, most, fair))

    async def _play(self, worker: WorkerProcess, evaluation: Evaluation, part: Part) -> None:
        began = asyncio.get_running_loop().time()
        try:
            outcome = await worker.run("block", part.block, lambda value: evaluation.report(part, value))
        except TaskCancelledError:
            pass
        except WorkerDiedError:
            self._retry(evaluation, part)
        except RequestFailedError as failure:
            if not evaluation.result.done():
                evaluation.result.set_exception(failure)
        else:
            if len(outcome.episodes):
                seconds = (asyncio.get_running_loop().time() - began) / len(outcome.episodes)
                evaluation.seconds_an_episode = seconds
                before = self.seconds_an_episode.get(evaluation.environment_key, seconds)
                self.seconds_an_episode[evaluation.environment_key] = (before + seconds) / 2
            if not evaluation.result.done():
                self._give_up(evaluation.finish(part, outcome))
        finally:
            self.playing.pop(part, None)
            self._hand_out()

    def _retry(self, evaluation: Evaluation, part: Part) -> None:
        """Environments are C++ and do crash: a block gets a second worker, then its request fails."""
        if evaluation.result.done():
            return
        if part.attempt == 1:
            part.attempt = 2
            evaluation.again.append(part)
            return
        seeds = part.block.seeds
        span = f"seeds {seeds[0]} to {seeds[-1]}"
        message = f"The environment crashed or hung its process twice while playing {span}."
        evaluation.result.set_exception(RequestFailedError("worker_died", message))

    def _give_up(self, parts: list[Part]) -> None:
        for part in parts:
            if part in self.playing and part.outcome is None:
                self.playing[part][0].cancel()

    async def _watch(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(min(1.0, self.hung / 4))
            for worker, _ in list(self.playing.values()):
                if loop.time() - worker.heard > self.hung:
                    worker.kill()


def _cores() -> list[int]:
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))
