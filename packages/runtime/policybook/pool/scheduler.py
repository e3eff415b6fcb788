"""Shares the pool of workers between evaluations, block by block, in turns."""

from __future__ import annotations

import asyncio
import contextlib
import math
import os
from collections import deque

from policybook.pool.user_code_files import UserCodeFiles, find_code_hash
from policybook.pool.worker_fork_server import WorkerForkServer, explain_start_failure
from policybook.pool.worker_process import (
    DeathCause,
    TaskCancelledError,
    WorkerDiedError,
    WorkerProcess,
    WorkerRequest,
)
from policybook.protocol.messages import EnvironmentSpecJson
from policybook.rollout.blocks import WIDTH, Block
from policybook.rollout.constructor_faults import MAX_CONSTRUCTIONS
from policybook.rollout.cores import ANY_CORE, count_workers, list_cores
from policybook.rollout.environment_clocks import read_hung_seconds
from policybook.rollout.environment_fault import MAX_FAULTS_IN_A_ROW, MAX_HANGS_IN_A_ROW
from policybook.rollout.evaluation import Evaluation, EvaluationPart, Progress, TextResult
from policybook.rollout.failures import RequestFailedError
from policybook.rollout.fork_server import ForkServerLostError
from policybook.rollout.pulse import Operation

BLOCK_SECONDS = 0.4
"""How long a block should take: its messages cost little then, and the pool can still be shared."""

MIN_BLOCK_SECONDS = 0.02
"""Smaller blocks would cost more in messages than they balance."""

FIRST_BLOCK_EPISODES = 32
"""A policy whose speed is not known gets at most so many episodes in a block."""

MAX_BLOCK_EPISODES = 512
"""No block has more episodes, however short they are."""

HELD_BLOCKS = 2
"""How many blocks a worker holds: the next is there when the one that it plays has room or has ended."""

HELD_SECONDS = 2.0
"""A worker that no other request waits for holds more blocks, until they fill its batch or take so long.

Blocks of slow episodes hold few, and few episodes side by side make each step slower."""

WATCH_SECONDS = 0.25
"""How often workers are looked at, at least."""

MAX_DEATHS = 2
"""So many deaths of workers that played a part fail its request."""

MAX_LOSSES = 3
"""So many losses of workers, before they began a part or with the process that forks them, fail it."""

LOST_MESSAGE = (
    f"Worker processes ended {MAX_LOSSES} times before they played anything. It may be that memory is short; "
    "%doctor looks for what else is missing."
)
"""Said where no part of an evaluation is to blame."""


