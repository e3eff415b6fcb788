"""What went wrong inside a policy, as text of limited length that the policy's own process writes."""

# ruff: noqa: BLE001 - a policy may raise anything
from __future__ import annotations

import json
import traceback
from typing import Any

from policybook.sandbox.messages import FaultReport

FILENAME = "<policy>"
"""The file name of the policy's code; no such file exists, so that no traceback opens one."""

MAX_TEXT_CHARACTERS = 400
"""Of twelve bytes each as JSON at most, so that a fault stays below the MAX_FAULT_BYTES of frames."""


class FaultError(Exception):
    """A policy has broken a rule; `code` is one of the policy failure codes."""

    def __init__(self, code: str, text: str, line: int | None = None, column: int | None = None) -> None:
        super().__init__(text)
        self.code = code
        self.text = text
        self.line = line
        self.column = column

    def pack(self) -> bytes:
        """Returns the fault as the JSON of a FAULT frame."""
        report: FaultReport = {
            "code": self.code,
            "text": shorten(self.text),
            "line": self.line,
            "column": self.column,
        }
        return json.dumps(report).encode()


def make_fault(error: BaseException, code: str) -> FaultError:
    """Returns the fault that an exception means; lack of memory has a code of its own."""
    if isinstance(error, FaultError):
        return error
    if isinstance(error, MemoryError):
        return FaultError("memory", "MemoryError", find_policy_line(error))
    if isinstance(error, SyntaxError) and code == "syntax_error":
        return FaultError(code, shorten(error.msg), error.lineno, error.offset)
    return FaultError(code, describe_exception(error), find_policy_line(error))


def describe_exception(error: BaseException) -> str:
    """Returns type and text of an exception, even of one whose text cannot be made."""
    try:
        text = str(error)[: MAX_TEXT_CHARACTERS * 2]
    except Exception:
        text = "(its text could not be made)"
    name = type(error).__name__
    return shorten(f"{name}: {text}" if text else name)


def find_policy_line(error: BaseException) -> int | None:
    """Returns the line of the policy in which an exception arose, or through which it passed last."""
    line = None
    for frame, number in traceback.walk_tb(error.__traceback__):
        if frame.f_code.co_filename == FILENAME:
            line = number
    return line


def shorten(value: Any) -> str:
    """Returns one line of printable text, of limited length."""
    text = str(value)[: MAX_TEXT_CHARACTERS * 2]
    plain = "".join(character if character.isprintable() else " " for character in text)
    return plain if len(plain) <= MAX_TEXT_CHARACTERS else plain[: MAX_TEXT_CHARACTERS - 1] + "…"


def shorten_repr(value: Any) -> str:
    """Returns a value's text as the policy's author would recognise it, of limited length."""
    try:
        return shorten(repr(value))[:120]
    except Exception:
        return f"a {type(value).__name__}"
