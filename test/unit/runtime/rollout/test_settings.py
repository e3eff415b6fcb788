"""What the environment's variables may hold that the evaluator reads."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from policybook.evaluator.dispatch import Dispatch
from policybook.rollout.blocks import WIDTH, read_width
from policybook.rollout.consent import read_highest_level, read_least_level
from policybook.rollout.cores import count_workers, list_cores
from policybook.rollout.environment_clocks import STEP_SECONDS, read_hung_seconds
from policybook.rollout.failures import RequestFailedError

READERS: dict[str, Callable[[], float]] = {
    "POLICYBOOK_WIDTH": read_width,
    "POLICYBOOK_WORKERS": count_workers,
    "POLICYBOOK_HUNG_SECONDS": read_hung_seconds,
    "POLICYBOOK_ISOLATION_LEVEL": read_highest_level,
    "POLICYBOOK_LEAST_LEVEL": read_least_level,
}
WRONG = ["abc", "-1", "nan", "inf", "1e400", " ", "5.5x"]


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("text", WRONG)
def test_a_wrong_setting_is_named_before_anything_starts(
    name: str, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, text)
    for read in (READERS[name], Dispatch):
        with pytest.raises(RequestFailedError, match=f"{name} is '{text}'; it is a") as raised:
            read()
        assert raised.value.code == "bad_setting"


@pytest.mark.parametrize("name", ["POLICYBOOK_WIDTH", "POLICYBOOK_WORKERS", "POLICYBOOK_HUNG_SECONDS"])
def test_none_of_these_may_be_zero(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "0")
    with pytest.raises(RequestFailedError, match=name):
        READERS[name]()


@pytest.mark.parametrize("text", ["", None])
def test_what_is_not_set_has_a_default(text: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in READERS:
        if text is None:
            monkeypatch.delenv(name, raising=False)
        else:
            monkeypatch.setenv(name, text)
    assert [read() for read in READERS.values()] == [WIDTH, len(list_cores()), STEP_SECONDS, 4, 2]


def test_what_is_set_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in zip(READERS, ("7", "3", "0.5", "1", "0"), strict=True):
        monkeypatch.setenv(name, text)
    assert [read() for read in READERS.values()] == [7, 3, 0.5, 1, 0]
