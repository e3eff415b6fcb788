"""The workbench's magics: what IPython says of one that it does not know."""

from __future__ import annotations

from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell
from policybook.notebook.workbench import load_ipython_extension


@pytest.fixture(scope="module")
def shell() -> Any:
    shell: Any = InteractiveShell()  # type: ignore[no-untyped-call]
    load_ipython_extension(shell)
    return shell


@pytest.mark.parametrize(
    ("code", "meant"),
    [
        ("%%lern CartPole-v1 as first\nepisodes: 3", "%%learn"),
        ("%%Compare as bench\npolicies: [first]", "%%compare"),
        ("%%enviroment windy", "%%environment"),
        ("%audti first", "%audit"),
        ("x = 1\n%learnn CartPole-v1", "%%learn"),
    ],
)
def test_a_misspelt_magic_is_answered_with_the_one_that_was_meant(
    shell: Any, capsys: pytest.CaptureFixture[str], code: str, meant: str
) -> None:
    shell.run_cell(code)
    said = capsys.readouterr().err
    assert "not found" in said
    assert f"Did you mean `{meant}`?" in said


@pytest.mark.parametrize("code", ["%%zzzz\nx", "%qqqqq", "%%writefile"])
def test_any_other_complaint_of_ipython_stays_as_it_is(
    shell: Any, capsys: pytest.CaptureFixture[str], code: str
) -> None:
    shell.run_cell(code)
    said = capsys.readouterr().err
    assert said
    assert "Did you mean `%" not in said
