"""`sys.exit` in an environment: it would end the process that plays, and what it says would be lost."""

from __future__ import annotations

RAISED_BY_USER_CODE = (Exception, SystemExit)
"""What is caught where a user's code is called; every other exception is meant for the process itself."""


class SystemExitError(Exception):
    """An environment has called `sys.exit`, or raised SystemExit; the text is what it said by it."""


def make_exit_error(raised: SystemExit) -> SystemExitError:
    """Returns the error that stands for the exit, with the place that the exit came from."""
    return SystemExitError(*raised.args).with_traceback(raised.__traceback__)
