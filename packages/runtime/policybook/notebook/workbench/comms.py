"""Comms that answer while a cell runs.

ipykernel 7.4 hands a comm's messages to the shell that last spoke through it, whatever subshell the client
chose for them. A widget made by a cell, and hence by the main shell, stood still while another cell ran, and
the subshells that JupyterLab opens for comms were of no use. Here the client's choice holds, except for
replies that a request waits for.
"""

from typing import Any

from ipykernel.comm.comm import BaseComm


class WorkbenchComm(BaseComm):
    """ipykernel's comm, in which only a subshell's claim on its messages outranks the client's choice."""

    def _reply_subshell_for(self, data: Any, default: str | None) -> str | None:
        awaited = len(self._reply_subshell_ids)
        claimed: str | None = super()._reply_subshell_for(data, default)  # type: ignore[no-untyped-call]
        # It forgets a request when its reply comes, which goes to the sending shell; None is the main one.
        is_reply = len(self._reply_subshell_ids) < awaited
        return claimed if is_reply or claimed is not None else default
