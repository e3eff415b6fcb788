"""The user's files that an environment is made of: modules, and what they read.

What a library in C or C++ reads is seen where its path is an argument of the environment or an attribute.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterable, Mapping
from typing import Any

from policybook.environments.user_folders import is_users

WRITING_FLAGS = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_TRUNC
MAX_HASHED_BYTES = 256 << 20
"""Of a larger file, size and time of the last change stand for the content."""

MAX_NESTING = 4
"""How deep paths are looked for in arguments and attributes."""


class FileWatch:
    """Notes which files this process opens, from its making to `stop`; there is one a process at most."""

    def __init__(self) -> None:
        self.is_on = True
        self.read: set[str] = set()
        self.written: set[str] = set()
        self.modules = set(sys.modules)
        """Names of what had been imported before."""
        sys.addaudithook(self._note)

    def stop(self) -> None:
        """Notes nothing any more. The system offers no way to take the hook itself out."""
        self.is_on = False

    def list_modules(self, owners: Iterable[type]) -> dict[str, str]:
        """Returns the user's modules that were imported since, by name, with the packages of some classes."""
        packages = {owner.__module__.partition(".")[0] for owner in owners}
        files = {
            name: getattr(module, "__file__", None)
            for name, module in list(sys.modules.items())
            if name not in self.modules or name.partition(".")[0] in packages
        }
        return {
            name: file
            for name, file in files.items()
            if isinstance(file, str) and os.path.isabs(file) and is_users(file)
        }

    def list_files(self, modules: Iterable[str], named: Iterable[Any]) -> list[str]:
        """Returns the paths of the user's files: of modules, those that were read, those that values name.

        A file that was looked for in vain is among them; one that was also written is not.
        """
        paths = {*modules, *(self.read - self.written)}
        for value in named:
            paths.update(_find_paths(value, MAX_NESTING))
        return sorted(path for path in paths if _is_source(path))

    def _note(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self.is_on or event not in ("open", "sqlite3.connect"):
            return
        path, mode, flags = (*arguments, None, None)[:3]
        if not isinstance(path, str | bytes):
            return
        try:
            whole = os.path.abspath(os.fsdecode(path))
        except (OSError, ValueError):
            return
        is_writing = isinstance(mode, str) and any(letter in mode for letter in "wax+")
        is_writing = is_writing or (mode is None and isinstance(flags, int) and bool(flags & WRITING_FLAGS))
        (self.written if is_writing else self.read).add(whole)


def hash_file(path: str) -> str:
    """Returns the SHA-256 of a file's content, empty where it cannot be read."""
    try:
        with open(path, "rb") as file:
            status = os.fstat(file.fileno())
            if status.st_size > MAX_HASHED_BYTES:
                return hashlib.sha256(f"{status.st_size} {status.st_mtime_ns}".encode()).hexdigest()
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


def hash_code(files: Mapping[str, str], packages: Mapping[str, str]) -> str:
    """Returns one SHA-256 for files by their hashes and packages by their versions."""
    lines = [*(f"file {name} {digest}" for name, digest in files.items())]
    lines += [*(f"package {name} {version}" for name, version in packages.items())]
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()


def name_path(path: str, folder: str) -> str:
    """Returns a path relative to a folder where it lies in it, so that both can be moved together."""
    inside = os.path.relpath(path, folder)
    return path if inside.startswith("..") else inside


def find_import_root(module: str, file: str) -> str:
    """Returns the folder of `sys.path` from which a module was imported."""
    parts = module.count(".") + (1 if os.path.basename(file).startswith("__init__.") else 0)
    for _ in range(parts + 1):
        file = os.path.dirname(file)
    return file


def _is_source(path: str) -> bool:
    return is_users(path) and not path.endswith(".pyc") and not os.path.isdir(path)


def _find_paths(value: Any, depth: int) -> set[str]:
    """Returns the files that exist among the texts and paths in a value."""
    if isinstance(value, str | os.PathLike):
        text = os.fspath(value)
        if isinstance(text, bytes) or not 0 < len(text) < 1024 or "\n" in text or "\0" in text:
            return set()
        return {os.path.abspath(text)} if os.path.isfile(text) else set()
    if depth == 0 or not isinstance(value, Mapping | list | tuple):
        return set()
    items = value.values() if isinstance(value, Mapping) else value
    return set().union(*(_find_paths(item, depth - 1) for item in list(items)[:256]))
