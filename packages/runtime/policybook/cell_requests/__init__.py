"""Requests a cell from Python: of the notebook's kernel, or from a script of a kernel of its own."""

from __future__ import annotations

from pathlib import Path

from policybook.cell_requests.cell_answer import CellOutcome
from policybook.cell_requests.errors import PolicybookError


def request_cell(code: str, kind: str) -> Path:
    """Runs a cell's text to its end; returns the folder of what it declared, a `learn` or a `comparison`.

    Raises PolicybookError with the cell's error, KeyboardInterrupt where it was stopped.
    """
    from policybook.cell_requests import notebook_request, own_kernel

    requester = notebook_request if notebook_request.is_workbench() else own_kernel
    answer = requester.request_cell(code)
    _raise_error(answer.outcome)
    for declaration in answer.declarations:
        if declaration.get("kind") == kind:
            return Path(declaration["folder"])
    raise PolicybookError("PolicybookFault", f"the cell declared no {kind}", [])


def _raise_error(outcome: CellOutcome) -> None:
    if outcome.get("status") == "ok":
        return
    name, message = outcome.get("ename", ""), outcome.get("evalue", "")
    if name == "KeyboardInterrupt":
        raise KeyboardInterrupt(message)
    raise PolicybookError(name, message, outcome.get("traceback", []))
