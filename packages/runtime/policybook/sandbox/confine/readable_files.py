"""Which files a policy's imports need: the standard library, NumPy and shared libraries, none of the user's.

Site-packages stay closed, and with them the simulators, unless the policy's limits declare further imports.
"""

from __future__ import annotations

import contextlib
import site
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

PACKAGES = ("site-packages", "dist-packages")


class Place(NamedTuple):
    """A file, or a folder with all below it but the `hidden` entries."""

    path: Path
    hidden: tuple[str, ...] = ()

    def list_paths(self) -> Iterator[Path]:
        """Yields the same as paths without exceptions, for Landlock, which knows none."""
        if not self.hidden:
            yield self.path
            return
        with contextlib.suppress(OSError):
            yield from (entry for entry in self.path.iterdir() if entry.name not in self.hidden)


def list_readable(*, has_declared_imports: bool) -> list[Place]:
    """Returns what may be read, folders before what they hold.

    With `has_declared_imports`, all installed packages are among it.
    """
    places = [
        Place(Path("/etc/ld.so.cache")),
        *_find_standard_library(),
        *_find_numpy(),
        *_find_shared_libraries(),
    ]
    if has_declared_imports:
        # All of sys.path would be too much: an editable installation puts a whole project there.
        places += [Place(Path(folder)) for folder in site.getsitepackages()]
    return list(dict.fromkeys(places))


def _find_standard_library() -> Iterator[Place]:
    for name in ("stdlib", "platstdlib"):
        folder = Path(sysconfig.get_path(name))
        # A virtual environment's platstdlib holds site-packages only.
        if (folder / "os.py").exists():
            yield Place(folder, PACKAGES)


def _find_numpy() -> Iterator[Place]:
    package = Path(np.__file__).parent
    yield Place(package)
    libraries = package.with_name("numpy.libs")  # wheels carry OpenBLAS next to the package
    if libraries.is_dir():
        yield Place(libraries)


def _find_shared_libraries() -> Iterator[Place]:
    """Finds where this process's libraries lie.

    Extension modules of the standard library need those next to them.
    """
    folders = set()
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/maps").read_text().splitlines():
            path = Path(line.rpartition(" ")[2])
            if path.is_absolute() and ".so" in path.name and not _is_below(path, PACKAGES):
                folders.add(path.parent)
    for folder in sorted(folders):
        if any(folder.glob("python3*")):
            # Conda and hand-made installations keep packages below the libraries: only files are taken.
            yield from (Place(entry) for entry in folder.glob("*.so*") if entry.is_file())
        elif folder.name != "lib-dynload":
            yield Place(folder)


def _is_below(path: Path, names: tuple[str, ...]) -> bool:
    return any(part in names for part in path.parts)
