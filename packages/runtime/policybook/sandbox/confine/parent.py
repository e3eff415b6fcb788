"""Processes that do not outlive the one that started them, whatever they do when it is killed."""

from __future__ import annotations

import os
import signal
import sys

from policybook.sandbox.confine.system_calls import PR_SET_PDEATHSIG, prctl


def die_with_parent(parent: int) -> None:
    """Has Linux kill this process once its parent is gone.

    On other systems a closed pipe or a poller has to.
    """
    if sys.platform == "linux":
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    # A parent outside of this process's namespace has no number in it.
    if os.getppid() not in (parent, 0):
        os._exit(1)


def die_with_kernel() -> None:
    """Does the same for a subkernel, which learns of its kernel by JPY_PARENT_PID.

    ipykernel looks once a second, and not at all during a call that keeps the interpreter to itself, such
    as a long `re.match`.
    """
    parent = os.environ.get("JPY_PARENT_PID")
    if parent:
        die_with_parent(int(parent))
