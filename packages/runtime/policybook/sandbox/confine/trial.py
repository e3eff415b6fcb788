"""A trial of a level: a fork enters the sandbox there, attacks it, and reports what was stopped."""

# ruff: noqa: BLE001 - the level is not granted where its trial breaks in any way
from __future__ import annotations

import contextlib
import importlib
import json
import os
import select
import signal
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from policybook.sandbox.confine.attacks import ATTACKS, Targets
from policybook.sandbox.confine.parent import die_with_parent
from policybook.sandbox.messages import TrialReport

TRIAL_MEMORY_MB = 512.0
TRIAL_SECONDS = 10
IMPORTED_FROM_DISK = ("colorsys", "unicodedata")
"""A module of Python and one of C that nothing else imports: a sandbox must let them be read."""


@dataclass(frozen=True)
class IsolationTrial:
    """What came of one level.

    `stopped` has for each attack what stopped it, None where nothing did.
    """

    level: int
    stopped: dict[str, str | None] = field(default_factory=dict)
    broken: str | None = None
    """Why the level could not be entered, or what an honest policy could not do in it."""

    def to_json(self) -> TrialReport:
        """Returns the trial as JSON, whose keys are the parameters of this class."""
        return {"level": self.level, "stopped": self.stopped, "broken": self.broken}

    @property
    def is_effective(self) -> bool:
        """Whether everything was stopped that the level has to stop."""
        return self.broken is None and not self.unstopped

    @property
    def unstopped(self) -> list[str]:
        """The attacks that the level has to stop and did not."""
        return [
            attack.name
            for attack in ATTACKS
            if self.level in attack.levels and self.stopped.get(attack.name) is None
        ]


def attempt(level: int, enter: Callable[[int], None]) -> IsolationTrial:
    """Runs `enter`, with the descriptor that it must keep open, and the attacks in a fork.

    This process must be single-threaded.
    """
    with contextlib.ExitStack() as stack:
        try:
            server = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            port = server.getsockname()[1]
        except OSError:
            port = 9  # without a loopback interface there is no network to reach
        neighbour = _fork(signal.pause)
        stack.callback(_end, neighbour)
        receiver, sender = os.pipe()
        stack.callback(os.close, receiver)
        targets = Targets(neighbour, port, TRIAL_MEMORY_MB)
        pid = _fork(lambda: _send_trial(sender, _try_level(level, lambda: enter(sender), targets)))
        os.close(sender)
        stack.callback(_end, pid)
        return _receive_trial(level, receiver)


def _try_level(level: int, enter: Callable[[], None], targets: Targets) -> IsolationTrial:
    try:
        enter()
        stopped: dict[str, str | None] = {}
        for attack in ATTACKS:
            try:
                attack.run(targets)
                stopped[attack.name] = None
            except (OSError, MemoryError) as error:
                stopped[attack.name] = _describe_error(error)
        _act_honestly(level)
    except Exception as error:
        return IsolationTrial(level, broken=f"{type(error).__name__}: {error}")
    return IsolationTrial(level, stopped)


def _describe_error(error: OSError | MemoryError) -> str:
    number = getattr(error, "errno", None)
    return os.strerror(number) if number else str(error) or type(error).__name__


def _act_honestly(level: int) -> None:
    """Does what every policy needs; a sandbox in which that fails is of no use."""
    if level != 2:
        for name in IMPORTED_FROM_DISK:
            importlib.import_module(name)
    np.linalg.solve(np.eye(3) + 1, np.ones(3))
    np.random.default_rng(0).normal(size=8)
    time.sleep(0)


def _send_trial(descriptor: int, trial: IsolationTrial) -> None:
    data = json.dumps([trial.stopped, trial.broken]).encode()
    while data:
        data = data[os.write(descriptor, data) :]


def _receive_trial(level: int, descriptor: int) -> IsolationTrial:
    data = b""
    deadline = time.monotonic() + TRIAL_SECONDS
    while select.select([descriptor], [], [], max(0, deadline - time.monotonic()))[0]:
        chunk = os.read(descriptor, 1 << 16)
        if not chunk:
            break
        data += chunk
    try:
        stopped, broken = json.loads(data)
    except ValueError:
        return IsolationTrial(level, broken="the process in it ended before it reported")
    return IsolationTrial(level, stopped, broken)


def _fork(run: Callable[[], object]) -> int:
    parent = os.getpid()
    pid = os.fork()
    if pid == 0:
        try:
            # A zygote may be killed while it tries a level: no other process would end these.
            die_with_parent(parent)
            run()
        finally:
            os._exit(0)
    return pid


def _end(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
