"""Linux system calls that the standard library does not offer, through ctypes."""

from __future__ import annotations

import ctypes
import os

# Numbers shared by x86-64 and aarch64: newer calls have one number everywhere (asm-generic/unistd.h).
MOUNT_SETATTR = 442
LANDLOCK_CREATE_RULESET = 444
LANDLOCK_ADD_RULE = 445
LANDLOCK_RESTRICT_SELF = 446

# uapi/linux/prctl.h
PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
PR_SET_NAME = 15
PR_SET_SECCOMP = 22
PR_SET_NO_NEW_PRIVS = 38

_libc = ctypes.CDLL(None, use_errno=True)


def make_system_call(number: int, *arguments: object) -> int:
    """Makes a raw system call and returns its result; integers are passed as 64-bit words.

    Raises OSError where the call fails.
    """
    words = [ctypes.c_long(word) if isinstance(word, int) else word for word in arguments]
    result = int(_libc.syscall(ctypes.c_long(number), *words))
    if result < 0:
        raise _make_error(f"system call {number}")
    return result


def call_library(name: str, *arguments: object) -> int:
    """Calls a function of the C library by its name and returns its result.

    Raises OSError where the function is missing or returns -1.
    """
    try:
        function = getattr(_libc, name)
    except AttributeError:
        raise OSError(f"the C library has no {name}") from None
    words = [ctypes.c_ulong(word) if isinstance(word, int) else word for word in arguments]
    result = int(function(*words))
    if result < 0:
        raise _make_error(name)
    return result


def prctl(option: int, value: int, pointer: object = 0) -> None:
    """Sets an option of the calling process by prctl; raises OSError where it fails."""
    call_library("prctl", option, value, pointer, 0, 0)


def drop_capabilities() -> None:
    """Gives up every capability, root's included.

    It is capset(2) of version 3, whose sets take two words each.
    """
    header = (ctypes.c_uint32 * 2)(0x2008_0522, 0)
    call_library("capset", header, (ctypes.c_uint32 * 6)())


def _make_error(what: str) -> OSError:
    error = ctypes.get_errno()
    return OSError(error, f"{what}: {os.strerror(error)}")
