"""Notebooks that no server names: papermill, nbconvert, nbclient, a notebook that executes others."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from kernel_harness import RunningKernel
from learning_kernel import learn

LEARN = "%%learn CartPole-v1 as first\nepisodes: 60\nseed: !py seed"
WHERE = "import os; print(os.environ['POLICYBOOK_RUNS'])"

# A program that is called as papermill is, by the same command line, and starts a kernel as papermill does.
PAPERMILL = """import sys
import nbformat
from nbclient import NotebookClient
source, target = sys.argv[1:3]
notebook = nbformat.read(source, as_version=4)
notebook.cells[0].source = " ".join(sys.argv[3:]) or notebook.cells[0].source
try:
    NotebookClient(notebook, kernel_name="policybook").execute()
finally:
    nbformat.write(notebook, target)
"""
EXECUTE = """import sys
import nbformat
from nbclient import NotebookClient
notebook = nbformat.read(sys.stdin, as_version=4)
NotebookClient(notebook, kernel_name="policybook").execute()
nbformat.write(notebook, sys.stdout)
"""


def make_notebook(*cells: str) -> Any:
    new = nbformat.v4
    return new.new_notebook(cells=[new.new_code_cell(cell) for cell in cells])


def read_texts(notebook: Any) -> list[str]:
    """What each cell has printed."""
    return [
        "".join(output["text"] for output in cell.outputs if output.output_type == "stream")
        for cell in notebook.cells
    ]


@pytest.fixture
def variables() -> dict[str, str]:
    names = ("JPY_SESSION_NAME", "POLICYBOOK_RUNS", "POLICYBOOK_NOTEBOOK_RUNS")
    return {name: value for name, value in os.environ.items() if name not in names}


@pytest.fixture
def papermill(tmp_path: Path, variables: dict[str, str]) -> Callable[..., subprocess.Popen[str]]:
    """Starts papermill in the test's folder."""
    program = tmp_path / "bin" / "papermill"
    program.parent.mkdir()
    program.write_text(PAPERMILL)
    (tmp_path / "out").mkdir()

    def start(*arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, str(program), *arguments],
            cwd=tmp_path,
            env=variables,
            stderr=subprocess.PIPE,
            text=True,
        )

    return start


@pytest.fixture
def execute(tmp_path: Path, variables: dict[str, str]) -> Callable[..., list[str]]:
    """Executes cells as a notebook of the test's folder by a program that names no file."""

    def execute(*cells: str, **more: str) -> list[str]:
        done = subprocess.run(
            [sys.executable, "-c", EXECUTE],
            input=nbformat.writes(make_notebook(*cells)),
            cwd=tmp_path,
            env={**variables, **more},
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, done.stderr
        return read_texts(nbformat.reads(done.stdout, as_version=4))

    return execute


def test_outputs_of_papermill_are_notebooks_of_their_own_and_do_not_meet(
    tmp_path: Path, papermill: Callable[..., subprocess.Popen[str]]
) -> None:
    nbformat.write(make_notebook("seed = 0", LEARN, WHERE), tmp_path / "a.ipynb")
    both = [papermill("a.ipynb", f"out/a{seed}.ipynb", f"seed = {seed}") for seed in (1, 2)]
    for one in both:
        _, said = one.communicate(timeout=300)
        assert one.returncode == 0, said
    for seed in (1, 2):
        _, learned, where = read_texts(nbformat.read(tmp_path / f"out/a{seed}.ipynb", as_version=4))
        assert learned.startswith(f"Runs are kept in policybook-runs/out-a{seed} (named after")
        assert "POLICYBOOK_RUNS chooses another folder" in learned
        assert where.strip() == str(tmp_path / "policybook-runs" / f"out-a{seed}")
    found = sorted(path.parent.parent.name for path in tmp_path.glob("policybook-runs/*/*/events.jsonl"))
    assert found == ["out-a1", "out-a2"]


def test_notebooks_that_a_program_executes_are_known_by_their_cells(
    tmp_path: Path, execute: Callable[..., list[str]]
) -> None:
    said, one = execute("%runs", WHERE)
    assert re.match(rf"Runs are kept in policybook-runs/{tmp_path.name}-[0-9a-f]{{6}} \(", said)
    assert execute("%runs", WHERE)[1] == one
    assert execute("seed = 5", "%runs", WHERE)[2] != one
    asked = execute(
        f"import policybook as pb; {WHERE}\ntry: pb.learn('Nothing-v0')\nexcept pb.PolicybookError: {WHERE}"
    )
    before, *_, after = asked[0].splitlines()
    assert before == str(tmp_path / "policybook-runs" / tmp_path.name)
    assert re.fullmatch(rf"{before}-[0-9a-f]{{6}}", after)


def test_a_folder_that_was_chosen_is_taken_without_a_word(
    tmp_path: Path, execute: Callable[..., list[str]]
) -> None:
    said, where = execute("%runs", WHERE, POLICYBOOK_RUNS="mine/here")
    assert "Runs are kept" not in said
    assert where.strip() == str(tmp_path / "mine" / "here")


def test_nbconvert_names_the_notebook(tmp_path: Path, variables: dict[str, str]) -> None:
    nbformat.write(make_notebook("%runs", WHERE), tmp_path / "c.ipynb")
    options = ["--to", "notebook", "--ExecutePreprocessor.kernel_name=policybook", "--output", "d"]
    command = [sys.executable, "-m", "nbconvert", "--execute", "c.ipynb", *options]
    subprocess.run(command, cwd=tmp_path, env=variables, check=True, capture_output=True, timeout=300)
    said, where = read_texts(nbformat.read(tmp_path / "d.ipynb", as_version=4))
    assert "Runs are kept in policybook-runs/c (named after the notebook" in said
    assert where.strip() == str(tmp_path / "policybook-runs" / "c")


def test_a_notebook_that_executes_another_does_not_lend_it_its_runs(
    own_kernel: Callable[..., RunningKernel], tmp_path: Path
) -> None:
    client = own_kernel("driver.ipynb").client()
    code = f"""import nbformat
from nbclient import NotebookClient
cells = [nbformat.v4.new_code_cell(code) for code in ("%runs", {WHERE!r})]
notebook = nbformat.v4.new_notebook(cells=cells)
NotebookClient(notebook, kernel_name="policybook").execute()
print(notebook.cells[1].outputs[0].text, end="")
{WHERE}"""
    other, own = learn(client, code).text().splitlines()
    assert own == str(tmp_path / "policybook-runs" / "driver")
    assert re.fullmatch(rf"{tmp_path}/policybook-runs/{tmp_path.name}-[0-9a-f]{{6}}", other)
