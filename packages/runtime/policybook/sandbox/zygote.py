"""A small single-threaded process with its imports done, which forks once for each candidate.

It starts with an empty environment and knows no seed, environment or key. It finds out which level of the
sandbox holds, and first sends a `Greeting`; `fork_loop` describes the requests that follow. A fork's
descriptors are two pipe ends, the memory of the progress word and that for large observations.
"""

from __future__ import annotations

import json
import mmap
import os
import random  # noqa: F401 - imported here, once, for all policies
import sys

import numpy as np

from policybook.sandbox.analysis import import_gate
from policybook.sandbox.confine.enter import Sandbox
from policybook.sandbox.faults import FaultError
from policybook.sandbox.fork_loop import open_control, serve_forks, silence
from policybook.sandbox.messages import Examination, Greeting, TrialReport
from policybook.sandbox.runner import Runner

STANDARD_STREAMS = (0, 1, 2)


def main(parent: int, ceiling: int, declared: list[str]) -> None:
    """Serves commands on descriptor 0 until it closes; no sandbox is entered above the level `ceiling`."""
    # What a policy prints goes nowhere: no score comes from it.
    control = open_control(parent, silenced=STANDARD_STREAMS)
    os.environ.clear()
    np.dot(np.eye(2), np.eye(2))  # BLAS allocates its buffers before the fork, not in each child
    sandbox, fault = _prepare(ceiling, declared)
    greeting: Greeting = {"level": sandbox.level if sandbox else 0, "fault": fault}
    control.send(json.dumps(greeting).encode())
    if sandbox is None:
        return
    # The policy's code finds nothing of policybook by name.
    for name in [name for name in sys.modules if name.partition(".")[0] == "policybook"]:
        del sys.modules[name]
    import_gate.close()
    serve_forks(control, lambda _, descriptors: _run_policy(sandbox, descriptors), lifeline=sandbox.lifeline)


def examine() -> None:
    """Prints as JSON what came of attacks on every level, the highest first."""
    output = os.dup(1)
    silence(STANDARD_STREAMS)
    os.environ.clear()
    sandbox = Sandbox()
    trials: list[TrialReport] = []
    if sys.platform == "linux":
        trials = [sandbox.try_level(level).to_json() for level in (4, 3, 2, 1)]
    examination: Examination = {"level": sandbox.level, "trials": trials}
    os.write(output, json.dumps(examination).encode())


def _prepare(ceiling: int, declared: list[str]) -> tuple[Sandbox | None, str | None]:
    """Returns the sandbox, or what keeps policies with these imports from running.

    Declared modules are the user's choice, not the policy's: they are imported outside of the sandbox, where
    they may do what their initialisation takes.
    """
    try:
        import_gate.load(declared)
        sandbox = Sandbox(ceiling, has_declared_imports=bool(declared))
        sandbox.settle()
    except FaultError as fault:
        return None, fault.text
    except OSError as error:
        names = f" with the declared imports {', '.join(declared)}" if declared else ""
        return None, f"the sandbox cannot be prepared{names}: {error.strerror or error}"
    return sandbox, None


def _run_policy(sandbox: Sandbox, descriptors: list[int]) -> None:
    """Runs the whole life of a fork."""
    inbox, outbox, word, shared = descriptors
    progress = mmap.mmap(word, mmap.PAGESIZE)
    shared_observations = mmap.mmap(shared, 0, prot=mmap.PROT_READ)
    os.close(word)
    os.close(shared)
    Runner(sandbox, inbox, outbox, progress, shared_observations).serve()
