"""Keys are kept in the system's keyring, named without being shown, and never stand on a command line."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

KEYRING = Path(__file__).parents[3] / "fixtures" / "keyring"
KEY = "sk-canary-71d0c2be94f8"


@pytest.fixture
def variables(tmp_path: Path) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(KEYRING), "KEYRING_FILE": str(tmp_path / "keyring.json")}


def run(
    module: str, *arguments: str, variables: dict[str, str], typed: str = ""
) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", module, *arguments]
    return subprocess.run(
        command, env=variables, input=typed, capture_output=True, text=True, timeout=60, check=False
    )


def test_a_key_is_set_named_read_by_the_kernel_and_deleted(variables: dict[str, str]) -> None:
    def change(*arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
        return run("policybook", "key", *arguments, variables=variables, typed=typed)

    def read(name: str) -> subprocess.CompletedProcess[str]:
        return run("policybook.cli.keys", name, variables=variables)

    assert "no key of policybook's" in change("list").stdout
    kept = change("set", "OPENAI_API_KEY", typed=f"{KEY}\n")
    assert (kept.returncode, KEY in kept.stdout + kept.stderr) == (0, False)
    assert "in the system's keyring (a file of the tests)" in kept.stdout
    assert change("set", "OTHER_KEY", typed="another\n").returncode == 0
    assert change("list").stdout == "OPENAI_API_KEY\nOTHER_KEY\n"
    assert read("OPENAI_API_KEY").stdout == KEY
    assert change("delete", "OPENAI_API_KEY").returncode == 0
    assert change("list").stdout == "OTHER_KEY\n"
    assert (read("OPENAI_API_KEY").stdout, read("OPENAI_API_KEY").returncode) == ("", 1)
    assert "has no key OPENAI_API_KEY" in change("delete", "OPENAI_API_KEY").stderr
    for name in ("", "openai_api_key", KEY):
        refused = change("set", name, typed="x\n")
        assert refused.returncode == 2
        assert "a key has a name as an environment variable has, in upper case" in refused.stderr
    assert "nothing was entered" in change("set", "EMPTY", typed="\n").stderr


def test_without_a_keyring_the_environment_is_recommended(variables: dict[str, str]) -> None:
    del variables["KEYRING_FILE"]
    refused = run("policybook", "key", "set", "NAME", variables=variables, typed=f"{KEY}\n")
    assert refused.returncode == 2
    assert "does not answer (No recommended backend was available)" in refused.stderr or (
        "keeps nothing (No recommended backend was available)" in refused.stderr
    )
    assert "Set the environment variable where you start Jupyter instead: export NAME=…" in refused.stderr
    assert KEY not in refused.stderr
    assert run("policybook.cli.keys", "NAME", variables=variables).returncode == 3


def test_where_the_package_is_missing_the_extra_is_named(variables: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "keyring.py").write_text("raise ImportError('there is no such package')\n")
    variables["PYTHONPATH"] = str(tmp_path)
    refused = run("policybook", "key", "list", variables=variables)
    assert refused.returncode == 2
    assert 'pip install ".[keys]"' in refused.stderr
