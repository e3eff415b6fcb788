"""Episodes of an exported program, played in a Python process of its own.

What the environment does wrong costs an episode, as it does where the policy was scored: one of the next seed
takes its place. What the policy does wrong counts as the worst return.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from policybook.protocol.messages import EnvironmentSpecJson
from policybook.rollout.environment_clocks import EnvironmentClocks
from policybook.rollout.environment_fault import (
    MAX_FAULTS_IN_A_ROW,
    MAX_HANGS_IN_A_ROW,
    describe_death,
    describe_hang,
    describe_status,
)
from policybook.rollout.lost_episodes import LostEpisodes, derive_next_seed, join_lost
from policybook.rollout.pulse import TURN, Operation, Pulse
from policybook.verification.claim import Claim

_PLAYER = Path(__file__).with_name("player_process.py")

_LOOK_SECONDS = 0.2
"""How often it is looked whether an operation of the environment takes too long."""

_OUTSIDE = (-signal.SIGKILL, -signal.SIGTERM)
"""Exit codes of a process that somebody else has ended."""


class MissingModuleError(Exception):
    """The program needs a module that cannot be imported; `module` is its name, where that is known."""

    def __init__(self, message: str, module: str | None) -> None:
        super().__init__(message)
        self.module = module


class BrokenProgramError(Exception):
    """The program cannot be played; the message says why, for people."""


class ProgramEpisodes:
    """Plays seeds with a program; `lost` has the episodes that its environment has failed in."""

    def __init__(self, program: Path, claim: Claim) -> None:
        self.program = program
        self.claim = claim
        self.lost: LostEpisodes | None = None
        self._spec: EnvironmentSpecJson = {
            "id": claim.environment,
            "simulator": None,
            "kwargs": {},
            "observe": None,
            "maxEpisodeSteps": None,
            "clocks": claim.clocks,
        }
        if claim.mask is not None:
            self._spec["mask"] = claim.mask
        self._process: _PlayerProcess | None = None

    def play(self, seeds: Iterable[int]) -> Iterator[float]:
        """Yields each seed's return as it is known; raises MissingModuleError and BrokenProgramError."""
        try:
            for seed in seeds:
                yield self._play_past_faults(seed)
        finally:
            self._end()

    def _play_past_faults(self, seed: int) -> float:
        """Returns the return of a seed, or of the next one in whose episode the environment does not fail."""
        hangs = 0
        for number in range(1, MAX_FAULTS_IN_A_ROW + 1):
            reply = self._request_episode(seed)
            if "missing" in reply:
                raise MissingModuleError(reply["missing"], reply.get("module"))
            if "broken" in reply:
                raise BrokenProgramError(reply["broken"])
            if "lost" not in reply:
                return float(reply.get("return", self.claim.returns[0]))
            self.lost = join_lost(self.lost, LostEpisodes(1, reply["lost"]))
            hangs += "hang" in reply
            if number == MAX_FAULTS_IN_A_ROW or hangs == MAX_HANGS_IN_A_ROW:
                raise BrokenProgramError(
                    f"its environment failed in {number} episodes in a row, in the last of them by "
                    f"{reply['lost']}"
                )
            seed = derive_next_seed(seed)
        raise AssertionError("the last fault in a row is raised")

    def _request_episode(self, seed: int) -> dict[str, Any]:
        """Returns the reply for a seed, as `player_process.py` gives it, also where its process has ended."""
        process = self._process or _PlayerProcess(self.program, self.claim, self._spec)
        self._process = process
        place, since = process.pulse.read_mark(), time.monotonic()
        process.send(seed)
        while not process.has_answered(_LOOK_SECONDS):
            now = process.pulse.read_mark()
            if now != place:
                place, since = now, time.monotonic()
                continue
            operation = process.pulse.read_place()
            if operation is None:
                continue
            seconds = EnvironmentClocks.from_spec(self._spec).get_seconds(operation.operation)
            if time.monotonic() - since > seconds:
                self._end()
                cause = describe_hang(self._spec, operation, seconds).cause
                return {"broken" if operation.operation is Operation.MAKE else "lost": cause, "hang": True}
        reply = process.read_reply()
        return self._explain_end(process) if reply is None else reply

    def _explain_end(self, process: _PlayerProcess) -> dict[str, Any]:
        """Returns whose fault it was that the process has ended in an episode."""
        self._end()
        operation, code = process.pulse.read_place(), process.code
        end = describe_status(code)
        if code in _OUTSIDE or process.pulse.words[TURN] == 0:
            return {"broken": f"its process ended {end}"}
        if operation is None:
            return {"failed": f"the process ended {end}"}
        fault = describe_death(self._spec, operation, end, None)
        return {"broken" if operation.operation is Operation.MAKE else "lost": fault.cause}

    def _end(self) -> None:
        if self._process is not None:
            self._process.close()
        self._process = None


class _PlayerProcess:
    """A process that plays the program's episodes."""

    def __init__(self, program: Path, claim: Claim, spec: EnvironmentSpecJson) -> None:
        names = {"play": claim.play, "make": claim.make, "fault": claim.fault, "environment": spec}
        self.pulse = Pulse()
        page = self.pulse.share()
        try:
            arguments = [str(_PLAYER), str(program.resolve()), json.dumps(names), str(page)]
            self.process = subprocess.Popen(
                [sys.executable, "-I", "-W", "ignore", *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                pass_fds=[page],
            )
        finally:
            os.close(page)
        assert self.process.stdin is not None  # noqa: S101 (made as pipes)
        assert self.process.stdout is not None  # noqa: S101
        self.seeds = self.process.stdin
        self.replies = self.process.stdout
        self.code = 0
        """How the process has ended, once it is closed."""

    def send(self, seed: int) -> None:
        """Requests an episode; a process that has ended says so by the end of its replies."""
        try:
            self.seeds.write(f"{seed}\n".encode())
            self.seeds.flush()
        except BrokenPipeError:
            return

    def has_answered(self, seconds: float) -> bool:
        """Waits for at most so long; returns whether there is a reply, or the end of all."""
        return bool(select.select([self.replies], [], [], seconds)[0])

    def read_reply(self) -> dict[str, Any] | None:
        """Returns the next reply, None where the process has ended without one."""
        line = self.replies.readline()
        if not line:
            self.code = self.process.wait()
            return None
        reply: dict[str, Any] = json.loads(line)
        return reply

    def close(self) -> None:
        """Ends the process."""
        self.process.kill()
        self.process.wait()
        with contextlib.suppress(BrokenPipeError):
            self.seeds.close()
        self.replies.close()
