"""Requests a cell from any other Python, of a policybook kernel of its own that ends with this process."""

from __future__ import annotations

import atexit
import json
import time
from pathlib import Path
from typing import Any

from policybook.cell_requests.cell_answer import CellAnswer
from policybook.cell_requests.declarations_reply import DECLARED_TYPE
from policybook.cell_requests.output_sink import CellOutputSink
from policybook.notebook.runs_folder import make_script_environment
from policybook.notebook.user_code import report_mentioned

START_SECONDS = 60.0
STOP_SECONDS = 15.0
"""A stopped run keeps what it has found within a second; a loaded machine takes longer."""

_DECLARATIONS_EXPRESSION = (
    "__import__('policybook.cell_requests.declarations_reply', fromlist=['reply_declarations'])"
    ".reply_declarations()"
)
"""What the kernel's Python evaluates with the cell: it replies with what the cell has declared."""


def request_cell(code: str) -> CellAnswer:
    """Runs the cell; passes Ctrl-C on, and waits for what the cell has left then."""
    kernel = _find_kernel()
    try:
        return kernel.run(code)
    except KeyboardInterrupt:
        return kernel.stop()


class OwnKernel:
    """A kernel and its one client. Runs are where a notebook of this folder would leave them."""

    def __init__(self, folder: str) -> None:
        from jupyter_client.manager import KernelManager

        self.folder = folder
        self.manager = KernelManager(kernel_name="policybook", kernel_spec_manager=_make_specs())
        self.manager.start_kernel(cwd=folder, env=make_script_environment())
        self.client: Any = self.manager.blocking_client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=START_SECONDS)
        self.request = ""
        self.sink = CellOutputSink()

    def run(self, code: str) -> CellAnswer:
        """Runs a cell to its end."""
        self.sink = CellOutputSink()
        self.request = self._send(code)
        return self._collect(None)

    def stop(self) -> CellAnswer:
        """Stops a cell and shows what is left of it after the interrupt."""
        self.manager.interrupt_kernel()
        return self._collect(time.monotonic() + STOP_SECONDS)

    def close(self) -> None:
        """Ends the kernel with all that it started."""
        self.client.stop_channels()
        self.manager.shutdown_kernel()

    def _send(self, code: str) -> str:
        """Sends a cell with what this Python has registered, and returns the id of the message."""
        content = {
            "code": code,
            "silent": False,
            "store_history": True,
            "user_expressions": {"declared": _DECLARATIONS_EXPRESSION},
            "allow_stdin": False,
            "stop_on_error": True,
        }
        metadata = {"policybook": {"user_code": report_mentioned(code)}}
        message = self.client.session.msg("execute_request", content, metadata=metadata)
        self.client.shell_channel.send(message)
        return str(message["header"]["msg_id"])

    def _collect(self, deadline: float | None) -> CellAnswer:
        while True:
            message = self._receive(deadline)
            if message["parent_header"].get("msg_id") != self.request:
                continue
            if message["content"].get("execution_state") == "idle":
                break
            self.sink.show(message)
        self.sink.end()
        while True:
            reply = self.client.get_shell_msg(timeout=START_SECONDS)
            if reply["parent_header"].get("msg_id") == self.request:
                return CellAnswer(reply["content"], _read_declarations(reply["content"]))

    def _receive(self, deadline: float | None) -> dict[str, Any]:
        import queue

        while True:
            try:
                message: dict[str, Any] = self.client.get_iopub_msg(timeout=1)
            except queue.Empty:
                if not self.manager.is_alive():
                    raise RuntimeError("the policybook kernel has ended") from None
                if deadline is not None and time.monotonic() > deadline:
                    raise KeyboardInterrupt("it did not stop in time; its record is kept") from None
            else:
                return message


_kernels: dict[str, OwnKernel] = {}


def _find_kernel() -> OwnKernel:
    """Returns the working directory's kernel, started when there is none.

    Where a script runs is where its runs are.
    """
    folder = str(Path.cwd())
    kernel = _kernels.get(folder)
    if kernel is None or not kernel.manager.is_alive():
        kernel = _kernels[folder] = OwnKernel(folder)
        atexit.register(kernel.close)
    return kernel


def _make_specs() -> Any:
    """Returns the kernel of this very package, whatever Jupyter has installed under the name."""
    from jupyter_client.kernelspec import KernelSpec, KernelSpecManager

    class Own(KernelSpecManager):
        def get_kernel_spec(self, kernel_name: str) -> Any:
            if kernel_name != "policybook":
                return super().get_kernel_spec(kernel_name)
            return KernelSpec.from_resource_dir(str(Path(__file__).parents[1] / "kernelspec"))

    return Own()


def _read_declarations(content: dict[str, Any]) -> list[dict[str, Any]]:
    answer = content.get("user_expressions", {}).get("declared", {})
    declared: list[dict[str, Any]] = json.loads(answer.get("data", {}).get(DECLARED_TYPE, "[]"))
    return declared
