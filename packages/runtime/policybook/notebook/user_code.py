"""What of the user's Python the evaluator has to share, so that it plays what the notebook shows."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import Any

from policybook.environments.changed_modules import list_module_changes
from policybook.environments.registrations import (
    UnsharedRegistrationError,
    describe_registration,
    find_registered,
    list_patched,
)
from policybook.environments.user_folders import is_users


def report_user_code(name: str | None) -> dict[str, Any]:
    """Returns the folders that modules are found in, the working folder, and the registration of an id.

    The registration is None where this Python has none; then `problem`, where it is there, says why another
    process cannot repeat it. An id that names its module is registered by its import; `registeredId`, where
    it is there, is what this Python has registered without the module. `patched`, where it is there, are the
    functions and classes that a cell has put into the environment's modules; `changes`, where they are there,
    what any module of the user's has here and not in its file.
    """
    return _report_python() | ({} if name is None else _report_registration(name))


def report_mentioned(text: str, further: Iterable[str | None] = ()) -> dict[str, Any]:
    """Returns the reports for every registered id that a text mentions and for some others, by their ids."""
    gymnasium = sys.modules.get("gymnasium")
    registered = [] if gymnasium is None else list(gymnasium.registry)
    mentioned = [name for name in registered if name in text or name.rpartition("-v")[0] in text]
    names = dict.fromkeys([*mentioned, *(name for name in further if name is not None)])
    # All reports are of the same Python, which takes a while to look through.
    python = _report_python()
    return {"": python, **{name: python | _report_registration(name) for name in names}}


def _report_python() -> dict[str, Any]:
    """Returns the part of a report that is the same for every id."""
    report: dict[str, Any] = {"searchPath": _list_search_path(), "folder": os.getcwd(), "registration": None}
    changes = list_module_changes()
    if changes:
        report["changes"] = [change._asdict() for change in changes]
    return report


def _report_registration(name: str) -> dict[str, Any]:
    """Returns the part of a report that is about one id; empty where this Python does not know it."""
    # An id can be registered here only where Gymnasium has been imported.
    gymnasium = sys.modules.get("gymnasium")
    known = None if gymnasium is None else find_registered(name.rpartition(":")[2], gymnasium.registry)
    if known is None:
        return {}
    report: dict[str, Any] = {}
    patched = list_patched(known)
    if patched:
        report["patched"] = patched
    if ":" in name:
        return {**report, "registeredId": known.id}
    try:
        return {**report, "registration": describe_registration(known)}
    except UnsharedRegistrationError as problem:
        return {**report, "problem": str(problem)}


def _list_search_path() -> list[str]:
    """Returns the folders of `sys.path` that no installation of Python has put there, as absolute paths."""
    folders = dict.fromkeys(os.path.abspath(entry) for entry in sys.path if isinstance(entry, str))
    return [folder for folder in folders if os.path.isdir(folder) and is_users(folder)]
