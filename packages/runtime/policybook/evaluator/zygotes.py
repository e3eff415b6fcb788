"""A worker's zygote, seen from the worker: forks policy processes and reaps them."""

from __future__ import annotations

import array
import contextlib
import os
import signal
import socket
import struct
import subprocess
import sys
from pathlib import Path

import policybook.jail
from policybook.jail.enter import HIGHEST

PID = struct.Struct("<i")

# A stub stands for the package, so that the zygote imports `policybook.jail` and nothing else of policybook.
BOOT = """
import sys, types
package = types.ModuleType("policybook")
package.__path__ = [sys.argv[1]]
sys.modules["policybook"] = package
from policybook.jail.zygote import main
main(int(sys.argv[2]), int(sys.argv[3]))
"""


class Zygote:
    """One process, started at once; its imports take a moment, the first fork waits for them."""

    def __init__(self) -> None:
        # For tests of the lower levels; nothing sets it above what the platform offers.
        ceiling = int(os.environ.get("POLICYBOOK_JAIL_LEVEL") or HIGHEST)
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        folder = str(Path(policybook.jail.__file__).parent.parent)
        # An allow-list: a variable deleted later would stay readable in /proc/PID/environ.
        environment = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "PYTHONHASHSEED": "0"}
        if "LD_LIBRARY_PATH" in os.environ:
            environment["LD_LIBRARY_PATH"] = os.environ["LD_LIBRARY_PATH"]
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, "-I", "-c", BOOT, folder, str(os.getpid()), str(ceiling)],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=environment,
                cwd="/",
            )
        self.control = ours

    def fork(self, descriptors: list[int]) -> int:
        """A new policy process, given copies of the descriptors; its pid stays its own until `reap`."""
        self.control.sendmsg([b"f"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))])
        return int(PID.unpack(self.control.recv(PID.size))[0])

    def reap(self, pid: int) -> int:
        """Kills a policy process and waits for it; its wait status."""
        kill(pid)
        self.control.send(b"r" + PID.pack(pid))
        return int(PID.unpack(self.control.recv(PID.size))[0])

    def close(self) -> None:
        """Ends the zygote."""
        self.control.close()
        self.process.kill()
        self.process.wait()


def kill(pid: int) -> None:
    """SIGKILL to an unreaped process."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
