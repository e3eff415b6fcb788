"""Where outputs of a kernel of one's own go: another notebook's cell, or a terminal's line of progress."""

from __future__ import annotations

import sys
from typing import Any

from policybook.cell_requests.progress import RUN_MIME, ProgressLine, describe_run

DIFF_MIME = "application/vnd.policybook.diff+json"


class CellOutputSink:
    """Shows one cell's outputs as they come."""

    def __init__(self) -> None:
        self.notebook = _is_in_notebook()
        self.line = ProgressLine()
        self.shown: set[str] = set()
        self.last = ""

    def show(self, message: dict[str, Any]) -> None:
        """Shows one publication."""
        content = message["content"]
        match message["msg_type"]:
            case "stream":
                (sys.stderr if content["name"] == "stderr" else sys.stdout).write(content["text"])
            case "display_data" | "update_display_data":
                self._display(content)

    def end(self) -> None:
        """Ends the outputs; the last line of progress stays."""
        if self.last:
            self.line.show(self.last, last=True)

    def _display(self, content: dict[str, Any]) -> None:
        name = content["transient"]["display_id"]
        if self.notebook:
            from IPython.display import display, update_display

            show: Any = update_display if name in self.shown else display
            self.shown.add(name)
            show(content["data"], raw=True, display_id=name)
            return
        payload = content["data"].get(RUN_MIME)
        text = content["data"].get("text/plain", "")
        words = describe_run(payload) if payload is not None else text.partition("\n")[0]
        # A run is shown by its view, comparisons and repeated runs by the first line of their tables.
        table = "text/markdown" in content["data"] and DIFF_MIME not in content["data"]
        if payload is not None or table:
            self.last = words
            self.line.show(words)


def _is_in_notebook() -> bool:
    """Returns whether this Python is that of a notebook with another kernel."""
    if "IPython" not in sys.modules:
        return False
    from IPython.core.getipython import get_ipython

    return hasattr(get_ipython(), "kernel")
