"""The error of a cell that Python requested."""

from __future__ import annotations

import re
from collections.abc import Sequence

_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


class PolicybookError(Exception):
    """The error with which a policybook cell ended.

    `name` and `message` are as under the cell; `detail` has further lines.
    """

    # What people catch and what tracebacks say is `policybook.PolicybookError`.
    __module__ = "policybook"

    def __init__(self, name: str, message: str, traceback: Sequence[str]) -> None:
        self.name = name
        self.message = message
        self.detail = [_COLOURS.sub("", line) for line in traceback[1:]]
        super().__init__("\n".join([f"{name}: {message}", *self.detail]))

    def _render_traceback_(self) -> list[str]:
        """Returns the cell's own words, which IPython shows in place of a traceback through policybook."""
        return [f"\x1b[31m{self.name}\x1b[39m: {self.message}", *self.detail]
