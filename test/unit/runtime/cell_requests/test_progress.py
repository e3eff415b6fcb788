"""The line of progress that `pb.learn` writes outside a notebook."""

from __future__ import annotations

import sys

import pytest
from policybook.cell_requests.progress import ProgressLine, RunPayload, describe_run


def test_what_the_line_says_already_is_not_written_again(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    times = iter(range(10, 1000, 10))
    monkeypatch.setattr("policybook.cell_requests.progress.time.monotonic", lambda: float(next(times)))
    line = ProgressLine()
    for text in ("first | 10 episodes", "first | 20 episodes", "first | 20 episodes", "first | 20 episodes"):
        line.show(text)
    line.show("first | 20 episodes", last=True)
    assert capsys.readouterr().err == "first | 10 episodes\nfirst | 20 episodes\n"


def test_on_a_terminal_the_last_line_is_ended(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    line = ProgressLine()
    line.show("first")
    line.show("first")
    line.show("first", last=True)
    assert capsys.readouterr().err == "\r\x1b[2Kfirst\r\x1b[2Kfirst\n"


@pytest.mark.parametrize(
    ("is_measured", "best"), [(True, "best 20.0 [15.0, 25.0]"), (False, "best 20 while choosing")]
)
def test_the_line_has_an_interval_where_the_score_is_measured(is_measured: bool, best: str) -> None:
    payload: RunPayload = {
        "run": "first",
        "status": "running",
        "champion": {"score": {"mean": 20, "low": 15, "high": 25}, "isMeasured": is_measured},
        "budget": [{"name": "episodes", "limit": 100, "spent": 40}],
        "stepsPerSecond": None,
        "secondsLeft": None,
        "activity": "racing",
    }
    assert describe_run(payload) == f"first | {best} | 40/100 episodes | racing"
