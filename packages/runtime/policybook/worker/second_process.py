"""The trial of an environment in a second process, which plays while the first one does."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
from typing import IO

from policybook.environments.user_code import NOTEBOOK_FOLDER
from policybook.protocol.messages import EnvironmentSpecJson
from policybook.rollout.environment_fault import EnvironmentFault, describe_death, describe_status
from policybook.rollout.pulse import PULSE, Pulse
from policybook.rollout.repeat_trial import Trial
from policybook.sandbox.confine.parent import die_with_parent
from policybook.sandbox.fork_loop import silence

TRIAL_LIMIT_SECONDS = 20.0
"""How long the second process may take; it is a Python that starts and imports."""

SLOWER = 1.5
"""To make the environment it may take so many times as long as the first process took."""

LAST_BYTES = 4096
"""Of what it prints so much is kept."""

DRAIN_SECONDS = 1.0
"""How long its last words are waited for: a process that the environment has started may hold the pipe."""

HASH_SEEDS = ("1", "2")
"""Python's own hashes are seeded with one that the first process does not have."""


class SecondProcess:
    """A process that plays the trial of one environment.

    Gymnasium's own environments are played in a fork. All others may depend on what differs between two
    starts of Python, such as the order of a set of texts, and are played in a Python that starts for it.
    """

    def __init__(self, spec: EnvironmentSpecJson, *, is_stock: bool) -> None:
        self.spec = spec
        self.began = time.monotonic()
        self.started: subprocess.Popen[bytes] | None = None
        self.pid = 0
        self.fault: EnvironmentFault | None = None
        """How the environment has ended the process, where it has."""
        self.is_late = False
        """Whether the process was given up because it took too long."""
        self.pulse = Pulse()
        self.printed = b""
        self.reader: threading.Thread | None = None
        self.output: IO[bytes]
        if is_stock:
            self.output = self._fork(spec)
        else:
            self.output = self._start(spec)

    def read_trial(self, seconds_to_make: float = 0.0) -> Trial | None:
        """Returns the trial, None where the process could not play it; the process has ended then.

        `seconds_to_make` is how long the first process took to make the environment.
        """
        end = self.began + TRIAL_LIMIT_SECONDS + SLOWER * seconds_to_make
        pieces: list[bytes] = []
        try:
            while True:
                left = end - time.monotonic()
                if left <= 0 or not select.select([self.output], [], [], left)[0]:
                    self.is_late = True
                    return None
                piece = os.read(self.output.fileno(), 1 << 16)
                if not piece:
                    if not pieces:
                        self._note_death()
                        return None
                    trial: Trial | None = json.loads(b"".join(pieces))
                    return trial
                pieces.append(piece)
        except (OSError, ValueError):
            return None
        finally:
            self.close()

    def _note_death(self) -> None:
        """Notes how the environment has ended the process, as far as it was in one of its operations."""
        place = self.pulse.read_place()
        if place is None or self.started is None:
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            status = self.started.wait(DRAIN_SECONDS)
            if self.reader is not None:
                self.reader.join(DRAIN_SECONDS)
            lines = self.printed.decode(errors="replace").split("\n")
            last = next((line.strip() for line in reversed(lines) if line.strip()), None)
            self.fault = describe_death(self.spec, place, describe_status(status), last)

    def _read_printed(self, descriptor: int) -> None:
        with contextlib.suppress(OSError), os.fdopen(descriptor, "rb", 0) as pipe:
            while piece := pipe.read(LAST_BYTES):
                self.printed = (self.printed + piece)[-LAST_BYTES:]

    def close(self) -> None:
        """Ends the process."""
        self.output.close()
        if self.started is not None:
            self.started.kill()
            self.started.wait()
        elif self.pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
            self.pid = 0

    def _fork(self, spec: EnvironmentSpecJson) -> IO[bytes]:
        reading, writing = os.pipe()
        parent = os.getpid()
        self.pid = os.fork()
        if self.pid == 0:
            try:
                die_with_parent(parent)
                os.close(reading)
                PULSE.detach()
                silence([1, 2])
                write_trial(spec, writing)
            finally:
                os._exit(0)
        os.close(writing)
        return os.fdopen(reading, "rb")

    def _start(self, spec: EnvironmentSpecJson) -> IO[bytes]:
        own = os.environ.get("PYTHONHASHSEED")
        seed = next(seed for seed in HASH_SEEDS if seed != own)
        page = self.pulse.share()
        printed, printing = os.pipe()
        try:
            self.started = subprocess.Popen(
                [sys.executable, "-m", "policybook.worker.trial_process", str(os.getpid()), str(page)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=printing,
                cwd=NOTEBOOK_FOLDER,
                env={**os.environ, "PYTHONHASHSEED": seed},
                pass_fds=[page],
            )
        except BaseException:
            os.close(printed)
            raise
        finally:
            os.close(page)
            os.close(printing)
        self.reader = threading.Thread(target=self._read_printed, args=(printed,), daemon=True)
        self.reader.start()
        assert self.started.stdin is not None  # noqa: S101 (made as pipes)
        assert self.started.stdout is not None  # noqa: S101
        with contextlib.suppress(BrokenPipeError), self.started.stdin as pipe:
            pipe.write(json.dumps(spec).encode())
        return self.started.stdout


def write_trial(spec: EnvironmentSpecJson, descriptor: int) -> None:
    """Plays the trial in this process and writes it as JSON, null where there is no such environment."""
    import numpy as np

    from policybook.rollout.environment_pool import EnvironmentPool
    from policybook.rollout.repeat_trial import play_trial

    # A fork has the state that this generator has in the first process.
    np.random.seed()
    trial: Trial | None = None
    with contextlib.suppress(Exception):
        trial = play_trial(EnvironmentPool(spec))
    with os.fdopen(descriptor, "wb") as output:
        output.write(json.dumps(trial).encode())
