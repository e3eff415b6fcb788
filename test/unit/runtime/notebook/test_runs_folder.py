"""Which folder of runs this Python looks in, and which one it hands to a kernel that it starts."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell
from policybook.notebook.runs_folder import keep_runs_folder, make_script_environment
from policybook.notebook.workbench import load_ipython_extension


@pytest.fixture(autouse=True)
def variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("POLICYBOOK_RUNS", "POLICYBOOK_NOTEBOOK_RUNS", "JPY_SESSION_NAME"):
        # Set first, so that what a test sets is taken back.
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)


def start(folder: str) -> None:
    os.environ["POLICYBOOK_RUNS"] = os.environ["POLICYBOOK_NOTEBOOK_RUNS"] = folder


def carry(registration: dict[str, object]) -> Any:
    """A shell that executes a cell with this in its message's metadata."""
    shell: Any = InteractiveShell()  # type: ignore[no-untyped-call]
    load_ipython_extension(shell)
    shell.get_parent = lambda: {"metadata": {"policybook": registration}}
    return shell


@pytest.mark.parametrize("cell", ["%runs", "%%policy p\ndef act(o): ...", "# c\n%%learn x"])
def test_the_folder_that_a_cell_brings_replaces_the_one_of_the_start(cell: str) -> None:
    start("/work/policybook-runs/work")
    carry({"declarations": [], "runs": "/work/policybook-runs/work-0f3a9c"}).run_cell(cell)
    assert os.environ["POLICYBOOK_RUNS"] == "/work/policybook-runs/work-0f3a9c"
    assert os.environ["POLICYBOOK_NOTEBOOK_RUNS"] == "/work/policybook-runs/work-0f3a9c"


def test_a_folder_that_the_user_has_chosen_in_python_stays() -> None:
    start("/work/policybook-runs/work")
    os.environ["POLICYBOOK_RUNS"] = "/mine"
    keep_runs_folder("/work/policybook-runs/work-0f3a9c")
    assert os.environ["POLICYBOOK_RUNS"] == "/mine"


@pytest.mark.parametrize("registration", [{"failed": True}, {"declarations": []}, {"runs": 7}])
def test_a_cell_without_one_changes_nothing(registration: dict[str, object]) -> None:
    start("/work/policybook-runs/story")
    carry(registration).run_cell("%runs")
    assert os.environ["POLICYBOOK_RUNS"] == "/work/policybook-runs/story"


def test_a_script_hands_its_kernel_the_folder_that_it_looks_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    alone = make_script_environment()
    assert alone["POLICYBOOK_RUNS"] == str(tmp_path / "policybook-runs" / tmp_path.name)
    assert "POLICYBOOK_NOTEBOOK_RUNS" not in alone
    start("/work/policybook-runs/story")
    of_a_notebook = make_script_environment()
    assert of_a_notebook["POLICYBOOK_RUNS"] == "/work/policybook-runs/story"
    assert "POLICYBOOK_NOTEBOOK_RUNS" not in of_a_notebook
