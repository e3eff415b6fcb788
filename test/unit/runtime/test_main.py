"""The command by the name of its module."""

import subprocess
import sys
from pathlib import Path

import pytest
from policybook.cli import main


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"], ["verify", "--help"]])
def test_the_module_is_the_command(
    arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    said = subprocess.run(
        [sys.executable, "-m", "policybook", *arguments], cwd=tmp_path, capture_output=True, text=True
    )
    assert (said.returncode, said.stdout) == (ended.value.code, capsys.readouterr().out)
    assert said.stdout.startswith("usage: policybook ")


def test_the_module_passes_the_exit_code_on(tmp_path: Path) -> None:
    said = subprocess.run(
        [sys.executable, "-m", "policybook", "verify", "missing.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert said.returncode != 0
    assert "missing.py" in said.stdout + said.stderr
    assert "Traceback" not in said.stderr
