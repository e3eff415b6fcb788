"""From which line of a text its functions return: what they give may be wrong, and has no traceback."""

from __future__ import annotations

import sys
from collections.abc import Collection
from types import FrameType
from typing import Any


class ReturnedLines:
    """While it is entered, `last` is the line from which one of some functions of some files returned last.

    `last_file` is the file that it stands in.
    """

    def __init__(self, files: Collection[str], functions: tuple[str, ...]) -> None:
        self.files = files
        self.functions = functions
        self.last: int | None = None
        self.last_file = ""

    def __enter__(self) -> ReturnedLines:
        self._before = sys.getprofile()
        sys.setprofile(self._notice)
        return self

    def __exit__(self, *_: object) -> None:
        sys.setprofile(self._before)

    def _notice(self, frame: FrameType, event: str, _: Any) -> None:
        if event != "return":
            return
        code = frame.f_code
        if code.co_filename in self.files and code.co_name in self.functions:
            self.last, self.last_file = frame.f_lineno, code.co_filename
