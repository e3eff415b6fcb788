"""What a policy's process remembers of texts that it has read."""

from __future__ import annotations

import mmap
from typing import Any

import pytest
from policybook.sandbox.runner import Runner


@pytest.fixture
def runner() -> Runner:
    sandbox: Any = None
    return Runner(sandbox, -1, -1, mmap.mmap(-1, mmap.PAGESIZE), mmap.mmap(-1, mmap.PAGESIZE))


def test_what_is_written_next_to_a_number_is_no_part_of_it(runner: Runner) -> None:
    assert not runner._needs_own_process("x = 1.5.hex()\n")
    assert runner._needs_own_process("x = 1.5.__class__()\n")


def test_texts_that_differ_in_numbers_are_read_once(runner: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    monkeypatch.setattr("policybook.sandbox.runner.find_leak", read.append)
    for number in ("1", "0.25", "1e-05", "3.5e+10"):
        assert not runner._needs_own_process(f"GAIN = {number}\n")
    assert len(read) == 1
