"""The user's folders whose files policies get: they are read whole, and known by their content."""

from __future__ import annotations

import hashlib
import os
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from policybook.protocol.messages import DataFolderJson
from policybook.rollout.failures import RequestFailedError

MAX_FOLDER_BYTES = 1 << 20
MAX_FOLDER_FILES = 200

MAX_FOLDERS = 1000
"""Folders that are looked into for these files, at most."""

FOLDERS_KEPT = 4
"""Folders whose files a process keeps in memory."""

Files = dict[str, bytes]
"""Contents by the path inside the folder, with `/`."""


@dataclass(frozen=True)
class DataFolder:
    """A declared folder of data; the content that it was declared with is the one that counts."""

    folder: str
    hash: str

    @classmethod
    def from_json(cls, data: DataFolderJson | None) -> DataFolder | None:
        """Returns the folder that a request's limits name, None where they name none."""
        return None if data is None else cls(data["folder"], data["hash"])


def read_folder(folder: str) -> Files:
    """Returns a folder's files; hidden files, Python's caches and links are left out.

    Raises RequestFailedError where they cannot be read, or are more than a policy may bring with it.
    """
    root = Path(folder)
    if not root.is_dir():
        raise _make_refusal(f"there is no folder {folder}")
    files: Files = {}
    left = MAX_FOLDER_BYTES
    try:
        for path in _walk(root):
            data = None if len(files) == MAX_FOLDER_FILES else _read_at_most(path, left)
            if data is None:
                most = f"{MAX_FOLDER_BYTES >> 20} MB in {MAX_FOLDER_FILES} files"
                raise _make_refusal(f"{folder} holds more than a policy may bring with it, {most}")
            left -= len(data)
            files[path.relative_to(root).as_posix()] = data
    except OSError as error:
        raise _make_refusal(f"{folder} cannot be read: {error.strerror}") from error
    return files


def _walk(root: Path) -> Iterator[Path]:
    """Yields the files below a folder, one after another, so that no more are looked for than are wanted.

    Raises RequestFailedError where there are more folders than a folder of data has.
    """

    def stop(error: OSError) -> NoReturn:
        raise error

    for number, (above, folders, names) in enumerate(os.walk(root, onerror=stop)):
        if number > MAX_FOLDERS:
            raise _make_refusal(
                f"{root} holds more than {MAX_FOLDERS} folders; name one that holds the data alone"
            )
        folders[:] = sorted(name for name in folders if not _is_left_out(name))
        for name in sorted(names):
            path = Path(above, name)
            if not _is_left_out(name) and not path.is_symlink() and path.is_file():
                yield path


def _read_at_most(path: Path, size: int) -> bytes | None:
    """Returns a file's content, None where it is longer than `size`.

    What the system makes up while it is read, as in /proc, has no size of its own and may never end or come.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as file:
        data = file.read(size + 1)
    return data if len(data) <= size else None


def hash_content(files: Files) -> str:
    """Returns the SHA-256 over names and contents."""
    digest = hashlib.sha256()
    for name in sorted(files):
        digest.update(f"{name}\0{len(files[name])}\0".encode() + files[name])
    return digest.hexdigest()


class FolderCache:
    """The folders that a process has read, so that a further candidate costs no reading."""

    def __init__(self) -> None:
        self.read: OrderedDict[DataFolder, Files] = OrderedDict()

    def get_files(self, data: DataFolder | None) -> Files:
        """Returns the files that were declared; raises RequestFailedError where the folder has changed."""
        if data is None:
            return {}
        if data not in self.read:
            files = read_folder(data.folder)
            if hash_content(files) != data.hash:
                raise _make_refusal(
                    f"{data.folder} was changed since the run was declared: run its cell again"
                )
            self.read[data] = files
            if len(self.read) > FOLDERS_KEPT:
                self.read.popitem(last=False)
        return self.read[data]


def _is_left_out(part: str) -> bool:
    return part.startswith(".") or part == "__pycache__" or part.endswith(".pyc")


def _make_refusal(message: str) -> RequestFailedError:
    return RequestFailedError("folder_error", f"{message}.")
