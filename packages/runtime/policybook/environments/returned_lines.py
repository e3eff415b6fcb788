"""From which line of a text its functions return: what they give may be wrong, and has no traceback."""

from __future__ import annotations

import sys
from types import FrameType
from typing import Any


class ReturnedLines:
    """While it is entered, `last` is the line of a file from which one of some functions returned last."""

    def __init__(self, filename: str, functions: tuple[str, ...]) -> None:
        self.filename = filename
        self.functions = functions
        self.last: int | None = None

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
        if code.co_filename == self.filename and code.co_name in self.functions:
            self.last = frame.f_lineno
