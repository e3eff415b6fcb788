"""In which operation of which environment a worker process is, as the evaluator above it can see at any time.

A process that hangs or has died says nothing any more. What it was doing stands in a page of memory that both
share: a worker writes a number there before each step, and the evaluator reads it when it wants to know.
"""

from __future__ import annotations

import contextlib
import mmap
import os
from collections.abc import Iterator
from enum import IntEnum
from typing import NamedTuple

from policybook.environments.system_exit import make_exit_error
from policybook.rollout.shared_memory import share_memory

BYTES = 1 << 16
WORDS = BYTES // 8

OPERATION, CELL, FRAME, TURN = range(4)
"""Words of the page: the operation; the row of the table whose episode it is of; a number that grows with
each step of the rows; a number that grows with each other operation."""

TABLE = 8
"""The word at which the table of episodes begins."""

INDEX, SEED, FIRST_FRAME = range(3)
ROW_WORDS = 3
"""The words of a row: the episode's index in its evaluation, its seed, and the frame of its first step."""

CELLS = (WORDS - TABLE) // ROW_WORDS
"""The rows of the table; episodes beyond them share the last one."""


class Operation(IntEnum):
    """What an environment is asked for; between two operations that is nothing."""

    NONE = 0
    MAKE = 1
    RESET = 2
    STEP = 3
    CLOSE = 4


class OperationPlace(NamedTuple):
    """An operation under way: of which episode, by its index, and at which of its steps, from 0.

    `seed` is None for an environment that is being made or closed.
    """

    operation: Operation
    episode: int
    seed: int | None
    step: int


class Pulse:
    """The page, as either side uses it."""

    def __init__(self) -> None:
        self.words = memoryview(bytearray(BYTES)).cast("q")

    def detach(self) -> None:
        """Uses memory of its own from now on, as a fork has to of a process that is watched."""
        self.words = memoryview(bytearray(BYTES)).cast("q")

    def share(self) -> int:
        """Uses a new page from now on; returns its descriptor, for the process that is to write there."""
        descriptor, memory = share_memory(BYTES)
        self.words = memoryview(memory).cast("q")
        return descriptor

    def attach(self, descriptor: int) -> None:
        """Uses the page behind a descriptor from now on, which is closed."""
        self.words = memoryview(mmap.mmap(descriptor, BYTES)).cast("q")
        os.close(descriptor)

    def write_row(self, cell: int, index: int, seed: int, first_frame: int) -> None:
        """Says which episode a row of the table is."""
        at = TABLE + ROW_WORDS * min(cell, CELLS - 1)
        self.words[at + INDEX] = index
        self.words[at + SEED] = seed
        self.words[at + FIRST_FRAME] = first_frame

    @contextlib.contextmanager
    def enter(self, operation: Operation, cell: int | None = None) -> Iterator[None]:
        """Says that an operation is under way, until it is left; None keeps the row that was named last.

        An operation that calls `sys.exit` raises SystemExitError.
        """
        words = self.words
        before = words[OPERATION]
        if cell is not None:
            words[CELL] = min(cell, CELLS - 1)
        words[TURN] += 1
        words[OPERATION] = operation
        try:
            yield
        except SystemExit as raised:
            words[OPERATION] = before
            raise make_exit_error(raised) from raised
        except Exception:
            words[OPERATION] = before
            raise
        # What is no Exception ends the process, and the operation is where that came from.
        words[OPERATION] = before

    def read_mark(self) -> tuple[int, int, int, int]:
        """Returns what differs from operation to operation; the same mark twice means the same operation."""
        words = self.words
        return words[OPERATION], words[CELL], words[FRAME], words[TURN]

    def read_place(self) -> OperationPlace | None:
        """Returns the operation under way, None between two."""
        operation, cell, frame, _ = self.read_mark()
        if operation not in {Operation.RESET, Operation.STEP}:
            outside = operation in {Operation.MAKE, Operation.CLOSE}
            return OperationPlace(Operation(operation), 0, None, 0) if outside else None
        at = TABLE + ROW_WORDS * cell
        index, seed, first = self.words[at : at + ROW_WORDS]
        step = frame - first if operation == Operation.STEP else 0
        return OperationPlace(Operation(operation), index, seed, max(0, step))


PULSE = Pulse()
"""The page of this process. Only a worker's is watched."""
