"""A worker process: plays blocks, or runs one method at a time as a job, for the evaluator that started it.

Messages are pickled tuples over a socket pair; both ends are ours. To the worker: ("task", name, params, the
least level of the jail), ("cancel",) and ("answer", ok, value). From it: ("progress", value), ("call", name,
params), then ("done", value), ("failed", code, message, detail) or ("cancelled",).
"""

# ruff: noqa: BLE001 - whatever a task raises is told to who asked
from __future__ import annotations

import os
import signal
import sys
import time
from multiprocessing.connection import Connection
from typing import Any

from policybook.evaluator import environments, methods
from policybook.evaluator.blocks import Block, Limits, Outcome
from policybook.evaluator.environments import Environments
from policybook.evaluator.failures import RequestFailedError
from policybook.evaluator.job import Job
from policybook.evaluator.lockstep import WIDTH, Lockstep
from policybook.evaluator.policy_process import PolicyProcess
from policybook.evaluator.zygotes import Zygotes
from policybook.jail.enter import die_with_parent
from policybook.jail.layout import Layout

REPORT_SECONDS = 0.2
LISTEN_SECONDS = 0.05


class GivenUpError(Exception):
    """The evaluator wants no more of the present task."""


class Worker:
    """Serves tasks until its connection closes."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.environments = Environments()
        self.zygotes = Zygotes()
        self.width = int(os.environ.get("POLICYBOOK_WIDTH") or WIDTH)
        self.reported = 0.0
        self.listened = 0.0

    def serve(self) -> None:
        """One task after another."""
        while True:
            try:
                message = self.connection.recv()
            except (EOFError, OSError):
                break
            if message[0] == "task":
                self.zygotes.least = message[3]
                self.connection.send(self._answer(message[1], message[2]))
        self.zygotes.close()

    def _answer(self, name: str, params: Any) -> tuple[Any, ...]:
        try:
            if name == "block":
                return ("done", self._play(params))
            return ("done", methods.run(name, params, self._job(params)))
        except GivenUpError:
            return ("cancelled",)
        except RequestFailedError as failure:
            return ("failed", failure.code, failure.message, failure.detail)
        except Exception as error:
            blamed = environments.blamed(params, error)
            if blamed is not None:
                return ("failed", blamed.code, blamed.message, blamed.detail)
            # Whatever it was must reach the person who asked, not end a process that serves others.
            return ("failed", "internal", f"{name} failed: {type(error).__name__}: {error}", {})

    def _job(self, params: Any) -> Job:
        return Job(self.connection, params, self._policy, lambda: self.zygotes.of(()).level)

    def _play(self, block: Block) -> Outcome:
        def start(actions: Layout) -> PolicyProcess:
            return self._policy(block.limits, actions)

        self.reported = self.listened = time.monotonic()
        return Lockstep(
            block, self.environments.kind(block.environment), start, self._report, self.width
        ).play()

    def _policy(self, limits: Limits, actions: Layout) -> PolicyProcess:
        zygote = self.zygotes.of(limits.imports)
        return PolicyProcess(zygote, limits, actions, self.connection.fileno(), self._listen)

    def _report(self, episodes: int, steps: int) -> None:
        now = time.monotonic()
        if now - self.listened >= LISTEN_SECONDS:
            self.listened = now
            if self.connection.poll(0):
                self._listen()
        if now - self.reported >= REPORT_SECONDS:
            self.reported = now
            self.connection.send(("progress", {"episodes": episodes, "steps": steps}))

    def _listen(self) -> None:
        """Takes the evaluator's word while a block is played."""
        try:
            message = self.connection.recv()
        except (EOFError, OSError):
            os._exit(1)
        if message[0] == "cancel":
            raise GivenUpError


def main() -> None:
    """`python -m policybook.evaluator.worker DESCRIPTOR PARENT CORE`; a negative core pins to none."""
    descriptor, parent, core = (int(word) for word in sys.argv[1:4])
    die_with_parent(parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if core >= 0 and sys.platform == "linux":
        # Worker and policy take turns: on one core a turn costs 11 µs, on two it costs a wake-up of 55 to 92.
        os.sched_setaffinity(0, {core})
    Worker(Connection(descriptor)).serve()


if __name__ == "__main__":
    main()
