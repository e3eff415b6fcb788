"""A declared folder of data can be read at every isolation level; a folder plays as its text does."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

CARTPOLE = "CartPole-v1"
PLANNER = Path(__file__).parent.parent / "fixtures" / "folders" / "planner"
READER = """import json
from pathlib import Path

TABLE = json.loads(Path("table.json").read_text())
MORE = open(Path(__file__).parent / "more" / "gain.txt").read()


def act(observation):
    return int(observation[2] * TABLE["scale"] + float(MORE) * observation[3] > 0)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "data" / "more").mkdir(parents=True)
    (tmp_path / "data" / "table.json").write_text(json.dumps({"scale": 2.0}))
    (tmp_path / "data" / "more" / "gain.txt").write_text("0.5\n")
    return tmp_path / "data"


def declared(evaluator: Any, folder: Path) -> dict[str, str]:
    described = evaluator.ask("folder.describe", {"folder": str(folder)})
    return {"folder": str(folder), "hash": described["hash"]}


@pytest.mark.parametrize(
    "level", [4, 2, 0, *(pytest.param(level, marks=pytest.mark.long) for level in (3, 1))]
)
def test_a_policy_reads_its_data_and_a_folder_plays_as_its_text(
    own_evaluator: Any, folder: Path, level: int
) -> None:
    evaluator = own_evaluator(POLICYBOOK_ISOLATION_LEVEL=str(level), POLICYBOOK_LEAST_LEVEL="0")
    data = declared(evaluator, folder)
    plain = READER.replace('json.loads(Path("table.json").read_text())', "{'scale': 2.0}").replace(
        'open(Path(__file__).parent / "more" / "gain.txt").read()', '"0.5"'
    )
    read = evaluator.evaluate(CARTPOLE, READER, range(8), importMs=5000, data=data)
    assert read["failure"] is None
    assert read["episodes"] == evaluator.evaluate(CARTPOLE, plain, range(8))["episodes"]
    assert read["level"] <= level
    without = evaluator.evaluate(CARTPOLE, READER, range(2))["failure"]
    assert without["code"] == "import_failed"
    assert without["line"] == 4
    text = evaluator.ask("policy.inline", {"folder": str(PLANNER)})["source"]
    planned = evaluator.evaluate(CARTPOLE, text, range(3), stepMs=2000, importMs=20_000)
    assert planned["failure"] is None
    assert sum(episode["return"] for episode in planned["episodes"]) > 300


def test_a_folder_that_changed_or_is_large_is_refused(evaluator: Any, folder: Path, parameters: Any) -> None:
    data = declared(evaluator, folder)
    (folder / "table.json").write_text(json.dumps({"scale": -2.0}))
    refused = evaluator.refuse("evaluate", parameters(CARTPOLE, READER, range(2), data=data))
    assert refused["code"] == "folder_error"
    assert "was changed since the run was declared" in refused["message"]
    (folder / "large.bin").write_bytes(bytes(1 << 20))
    assert "1 MB" in evaluator.refuse("folder.describe", {"folder": str(folder)})["message"]
    shutil.rmtree(folder)
    assert "there is no folder" in evaluator.refuse("folder.describe", {"folder": str(folder)})["message"]
    for whole in ("/", "/proc"):
        large = evaluator.refuse("folder.describe", {"folder": whole})
        assert large["code"] == "folder_error"
        assert "more than" in large["message"] or "cannot be read" in large["message"]
    for folder_ in (str(PLANNER / "lib"), "/"):
        empty = evaluator.refuse("policy.inline", {"folder": folder_})
        assert empty["code"] == "folder_error"
        assert "has no policy.py" in empty["message"]


def test_an_export_brings_the_data_with_it(
    evaluator: Any, folder: Path, tmp_path: Path, specification: Any
) -> None:
    data = declared(evaluator, folder)
    played = evaluator.evaluate(CARTPOLE, READER, [7], importMs=5000, data=data)["episodes"][0]
    environment = specification(CARTPOLE)
    program = evaluator.ask(
        "policy.export",
        {
            "source": READER,
            "environment": environment,
            "facts": evaluator.ask("environment.describe", {"environment": environment})["facts"],
            "folders": ["."],
            "notebook": ".",
            "provenance": [],
            "versions": {"python": "3.11.2"},
            "claim": None,
            "data": data,
        },
    )["source"]
    (tmp_path / "alone.py").write_text(program)
    shutil.rmtree(folder)
    command = [sys.executable, "-I", str(tmp_path / "alone.py"), "--episodes", "1", "--seed", "7"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path)
    assert f"{played['return']:.0f}" in done.stdout
