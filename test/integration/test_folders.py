"""Policies of several files and folders of data, as a notebook declares them."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from kernel_harness import RunningKernel
from learning_kernel import INSTALLED_BUNDLE, error_of, learn

PLANNER = Path(__file__).parents[1] / "fixtures" / "folders" / "planner"


@pytest.fixture
def client(specs: Path, tmp_path: Path):
    """A kernel beside whose notebook lie a policy of several files and a folder of data."""
    shutil.copytree(PLANNER, tmp_path / "planner")
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "gain.txt").write_text("0.5")
    kernel = RunningKernel(specs, INSTALLED_BUNDLE, tmp_path, JPY_SESSION_NAME="lesson.ipynb")
    yield kernel.client()
    kernel.close()


CELL = """%%learn CartPole-v1 as first
start: ./planner
policy: {step: 2s, import: 20s, data: tables}
episodes: 30
returns: [0, 500]"""


def test_a_run_starts_from_a_folder_and_its_export_brings_everything(client, tmp_path: Path) -> None:
    learn(client, CELL)
    learn(client, "%export first@1 alone.py")
    program = tmp_path / "alone.py"
    assert "gain.txt" in program.read_text()
    assert "lib/search.py" in program.read_text()
    shutil.rmtree(tmp_path / "planner")
    shutil.rmtree(tmp_path / "tables")
    command = [sys.executable, "-I", str(program), "--episodes", "1"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path)
    assert "seed 0: " in done.stdout


def test_a_folder_that_is_not_there_is_reported_at_its_place(client, tmp_path: Path) -> None:
    name, text = error_of(client.run(CELL.replace("data: tables", "data: none"), timeout=120))
    assert name == "PolicyError"
    assert "line 3, column" in text
    assert "there is no folder" in text
    (tmp_path / "planner" / "policy.py").unlink()
    name, text = error_of(client.run(CELL, timeout=120))
    assert name == "ReferenceError"
    assert "has no policy.py" in text
