"""`policybook run NOTEBOOK`: executes a notebook through the policybook kernel with a line of progress."""

import os
import sys
import time
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from policybook.cell_requests.progress import RUN_MIME, ProgressLine, describe_run

KERNEL = "policybook"


class ReportingClient(NotebookClient):
    """A notebook client that prints, while a cell runs, what its live view of a run would show."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.line = ProgressLine()

    def process_message(self, msg: dict[str, Any], cell: Any, cell_index: int) -> Any:
        """Looks for run payloads in displays and their updates, then lets nbclient do its work."""
        if msg["msg_type"] in ("display_data", "update_display_data"):
            payload = msg["content"].get("data", {}).get(RUN_MIME)
            if payload is not None:
                self.line.show(describe_run(payload), last=payload["status"] != "running")
        return super().process_message(msg, cell, cell_index)


def run_notebook(source: str, target: str) -> int:
    """Executes `source` in its own folder and writes it to `target`, also when a cell fails.

    It returns 0, or 1 where there is no notebook or a cell failed.
    """
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
