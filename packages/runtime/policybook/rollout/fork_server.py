"""The client's end of a process that forks on request (`sandbox/fork_loop.py`)."""

from __future__ import annotations

import array
import contextlib
import os
import select
import signal
import socket
import struct
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeVar

from policybook.sandbox.fork_loop import FORK, INTEGER, REAP

T = TypeVar("T")

STARTING_SECONDS = 120
"""How long a fork server may take to start, with its imports, which it does once."""

TICK_MS = 250
"""How often `on_wait` is called while a fork server starts."""

ENDING_MS = 2000
"""How long a process that has closed its pipes may take to end."""

GREETING_BYTES = 1 << 16

READY = b"ready"
"""The greeting of the process that forks workers, where its imports have succeeded."""


class Fork(NamedTuple):
    """A process that a fork server has forked, whose pid is its own until it is reaped.

    `server_pid` is that of the fork server, which can reap it, and `handle` a pidfd, None where the system
    has none.
    """

    pid: int
    server_pid: int
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


class ForkServerLostError(Exception):
    """The fork server has ended; where it was replaced, the second one has ended, too."""


class ForkServerHungError(ForkServerLostError):
    """The fork server did not start in time, and was ended; another would take as long."""


class ForkServer:
    """One process, which starts at once; the first fork waits until its imports are done.

    It runs `command`, which reads its control socket from descriptor 0, and sends a greeting when it can
    fork. Where it ends, another takes its place. `on_wait` is called again and again while it is awaited.
    `is_silent` sends what it and its forks print nowhere.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        variables: Mapping[str, str] | None = None,
        folder: str | None = None,
        is_silent: bool = False,
        on_wait: Callable[[], None] = lambda: None,
    ) -> None:
        self.command = command
        self.variables = variables
        self.folder = folder
        self.output = subprocess.DEVNULL if is_silent else None
        self.on_wait = on_wait
        self.greeting: bytes | None = None
        self._start()

    def read_greeting(self) -> bytes:
        """Returns the greeting, which it waits for; raises ForkServerLostError where none comes."""
        if self.greeting is None:
            self._await_greeting()
            with _raise_fork_server_lost():
                greeting = self.control.recv(GREETING_BYTES)
            if not greeting:
                raise ForkServerLostError("it ended while it started")
            self.greeting = greeting
        return self.greeting

    def wait_for_greeting(self) -> bytes:
        """Returns the greeting, of another server where this one ends before it has sent it.

        Raises ForkServerLostError where the other one ends, too, or where one hangs.
        """
        return self._retry(self.read_greeting)

    def fork(self, descriptors: Sequence[int], argument: bytes = b"") -> Fork:
        """Returns a new process, which has copies of the descriptors.

        Raises ForkServerLostError where another server ends, too, and OSError where the system has no room
        for a process.
        """
        return self._retry(lambda: self._fork(descriptors, argument))

    def fork_at_once(self, descriptors: Sequence[int], argument: bytes = b"") -> Fork:
        """Returns a new process as `fork` does, but neither waits for a fork server nor starts another.

        Raises ForkServerLostError where it is not ready.
        """
        if not self.is_ready():
            raise ForkServerLostError("it is not ready")
        return self._fork(descriptors, argument)

    def is_ready(self) -> bool:
        """Returns whether the process runs and has sent its greeting, which has been read."""
        return self.greeting is not None and not self.has_ended()

    def has_ended(self) -> bool:
        """Returns whether the process has ended."""
        return self.process.poll() is not None

    def has_lost(self, fork: Fork) -> bool:
        """Returns whether the fork server that made this fork has ended, and the fork with it."""
        return fork.server_pid != self.process.pid or self.has_ended()

    def reap(self, fork: Fork) -> int | None:
        """Kills a forked process and waits for it.

        Returns its wait status, None where the fork server is gone, which no fork outlives.
        """
        is_own = fork.server_pid == self.process.pid
        if is_own:
            kill(fork)
        if fork.handle is not None:
            os.close(fork.handle)
        if not is_own:
            return None  # it has ended with an earlier server, and this one does not know it
        try:
            with _raise_fork_server_lost():
                self.control.send(REAP + INTEGER.pack(fork.pid))
                return int(INTEGER.unpack(self.control.recv(INTEGER.size))[0])
        except ForkServerLostError:
            return None

    def restart(self) -> None:
        """Starts another process in place of this one, which ends."""
        self.close()
        self._start()

    def close(self) -> None:
        """Ends the fork server, and with it all its forks."""
        self.control.close()
        self.process.kill()
        self.process.wait()

    def _start(self) -> None:
        self.greeting = None
        local, remote = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with remote:
            try:
                self.process = subprocess.Popen(
                    self.command,
                    stdin=remote.fileno(),
                    stdout=self.output,
                    stderr=self.output,
                    env=self.variables,
                    cwd=self.folder,
                )
            except BaseException:
                local.close()
                raise
        self.control = local

    def _retry(self, attempt: Callable[[], T]) -> T:
        """Returns what the attempt returns; where the server ends in it, another makes it once more."""
        try:
            return attempt()
        except ForkServerHungError:
            raise
        except ForkServerLostError:
            self.restart()
            return attempt()

    def _await_greeting(self) -> None:
        """Waits until the fork server has sent its greeting or has ended; ends one that hangs."""
        if self.control.fileno() < 0:
            raise ForkServerLostError("it was ended")
        latest = time.monotonic() + STARTING_SECONDS
        poll = select.poll()
        poll.register(self.control, select.POLLIN)
        while not poll.poll(TICK_MS):
            if time.monotonic() > latest:
                self.close()
                raise ForkServerHungError(f"it took over {STARTING_SECONDS} s to start")
            self.on_wait()

    def _fork(self, descriptors: Sequence[int], argument: bytes) -> Fork:
        self.read_greeting()
        with _raise_fork_server_lost():
            rights = array.array("i", descriptors)
            self.control.sendmsg([FORK + argument], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)])
            reply, handles, _, _ = socket.recv_fds(self.control, INTEGER.size, 1)
            pid = int(INTEGER.unpack(reply)[0])
            for handle in handles:
                os.set_inheritable(handle, False)
        if pid < 0:
            raise OSError(-pid, os.strerror(-pid))
        return Fork(pid, self.process.pid, handles[0] if handles else None)


@contextlib.contextmanager
def _raise_fork_server_lost() -> Iterator[None]:
    """Turns an end of the connection into ForkServerLostError."""
    try:
        yield
    except (OSError, struct.error) as error:
        raise ForkServerLostError(str(error)) from error


def kill(fork: Fork) -> None:
    """Sends SIGKILL to a process that has not been reaped."""
    with contextlib.suppress(ProcessLookupError):
        if fork.handle is not None:
            signal.pidfd_send_signal(fork.handle, signal.SIGKILL)
        else:
            os.kill(fork.pid, signal.SIGKILL)