class Scheduler:
    """Shares the workers, one a core, between evaluations in turn; starts each when it is first needed."""

    def __init__(
        self,
        fork_server: WorkerForkServer,
        count: int | None = None,
        code_files: UserCodeFiles | None = None,
    ) -> None:
        self.fork_server = fork_server
        self.code_files = code_files or UserCodeFiles()
        cores = list_cores()
        self.count = count or count_workers()
        self.hung_seconds = read_hung_seconds()
        # Two evaluators on one machine start at different cores; more workers than cores are not pinned.
        first = os.getpid()
        self.cores = [cores[(first + i) % len(cores)] for i in range(len(cores))]
        self.workers: list[WorkerProcess] = []
        """Those that were given a part last stand last."""
        self.turns: deque[Evaluation] = deque()
        self.holding: dict[EvaluationPart, tuple[WorkerProcess, WorkerRequest]] = {}
        self.tasks: set[asyncio.Task[None]] = set()
        self.seconds_an_episode: dict[str, float] = {}
        self.watch: asyncio.Task[None] | None = None
        self.resumption: asyncio.Task[None] | None = None
        self.lost_starts = 0
        """How often in a row the process that forks workers was lost when a worker was to be forked."""

    async def evaluate(self, whole: Block, progress: Progress) -> list[TextResult]:
        """Plays a block's episodes by the whole pool; returns the result of each text.

        Raises RequestFailedError where the environment is at fault, or no worker can play.
        """
        if not whole.specs:
            return [TextResult((), None, 0.0) for _ in whole.sources]
        evaluation = Evaluation(whole, progress)
        self.turns.append(evaluation)
        try:
            self._hand_out()
            return await evaluation.result
        finally:
            self.turns = deque(each for each in self.turns if each is not evaluation)
            self._give_up(evaluation.parts)

    def prepare(self, environment: EnvironmentSpecJson) -> None:
        """Has each worker that has nothing to do make an environment, in which policies are to be played.

        What fails is met again by what plays there, which says so.
        """
        code = find_code_hash(environment)
        with contextlib.suppress(ForkServerLostError, OSError, RequestFailedError):
            while (worker := self._find_worker(code)) is not None and not worker.requests:
                worker.take(code)
                worker.prepare(environment).done.add_done_callback(_ignore_outcome)

    def close(self) -> None:
        """Ends all workers."""
        for task in (self.watch, self.resumption):
            if task is not None:
                task.cancel()
        for worker in self.workers:
            worker.kill()
        self.workers.clear()

    def _hand_out(self) -> None:
        """Gives parts to workers that have room, but to none while the process that forks them is awaited."""
        if self.resumption is not None:
            return
        while True:
            try:
                found = self._choose_worker()
            except ForkServerLostError as error:
                self.lost_starts += 1
                if self.lost_starts < MAX_LOSSES:
                    self.resumption = asyncio.get_running_loop().create_task(self._resume())
                else:
                    self.lost_starts = 0
                    self._fail_open_evaluations(explain_start_failure(error))
                return
            except OSError as error:
                self._fail_open_evaluations(explain_start_failure(error))
                return
            if found is None:
                return
            evaluation, worker = found
            # Its next turn comes behind those of the others.
            self.turns.remove(evaluation)
            self.turns.append(evaluation)
            # The others have had more time to start the process that waits there for the next policy.
            self.workers.remove(worker)
            self.workers.append(worker)
            part = evaluation.take(self._choose_block_size(evaluation))
            worker.take(find_code_hash(part.block.environment))
            try:
                request = worker.play(part.block, part.report)
            except RequestFailedError as failure:
                evaluation.result.set_exception(failure)
                continue
            self.holding[part] = worker, request
            task = asyncio.get_running_loop().create_task(self._await_outcome(part, request))
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)

    async def _resume(self) -> None:
        """Hands out again as soon as workers can be forked."""
        try:
            await self.fork_server.wait_until_ready()
        except RequestFailedError as failure:
            self._fail_open_evaluations(failure)
        finally:
            self.resumption = None
        self._hand_out()

    def _fail_open_evaluations(self, failure: RequestFailedError) -> None:
        """Fails the evaluations that wait for a worker: nothing would wake them any more."""
        for evaluation in self.turns:
            if evaluation.is_open:
                evaluation.result.set_exception(failure)

    def _choose_worker(self) -> tuple[Evaluation, WorkerProcess] | None:
        """Returns the next evaluation in turn for which there is a worker, with it; None where there is none.

        Raises OSError where no process can be started.
        """
        for evaluation in [each for each in self.turns if each.is_open]:
            try:
                worker = self._find_worker(find_code_hash(evaluation.whole.environment))
            except RequestFailedError as failure:
                evaluation.result.set_exception(failure)
                continue
            if worker is not None:
                return evaluation, worker
        return None

    def _find_worker(self, code: str | None) -> WorkerProcess | None:
        """Returns the worker for this user's code that holds least, the one given a part longest ago first.

        Another is started before one holds two blocks, where need be in place of an idle one that has other
        code. It returns None where all hold as many as they may. Raises OSError where no process can be
        started, and RequestFailedError where the code is another by now.
        """
        self.workers = [worker for worker in self.workers if worker.is_alive]
        able = [worker for worker in self.workers if worker.can_take(code)]
        least = min(able, key=lambda worker: len(worker.requests), default=None)
        if least is not None and not least.requests:
            return least
        idle = [worker for worker in self.workers if not worker.requests and worker not in able]
        if len(self.workers) < self.count or idle:
            self.code_files.check(code)
            if len(self.workers) >= self.count:
                idle[0].kill()
                self.workers.remove(idle[0])
            return self._start_worker()
        return (
            least
            if least is not None and (len(least.requests) < HELD_BLOCKS or self._can_join(least))
            else None
        )

    def _can_join(self, worker: WorkerProcess) -> bool:
        """Returns whether a worker would play the next block at once, side by side with all that it holds."""
        held = [part for part, (holder, _) in self.holding.items() if holder is worker]
        waiting = [evaluation for evaluation in self.turns if evaluation.is_open]
        episodes = sum(len(part.block.specs) for part in held)
        seconds = self._estimate_seconds(waiting[0])
        if seconds is None or episodes >= WIDTH or episodes * seconds >= HELD_SECONDS:
            return False
        return len(waiting) == 1 and all(part.evaluation is waiting[0] for part in held)

    def _estimate_seconds(self, evaluation: Evaluation) -> float | None:
        """Returns how long this policy's episodes took, or else other policies' there; None where unknown."""
        return evaluation.seconds_an_episode or self.seconds_an_episode.get(evaluation.environment_key)

    def _start_worker(self) -> WorkerProcess:
        if self.watch is None:
            self.watch = asyncio.get_running_loop().create_task(self._watch())
        pinned = {worker.core for worker in self.workers}
        free = [core for core in self.cores if core not in pinned]
        core = free[0] if free and self.count <= len(self.cores) else ANY_CORE
        worker = WorkerProcess(self.fork_server, core)
        self.lost_starts = 0
        self.workers.append(worker)
        return worker

    def _choose_block_size(self, evaluation: Evaluation) -> int:
        """Returns how many episodes a block gets, from how long they take.

        Towards the end blocks get smaller, so that all workers end together.
        """
        known = self._estimate_seconds(evaluation)
        most = FIRST_BLOCK_EPISODES if evaluation.seconds_an_episode is None else MAX_BLOCK_EPISODES
        waiting = sum(len(each.todo) for each in self.turns)
        share = 1 if self.count == 1 else HELD_BLOCKS * self.count
        fair = math.ceil(waiting / share)
        if known is None:
            return min(most, fair)
        least, size = (
            math.ceil(seconds / max(known, 1e-6)) for seconds in (MIN_BLOCK_SECONDS, BLOCK_SECONDS)
        )
        return min(size, most, max(least, fair))

    async def _await_outcome(self, part: EvaluationPart, request: WorkerRequest) -> None:
        """Waits for a part's outcome and takes it."""
        evaluation = part.evaluation
        try:
            outcome = await request.done
        except TaskCancelledError:
            pass
        except WorkerDiedError as death:
            if death.cause is DeathCause.LOST:
                # Others may have ended with the process that forks them, and hold parts or would get one.
                for worker in self.workers:
                    worker.end_if_lost()
            self._retry(part, death)
        except RequestFailedError as failure:
            if not evaluation.result.done():
                evaluation.result.set_exception(failure)
        else:
            if outcome.episodes:
                seconds = outcome.cpu_seconds / len(outcome.episodes)
                evaluation.seconds_an_episode = seconds
                before = self.seconds_an_episode.get(evaluation.environment_key, seconds)
                self.seconds_an_episode[evaluation.environment_key] = (before + seconds) / 2
            if not evaluation.result.done():
                self._give_up(evaluation.finish(part, outcome))
        finally:
            self.holding.pop(part, None)
            self._hand_out()

    def _retry(self, part: EvaluationPart, death: WorkerDiedError) -> None:
        """Has other workers play a part whose worker died.

        Environments are C++ and do crash. Where the worker was in an episode, that one is played alone, and
        the others in halves; an episode that ends its process alone as well, or hangs, is lost. Else the part
        is played once more, with no other, and the request fails where that ends the same way. A death in
        which the part has no part is no reason to fail, but a worker that cannot even begin is not tried for
        ever.
        """
        evaluation, cause, fault = part.evaluation, death.cause, death.fault
        if evaluation.result.done():
            return
        if fault is not None and death.place is not None:
            is_hung = cause is DeathCause.HUNG
            if death.place.operation in {Operation.RESET, Operation.STEP}:
                is_lost = is_hung or (part.is_alone and not death.is_ended_from_outside)
                lost = evaluation.divide(part, death.place, fault if is_lost else None)
                if lost is not None:
                    if lost >= (MAX_HANGS_IN_A_ROW if is_hung else MAX_FAULTS_IN_A_ROW):
                        evaluation.result.set_exception(fault.make_failure_in_a_row(lost))
                    return
            elif is_hung:
                evaluation.result.set_exception(fault.make_failure())
                return
            elif death.place.operation is Operation.MAKE and not death.is_ended_from_outside:
                part.constructions += 1
                if part.constructions < MAX_CONSTRUCTIONS:
                    evaluation.count_lost_before(part, fault)
                    evaluation.play_again_apart(part)
                else:
                    evaluation.result.set_exception(fault.make_failure())
                return
        if cause is DeathCause.LOST:
            part.losses += 1
        elif cause is not DeathCause.GIVEN_UP:
            part.deaths += 1
        # A worker that played other parts as well may have died in one of theirs.
        is_bystander = death.place is not None and death.place.seed is not None and not part.is_alone
        most = MAX_FAULTS_IN_A_ROW if is_bystander else MAX_DEATHS
        if part.deaths < most and part.losses < MAX_LOSSES:
            evaluation.play_again_apart(part)
            return
        if fault is not None:
            evaluation.result.set_exception(fault.make_failure())
            return
        message = LOST_MESSAGE if part.losses == MAX_LOSSES else self._describe_deaths(part, cause)
        evaluation.result.set_exception(RequestFailedError("worker_died", message))

    def _describe_deaths(self, part: EvaluationPart, last: DeathCause) -> str:
        seeds = [spec.seed for spec in part.block.specs]
        span = f"seeds {seeds[0]} to {seeds[-1]}" if len(seeds) > 1 else f"seed {seeds[0]}"
        is_hung = last is DeathCause.HUNG
        end = f"was silent for {self.hung_seconds:g} s" if is_hung else "crashed"
        hint = ", or set POLICYBOOK_HUNG_SECONDS higher where a step takes so long" if is_hung else ""
        return (
            f"Two processes were lost while the environment played {span}: the second one {end}. "
            f"Step the environment there by itself to find out why{hint}."
        )

    def _give_up(self, parts: list[EvaluationPart]) -> None:
        for part in parts:
            if part in self.holding and part.outcome is None:
                worker, request = self.holding[part]
                worker.cancel(request)

    async def _watch(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(min(WATCH_SECONDS, self.hung_seconds / 4))
            for worker in self.workers:
                if not worker.requests:
                    continue
                is_silent = loop.time() - worker.moved_at > self.hung_seconds
                if worker.find_overdue() or (is_silent and not worker.is_in_environment):
                    worker.kill(DeathCause.HUNG)
                else:
                    worker.report_stay()


def _ignore_outcome(done: asyncio.Future[object]) -> None:
    """Takes what came of a task whose failure is no matter."""
    if not done.cancelled():
        done.exception()
