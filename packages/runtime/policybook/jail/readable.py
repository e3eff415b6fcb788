"""Which files a policy's imports need: the standard library, NumPy and shared libraries, none of the user's.

Site-packages stay closed, the simulators with them, unless the policy's limits declare further imports.
"""

from __future__ import annotations

import contextlib
import site
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import numpy as np

PACKAGES = ("site-packages", "dist-packages")


def readable(*, declared: bool) -> list[Path]:
    """Files and folders; with `declared`, all installed packages among them."""
    paths = [Path("/etc/ld.so.cache"), *_standard_library(), *_numpy(), *_shared_libraries()]
    if declared:
        # Not all of sys.path: an editable installation puts a whole project there, with whatever lies in it.
        paths += map(Path, site.getsitepackages())
    return list(dict.fromkeys(paths))


def _standard_library() -> Iterator[Path]:
    """Entry by entry: installed packages lie inside the same folder, and Landlock knows no exceptions."""
    for name in ("stdlib", "platstdlib"):
        folder = Path(sysconfig.get_path(name))
        if not (folder / "os.py").exists():
            continue  # a virtual environment's platstdlib holds site-packages only
        with contextlib.suppress(OSError):
            yield from (entry for entry in folder.iterdir() if entry.name not in PACKAGES)


def _numpy() -> Iterator[Path]:
    package = Path(np.__file__).parent
    yield package
    libraries = package.with_name("numpy.libs")  # wheels carry OpenBLAS beside the package
    if libraries.is_dir():
        yield libraries


def _shared_libraries() -> Iterator[Path]:
    """Where this process's libraries lie: extension modules of the standard library need their neighbours."""
    folders = set()
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/maps").read_text().splitlines():
            path = Path(line.rpartition(" ")[2])
            if path.is_absolute() and ".so" in path.name and not _is_below(path, PACKAGES):
                folders.add(path.parent)
    for folder in folders:
        if any(folder.glob("python3*")):
            # Conda and hand-made installations keep packages below the libraries: take single files.
            yield from (entry for entry in folder.glob("*.so*") if entry.is_file())
        else:
            yield folder


def _is_below(path: Path, names: tuple[str, ...]) -> bool:
    return any(part in names for part in path.parts)
