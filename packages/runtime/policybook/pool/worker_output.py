"""What a worker process prints: its environments do, and nothing else in it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable

CHUNK_BYTES = 1 << 16
MAX_LINE_CHARACTERS = 300
MAX_SHOWN_CHARACTERS = 2000
"""Of what is printed during one task so much is shown; the rest is read and dropped."""


class WorkerOutput:
    """Reads the end of a pipe into which a worker prints, and never lets it wait for room.

    `show` is given what is printed during a task, up to a bound, without control characters.
    """

    def __init__(self, descriptor: int, show: Callable[[str], None]) -> None:
        self.descriptor = descriptor
        self.show = show
        self.last_line = ""
        self.room = MAX_SHOWN_CHARACTERS
        os.set_blocking(descriptor, False)
        self.loop = asyncio.get_running_loop()
        self.loop.add_reader(descriptor, self.read)

    def begin_task(self) -> None:
        """Gives the next task room of its own."""
        self.room = MAX_SHOWN_CHARACTERS

    def read(self) -> None:
        """Takes what has been printed."""
        try:
            data = os.read(self.descriptor, CHUNK_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            # Every process that could print is gone.
            self.loop.remove_reader(self.descriptor)
            return
        text = "".join(each for each in data.decode(errors="replace") if each in "\n\t" or each.isprintable())
        lines = [line for line in text.splitlines() if line.strip()]
        if lines:
            self.last_line = lines[-1].strip()[:MAX_LINE_CHARACTERS]
        shown, self.room = text[: self.room], max(0, self.room - len(text))
        if shown:
            self.show(shown)

    def close(self) -> None:
        """Takes what is left, and closes the pipe."""
        self.loop.remove_reader(self.descriptor)
        self.read()
        os.close(self.descriptor)
