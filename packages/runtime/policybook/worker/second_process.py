"""The trial of an environment in a second process, which plays while the first one does."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import time
from typing import IO

from policybook.environments.user_code import NOTEBOOK_FOLDER
from policybook.protocol.messages import EnvironmentSpecJson
from policybook.rollout.pulse import PULSE
from policybook.rollout.repeat_trial import Trial
from policybook.sandbox.confine.parent import die_with_parent
from policybook.sandbox.fork_loop import silence

TRIAL_LIMIT_SECONDS = 20.0
"""How long the second process may take altogether; it is a Python that starts and imports."""

HASH_SEEDS = ("1", "2")
"""Python's own hashes are seeded with one that the first process does not have."""


class SecondProcess:
    """A process that plays the trial of one environment.

    Gymnasium's own environments are played in a fork. All others may depend on what differs between two
    starts of Python, such as the order of a set of texts, and are played in a Python that starts for it.
    """

    def __init__(self, spec: EnvironmentSpecJson, *, is_stock: bool) -> None:
        self.began = time.monotonic()
        self.end = self.began + TRIAL_LIMIT_SECONDS
        self.started: subprocess.Popen[bytes] | None = None
        self.pid = 0
        self.output: IO[bytes]
        if is_stock:
            self.output = self._fork(spec)
        else:
            self.output = self._start(spec)

    def read_trial(self) -> Trial | None:
        """Returns the trial, None where the process could not play it; the process has ended then."""
        pieces: list[bytes] = []
        try:
            while True:
                left = self.end - time.monotonic()
                if left <= 0 or not select.select([self.output], [], [], left)[0]:
                    return None
                piece = os.read(self.output.fileno(), 1 << 16)
                if not piece:
                    trial: Trial | None = json.loads(b"".join(pieces)) if pieces else None
                    return trial
                pieces.append(piece)
        except (OSError, ValueError):
            return None
        finally:
            self.close()

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
        self.started = subprocess.Popen(
            [sys.executable, "-m", "policybook.worker.trial_process", str(os.getpid())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=NOTEBOOK_FOLDER,
            env={**os.environ, "PYTHONHASHSEED": seed},
        )
        assert self.started.stdin is not None  # noqa: S101 (made as pipes)
        assert self.started.stdout is not None  # noqa: S101
        with contextlib.suppress(BrokenPipeError), self.started.stdin as pipe:
            pipe.write(json.dumps(spec).encode())
        return self.started.stdout


def write_trial(spec: EnvironmentSpecJson, descriptor: int) -> None:
    """Plays the trial in this process and writes it as JSON, nothing where there is no such environment."""
    import numpy as np

    from policybook.rollout.environment_pool import EnvironmentPool
    from policybook.rollout.repeat_trial import play_trial

    # A fork has the state that this generator has in the first process.
    np.random.seed()
    with contextlib.suppress(Exception):
        pool = EnvironmentPool(spec)
        text = json.dumps(play_trial(pool)).encode()
        with os.fdopen(descriptor, "wb") as output:
            output.write(text)
