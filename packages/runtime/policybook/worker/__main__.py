"""`python -m policybook.worker PARENT` starts the process that forks the evaluator's workers."""

from __future__ import annotations

import gc
import sys

from policybook.rollout.fork_server import GREETING_BYTES, READY
from policybook.sandbox.fork_loop import open_control, serve_forks

YOUNG_OBJECTS = 20_000
"""When there are so many containers more than before, the collector looks through the youngest.

With Python's 700 it took a tenth of a batch's time, because dozens of environments lie in memory."""


def main() -> None:
    """Imports what every worker needs, once, and serves forks by the socket on descriptor 0.

    Its greeting is READY, or says which exception an import has raised.
    """
    control = open_control(int(sys.argv[1]), silenced=[0])
    try:
        # They are imported here, so that an import that fails can be reported.
        from policybook.worker import methods
        from policybook.worker.worker import run_worker

        methods.load()
    except Exception as error:
        control.send(f"{type(error).__name__}: {error}".encode()[:GREETING_BYTES])
        raise
    gc.set_threshold(YOUNG_OBJECTS, 20, 20)
    control.send(READY)
    serve_forks(control, run_worker)


if __name__ == "__main__":
    main()
