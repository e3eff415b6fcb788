"""The workbench's magics: where they may stand, and what IPython says of one that it does not know."""

from __future__ import annotations

from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell
from policybook.notebook.workbench import load_ipython_extension
from policybook.notebook.workbench.magics import keep_declarations


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


@pytest.mark.parametrize(
    "code",
    [
        "import sys\n%%learn CartPole-v1\nepisodes: 3",
        "%load_ext autoreload\n%%learn CartPole-v1",
        "x = 1\n\n# now\n%%learn CartPole-v1",
    ],
)
def test_a_declaration_below_other_lines_is_told_where_it_belongs(
    shell: Any, capsys: pytest.CaptureFixture[str], code: str
) -> None:
    shell.run_cell(code)
    assert "%%learn has to come first in its cell" in capsys.readouterr().err


BEFORE = ["", "\n", " \t\n\n", "# %%\n", "#| label: x\n#| echo: false\n", "# a\n\n  \n#b\n", "#\r\n"]


@pytest.mark.parametrize("before", BEFORE)
@pytest.mark.parametrize(
    "wrapper", ["", "%%time\n", "%%capture out --no-stderr\n# c\n", "%%time\n%%capture\n"]
)
@pytest.mark.parametrize(
    ("cell", "kept"),
    [
        ("%%learn x as y\nepisodes: 3\n", "%%learn x as y\nepisodes: 3\n"),
        ("%%policy p\n# c\ndef act(o): ...", "%%policy p\n# c\ndef act(o): ..."),
        ("%%compare", "%%compare\n\n"),
    ],
)
def test_lines_that_may_stand_before_a_declaration_are_taken_out(
    before: str, wrapper: str, cell: str, kept: str
) -> None:
    lines = (before + wrapper + cell).splitlines(keepends=True)
    assert "".join(keep_declarations(lines)) == kept


@pytest.mark.parametrize(
    "code",
    [
        "# c\nx = 1\n",
        "%%time\nx = 1\n%%learn x\n",
        "%%writefile cells.txt\n%%learn x\n",
        "%%timer\n%%learn x\n",
        "%%capture\n%%learning x\n",
        '"""\n%%learn x\n"""\n',
        "x = 1\n%%learn x\n",
        "%%learn?\n",
        "",
    ],
)
def test_every_other_cell_stays_as_it_is(code: str) -> None:
    lines = code.splitlines(keepends=True)
    assert keep_declarations(lines) == lines
