"""Asking the kernel for a cell from Python: in a notebook, or from a script with a kernel of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from policybook.asking.errors import PolicybookError


def ask(code: str, kind: str) -> Path:
    """Runs a cell's text to its end; the folder of what it declared, a `learn` or a `comparison`.

    Raises PolicybookError with the cell's error, KeyboardInterrupt where it was stopped.
    """
    from policybook.asking import notebook, script

    asked = notebook.ask(code) if notebook.is_workbench() else script.ask(code)
    _raise(asked.outcome)
    for declaration in asked.declarations:
        if declaration.get("kind") == kind:
            return Path(declaration["folder"])
    raise PolicybookError("PolicybookFault", f"the cell declared no {kind}", [])


def _raise(outcome: dict[str, Any]) -> None:
    if outcome.get("status") == "ok":
        return
    name, message = str(outcome.get("ename")), str(outcome.get("evalue"))
    if name == "KeyboardInterrupt":
        raise KeyboardInterrupt(message)
    raise PolicybookError(name, message, [str(line) for line in outcome.get("traceback", [])])
