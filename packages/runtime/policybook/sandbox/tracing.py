"""What a policy does in one step: the lines that ran, and its functions' variables when they returned.

The policy runs in the same process and can falsify it: a trace explains a policy and proves nothing about it.
"""

# ruff: noqa: BLE001 - a policy may raise anything
from __future__ import annotations

import json
import re
import reprlib
import sys
from collections.abc import Callable
from types import FrameType, FunctionType, ModuleType
from typing import Any

import numpy as np

from policybook.sandbox.faults import FILENAME
from policybook.sandbox.frames import MAX_TRACE_BYTES
from policybook.sandbox.messages import StepTrace

MAX_VARIABLES = 40
MAX_LINES = 2000
MAX_VALUE_CHARACTERS = 120

Trace = Callable[[FrameType, str, Any], Any]

_ADDRESS = re.compile(r" at 0x[0-9A-Fa-f]+")


class _ValueText(reprlib.Repr):
    """Writes values without their addresses in memory, by which equal episodes would look different."""

    def repr_instance(self, x: Any, level: int) -> str:
        """Returns the text of anything but a container, a number and a string."""
        if getattr(type(x), "__repr__", None) is object.__repr__:
            return self._write_attributes(x, level)
        text = _ADDRESS.sub("", repr(x))
        return text if len(text) <= MAX_VALUE_CHARACTERS else text[: MAX_VALUE_CHARACTERS - 1] + "…"

    def _write_attributes(self, x: Any, level: int) -> str:
        """Returns the attributes of an object that has no text of its own."""
        kept = list(vars(x).items()) if hasattr(x, "__dict__") else []
        most = self.maxdict if level > 0 else 0
        shown = [f"{name}={self.repr1(value, level - 1)}" for name, value in kept[:most]]
        rest = ["..."] if len(kept) > most else []
        return f"{type(x).__name__}({', '.join([*shown, *rest])})"


_VALUES = _ValueText()


class Tracer:
    """Calls `act` and traces it; `report` then returns what that step did."""

    def __init__(self, act: Callable[..., Any]) -> None:
        self.act = act
        self.lines: dict[int, int] = {}
        self.variables: dict[str, str] = {}
        self.module = _find_module(act)
        self.loaded = self._show_module()
        """What the module's names held before the first step: a constant is no news."""
        self.changed: set[str] = set()

    def __call__(self, *arguments: Any, **extra_args: Any) -> Any:
        """Returns what the policy's act returns."""
        self.lines, self.variables = {}, {}
        sys.settrace(self._enter)
        try:
            return self.act(*arguments, **extra_args)
        finally:
            sys.settrace(None)
            self._keep_module()

    def report(self) -> bytes:
        """Returns the last call as the JSON of a `StepTrace`, an empty one where it is too long."""
        trace: StepTrace = {"lines": list(self.lines.items())[-MAX_LINES:], "variables": self.variables}
        data = json.dumps(trace).encode()
        return data if len(data) <= MAX_TRACE_BYTES else b'{"lines": [], "variables": {}}'

    def _enter(self, frame: FrameType, event: str, argument: Any) -> Trace | None:  # noqa: ARG002
        return self._follow if frame.f_code.co_filename == FILENAME else None

    def _follow(self, frame: FrameType, event: str, argument: Any) -> Trace:  # noqa: ARG002
        if event == "line":
            self.lines[frame.f_lineno] = self.lines.pop(frame.f_lineno, 0) + 1
        elif event == "return":
            self._keep(frame)
        return self._follow

    def _keep(self, frame: FrameType) -> None:
        """Keeps a function's variables: those of `act` under their names, others' behind the function's."""
        name = frame.f_code.co_name
        before = "" if name == "act" else f"{name}."
        for variable, value in list(frame.f_locals.items()):
            if variable == "self":
                inner = getattr(value, "__dict__", {})
                for attribute, kept in list(inner.items()):
                    self._write(f"self.{attribute}", kept)
            else:
                self._write(before + variable, value)

    def _keep_module(self) -> None:
        """Keeps what the module's own names hold, once it has changed since the episode began."""
        shown = self._show_module()
        self.changed |= {name for name, text in shown.items() if self.loaded.get(name) != text}
        for name in sorted(self.changed & shown.keys()):
            self._write_text(f"global {name}", shown[name])

    def _show_module(self) -> dict[str, str]:
        return {
            name: show_value(value)
            for name, value in list(self.module.items())
            if not name.startswith("__") and _is_data(value)
        }

    def _write(self, name: str, value: Any) -> None:
        if _is_data(value):
            self._write_text(name, show_value(value))

    def _write_text(self, name: str, text: str) -> None:
        if len(self.variables) < MAX_VARIABLES:
            self.variables[name[:MAX_VALUE_CHARACTERS]] = text


def _is_data(value: Any) -> bool:
    return not isinstance(value, FunctionType | ModuleType | type)


def _find_module(act: Any) -> dict[str, Any]:
    """Returns the names of the module that defines `act`; none where it is no function of Python."""
    module = getattr(getattr(act, "__func__", act), "__globals__", None)
    return module if isinstance(module, dict) else {}


def show_value(value: Any) -> str:
    """Returns a value in at most MAX_VALUE_CHARACTERS characters."""
    try:
        if isinstance(value, np.generic):
            value = value.item()
        if isinstance(value, float):
            text = f"{value:.6g}"
        elif isinstance(value, np.ndarray):
            text = np.array2string(value, precision=4, threshold=16, separator=", ", max_line_width=1000)
        else:
            text = _VALUES.repr(value)
    except BaseException as error:
        text = f"<no text: {type(error).__name__}>"
    return text if len(text) <= MAX_VALUE_CHARACTERS else text[: MAX_VALUE_CHARACTERS - 1] + "…"
