"""A worker process: it plays blocks, or runs one method at a time as a job, for the evaluator above it.

Messages are pickled tuples over a socket pair, of which policybook holds both ends. The worker receives
("task", number, name, params, the least level of the sandbox, seeds that ended a job's earlier processes),
("cancel", number) and ("reply", whether it is a result, value). Of each task it sends ("begun", number),
then ("progress", number, value) and ("call", number, call), and last ("done", number, value), ("failed",
number, code, message, detail) or ("cancelled", number). While it waits for a policy or a zygote it sends
("waiting", 0). A block's params are the block without its texts, and a `TextsMessage`. In which operation of
an environment it is stands in its pulse, a page of memory that both share.
"""

# ruff: noqa: BLE001 - what a task raises is its result
from __future__ import annotations

import contextlib
import io
import os
import sys
import time
import traceback
from collections import deque
from collections.abc import Mapping
from dataclasses import replace
from multiprocessing.connection import Connection
from typing import Any, NamedTuple

import numpy as np

from policybook.environments.gymnasium_notices import silence_notices
from policybook.process_limit import find_process_limit_hint
from policybook.rollout import environment_pool
from policybook.rollout.blocks import Block, BlockOutcome, Limits, read_width
from policybook.rollout.consent import require_level
from policybook.rollout.constructor_faults import CONSTRUCTOR_FAULTS
from policybook.rollout.cores import ANY_CORE, CORE
from policybook.rollout.data_folders import FolderCache
from policybook.rollout.environment_fault import EnvironmentFault, EpisodeLostError
from policybook.rollout.environment_pool import EnvironmentPools
from policybook.rollout.failures import RequestFailedError
from policybook.rollout.fork_server import ForkServerLostError
from policybook.rollout.policy_process import PolicyProcess
from policybook.rollout.pulse import PULSE
from policybook.rollout.vector_rollout import VectorRollout
from policybook.rollout.worker_texts import ReceivedTexts
from policybook.rollout.zygotes import Zygotes
from policybook.worker import methods
from policybook.worker.job import Job
from policybook.worker.trusted_environment import TrustedEpisodes

REPORT_SECONDS = 0.25
LISTEN_SECONDS = 0.05

ALIVE_SECONDS = 1.0
"""A worker that waits for a policy or a zygote says so at this interval.

The evaluator takes a silent one for hung."""

KEPT_SECONDS = 0.5
"""How long a family's process may wait for its next block; nothing watches what it does meanwhile."""


class WorkerTask(NamedTuple):
    """A task that the evaluator has sent."""

    number: int
    name: str
    params: Any
    least: int
    """The level of the sandbox that policies need at least."""
    ended_processes: Mapping[int, EnvironmentFault] | None = None
    """A job's, as `TrustedEpisodes` has it."""


class GivenUpError(Exception):
    """The evaluator has cancelled a task under way."""


