"""`policybook run`: what cannot be executed or written is refused in one line before a kernel starts."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from policybook.cli import main

DEADLINE_SECONDS = 120.0


def make_notebook(*sources: str, **changes: Any) -> str:
    cells = [
        {
            "cell_type": "code",
            "execution_count": None,
            "id": f"c{at}",
            "metadata": {},
            "outputs": [],
            "source": text,
        }
        for at, text in enumerate(sources)
    ]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5, **changes})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is no notebook: it is not JSON"),
        ("{", "is no notebook: it is not JSON"),
        ("print('a program')\n", "is no notebook: it is not JSON"),
        ("\udcff", "is no notebook: it is not JSON"),
        ("[" * 100_000, "is no notebook: it is not JSON"),
        ("[]", "does not say its format"),
        ("{}", "does not say its format"),
        (
            make_notebook("1", nbformat=99),
            "is a notebook of format 99; this version executes notebooks of format 4",
        ),
        (make_notebook("1", nbformat=3, nbformat_minor=0), "is no sound notebook of format 3"),
        (make_notebook("1", cells=[{"cell_type": "code", "metadata": {}}]), "cell 1 has no source"),
        (make_notebook("1", cells=[5]), "is no sound notebook"),
        (make_notebook("1", cells=None), "is no sound notebook"),
    ],
)
def test_what_is_no_notebook_is_said_to_be_none(
    text: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "odd.ipynb"
    path.write_text(text, encoding="utf-8", errors="surrogateescape")
    before = path.read_bytes()
    assert main(["run", str(path)]) == 1
    complaint = capsys.readouterr().err
    assert complaint.startswith(f"policybook: {path} ")
    assert said in complaint
    assert complaint.count("\n") == 1
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("output", "said"),
    [("nowhere/x.ipynb", "there is no folder"), (".", "is a folder; name the file to write to")],
)
def test_a_place_that_cannot_be_written_is_refused_before_anything_runs(
    output: str,
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("made.ipynb").write_text(make_notebook("open('ran', 'w')"))
    assert main(["run", "made.ipynb", "--output", output]) == 1
    assert said in capsys.readouterr().err
    assert not Path("ran").exists()


RUN = """
import sys
from policybook.cli import run_notebook as module
module.KERNEL = "python3"
sys.exit(module.run_notebook("slow.ipynb", "done.ipynb"))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no such signals")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_execution_in_order(number: signal.Signals, tmp_path: Path) -> None:
    (tmp_path / "slow.ipynb").write_text(
        make_notebook("print('first')", "open('waits', 'w').close(); import time; time.sleep(3600)")
    )
    process = subprocess.Popen([sys.executable, "-c", RUN], cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    latest = time.monotonic() + DEADLINE_SECONDS
    while not (tmp_path / "waits").exists() and time.monotonic() < latest:
        time.sleep(0.05)
    os.kill(process.pid, number)
    _, complaint = process.communicate(timeout=DEADLINE_SECONDS)
    assert process.returncode == 128 + number, complaint
    assert f"slow.ipynb was ended by {number.name}" in complaint
    # The kernel that was ended may say so; the client's own end is no traceback.
    assert "nbclient" not in complaint
    assert "AssertionError" not in complaint
    done = json.loads((tmp_path / "done.ipynb").read_text())
    assert done["cells"][0]["outputs"][0]["text"] in ("first\n", ["first\n"])
