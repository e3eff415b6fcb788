"""What a worker prints, line by line."""

from __future__ import annotations

import asyncio
import os

from policybook.pool.worker_output import MAX_SHOWN_CHARACTERS, WorkerOutput


def show(*tasks: list[bytes]) -> tuple[list[str], str]:
    """What is shown of tasks that print these pieces, and the last line."""

    async def run() -> tuple[list[str], str]:
        shown: list[str] = []
        reading, writing = os.pipe()
        output = WorkerOutput(reading, shown.append)
        for pieces in tasks:
            output.begin_task()
            for piece in pieces:
                os.write(writing, piece)
                output.read()
            output.end_task()
        output.close()
        os.close(writing)
        return shown, output.last_line

    return asyncio.run(run())


def test_a_line_that_is_printed_in_pieces_is_one_line() -> None:
    assert show([b"loading", b" the", b" table\nand ", b"more\n"]) == (
        ["loading the table\n", "and more\n"],
        "and more",
    )
    # A character may come in two pieces, too.
    assert show([b"gr\xc3", b"\xbcn\n"])[0] == ["grün\n"]


def test_a_last_line_without_an_end_belongs_to_its_task() -> None:
    assert show([b"half"], [b"next\n"])[0] == ["half\n", "next\n"]


def test_of_a_line_that_is_printed_over_itself_the_last_form_is_shown() -> None:
    assert show([b"\r 10 %", b"\r 20 %\n", b"done\r\n"]) == ([" 20 %\n", "done\n"], "done")
    assert show([b"\x1b[31mred\x07\n\n"])[0] == ["[31mred\n\n"]


def test_a_task_shows_no_more_than_its_room() -> None:
    shown, last = show([b"x" * 1500 + b"\n"] * 3, [b"next\n"])
    assert len(shown[1]) == MAX_SHOWN_CHARACTERS - 1501 + 1
    assert shown[2:] == ["next\n"]
    assert last == "next"
