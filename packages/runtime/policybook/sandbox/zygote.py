"""A small single-threaded process with its imports done, which forks once for each candidate.

It starts with an empty environment and knows no seed, environment or key. It finds out which level of the
sandbox holds, and first sends a `Greeting`. Its control socket then takes one command a packet. "f" comes
with two pipe ends, the memory of the progress word and that for large observations; the reply is the child's
pid and a descriptor of it, or a negative errno where the system's limit of processes is reached. "r" comes
with a pid; the reply is its wait status. A child stays a zombie until it is reaped, so that its pid cannot be
another process's when the worker kills it.
"""

from __future__ import annotations

import array
import errno
import gc
import json
import mmap
import os
import random  # noqa: F401 - imported here, once, for all policies
import signal
import socket
import struct
import sys

import numpy as np

from policybook.sandbox.analysis import import_gate
from policybook.sandbox.confine.enter import Sandbox
from policybook.sandbox.faults import FaultError
from policybook.sandbox.messages import Examination, Greeting, TrialReport
from policybook.sandbox.parent import die_with_parent
from policybook.sandbox.runner import Runner

REAP = b"r"
PID = struct.Struct("<i")
DESCRIPTORS = 4


def main(parent: int, ceiling: int, declared: list[str]) -> None:
    """Serves commands on descriptor 0 until it closes; no sandbox is entered above the level `ceiling`."""
    control = socket.socket(fileno=os.dup(0))
    die_with_parent(parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _redirect_standard_streams()
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
    # The collectors of forks do not look through what is there now, which would copy every page.
    gc.collect()
    gc.freeze()
    zygote = os.getpid()
    while True:
        message, ancillary, _, _ = control.recvmsg(16, socket.CMSG_SPACE(4 * DESCRIPTORS))
        if not message:
            return
        if message[:1] == REAP:
            _, status = os.waitpid(PID.unpack(message[1:5])[0], 0)
            control.send(PID.pack(status))
            continue
        descriptors = array.array("i", ancillary[0][2]).tolist()
        try:
            pid = os.fork()
        except BlockingIOError as error:
            # The system's limit of processes is reached, which is no fault of this one.
            pid = -(error.errno or errno.EAGAIN)
        if pid == 0:
            control.close()
            _run_policy(zygote, sandbox, descriptors)
        for descriptor in descriptors:
            os.close(descriptor)
        if pid < 0:
            control.send(PID.pack(pid))
        else:
            _reply_fork(control, pid)


def examine() -> None:
    """Prints as JSON what came of attacks on every level, the highest first."""
    output = os.dup(1)
    _redirect_standard_streams()
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
        names = f"with the declared imports {', '.join(declared)}" if declared else ""
        return None, f"the sandbox cannot be prepared {names}: {error.strerror or error}"
    return sandbox, None


def _reply_fork(control: socket.socket, pid: int) -> None:
    if not hasattr(os, "pidfd_open"):
        control.send(PID.pack(pid))
        return
    handle = os.pidfd_open(pid)
    rights = array.array("i", [handle])
    control.sendmsg([PID.pack(pid)], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)])
    os.close(handle)


def _run_policy(zygote: int, sandbox: Sandbox, descriptors: list[int]) -> None:
    """Runs the whole life of a fork; it never returns."""
    try:
        die_with_parent(zygote)
        inbox, outbox, word, shared = descriptors
        progress = mmap.mmap(word, mmap.PAGESIZE)
        pictures = mmap.mmap(shared, 0, prot=mmap.PROT_READ)
        os.close(word)
        os.close(shared)
        Runner(sandbox, inbox, outbox, progress, pictures).serve()
    finally:
        os._exit(0)


def _redirect_standard_streams() -> None:
    """Lets what a policy prints go nowhere: no score comes from it."""
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    os.close(null)
