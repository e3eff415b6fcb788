"""The evaluator's standard streams, whose flush costs nothing while nothing is printed."""

from __future__ import annotations

from ipykernel.iostream import OutStream


class PrintedStream(OutStream):
    """ipykernel's stream, flushed only where something was printed since the last time.

    ipykernel flushes both streams after every message, and each flush waits for another thread: that took a
    third of the time of a message.
    """

    has_printed = False

    def write(self, string: str) -> int:
        """Prints a text."""
        self.has_printed = True
        return super().write(string) or 0

    def flush(self) -> None:
        """Waits until what was printed is sent."""
        if self.has_printed:
            self.has_printed = False
            super().flush()  # type: ignore[no-untyped-call]
