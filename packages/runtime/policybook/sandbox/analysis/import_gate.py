"""Which modules a policy may import: the standard library, NumPy, and what its limits declare.

The gate keeps policies runnable alone and says early what is missing; it confines no policy.
"""

# ruff: noqa: BLE001 - a declared module may raise anything
from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType

from policybook.sandbox.faults import FaultError, describe_exception

ALLOWED = sys.stdlib_module_names | {"numpy"}

ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


class UndeclaredImportError(ModuleNotFoundError):
    """An import that the policy's declaration does not name."""


class Gate:
    """A finder before all others, which refuses modules that are not declared."""

    def find_spec(
        self, name: str, _path: Sequence[str] | None = None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Lets the other finders look for an allowed module."""
        root = name.partition(".")[0]
        if root in ALLOWED:
            return None
        message = (
            f"{root} is neither in the standard library nor NumPy; "
            f"declare it with `policy: {{imports: [{root}]}}` where it is installed"
        )
        raise UndeclaredImportError(message, name=name)


def load(declared: Sequence[str]) -> None:
    """Imports the declared modules with all that they need; their linear algebra gets one thread.

    Raises FaultError where one cannot be imported.
    """
    if not declared:
        return
    os.environ.update(ONE_THREAD)
    for name in declared:
        try:
            importlib.import_module(name)
        except Exception as error:
            text = f"the declared import {name} failed: {describe_exception(error)}"
            raise FaultError("import_failed", text) from None
    os.environ.clear()


def close() -> None:
    """Closes the gate: from here on only what is allowed, or was imported before, can be imported."""
    sys.meta_path.insert(0, Gate())
