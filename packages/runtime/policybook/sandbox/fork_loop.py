"""The loop of a process that has its imports done and forks on request.

Its control socket takes one command a packet. FORK comes with an argument of at most eight bytes and with
descriptors, which are the fork's; the reply is the fork's pid and, where the system has them, a pidfd, or the
negative error number where the system starts no process. REAP comes with a pid; the reply is the wait status.
A fork stays a zombie until it is reaped, so that its pid cannot be another process's when it is killed.
"""

from __future__ import annotations

import array
import errno
import gc
import os
import select
import signal
import socket
import struct
import sys
from collections.abc import Callable, Iterable

from policybook.sandbox.confine.parent import die_with_parent

FORK = b"f"
REAP = b"r"
INTEGER = struct.Struct("<i")
"""How pids, negative error numbers and wait statuses are sent."""

MAX_PACKET_BYTES = 16
MAX_DESCRIPTORS = 4


def open_control(parent: int, silenced: Iterable[int]) -> socket.socket:
    """Returns the control socket, which is on descriptor 0; the first thing that a forking process does.

    It does not outlive `parent`, and an interrupt, which is meant for the workbench, does not end it. The
    standard streams `silenced` lead nowhere from now on, and descriptor 0 must be one of them.
    """
    control = socket.socket(fileno=os.dup(0))
    die_with_parent(parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    silence(silenced)
    return control


def silence(streams: Iterable[int]) -> None:
    """Makes standard streams, by their descriptors, lead nowhere."""
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in streams:
        os.dup2(null, descriptor)
    os.close(null)


def serve_forks(
    control: socket.socket, run: Callable[[bytes, list[int]], object], *, lifeline: int | None = None
) -> None:
    """Serves commands until the control socket closes, or until `poll` reports an error on `lifeline`.

    Without what holds the lifeline's other end this process can fork no more, and its forks have ended: the
    command that waits then gets no reply, so that the client has another process take this one's place.

    A fork calls `run` with the command's argument and its descriptors, and ends when that returns, with
    status 1 where it raises. It does not outlive this process, which must have one thread.
    """
    own_pid = os.getpid()
    # The collectors of forks do not look through what is there now, which would copy every page.
    gc.collect()
    gc.freeze()
    # What waits to be written would be written by every fork.
    sys.stdout.flush()
    sys.stderr.flush()
    # The order matters: a command that follows from the lifeline's end must not be taken before that is seen.
    poll = select.poll()
    poll.register(control, select.POLLIN)
    if lifeline is not None:
        poll.register(lifeline, 0)
    while True:
        if any(descriptor == lifeline for descriptor, _ in poll.poll()):
            return
        try:
            packet, ancillary, _, _ = control.recvmsg(
                MAX_PACKET_BYTES, socket.CMSG_SPACE(4 * MAX_DESCRIPTORS)
            )
        except ConnectionResetError:
            # The client has ended before it read a reply.
            return
        if not packet:
            return
        command, argument = packet[:1], packet[1:]
        if command == REAP:
            _, status = os.waitpid(INTEGER.unpack(argument)[0], 0)
            control.send(INTEGER.pack(status))
            continue
        descriptors = array.array("i", ancillary[0][2]).tolist()
        for descriptor in descriptors:
            os.set_inheritable(descriptor, False)
        try:
            pid = os.fork()
        except OSError as error:
            if lifeline is not None and any(descriptor == lifeline for descriptor, _ in poll.poll(0)):
                return
            # The system has no process or no memory left, which is no fault of this process.
            pid = -(error.errno or errno.EAGAIN)
        if pid == 0:
            exit_status = 1
            try:
                die_with_parent(own_pid)
                control.close()
                run(argument, descriptors)
                exit_status = 0
            finally:
                os._exit(exit_status)
        for descriptor in descriptors:
            os.close(descriptor)
        handle = _open_handle(pid) if pid > 0 else None
        if handle is None:
            control.send(INTEGER.pack(pid))
        else:
            rights = array.array("i", [handle])
            control.sendmsg([INTEGER.pack(pid)], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)])
            os.close(handle)


def _open_handle(pid: int) -> int | None:
    """Returns a pidfd, None where the system has none or refuses it."""
    if not hasattr(os, "pidfd_open"):
        return None
    try:
        return os.pidfd_open(pid)
    except OSError:
        return None
