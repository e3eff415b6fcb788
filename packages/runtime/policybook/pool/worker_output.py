"""What a worker process prints: its environments do, and nothing else in it."""

from __future__ import annotations

import asyncio
import codecs
import os
from collections.abc import Callable

CHUNK_BYTES = 1 << 16
MAX_LINE_CHARACTERS = 300
MAX_BEGUN_CHARACTERS = 10_000
MAX_SHOWN_CHARACTERS = 2000
"""Of what is printed during one task so much is shown; the rest is read and dropped."""


class WorkerOutput:
    """Reads the end of a pipe into which a worker prints, and never lets it wait for room.

    `show` is given the whole lines that are printed during a task, up to a bound, without control characters.
    A line that is printed in pieces is one, and of one that is printed over itself the last form counts.
    """

    def __init__(self, descriptor: int, show: Callable[[str], None]) -> None:
        self.descriptor = descriptor
        self.show = show
        self.last_line = ""
        self.begun_line = ""
        """What has been printed of a line that has no end yet."""
        self.room = MAX_SHOWN_CHARACTERS
        self.decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
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
        *ended, begun = (self.begun_line + self.decoder.decode(data)).split("\n")
        self.begun_line = begun[-MAX_BEGUN_CHARACTERS:]
        self._take_lines(ended)

    def end_task(self) -> None:
        """Takes what the task has printed, the last line too, whether or not it was ended."""
        self.read()
        begun, self.begun_line = self.begun_line, ""
        if begun:
            self._take_lines([begun])

    def _take_lines(self, raw: list[str]) -> None:
        lines = [_clean_line(line) for line in raw]
        self.last_line = next((line.strip() for line in reversed(lines) if line.strip()), self.last_line)
        self.last_line = self.last_line[:MAX_LINE_CHARACTERS]
        text = "".join(f"{line}\n" for line in lines)
        shown, self.room = text[: self.room], max(0, self.room - len(text))
        if shown:
            self.show(shown if shown.endswith("\n") else f"{shown}\n")

    def close(self) -> None:
        """Takes what is left, and closes the pipe."""
        self.loop.remove_reader(self.descriptor)
        self.end_task()
        os.close(self.descriptor)


def _clean_line(line: str) -> str:
    """Returns a line as a terminal would leave it: what a carriage return goes back over is gone."""
    last = line.rstrip("\r").rpartition("\r")[2]
    return "".join(each for each in last if each == "\t" or each.isprintable())
