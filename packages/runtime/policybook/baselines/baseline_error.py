"""Why an environment has no such baseline."""

from __future__ import annotations


class BaselineError(ValueError):
    """This environment has no such baseline; the message is for people."""
