"""Attacks that a process tries on its own sandbox, so that the level is what held, not what was intended.

Each raises the OSError or MemoryError that stopped it, or returns where nothing did. An attack that succeeds
does no harm: it puts back what it changes. The tests have many more; these tell one level from another.
"""

# ruff: noqa: S108 - an attack looks for the places that all users may write to
from __future__ import annotations

import contextlib
import ctypes
import mmap
import os
import platform
import resource
import socket
import threading
import time
from collections.abc import Callable
from typing import NamedTuple

from policybook.sandbox.confine.system_calls import call_library, make_system_call

NUMBERS = {
    "x86_64": {"clone": 56, "ptrace": 101, "bpf": 321, "process_vm_readv": 310},
    "aarch64": {"clone": 220, "ptrace": 117, "bpf": 280, "process_vm_readv": 270},
}
IO_URING_SETUP = 425
PTRACE_SEIZE = 0x4206
OWN_TEXT = __file__
"""A file that is certainly there, and that no policy may read."""


class Targets(NamedTuple):
    """What must not be reached: a neighbouring process, a server on the loopback interface, more memory."""

    neighbour: int
    port: int
    memory_mb: float


class Attack(NamedTuple):
    """One attack. The `levels` must stop it; the others are said to let it through."""

    name: str
    levels: frozenset[int]
    run: Callable[[Targets], object]


def _read_byte(path: str) -> None:
    with open(path, "rb") as file:
        file.read(1)


def _read_environment(_: Targets) -> None:
    """Looks for a variable; one for linear algebra would be no secret, but none should be there."""
    if not os.environ:
        raise PermissionError("it is empty")


def _raise_limits(_: Targets) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard + 1))
    except ValueError as refused:
        raise OSError(str(refused)) from None


def _take_memory(targets: Targets) -> None:
    mmap.mmap(-1, int(targets.memory_mb * 2**20) + mmap.PAGESIZE).close()


def _write_file(_: Targets) -> None:
    path = f"/tmp/policybook-attack-{os.getpid()}-{time.monotonic_ns()}"
    try:
        with open(path, "xb", buffering=0) as file:
            file.write(b"x")
    finally:
        with contextlib.suppress(OSError):
            os.unlink(path)


def _read_own_text(_: Targets) -> None:
    _read_byte(OWN_TEXT)


def _read_users(_: Targets) -> None:
    _read_byte("/etc/passwd")


def _list_root(_: Targets) -> None:
    os.listdir("/")


def _see_file(_: Targets) -> None:
    os.stat(OWN_TEXT)


def _read_neighbour_environment(targets: Targets) -> None:
    _read_byte(f"/proc/{targets.neighbour}/environ")


def _read_own_environment(_: Targets) -> None:
    _read_byte("/proc/self/environ")


def _write_shared_memory(_: Targets) -> None:
    path = f"/dev/shm/policybook-attack-{os.getpid()}"
    os.close(os.open(path, os.O_CREAT | os.O_RDWR))
    os.unlink(path)


def _make_memory_file(_: Targets) -> None:
    os.close(os.memfd_create("attack"))


def _change_mode(_: Targets) -> None:
    os.chmod(OWN_TEXT, os.stat(OWN_TEXT).st_mode)


def _connect_tcp(targets: Targets) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as client:
        client.settimeout(0.05)
        client.connect(("127.0.0.1", targets.port))


def _send_udp(targets: Targets) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.sendto(b"x", ("127.0.0.1", targets.port))


def _open_unix_socket(_: Targets) -> None:
    socket.socket(socket.AF_UNIX).close()


def _fork(_: Targets) -> None:
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)


def _start_thread(_: Targets) -> None:
    thread = threading.Thread(target=int)
    try:
        thread.start()
    except RuntimeError as refused:
        raise OSError(str(refused)) from None
    thread.join()


def _execute(_: Targets) -> None:
    # A missing program shows whether execution is blocked (no permission) or not (no such file).
    with contextlib.suppress(FileNotFoundError):
        os.execv("/policybook-attack", ["attack"])  # noqa: S606 - see above


def _signal_neighbour(targets: Targets) -> None:
    os.kill(targets.neighbour, 0)


