"""A worker's zygotes as the worker sees them: they fork policy processes and reap them."""

from __future__ import annotations

import json
import os
import sys
from collections import OrderedDict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import policybook.sandbox
from policybook.rollout.consent import DEFAULT_LEAST_LEVEL, read_highest_level, require_level
from policybook.rollout.failures import RequestFailedError
from policybook.rollout.fork_server import Fork, ForkServer, ForkServerLostError
from policybook.sandbox.messages import Greeting

ZYGOTES_KEPT = 3

# A stub stands for the package, so that the zygote imports nothing of policybook but `policybook.sandbox`.
BOOT = """
import json, sys, types
package = types.ModuleType("policybook")
package.__path__ = [sys.argv[1]]
sys.modules["policybook"] = package
from policybook.sandbox import zygote
getattr(zygote, sys.argv[2])(*json.loads(sys.argv[3]))
"""


class Zygote:
    """One process that forks the policies with one set of imports.

    One that a policy of level 1 has killed is replaced. `on_wait` is called again and again while it is
    awaited.
    """

    def __init__(self, imports: Sequence[str] = (), *, on_wait: Callable[[], None]) -> None:
        self.fork_server = ForkServer(
            make_boot_command("main", os.getpid(), read_highest_level(), list(imports)),
            variables=make_variables(),
            folder="/",
            is_silent=True,
            on_wait=on_wait,
        )

    @property
    def level(self) -> int:
        """The sandbox's level, found out by attacks on it; waits for the zygote."""
        return self._read_greeting()["level"]

    @property
    def fault(self) -> str | None:
        """What keeps policies with these imports from running at all; waits for the zygote."""
        return self._read_greeting()["fault"]

    def fork(self, descriptors: list[int]) -> Fork:
        """Returns a new policy process, which has copies of the descriptors.

        Raises what `ForkServer.fork` raises.
        """
        return self.fork_server.fork(descriptors)

    def reap(self, fork: Fork) -> int | None:
        """Kills a policy process and waits for it; returns what `ForkServer.reap` returns."""
        return self.fork_server.reap(fork)

    def close(self) -> None:
        """Ends the zygote."""
        self.fork_server.close()

    def _read_greeting(self) -> Greeting:
        greeting: Greeting = json.loads(self.fork_server.wait_for_greeting())
        return greeting


class Zygotes:
    """The zygotes of a worker: one for policies without imports of their own, one for each other set.

    `on_wait` is called again and again while one is awaited.
    """

    def __init__(self, on_wait: Callable[[], None]) -> None:
        self.on_wait = on_wait
        self.started: OrderedDict[tuple[str, ...], Zygote] = OrderedDict()
        self.least = DEFAULT_LEAST_LEVEL

    def get(self, imports: tuple[str, ...]) -> Zygote:
        """Returns the zygote with these imports, which starts when it is first needed.

        Raises RequestFailedError where there can be none, or where it confines policies too little.
        """
        zygote = self.started.get(imports)
        if zygote is None:
            zygote = self.started[imports] = Zygote(imports, on_wait=self.on_wait)
        self.started.move_to_end(imports)
        if len(self.started) > ZYGOTES_KEPT:
            self.started.popitem(last=False)[1].close()
        try:
            fault = zygote.fault
        except ForkServerLostError as error:
            fault = f"the process that forks policies failed: {error}"
            if imports:
                fault = f"the process that imports {', '.join(imports)} for policies failed: {error}"
        if fault is not None:
            self.started.pop(imports).close()
            code = "missing_import" if imports else "internal"
            raise RequestFailedError(code, f"No policy can run: {fault}.")
        require_level(zygote.level, self.least)
        return zygote

    def close(self) -> None:
        """Ends all zygotes."""
        while self.started:
            self.started.popitem()[1].close()


def make_boot_command(function: str, *arguments: Any) -> list[str]:
    """Returns the command that calls a function of `sandbox.zygote` in a process with little else in it."""
    folder = str(Path(policybook.sandbox.__file__).parent.parent)
    return [sys.executable, "-I", "-c", BOOT, folder, function, json.dumps(arguments)]


def make_variables() -> dict[str, str]:
    """Returns the environment's variables of a zygote, by an allow-list.

    A variable that is deleted later stays readable in /proc/PID/environ.
    """
    variables = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "PYTHONHASHSEED": "0"}
    if "LD_LIBRARY_PATH" in os.environ:
        variables["LD_LIBRARY_PATH"] = os.environ["LD_LIBRARY_PATH"]
    return variables
