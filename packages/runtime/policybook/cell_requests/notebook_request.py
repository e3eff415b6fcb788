"""Requests a cell of the kernel behind which this Python is the workbench; outputs appear under its cell."""

from __future__ import annotations

import json
import os
import socket
import sys
from typing import Any

from policybook.cell_requests.cell_answer import CellAnswer
from policybook.notebook import declarations
from policybook.notebook.runs_folder import keep_runs_folder
from policybook.notebook.user_code import report_mentioned

REQUESTS_VARIABLE = "POLICYBOOK_REQUESTS"


def is_workbench() -> bool:
    """Returns whether this process is the workbench of a policybook kernel."""
    return (
        REQUESTS_VARIABLE in os.environ
        and "policybook.notebook.workbench" in sys.modules
        and _find_shell() is not None
    )


def request_cell(code: str) -> CellAnswer:
    """Runs the cell; passes Stop on, and waits for what the cell has left then.

    Its outputs come behind what Python has printed so far.
    """
    # Only a workbench has loaded it, which is how one is known.
    from policybook.notebook.workbench.outputs import publish_marker

    with socket.socket(socket.AF_UNIX) as channel:
        channel.connect(os.environ[REQUESTS_VARIABLE])
        marker = publish_marker(_find_shell())
        request = {"code": code, "parent": _find_parent(), "marker": marker}
        _send(channel, request | {"user_code": report_mentioned(code, declarations.list_environment_ids())})
        lines = channel.makefile("r", encoding="utf-8")
        answer = CellAnswer()
        try:
            _receive(lines, answer, code)
        except KeyboardInterrupt:
            _send(channel, {"stop": True})
            _receive(lines, answer, code)
        return answer


def _receive(lines: Any, answer: CellAnswer, code: str) -> None:
    for line in lines:
        said = json.loads(line)
        if "runs" in said:
            keep_runs_folder(said["runs"])
        if "registration" in said:
            recorded = declarations.record_cell(said["registration"], code)
            answer.declarations = [dict(declaration.resolved) for declaration in recorded]
        if "ended" in said:
            answer.outcome = said["ended"]
            return
    answer.outcome = {"status": "error", "ename": "PolicybookFault", "evalue": "the kernel hung up"}


def _send(channel: socket.socket, message: dict[str, Any]) -> None:
    channel.sendall(json.dumps(message).encode() + b"\n")


def _find_shell() -> Any:
    from IPython.core.getipython import get_ipython

    return get_ipython()


def _find_parent() -> dict[str, Any]:
    """Returns the header of the message whose cell runs; its date is a datetime by now."""
    header = dict(_find_shell().get_parent().get("header", {}))
    date = header.get("date")
    return header if date is None or isinstance(date, str) else header | {"date": date.isoformat()}
