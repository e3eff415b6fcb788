"""`python -m policybook.worker PARENT` starts the process that forks the evaluator's workers."""

from __future__ import annotations

import gc
import os
import signal
import socket
import sys

from policybook.sandbox.fork_loop import serve_forks
from policybook.sandbox.parent import die_with_parent
from policybook.worker import methods
from policybook.worker.worker import run_worker

YOUNG_OBJECTS = 20_000
"""When there are so many containers more than before, the collector looks through the youngest.

With Python's 700 it took a tenth of a batch's time, because dozens of environments lie in memory."""


def main() -> None:
    """Imports what every worker needs, once, and serves forks by the socket on descriptor 0."""
    die_with_parent(int(sys.argv[1]))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    control = socket.socket(fileno=os.dup(0))
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    methods.load()
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS, 20, 20)
    control.send(b"ready")
    serve_forks(control, run_worker)


if __name__ == "__main__":
    main()
