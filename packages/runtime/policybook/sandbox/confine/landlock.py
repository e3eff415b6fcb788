"""Landlock: a process keeps some files readable and gives up all others, TCP, and signals to the outside.

Numbers and structures are those of uapi/linux/landlock.h; what each ABI brought is in landlock(7). It covers
file contents and directory listings. It does not cover stat, and leaves chmod, utime, UDP, pathname sockets
and memfd to seccomp.
"""

from __future__ import annotations

import ctypes
import os
import stat
import struct
import sys
from collections.abc import Iterable
from pathlib import Path

from policybook.sandbox.confine import system_calls
from policybook.sandbox.confine.system_calls import make_system_call

CREATE_RULESET_VERSION = 1
RULE_PATH_BENEATH = 1

READ_FILE = 1 << 2
READ_DIR = 1 << 3
FILE_RIGHTS = {1: (1 << 13) - 1, 2: 1 << 13, 3: 1 << 14, 5: 1 << 15}
"""ABI -> the rights over files that it added: all of ABI 1, REFER, TRUNCATE, IOCTL_DEV."""

BIND_AND_CONNECT_TCP = 0b11  # ABI 4
ABSTRACT_SOCKETS_AND_SIGNALS = 0b11  # ABI 6
QUIET = 1  # LANDLOCK_RESTRICT_SELF_LOG_SAME_EXEC_OFF, ABI 7: the audit log need not hear of a hostile policy

RULESET = struct.Struct("=QQQ")
"""handled_access_fs, handled_access_net, scoped."""

PATH_BENEATH = struct.Struct("=Qi")
"""allowed_access, parent_fd; packed."""


def read_abi() -> int:
    """Returns the kernel's Landlock version, 0 where there is none."""
    if sys.platform != "linux":
        return 0
    try:
        return make_system_call(system_calls.LANDLOCK_CREATE_RULESET, None, 0, CREATE_RULESET_VERSION)
    except OSError:
        return 0


def make_ruleset(readable: Iterable[Path]) -> int:
    """Returns a descriptor of the rules: what is named may be read, with all below it.

    Raises OSError without Landlock. To make the rules costs a few milliseconds; forks share them, and to
    enter them costs some tens of microseconds.
    """
    version = read_abi()
    rights = sum(added for since, added in FILE_RIGHTS.items() if since <= version)
    network = BIND_AND_CONNECT_TCP if version >= 4 else 0
    scoped = ABSTRACT_SOCKETS_AND_SIGNALS if version >= 6 else 0
    # An older kernel refuses a structure that is longer than its own.
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    attributes = RULESET.pack(rights, network, scoped)
    rules = make_system_call(system_calls.LANDLOCK_CREATE_RULESET, ctypes.c_char_p(attributes), size, 0)
    for path in readable:
        _allow(rules, path)
    return rules


def restrict(rules: int) -> None:
    """Enters the rules for good. They hold for the calling thread only: there must be no other."""
    make_system_call(system_calls.LANDLOCK_RESTRICT_SELF, rules, QUIET if read_abi() >= 7 else 0)


def _allow(rules: int, path: Path) -> None:
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return  # what this process cannot open needs no rule
    try:
        folder = stat.S_ISDIR(os.fstat(descriptor).st_mode)
        rule = PATH_BENEATH.pack(READ_FILE | READ_DIR if folder else READ_FILE, descriptor)
        make_system_call(system_calls.LANDLOCK_ADD_RULE, rules, RULE_PATH_BENEATH, ctypes.c_char_p(rule), 0)
    finally:
        os.close(descriptor)
