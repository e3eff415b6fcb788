"""A small single-threaded process with its imports done, which forks once for each candidate.

It is started with an empty environment and knows no seed, environment or key. Its control socket takes one
command a packet: "f", with two pipe ends and the progress word's memory, answered with the child's pid; and
"r" with a pid, answered with the wait status. A child stays a zombie until it is reaped: its pid cannot be
another process's when the worker kills it.
"""

from __future__ import annotations

import array
import importlib
import mmap
import os
import random  # noqa: F401 - imported here, once, for all policies
import signal
import socket
import struct
import sys

import numpy as np

from policybook.jail.enter import Jail, die_with_parent
from policybook.jail.runner import Runner

REAP = b"r"
PID = struct.Struct("<i")
DESCRIPTORS = 3

PRELOADED = (
    "abc", "array", "ast", "base64", "bisect", "calendar", "cmath", "collections", "contextlib", "copy",
    "csv", "dataclasses", "datetime", "decimal", "difflib", "enum", "fractions", "functools", "gc",
    "graphlib", "hashlib", "heapq", "html", "inspect", "io", "itertools", "json", "locale", "math",
    "numbers", "numpy.fft", "numpy.linalg", "numpy.ma", "numpy.polynomial", "numpy.random", "operator",
    "platform", "pprint", "queue", "random", "re", "secrets", "shlex", "statistics", "string", "struct",
    "textwrap", "threading", "time", "traceback", "types", "typing", "uuid", "warnings", "weakref",
    "zlib", "zoneinfo",
)  # fmt: skip
"""All that policies can import at level 2, where no file opens. Elsewhere every fork would pay 0.6 ms."""


def main(parent: int, ceiling: int) -> None:
    """Serves commands on descriptor 0 until it closes; no jail is entered above the level `ceiling`."""
    control = socket.socket(fileno=os.dup(0))
    die_with_parent(parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _redirect_standard_streams()
    os.environ.clear()
    np.dot(np.eye(2), np.eye(2))  # BLAS allocates its buffers before the fork, not in each child
    jail = Jail(ceiling)
    if jail.level == 2:
        for name in PRELOADED:
            importlib.import_module(name)
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
        pid = os.fork()
        if pid == 0:
            control.close()
            _policy(zygote, jail, descriptors)
        for descriptor in descriptors:
            os.close(descriptor)
        control.send(PID.pack(pid))


def _policy(zygote: int, jail: Jail, descriptors: list[int]) -> None:
    """The fork's whole life; never returns."""
    try:
        die_with_parent(zygote)
        inbox, outbox, word = descriptors
        progress = mmap.mmap(word, mmap.PAGESIZE)
        os.close(word)
        runner = Runner(jail, inbox, outbox, progress)
        # The policy's code finds nothing of ours by name.
        for name in [name for name in sys.modules if name.partition(".")[0] == "policybook"]:
            del sys.modules[name]
        runner.serve()
    finally:
        os._exit(0)


def _redirect_standard_streams() -> None:
    """What a policy prints goes nowhere; it is never a source of a score."""
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    os.close(null)
