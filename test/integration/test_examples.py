"""The examples run as they are, headless, and show what they say: long forms.

The quickstart is run by the browser's tests.
"""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from learning_kernel import events

EXAMPLES = Path(__file__).parents[2] / "examples"


def executed(name: str, folder: Path) -> Any:
    """The notebook after `policybook run`, in a folder of its own."""
    shutil.copy(EXAMPLES / name, folder)
    for beside in ("agents", "model"):
        shutil.copytree(EXAMPLES / beside, folder / beside, ignore=shutil.ignore_patterns("__pycache__"))
    program = Path(sys.executable).with_name("policybook")
    done = subprocess.run([program, "run", name], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return nbformat.read(folder / name, as_version=4)


def text_of(notebook: Any) -> str:
    """Every output as plain text."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return "\n\n".join(output.get("data", {}).get("text/plain", output.get("text", "")) for output in outputs)


@pytest.mark.long
def test_the_comparison(tmp_path: Path) -> None:
    notebook = executed("compare.ipynb", tmp_path)
    text = text_of(notebook)
    for words in ("3 of 3 replicates ended", "minus PPO", "P(better replicate)", "a decision", "first/1"):
        assert words in text
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    pictures = [output for output in outputs if "image/png" in output.get("data", {})]
    assert len(pictures) == 5, "searches, comparison, two runs, transfer"
    assert all("text/html" not in picture["data"] for picture in pictures)


@pytest.mark.long
def test_a_world_of_ones_own(tmp_path: Path) -> None:
    notebook = executed("own-world.ipynb", tmp_path)
    text = text_of(notebook)
    for words in (
        "thermostat  ",
        "because the environment's code changed (greenhouse/house.py)",
        "threshold 45",
        "player: nim by search",
        "careful: 3 lines",
        "the environment does not repeat a seed",
    ):
        assert words in text
    [refused] = [
        output
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if output.output_type == "error"
    ]
    assert "illegal action 3 with 1 coins left" in refused.evalue


def test_a_model_writes_and_its_record_replays_without_it_byte_for_byte(tmp_path: Path) -> None:
    notebook = executed("model.ipynb", tmp_path)
    assert not [
        output
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if output.output_type == "error"
    ]
    assert text_of(notebook).count("the same text: True") == 2
    runs = tmp_path / "policybook-runs" / "model"
    for run in ("written", "tried"):
        recorded, replayed = runs / run, runs / f"{run}-again"
        texts = [
            {path.name: path.read_bytes() for path in (folder / "policies").iterdir()}
            for folder in (recorded, replayed)
        ]
        assert texts[0] == texts[1]
        assert texts[0]
        decided = [
            [
                # Who answered is the one thing that differs.
                event | {"author": None}
                for event in events(folder)
                if event["type"] not in ("run_declared", "author_answered")
            ]
            for folder in (recorded, replayed)
        ]
        assert decided[0] == decided[1]
    tools = [event["tool"] for event in events(runs / "tried") if event["type"] == "tool_used"]
    assert tools == ["probe", "probe", "evaluate", "evaluate", "note", "trace"]


@pytest.mark.long
def test_a_policy_by_hand(tmp_path: Path) -> None:
    text = text_of(executed("by-hand.ipynb", tmp_path))
    assert "edited joins duel as a candidate" in text
    assert "duel: Acrobot-v1 by human" in text
