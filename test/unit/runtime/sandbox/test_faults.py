"""A fault that a policy's process reports can be read by its worker, whatever the policy put into it."""

from __future__ import annotations

import json

import pytest
from policybook.sandbox.faults import FaultError
from policybook.sandbox.frames import MAX_FAULT_BYTES


@pytest.mark.parametrize("text", ["x" * 100_000, "\N{GRINNING FACE}" * 100_000, "\ud800" * 100_000])
def test_a_long_text_is_shortened_and_the_report_stays_whole(text: str) -> None:
    data = FaultError("invalid_action", text, 1, 2).pack()
    assert len(data) <= MAX_FAULT_BYTES
    assert json.loads(data)["line"] == 1
