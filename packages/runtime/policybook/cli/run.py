"""`policybook run NOTEBOOK`: executes a notebook through the policybook kernel with a line of progress."""

import os
import sys
import time
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

RUN_MIME = "application/vnd.policybook.run+json"
KERNEL = "policybook"


class ProgressLine:
    """One line on stderr that is rewritten in place on a terminal and printed at most each 5 s elsewhere."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._written = 0.0

    def show(self, text: str, *, last: bool = False) -> None:
        """Show `text` in place of the line before; a `last` one always appears and ends the line."""
        now = time.monotonic()
        if self._terminal:
            sys.stderr.write(f"\r\x1b[2K{text[:160]}" + ("\n" if last else ""))
        elif last or now - self._written >= 5:
            sys.stderr.write(text + "\n")
        else:
            return
        self._written = now
        sys.stderr.flush()


class ReportingClient(NotebookClient):
    """A notebook client that tells, while a cell runs, what its live run view would show."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.line = ProgressLine()

    def process_message(self, msg: dict[str, Any], cell: Any, cell_index: int) -> Any:
        """Look for run payloads in displays and their updates, then let nbclient do its work."""
        if msg["msg_type"] in ("display_data", "update_display_data"):
            payload = msg["content"].get("data", {}).get(RUN_MIME)
            if payload is not None:
                self.line.show(describe_run(payload), last=payload["status"] != "running")
        return super().process_message(msg, cell, cell_index)


def describe_run(payload: dict[str, Any]) -> str:
    """One line for people: best score with its interval, episodes, steps a second, time left."""
    parts = [payload["run"]]
    if payload["champion"] is not None:
        score = payload["champion"]["score"]
        parts.append(f"best {score['mean']:.1f} [{score['low']:.1f}, {score['high']:.1f}]")
    for meter in payload["budget"]:
        if meter["limit"] is not None or meter["name"] == "episodes":
            limit = "" if meter["limit"] is None else f"/{meter['limit']:g}"
            parts.append(f"{meter['spent']:g}{limit} {meter['name']}")
    if payload["stepsPerSecond"] is not None:
        parts.append(f"{payload['stepsPerSecond']:,.0f} steps/s")
    if payload["secondsLeft"] is not None:
        parts.append(f"{payload['secondsLeft']:.0f} s left")
    parts.append(payload["activity"])
    return " | ".join(parts)


def run_notebook(source: str, target: str) -> int:
    """Execute `source` in its own folder and write it to `target`, also when a cell fails."""
    path = Path(source).resolve()
    if not path.is_file():
        sys.stderr.write(f"policybook: there is no notebook {path}\n")
        return 1
    notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    client = ReportingClient(
        notebook, timeout=None, kernel_name=KERNEL, resources={"metadata": {"path": str(path.parent)}}
    )
    started = time.monotonic()
    try:
        # JupyterLab names the notebook so; a run folder is named after it.
        client.execute(env={**os.environ, "JPY_SESSION_NAME": str(path)})
    except CellExecutionError as error:
        sys.stderr.write(f"\n{error}\n")
        return 1
    finally:
        nbformat.write(notebook, target)  # type: ignore[no-untyped-call]
    sys.stderr.write(f"executed {path.name} in {time.monotonic() - started:.1f} s\n")
    return 0
