"""Which files are the user's own: those that no Python, no package and no system has installed."""

from __future__ import annotations

import os
import site
import sys
from functools import lru_cache
from pathlib import Path

_INSTALLED = ("bin", "etc", "include", "lib", "lib64", "libexec", "share")
"""Folders of a Python's prefix: the prefix itself may be /usr/local, with a user's project in it."""

_SYSTEM = (
    "/bin",
    "/dev",
    "/etc",
    "/lib",
    "/lib64",
    "/proc",
    "/run",
    "/sbin",
    "/sys",
    "/usr/lib",
    "/usr/share",
)

_SETTINGS = (".cache", ".config", ".ipython", ".jupyter", ".local", ".matplotlib")
"""Folders of a home in which programs keep what is theirs."""


def is_users(path: str) -> bool:
    """Returns whether an absolute path is one of the user's; a package installed as editable is."""
    installed = _find_installed()
    return not path.startswith(installed) and not os.path.realpath(path).startswith(installed)


@lru_cache(maxsize=1)
def _find_installed() -> tuple[str, ...]:
    prefixes = {sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix}
    folders = [os.path.join(prefix, name) for prefix in prefixes for name in _INSTALLED]
    home = os.path.expanduser("~")
    folders += [os.path.join(home, name) for name in _SETTINGS]
    folders += [*_SYSTEM, site.getusersitepackages(), str(Path(__file__).parents[1])]
    return tuple(os.path.join(each, "") for folder in folders for each in {folder, os.path.realpath(folder)})
