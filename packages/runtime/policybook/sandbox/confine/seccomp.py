"""seccomp: an allow-list of system calls in classic BPF; a call that is not on it fails with EPERM.

CPython turns an error number into an exception, which says what the policy tried; a signal would not.
Sources: seccomp(2), uapi/linux/{seccomp,audit,filter}.h, asm/unistd_64.h and asm-generic/unistd.h.
"""

from __future__ import annotations

import ctypes
import errno
import platform
import struct

from policybook.sandbox.confine.system_calls import PR_SET_SECCOMP, prctl

SECCOMP_MODE_FILTER = 2
KILL_PROCESS = 0x8000_0000
FAIL = 0x0005_0000  # SECCOMP_RET_ERRNO, the number in the lower half
ALLOW = 0x7FFF_0000

# offsets in struct seccomp_data; both machines are little-endian, so an argument's lower half comes first
NUMBER, ARCHITECTURE, ARGUMENTS = 0, 4, 16

# classic BPF: load a word, jump if equal, jump if any bit is set, return
LOAD, EQUAL, ANY_BIT, RETURN = 0x20, 0x15, 0x45, 0x06

ARCHITECTURES = {"x86_64": (0xC000_003E, 0), "aarch64": (0xC000_00B7, 1)}
"""Machine -> AUDIT_ARCH, its column in the tables. x32 calls have numbers of their own and are on no list."""

ALWAYS = {
    "read": (0, 63),
    "write": (1, 64),
    "close": (3, 57),
    "fstat": (5, 80),
    "lseek": (8, 62),
    "mmap": (9, 222),
    "mprotect": (10, 226),
    "munmap": (11, 215),
    "brk": (12, 214),
    "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135),
    "rt_sigreturn": (15, 139),
    "pread64": (17, 67),
    "readv": (19, 65),
    "writev": (20, 66),
    "sched_yield": (24, 124),
    "mremap": (25, 216),
    "madvise": (28, 233),
    "nanosleep": (35, 101),
    "getpid": (39, 172),
    "exit": (60, 93),
    "uname": (63, 160),
    "getcwd": (79, 17),
    "gettimeofday": (96, 169),
    "getrusage": (98, 165),
    "times": (100, 153),
    "getuid": (102, 174),
    "getgid": (104, 176),
    "geteuid": (107, 175),
    "getegid": (108, 177),
    "getppid": (110, 173),
    "sigaltstack": (131, 132),
    "gettid": (186, 178),
    "time": (201, None),
    "futex": (202, 98),
    "sched_getaffinity": (204, 123),
    "restart_syscall": (219, 128),
    "clock_gettime": (228, 113),
    "clock_getres": (229, 114),
    "clock_nanosleep": (230, 115),
    "exit_group": (231, 94),
    "getrandom": (318, 278),
}  # fmt: skip
"""Name -> number on x86-64 and aarch64: computing, reading the clock, and the two pipes that are open."""

FOR_FILES = {"newfstatat": (262, 79), "getdents64": (217, 61)}
"""What importing a module from disk needs besides openat; only behind Landlock."""

OPENAT = (257, 56)
PRLIMIT64 = (302, 261)
CLONE3 = (435, 435)

WRITES = 0o3 | 0o100 | 0o1000 | 0o2000 | 0o20000000
"""O_ACCMODE, O_CREAT, O_TRUNC, O_APPEND, __O_TMPFILE of asm-generic/fcntl.h: files are opened to be read."""

Instruction = tuple[int, int, int, int]


def make_program(*, files: bool) -> bytes:
    """Returns the filter's instructions; with `files`, files may be opened for reading.

    Raises OSError on machines whose system calls have no table here.
    """
    machine = platform.machine()
    if machine not in ARCHITECTURES:
        raise OSError(errno.ENOSYS, f"no table of system calls for {machine}")
    architecture, column = ARCHITECTURES[machine]
    code: list[Instruction] = [
        (LOAD, 0, 0, ARCHITECTURE),
        (EQUAL, 1, 0, architecture),
        (RETURN, 0, 0, KILL_PROCESS),
        (LOAD, 0, 0, NUMBER),
    ]
    allowed = ALWAYS | (FOR_FILES if files else {})
    for numbers in allowed.values():
        number = numbers[column]
        if number is not None:
            code += _match_call(number, [(RETURN, 0, 0, ALLOW)])
    # glibc falls back to clone, which then fails as "not permitted" instead of "not implemented".
    code += _match_call(CLONE3[column], [(RETURN, 0, 0, FAIL | errno.ENOSYS)])
    # A process may ask for its own limits and set none: the first and third arguments are zero.
    code += _match_call(PRLIMIT64[column], _require_zero(0) + _require_zero(2) + [(RETURN, 0, 0, ALLOW)])
    if files:
        flags = [(LOAD, 0, 0, ARGUMENTS + 8 * 2), (ANY_BIT, 0, 1, WRITES), _refuse(), (RETURN, 0, 0, ALLOW)]
        code += _match_call(OPENAT[column], flags)
    code.append(_refuse())
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in code)


def install(filter_program: bytes) -> None:
    """Puts the calling process under the filter for good.

    no_new_privs must be set, or the caller be root.
    """
    count = len(filter_program) // 8
    instructions = ctypes.create_string_buffer(filter_program, len(filter_program))
    # struct sock_fprog: a length, padding, a pointer
    description = struct.pack("=H6xQ", count, ctypes.addressof(instructions))
    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.c_char_p(description))


def _match_call(number: int, block: list[Instruction]) -> list[Instruction]:
    """Returns instructions that run a block, which ends in a return, for one system call."""
    return [(EQUAL, 0, len(block), number), *block]


def _require_zero(argument: int) -> list[Instruction]:
    """Returns instructions that refuse a call unless a 64-bit argument is zero."""
    return [
        instruction
        for half in (0, 4)
        for instruction in ((LOAD, 0, 0, ARGUMENTS + 8 * argument + half), (EQUAL, 1, 0, 0), _refuse())
    ]


def _refuse() -> Instruction:
    return (RETURN, 0, 0, FAIL | errno.EPERM)
