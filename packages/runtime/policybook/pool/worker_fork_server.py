"""The process that forks workers, as the evaluator waits for it."""

from __future__ import annotations

import asyncio
import os
import sys

from policybook.process_limit import find_process_limit_hint
from policybook.rollout.failures import RequestFailedError
from policybook.rollout.fork_server import READY, STARTING_SECONDS, Fork, ForkServer, ForkServerLostError


class WorkerForkServer:
    """Starts the process that forks workers, which imports what they need, once, while this one goes on.

    Where it ends, the next request starts another. Nothing here keeps the event loop waiting.
    """

    def __init__(self) -> None:
        self.fork_server = ForkServer([sys.executable, "-m", "policybook.worker", str(os.getpid())])
        self.starting: asyncio.Task[None] | None = None
        self.listening: asyncio.AbstractEventLoop | None = None
        """The event loop that listens to the process for its greeting."""

    async def wait_until_ready(self) -> None:
        """Waits until workers can be forked at once; starts another process where the last one has ended.

        Raises RequestFailedError where none can be started.
        """
        if self.fork_server.is_ready():
            return
        if self.starting is None or self.starting.done():
            self.starting = asyncio.get_running_loop().create_task(self._start())
        try:
            await asyncio.shield(self.starting)
        except (ForkServerLostError, OSError) as error:
            raise explain_start_failure(error) from error

    def fork(self, descriptors: list[int], argument: bytes) -> Fork:
        """Returns a new worker process.

        Raises ForkServerLostError where the process that forks is not ready, and OSError where the system has
        no room for a process.
        """
        was_ready = self.fork_server.is_ready()
        try:
            return self.fork_server.fork_at_once(descriptors, argument)
        except ForkServerLostError:
            if was_ready:
                # Its socket is gone before the system says that it has ended: the next one starts another.
                self.fork_server.close()
            raise

    def has_lost(self, fork: Fork) -> bool:
        """Returns whether the process that forked a worker has ended, and the worker with it."""
        return self.fork_server.has_lost(fork)

    def reap(self, fork: Fork) -> int | None:
        """Kills a worker process and waits for it; returns its wait status, None where that is not known."""
        return self.fork_server.reap(fork)

    def close(self) -> None:
        """Ends the process, and with it all its forks."""
        if self.starting is not None:
            self.starting.cancel()
        self._stop_listening()
        self.fork_server.close()

    async def _start(self) -> None:
        if self.fork_server.has_ended():
            self.fork_server.restart()
        try:
            await self._wait_for_greeting()
            greeting = self.fork_server.read_greeting()
            if greeting != READY:
                reason = greeting.decode(errors="replace").rstrip(".")
                raise ForkServerLostError(f"it ended during its imports: {reason}")
        except (ForkServerLostError, TimeoutError) as error:
            # The next request starts another.
            self.fork_server.close()
            if isinstance(error, ForkServerLostError):
                raise
            raise ForkServerLostError(f"it was not ready after {STARTING_SECONDS} s") from None

    async def _wait_for_greeting(self) -> None:
        """Waits for the greeting or the end of the process; raises TimeoutError where neither comes."""
        has_come = asyncio.Event()
        self.listening = asyncio.get_running_loop()
        self.listening.add_reader(self.fork_server.control, has_come.set)
        try:
            async with asyncio.timeout(STARTING_SECONDS):
                await has_come.wait()
        finally:
            self._stop_listening()

    def _stop_listening(self) -> None:
        """Takes the socket out of the event loop, which has to come before the socket is closed."""
        if self.listening is not None:
            self.listening.remove_reader(self.fork_server.control)
            self.listening = None


def explain_start_failure(error: ForkServerLostError | OSError) -> RequestFailedError:
    """Returns what it means for a request that no worker process could be started."""
    message = (
        f"The process that starts workers is not there: {error}. Check the installation with `pip check`, "
        "then restart the kernel."
        if isinstance(error, ForkServerLostError)
        else f"No worker process could be started: {error}{find_process_limit_hint(error)}."
    )
    return RequestFailedError("internal", message)
