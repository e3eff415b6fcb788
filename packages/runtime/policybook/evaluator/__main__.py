"""`python -m policybook.evaluator -f CONNECTION_FILE` starts the evaluator in a process group of its own."""

from __future__ import annotations

import os
import signal

from ipykernel.kernelapp import IPKernelApp

from policybook.evaluator.kernel import EvaluatorKernel
from policybook.sandbox.confine.parent import die_with_kernel


def main() -> None:
    """Runs until it is shut down, or until the parent that JPY_PARENT_PID names is gone."""
    die_with_kernel()
    if hasattr(os, "setpgid") and os.getpgrp() != os.getpid():
        os.setpgid(0, 0)
    IPKernelApp.launch_instance(
        kernel_class=EvaluatorKernel,
        capture_fd_output=False,
        outstream_class="policybook.evaluator.printed_stream.PrintedStream",
    )


if __name__ == "__main__":
    # An interrupt is meant for the workbench; `cancel` stops the evaluator's requests.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    main()
