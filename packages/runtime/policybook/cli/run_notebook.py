"""`policybook run NOTEBOOK`: executes a notebook through the policybook kernel with a line of progress."""

import asyncio
import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

import nbformat
from jupyter_client.kernelspec import NoSuchKernel
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError

from policybook.cell_requests.progress import RUN_MIME, ProgressLine, describe_run

KERNEL = "policybook"

NOTEBOOK_FORMAT = 4
"""The format in which notebooks are executed and written; older ones are brought to it."""


class UnusablePathError(Exception):
    """A notebook that cannot be executed, or a place that it cannot be written to; the message says why."""


class ReportingClient(NotebookClient):
    """A notebook client that prints, while a cell runs, what its live view of a run would show.

    SIGINT and SIGTERM end the execution in order; `ended_by` is the one that has.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.line = ProgressLine()
        self.ended_by: signal.Signals | None = None

    async def async_start_new_kernel(self, **kwargs: Any) -> None:
        """Starts the kernel, and takes nbclient's signal handlers back.

        These end the kernel under the cell that waits for it, which then fails with an AssertionError.
        """
        task = asyncio.current_task()

        def end(number: signal.Signals) -> None:
            self.ended_by = number
            if task is not None:
                task.cancel()

        if sys.platform != "win32":
            for number in (signal.SIGINT, signal.SIGTERM):
                asyncio.get_running_loop().add_signal_handler(number, end, number)
        await super().async_start_new_kernel(**kwargs)

    def process_message(self, msg: dict[str, Any], cell: Any, cell_index: int) -> Any:
        """Looks for run payloads in displays and their updates, then lets nbclient do its work."""
        if msg["msg_type"] in ("display_data", "update_display_data"):
            payload = msg["content"].get("data", {}).get(RUN_MIME)
            if payload is not None:
                self.line.show(describe_run(payload), last=payload["status"] != "running")
        return super().process_message(msg, cell, cell_index)


def run_notebook(source: str, target: str) -> int:
    """Executes `source` in its own folder and writes it to `target`, also when a cell fails.

    It returns 0; 1 where there is no notebook, it cannot be written or a cell failed; 128 and the signal's
    number where SIGINT or SIGTERM ended it.
    """
    path = Path(source).resolve()
    try:
        notebook = _read_notebook(path)
        _check_target(Path(target))
    except UnusablePathError as error:
        return _complain(str(error))
    client = ReportingClient(
        notebook, timeout=None, kernel_name=KERNEL, resources={"metadata": {"path": str(path.parent)}}
    )
    started = time.monotonic()
    code = _execute(client, path)
    try:
        nbformat.write(notebook, target)  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as error:
        return _complain(f"{target} cannot be written: {getattr(error, 'strerror', None) or error}")
    if code == 0:
        sys.stderr.write(f"executed {path.name} in {time.monotonic() - started:.1f} s\n")
    return code


def _execute(client: ReportingClient, path: Path) -> int:
    """Executes the client's notebook, which lies at `path`; says what failed and returns the exit code."""
    try:
        # JupyterLab names the notebook so; a run folder is named after it.
        client.execute(env={**os.environ, "JPY_SESSION_NAME": str(path)})
    except CellExecutionError as error:
        return _complain(f"\n{error}", prefix="")
    except NoSuchKernel:
        return _complain(f"the kernel {KERNEL} is not installed here: install policybook again")
    except (DeadKernelError, asyncio.CancelledError) as error:
        if client.ended_by is not None:
            name = client.ended_by.name
            _complain(
                f"{path.name} was ended by {name}; the cells that had run are written with their outputs"
            )
            return 128 + client.ended_by
        return _complain(f"the kernel of {path.name} ended: {error}")
    return 0


def _read_notebook(path: Path) -> Any:
    """Returns the notebook, brought to format 4; raises UnusablePathError."""
    if not path.is_file():
        raise UnusablePathError(f"there is no notebook {path}")
    try:
        parsed = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UnusablePathError(f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise UnusablePathError(f"{path} is no notebook: it is not JSON ({error})") from error
    found = parsed.get("nbformat") if isinstance(parsed, dict) else None
    if not isinstance(found, int):
        raise UnusablePathError(f"{path} is no notebook: it does not say its format (nbformat)")
    if found > NOTEBOOK_FORMAT:
        reads = f"this version executes notebooks of format {NOTEBOOK_FORMAT}"
        raise UnusablePathError(f"{path} is a notebook of format {found}; {reads}")
    try:
        notebook = nbformat.reads(json.dumps(parsed), as_version=NOTEBOOK_FORMAT)  # type: ignore[no-untyped-call]
        cells = notebook.cells
        broken = next(
            (at for at, cell in enumerate(cells, 1) if not isinstance(cell.get("source"), str)), None
        )
    except Exception as error:
        # nbformat raises what its steps stumble over.
        reason = f"{type(error).__name__}: {error}".splitlines()[0]
        raise UnusablePathError(f"{path} is no sound notebook of format {found} ({reason})") from error
    if broken is not None:
        raise UnusablePathError(f"{path} is no sound notebook: cell {broken} has no source")
    for each in [notebook, *cells]:
        if "metadata" not in each:
            each["metadata"] = {}
    return notebook


def _check_target(target: Path) -> None:
    """Raises UnusablePathError where nothing could be written: better now than after hours of learning."""
    if target.is_dir():
        raise UnusablePathError(f"{target} is a folder; name the file to write to")
    if not target.parent.is_dir():
        raise UnusablePathError(f"there is no folder {target.parent}; make it, or write to another")
    if not os.access(target if target.exists() else target.parent, os.W_OK):
        raise UnusablePathError(f"{target} cannot be written: this user has no permission")


def _complain(message: str, *, prefix: str = "policybook: ") -> int:
    sys.stderr.write(f"{prefix}{message}\n")
    return 1