def _trace_neighbour(targets: Targets) -> None:
    make_system_call(_find_call_number("ptrace"), PTRACE_SEIZE, targets.neighbour, 0, 0)


def _read_neighbour_memory(targets: Targets) -> None:
    word = ctypes.create_string_buffer(
        b"neighbour"
    )  # at the same address there, or nowhere: either shows whether reading is allowed
    place = (ctypes.c_size_t * 2)(ctypes.addressof(word), 1)
    make_system_call(_find_call_number("process_vm_readv"), targets.neighbour, place, 1, place, 1, 0)


def _renice_neighbour(targets: Targets) -> None:
    nice = os.getpriority(os.PRIO_PROCESS, targets.neighbour)
    os.setpriority(os.PRIO_PROCESS, targets.neighbour, nice)


def _limit_neighbour(targets: Targets) -> None:
    core = resource.prlimit(targets.neighbour, resource.RLIMIT_CORE)
    resource.prlimit(targets.neighbour, resource.RLIMIT_CORE, core)


def _set_up_io_uring(_: Targets) -> None:
    parameters = ctypes.create_string_buffer(120)
    os.close(make_system_call(IO_URING_SETUP, 1, parameters))


def _load_bpf(_: Targets) -> None:
    attributes = (ctypes.c_uint32 * 5)(2, 4, 4, 1, 0)  # BPF_MAP_TYPE_ARRAY of one word
    os.close(make_system_call(_find_call_number("bpf"), 0, attributes, ctypes.sizeof(attributes)))


def _make_namespace(_: Targets) -> None:
    call_library("unshare", 0x1000_0000)


def _find_call_number(name: str) -> int:
    try:
        return NUMBERS[platform.machine()][name]
    except KeyError:
        raise OSError(f"no number of {name} is known for {platform.machine()}") from None


def _make_attack(name: str, run: Callable[[Targets], object], *levels: int) -> Attack:
    return Attack(name, frozenset(levels), run)


ATTACKS = (
    _make_attack("read the environment's variables", _read_environment, 4, 3, 2, 1),
    _make_attack("raise its own limits", _raise_limits, 4, 3, 2, 1),
    _make_attack("take more memory than declared", _take_memory, 4, 3, 2, 1),
    _make_attack("write a file", _write_file, 4, 3, 2, 1),
    _make_attack("read policybook's own files", _read_own_text, 4, 3, 2),
    _make_attack("read /etc/passwd", _read_users, 4, 3, 2),
    _make_attack("list the root folder", _list_root, 4, 3, 2),
    _make_attack("see that a file is there, its size and times", _see_file, 4, 2),
    _make_attack("read its own environment in /proc", _read_own_environment, 4, 3, 2),
    _make_attack("read another process's environment", _read_neighbour_environment, 4, 3, 2),
    _make_attack("read another process's memory", _read_neighbour_memory, 4, 3, 2),
    _make_attack("trace another process", _trace_neighbour, 4, 3, 2),
    _make_attack("signal another process", _signal_neighbour, 4, 3, 2),
    _make_attack("change another process's priority", _renice_neighbour, 4, 3, 2),
    _make_attack("change another process's limits", _limit_neighbour, 4, 3, 2),
    _make_attack("connect over TCP", _connect_tcp, 4, 3, 2),
    _make_attack("send over UDP", _send_udp, 4, 3, 2),
    _make_attack("open a Unix socket", _open_unix_socket, 4, 3, 2),
    _make_attack("create a file in /dev/shm", _write_shared_memory, 4, 3, 2),
    _make_attack("make a file in memory", _make_memory_file, 4, 3, 2),
    _make_attack("change a file's mode", _change_mode, 4, 3, 2),
    _make_attack("make a namespace", _make_namespace, 4, 3, 2),
    _make_attack("fork", _fork, 4, 3, 2),
    _make_attack("start a thread", _start_thread, 4, 3, 2),
    _make_attack("execute a program", _execute, 4, 3, 2),
    _make_attack("set up io_uring", _set_up_io_uring, 4, 3, 2),
    _make_attack("load a BPF program's map", _load_bpf, 4, 3, 2),
)
