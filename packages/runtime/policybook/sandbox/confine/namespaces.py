"""Namespaces: a process whose forks see no file but what imports need, no network and no other process.

The zygote enters them once and stays where it was among the processes: it knows its forks by pids that its
worker knows, too. A user namespace makes this possible without root, and takes root's power over the machine
from it. Sources: unshare(2), user_namespaces(7), pid_namespaces(7), pivot_root(2), mount_setattr(2).
"""

from __future__ import annotations

import ctypes
import os
import signal
from collections.abc import Iterable
from pathlib import Path

from policybook.sandbox.confine.readable_files import Place
from policybook.sandbox.confine.system_calls import (
    MOUNT_SETATTR,
    PR_SET_NAME,
    PR_SET_PDEATHSIG,
    call_library,
    make_system_call,
    prctl,
)

# uapi/linux/sched.h
NEW_MOUNTS = 0x0002_0000
NEW_CGROUPS = 0x0200_0000
NEW_NAMES = 0x0400_0000
NEW_IPC = 0x0800_0000
NEW_USERS = 0x1000_0000
NEW_PIDS = 0x2000_0000
NEW_NETWORK = 0x4000_0000
EVERYTHING = NEW_USERS | NEW_MOUNTS | NEW_PIDS | NEW_NETWORK | NEW_IPC | NEW_NAMES | NEW_CGROUPS

# uapi/linux/mount.h and fcntl.h
NO_SETUID, NO_DEVICES = 2, 4
BIND, RECURSIVE, PRIVATE = 1 << 12, 1 << 14, 1 << 18
DETACH = 2  # MNT_DETACH
EVERY_MOUNT_READ_ONLY = (ctypes.c_uint64 * 4)(1 | 2 | 4)  # struct mount_attr: RDONLY, NOSUID, NODEV
AT_FDCWD, AT_RECURSIVE = -100, 0x8000

BASES = ("/tmp", "/var/tmp", "/mnt", "/proc")  # noqa: S108 - the new root hides one of them, and nothing is written to it
OLD_ROOT = "/.old"
FIRST_PROCESS = b"policybook-init"


def enter(places: Iterable[Place]) -> int:
    """Moves this process into namespaces of its own, for good; raises OSError where the system allows none.

    Returns the lifeline of the namespace's first process, a descriptor on which `poll` reports an error as
    soon as that process ends: no process can be forked from then on. This process must be single-threaded.
    After a failure it may stand half inside: try in a fork first.
    """
    links = {name: os.readlink(f"/{name}") for name in os.listdir("/") if Path("/", name).is_symlink()}
    user, group = os.geteuid(), os.getegid()
    call_library("unshare", EVERYTHING)
    # User and group keep their numbers, so that what was readable stays so.
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
    Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
    _make_root(places, links)
    call_library("sethostname", b"sandbox", 4)
    return _start_first_process()


def _make_root(places: Iterable[Place], links: dict[str, str]) -> None:
    """Makes a root in memory that holds nothing but the places, read-only."""
    base = next(base for base in BASES if Path(base).is_dir()).encode()
    _mount(None, b"/", None, RECURSIVE | PRIVATE)
    _mount(b"sandbox", base, b"tmpfs", NO_SETUID | NO_DEVICES)
    os.mkdir(base + OLD_ROOT.encode())
    call_library("pivot_root", base, base + OLD_ROOT.encode())
    os.chdir("/")
    for name, target in links.items():  # as in /lib -> usr/lib
        os.symlink(target, f"/{name}")
    for place in places:
        _bind(place)
    call_library("umount2", OLD_ROOT.encode(), DETACH)
    os.rmdir(OLD_ROOT)
    size = ctypes.sizeof(EVERY_MOUNT_READ_ONLY)
    root = ctypes.c_char_p(b"/")
    make_system_call(MOUNT_SETATTR, AT_FDCWD, root, AT_RECURSIVE, EVERY_MOUNT_READ_ONLY, size)


def _bind(place: Place) -> None:
    original = Path(OLD_ROOT + str(place.path))
    if not original.exists():
        return
    if place.path.exists() and place.path.samefile(original):
        return  # it lies in a folder that is there already
    target = _make_place(place.path, is_folder=original.is_dir())
    _mount(str(original).encode(), str(target).encode(), None, BIND | RECURSIVE)
    for name in place.hidden:
        if (target / name).is_dir():
            _mount(b"hidden", str(target / name).encode(), b"tmpfs", NO_SETUID | NO_DEVICES)


def _make_place(path: Path, *, is_folder: bool) -> Path:
    """Returns the mount point for a path, which it makes.

    Symbolic links on the way are made again, so that the name still works.
    """
    made = Path("/")
    parts = list(path.parts[1:])
    while parts:
        made /= parts.pop(0)
        original = Path(OLD_ROOT + str(made))
        if original.is_symlink():
            target = Path(os.path.normpath(made.parent / original.readlink()))
            if not made.is_symlink():
                made.symlink_to(target)
            parts = [*target.parts[1:], *parts]
            made = Path("/")
        elif parts or is_folder:
            made.mkdir(exist_ok=True)
        else:
            made.touch()
    return made


def _start_first_process() -> int:
    """Starts the namespace's process 1, without which there can be no other; returns its lifeline.

    It waits for the zygote's end; when it ends itself, all others in the namespace end. The zygote may be
    killed before the call that has Linux pass its end on, which is why the first process also reads from a
    pipe that only the zygote and its forks can write to. That pipe's other end is the lifeline: Linux closes
    the descriptors of a process that ends before it ends the others of its namespace.
    """
    reader, writer = os.pipe()
    if os.fork() == 0:
        try:
            prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            call_library("prctl", PR_SET_NAME, FIRST_PROCESS, 0, 0, 0)
            os.closerange(0, reader)
            os.closerange(reader + 1, os.sysconf("SC_OPEN_MAX"))
            os.read(reader, 1)
        finally:
            os._exit(0)
    os.close(reader)
    return writer


def _mount(source: bytes | None, target: bytes, kind: bytes | None, flags: int) -> None:
    call_library("mount", source, target, kind, flags, None)
