"""A worker's zygotes as the worker sees them: they fork policy processes and reap them."""

from __future__ import annotations

import array
import contextlib
import json
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import policybook.sandbox
from policybook.rollout.consent import DEFAULT_LEAST_LEVEL, require_level
from policybook.rollout.failures import RequestFailedError
from policybook.sandbox.confine.enter import HIGHEST_LEVEL
from policybook.sandbox.messages import Greeting

PID = struct.Struct("<i")
STARTING_SECONDS = 120
"""How long a zygote may take to start, with the declared imports, which it does once."""

TICK_MS = 250
"""How often `on_wait` is called while a zygote starts."""

ENDING_MS = 2000
"""How long a process that has closed its pipes may take to end."""

GREETING_BYTES = 1 << 16
ZYGOTES_KEPT = 3

# A stub stands for the package, so that the zygote imports nothing of policybook but `policybook.sandbox`.
BOOT = """
import json, sys, types
package = types.ModuleType("policybook")
package.__path__ = [sys.argv[1]]
sys.modules["policybook"] = package
from policybook.sandbox import zygote
getattr(zygote, sys.argv[2])(*json.loads(sys.argv[3]))
"""


class Fork(NamedTuple):
    """A policy's process, whose pid is its own until it is reaped.

    `zygote` is the pid of the zygote that can reap it, and `handle` a pidfd, None where the system has none.
    """

    pid: int
    zygote: int
    handle: int | None

    def wait_for_end(self) -> bool:
        """Returns whether the process has ended by itself, or is about to.

        A process that ends closes its pipes first.
        """
        if self.handle is None:
            return True
        poll = select.poll()
        poll.register(self.handle, select.POLLIN)
        return bool(poll.poll(ENDING_MS))


class ZygoteLostError(Exception):
    """The zygote has ended; where it was replaced, the second one has ended, too."""


class Zygote:
    """One process, which starts at once; the first fork waits until its imports are done.

    Where it ends, as one does that a policy of level 1 has killed, another takes its place. `on_wait` is
    called again and again while it is awaited.
    """

    def __init__(self, imports: Sequence[str] = (), *, on_wait: Callable[[], None]) -> None:
        self.imports = list(imports)
        self.on_wait = on_wait
        self._start()

    @property
    def level(self) -> int:
        """The sandbox's level, found out by attacks on it; waits for the zygote."""
        return int(self._read_greeting()["level"])

    @property
    def fault(self) -> str | None:
        """What keeps policies with these imports from running at all; waits for the zygote."""
        fault: str | None = self._read_greeting()["fault"]
        return fault

    def fork(self, descriptors: list[int]) -> Fork:
        """Returns a new policy process, which has copies of the descriptors.

        Raises ZygoteLostError, or OSError where the system starts no more processes.
        """
        try:
            return self._fork(descriptors)
        except ZygoteLostError:
            self.close()
            self._start()
            return self._fork(descriptors)

    def reap(self, fork: Fork) -> int:
        """Kills a policy process and waits for it.

        Returns its wait status, or that of a kill where the zygote is gone.
        """
        is_own = fork.zygote == self.process.pid
        if is_own:
            kill(fork)
        if fork.handle is not None:
            os.close(fork.handle)
        if not is_own:
            return int(signal.SIGKILL)  # it has ended with an earlier zygote, and this one does not know it
        try:
            with _raise_zygote_lost():
                self.control.send(b"r" + PID.pack(fork.pid))
                return int(PID.unpack(self.control.recv(PID.size))[0])
        except ZygoteLostError:
            return int(signal.SIGKILL)  # no fork outlives its zygote

    def close(self) -> None:
        """Ends the zygote."""
        self.control.close()
        self.process.kill()
        self.process.wait()

    def _start(self) -> None:
        local, remote = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with remote:
            self.process = subprocess.Popen(
                make_boot_command("main", os.getpid(), read_highest_level(), self.imports),
                stdin=remote.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=make_variables(),
                cwd="/",
            )
        self.control = local
        self.greeting: Greeting | None = None

    def _read_greeting(self) -> Greeting:
        if self.greeting is None:
            self._await_greeting()
            with _raise_zygote_lost():
                self.greeting = json.loads(self.control.recv(GREETING_BYTES))
        return self.greeting

    def _await_greeting(self) -> None:
        """Waits until the zygote has written its greeting or has ended."""
        latest = time.monotonic() + STARTING_SECONDS
        poll = select.poll()
        poll.register(self.control, select.POLLIN)
        while not poll.poll(TICK_MS):
            if time.monotonic() > latest:
                raise ZygoteLostError(f"it took over {STARTING_SECONDS} s to start")
            self.on_wait()

    def _fork(self, descriptors: list[int]) -> Fork:
        self._read_greeting()
        with _raise_zygote_lost():
            rights = array.array("i", descriptors)
            self.control.sendmsg([b"f"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)])
            answer, handles, _, _ = socket.recv_fds(self.control, PID.size, 1)
            pid = int(PID.unpack(answer)[0])
        if pid < 0:
            raise OSError(-pid, os.strerror(-pid))
        return Fork(pid, self.process.pid, handles[0] if handles else None)


