"""What went wrong inside a policy, as capped plain text made on the policy's own side of the wall."""

# ruff: noqa: BLE001 - anything may come out of a policy
from __future__ import annotations

import json
import traceback
from typing import Any

from policybook.sandbox.frames import MAX_FAULT_BYTES

FILENAME = "<policy>"
"""Names the policy's text in code objects; no file of this name exists, so that no traceback opens one."""

MAX_TEXT_CHARACTERS = 400


class FaultError(Exception):
    """A policy broke a rule; `code` is one of the policy failure codes."""

    def __init__(self, code: str, text: str, line: int | None = None, column: int | None = None) -> None:
        super().__init__(text)
        self.code = code
        self.text = text
        self.line = line
        self.column = column

    def pack(self) -> bytes:
        """JSON for a FAULT frame."""
        content = {"code": self.code, "text": self.text, "line": self.line, "column": self.column}
        return json.dumps(content).encode()[:MAX_FAULT_BYTES]


def make_fault(error: BaseException, code: str) -> FaultError:
    """The fault that an exception means; running out of memory is a code of its own."""
    if isinstance(error, FaultError):
        return error
    if isinstance(error, MemoryError):
        return FaultError("memory", "MemoryError", find_policy_line(error))
    if isinstance(error, SyntaxError) and code == "syntax_error":
        return FaultError(code, shorten(error.msg), error.lineno, error.offset)
    return FaultError(code, describe_exception(error), find_policy_line(error))


def describe_exception(error: BaseException) -> str:
    """Type and text of an exception, even one whose text cannot be made."""
    try:
        text = str(error)[: MAX_TEXT_CHARACTERS * 2]
    except Exception:
        text = "(its text could not be made)"
    name = type(error).__name__
    return shorten(f"{name}: {text}" if text else name)


def find_policy_line(error: BaseException) -> int | None:
    """Line of the policy in which an exception arose, or through which it passed last."""
    line = None
    for frame, number in traceback.walk_tb(error.__traceback__):
        if frame.f_code.co_filename == FILENAME:
            line = number
    return line


def shorten(value: Any) -> str:
    """One line of printable text, capped."""
    text = str(value)[: MAX_TEXT_CHARACTERS * 2]
    plain = "".join(character if character.isprintable() else " " for character in text)
    return plain if len(plain) <= MAX_TEXT_CHARACTERS else plain[: MAX_TEXT_CHARACTERS - 1] + "…"


def shorten_repr(value: Any) -> str:
    """A value as the policy's author would recognise it, capped."""
    try:
        return shorten(repr(value))[:120]
    except Exception:
        return f"a {type(value).__name__}"