class Worker:
    """Does tasks until its connection closes; it is the host of the rollout that it plays."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.environments = EnvironmentPools()
        self.zygotes = Zygotes(self._say_alive)
        self.folders = FolderCache()
        self.texts = ReceivedTexts()
        self.spare: PolicyProcess | None = None
        """A process that waits in the sandbox for a text, so that the next candidate need not wait for it."""
        self.kept: tuple[str, PolicyProcess] | None = None
        """A family's name and its process, which waits for more of the family's texts."""
        self.width = read_width()
        self.waiting: deque[WorkerTask] = deque()
        self.under_way: dict[int, Block | None] = {}
        self.rollout: VectorRollout | None = None
        self.reported_at = 0.0
        self.listened_at = 0.0
        self.said_alive_at = 0.0

    def serve(self) -> None:
        """Does one task after another, blocks of one evaluation together, until the evaluator is gone."""
        with contextlib.suppress(EOFError, BrokenPipeError):
            while True:
                while not self.waiting:
                    if self.kept is not None and not self.connection.poll(KEPT_SECONDS):
                        limits = self.kept[1].limits
                        self._close_kept()
                        self._make_spare(limits)
                    self._take_message()
                task = self.waiting.popleft()
                self.zygotes.least = task.least
                if task.name == "block":
                    self._play(task)
                    if self.kept is None and not self.waiting and not self.connection.poll(0):
                        self._make_spare(task.params.limits)
                else:
                    self.connection.send(self._run(task))
        self.zygotes.close()

    def _run(self, task: WorkerTask) -> tuple[Any, ...]:
        self._begin(task.number, None)
        if task.name == "prepare":
            return self._prepare(task)
        # Those of a job that has failed are no other's.
        CONSTRUCTOR_FAULTS.take()
        try:
            job = Job(
                self.connection,
                task.number,
                task.params,
                self.start_policy,
                lambda: self.zygotes.get(()).level,
                least=task.least,
                trusted=TrustedEpisodes(task.params, task.ended_processes, self.environments),
            )
            return ("done", task.number, methods.run(task.name, task.params, job))
        except Exception as error:
            return self._describe_failure(task, error)
        finally:
            self.environments.close_quick()
            self.under_way.clear()

    def _prepare(self, task: WorkerTask) -> tuple[Any, ...]:
        """Makes the environment of blocks that are to come."""
        try:
            self.environments.get(task.params["environment"])
        except Exception as error:
            return self._describe_failure(task, error)
        finally:
            self.under_way.clear()
        return ("done", task.number, None)

    def _describe_failure(self, task: WorkerTask, error: Exception) -> tuple[Any, ...]:
        failure = (
            error
            if isinstance(error, RequestFailedError)
            else error.fault.make_failure()
            if isinstance(error, EpisodeLostError)
            else environment_pool.explain_job_exception(task.params, error)
        )
        if failure is None:
            # An unexpected error must reach the user, and not end a process that does other tasks.
            work = methods.describe_work(task.name)
            hint = find_process_limit_hint(error)
            text = f"The evaluator failed at {work}: {type(error).__name__}: {error}{hint}"
            failure = RequestFailedError("internal", text)
        return ("failed", task.number, failure.code, failure.message, failure.detail)

    def _play(self, task: WorkerTask) -> None:
        block: Block = task.params
        self._begin(task.number, block)
        self.reported_at = self.listened_at = time.monotonic()
        try:
            self.rollout = VectorRollout(block, self.environments.get(block.environment), self, self.width)
            self.rollout.play()
        except GivenUpError:
            # Blocks that were not given up begin again.
            left = [WorkerTask(number, "block", each, task.least) for number, each in self.under_way.items()]
            self.waiting.extendleft(reversed(left))
        except Exception as error:
            for number, each in self.under_way.items():
                self.connection.send(
                    self._describe_failure(WorkerTask(number, "block", each, task.least), error)
                )
        finally:
            self.under_way.clear()
            self.rollout = None

    def start(self, block: Block) -> PolicyProcess:
        """Returns a process for a block's policy: its family's where that is kept, else another."""
        if self.kept is not None:
            family, policy = self.kept
            if family == block.family and policy.limits == block.limits and policy.is_alive():
                self.kept = None
                return policy
            self._close_kept()
        return self.start_policy(block.limits)

    def keep(self, block: Block, policy: PolicyProcess) -> bool:
        """Keeps a process for the family's next block, which mostly follows at once; returns if it did."""
        if block.family is None or policy.is_full():
            return False
        policy.counted_cpu = policy.measure_cpu()
        self.kept = block.family, policy
        return True

    def take_next_block(self, block: Block) -> Block | None:
        """Takes the next block out of the queue where it is one of the same evaluation; else returns None."""
        self._take_messages()
        if not self.waiting or self.waiting[0].name != "block":
            return None
        following: Block = self.waiting[0].params
        if following.evaluation != block.evaluation:
            return None
        self._begin(self.waiting.popleft().number, following)
        return following

    def finish_block(self, block: Block, outcome: BlockOutcome) -> None:
        """Sends a block's outcome."""
        number = self._find_request_number(block)
        del self.under_way[number]
        self.connection.send(("done", number, outcome))

    def report(self) -> None:
        """Takes messages, and sends how far the blocks are, each from time to time."""
        now = time.monotonic()
        if now - self.listened_at >= LISTEN_SECONDS:
            self.listened_at = now
            self._take_messages()
            if self.waiting and self.rollout is not None:
                self.rollout.can_find_block = True
        if now - self.reported_at >= REPORT_SECONDS and self.rollout is not None:
            self.reported_at = now
            for block, value in self.rollout.count_progress():
                self.connection.send(("progress", self._find_request_number(block), value))

    def start_policy(self, limits: Limits) -> PolicyProcess:
        """Returns a process for a policy: the spare one where it fits, else a new one.

        Raises RequestFailedError where there can be none, or where it would be confined too little.
        """
        zygote = self.zygotes.get(limits.imports)
        spare, self.spare = self.spare, None
        if spare is not None and spare.limits == limits and spare.zygote is zygote and spare.is_alive():
            policy = spare
        else:
            if spare is not None:
                spare.close()
            files = self.folders.get_files(limits.data)
            interrupt = self.connection.fileno()
            try:
                policy = PolicyProcess(
                    zygote, limits, files, interrupt, self._on_interrupt, on_wait=self._say_alive
                )
            except ForkServerLostError as error:
                message = (
                    f"No policy can run: the process that policies are forked from was lost twice: {error}."
                )
                raise RequestFailedError("internal", message) from error
        try:
            # Where the zygote has been replaced, the new one may confine policies less.
            require_level(policy.level, self.zygotes.least)
        except RequestFailedError:
            policy.close()
            raise
        return policy

    def _say_alive(self) -> None:
        """Lets the evaluator know that it waits for a policy or a zygote, which have clocks of their own."""
        now = time.monotonic()
        if now - self.said_alive_at >= ALIVE_SECONDS:
            self.said_alive_at = now
            self.connection.send(("waiting", 0))

    def _close_kept(self) -> None:
        if self.kept is not None:
            self.kept[1].close()
            self.kept = None

    def _make_spare(self, limits: Limits) -> None:
        """Starts a process for the next candidate; a failure is reported when a candidate needs it."""
        with contextlib.suppress(RequestFailedError, OSError):
            self.spare = self.start_policy(limits)

    def _begin(self, number: int, block: Block | None) -> None:
        self.under_way[number] = block
        self.connection.send(("begun", number))

    def _find_request_number(self, block: Block) -> int:
        return next(number for number, each in self.under_way.items() if each is block)

    def _take_messages(self) -> None:
        while self.connection.poll(0):
            self._on_interrupt()

    def _on_interrupt(self) -> None:
        """Takes a message while a task is under way; ends this process where the evaluator is gone."""
        try:
            self._take_message()
        except EOFError:
            os._exit(1)

    def _take_message(self) -> None:
        """Takes one message; raises EOFError when there will be no more."""
        try:
            message = self.connection.recv()
        except OSError as error:
            raise EOFError from error
        if message[0] == "task":
            task = WorkerTask(*message[1:])
            if task.name == "block":
                block, texts = task.params
                task = task._replace(params=replace(block, sources=self.texts.receive(texts)))
            self.waiting.append(task)
        elif message[0] == "cancel":
            self._cancel(message[1])

    def _cancel(self, number: int) -> None:
        queued = [task for task in self.waiting if task.number == number]
        is_under_way = number in self.under_way
        if not queued and not is_under_way:
            return
        self.waiting = deque(task for task in self.waiting if task.number != number)
        self.under_way.pop(number, None)
        self.connection.send(("cancelled", number))
        if is_under_way:
            raise GivenUpError


def run_worker(argument: bytes, descriptors: list[int]) -> None:
    """Runs a worker in a process forked for it.

    `argument` is the core that it stays on, by `cores.CORE`; the descriptors are its connection, the page of
    its pulse, and the pipe into which it prints.
    """
    try:
        (core,) = CORE.unpack(argument)
        if core != ANY_CORE and sys.platform == "linux":
            # Worker and policy take turns: on one core a turn costs 11 µs, on two a wake-up of 55 to 92.
            os.sched_setaffinity(0, {core})
        # All forks have the state that this generator had in the process above them, and an environment that
        # draws from it unseeded must not seem to repeat. Python's own generator is seeded at every fork.
        np.random.seed()
        silence_notices()
        PULSE.attach(descriptors[1])
        _print_to(descriptors[2])
        Worker(Connection(descriptors[0])).serve()
    except Exception:
        traceback.print_exc()
        raise
    finally:
        sys.stdout.flush()
        sys.stderr.flush()


def _print_to(descriptor: int) -> None:
    """Has all that this process prints go into a pipe, line by line."""
    sys.stdout.flush()
    sys.stderr.flush()
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    os.close(descriptor)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(line_buffering=True)