class Zygotes:
    """The zygotes of a worker: one for policies without imports of their own, one for each other set.

    `on_wait` is called again and again while one is awaited.
    """

    def __init__(self, on_wait: Callable[[], None]) -> None:
        self.on_wait = on_wait
        self.started: OrderedDict[tuple[str, ...], Zygote] = OrderedDict()
        self.least = DEFAULT_LEAST_LEVEL

    def get(self, imports: tuple[str, ...]) -> Zygote:
        """Returns the zygote with these imports, which starts when it is first needed.

        Raises RequestFailedError where there can be none, or where it confines policies too little.
        """
        zygote = self.started.get(imports)
        if zygote is None:
            zygote = self.started[imports] = Zygote(imports, on_wait=self.on_wait)
        self.started.move_to_end(imports)
        if len(self.started) > ZYGOTES_KEPT:
            self.started.popitem(last=False)[1].close()
        try:
            fault = zygote.fault
        except ZygoteLostError:
            work = f"importing {', '.join(imports)}" if imports else "starting"
            fault = f"{work} ended the process or took over {STARTING_SECONDS} s"
        if fault is not None:
            self.started.pop(imports).close()
            raise RequestFailedError("missing_import", f"No policy can run: {fault}.")
        require_level(zygote.level, self.least)
        return zygote

    def close(self) -> None:
        """Ends all zygotes."""
        while self.started:
            self.started.popitem()[1].close()


@contextlib.contextmanager
def _raise_zygote_lost() -> Iterator[None]:
    """Turns an end of the connection into ZygoteLostError."""
    try:
        yield
    except (OSError, struct.error, ValueError) as error:
        raise ZygoteLostError(str(error)) from error


def make_boot_command(function: str, *arguments: Any) -> list[str]:
    """Returns the command that calls a function of `sandbox.zygote` in a process with little else in it."""
    folder = str(Path(policybook.sandbox.__file__).parent.parent)
    return [sys.executable, "-I", "-c", BOOT, folder, function, json.dumps(arguments)]


def read_highest_level() -> int:
    """Returns the highest level that may be entered.

    POLICYBOOK_ISOLATION_LEVEL lowers it for tests, and where a machine cannot use the higher ones.
    """
    return int(os.environ.get("POLICYBOOK_ISOLATION_LEVEL") or HIGHEST_LEVEL)


def make_variables() -> dict[str, str]:
    """Returns the environment's variables of a zygote, by an allow-list.

    A variable that is deleted later stays readable in /proc/PID/environ.
    """
    variables = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "PYTHONHASHSEED": "0"}
    if "LD_LIBRARY_PATH" in os.environ:
        variables["LD_LIBRARY_PATH"] = os.environ["LD_LIBRARY_PATH"]
    return variables


def kill(fork: Fork) -> None:
    """Sends SIGKILL to a process that has not been reaped."""
    with contextlib.suppress(ProcessLookupError):
        if fork.handle is not None:
            signal.pidfd_send_signal(fork.handle, signal.SIGKILL)
        else:
            os.kill(fork.pid, signal.SIGKILL)
