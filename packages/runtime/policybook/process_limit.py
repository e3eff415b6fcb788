"""The limit of processes and threads that a system sets, where an exception says that it is reached."""

from __future__ import annotations

THREAD_REFUSED = "can't start new thread"
"""The text of the RuntimeError that Python raises for a thread that the system refuses."""

HINT = (
    ". It seems that the system starts no more processes or threads for this user: end some that are not "
    "needed, or raise the limit (`ulimit -u`; in a container, its limit of pids)"
)


def find_process_limit_hint(error: BaseException) -> str:
    """Returns a sentence on what to do, to stand behind the exception's text.

    It has no full stop at its end, and is empty for other exceptions.
    """
    is_refused = isinstance(error, RuntimeError) and THREAD_REFUSED in str(error)
    # A fork that the limit refuses fails with EAGAIN, for which Python's class is this one.
    return HINT if is_refused or isinstance(error, BlockingIOError) else ""
