"""The loop of a process that has its imports done and forks whenever it is asked to.

Its control socket takes one command a packet. FORK comes with an argument of at most eight bytes and with
descriptors, which are the fork's; the reply is the fork's pid and, where the system has them, a pidfd, or the
negative error number where the system's limit of processes is reached. REAP comes with a pid; the reply is
the wait status. A fork stays a zombie until it is reaped, so that its pid cannot be another process's when it
is killed.
"""

from __future__ import annotations

import array
import errno
import os
import socket
import struct
from collections.abc import Callable

from policybook.sandbox.parent import die_with_parent

FORK = b"f"
REAP = b"r"
PID = struct.Struct("<i")
MAX_PACKET_BYTES = 16
MAX_DESCRIPTORS = 4


def serve_forks(control: socket.socket, run: Callable[[bytes, list[int]], object]) -> None:
    """Serves commands until the control socket closes.

    A fork calls `run` with the command's argument and its descriptors, and ends when that returns. It does
    not outlive this process, which must have one thread.
    """
    server = os.getpid()
    while True:
        packet, ancillary, _, _ = control.recvmsg(MAX_PACKET_BYTES, socket.CMSG_SPACE(4 * MAX_DESCRIPTORS))
        if not packet:
            return
        command, argument = packet[:1], packet[1:]
        if command == REAP:
            _, status = os.waitpid(PID.unpack(argument)[0], 0)
            control.send(PID.pack(status))
            continue
        descriptors = array.array("i", ancillary[0][2]).tolist()
        try:
            pid = os.fork()
        except BlockingIOError as error:
            # The system's limit of processes is reached, which is no fault of this one.
            pid = -(error.errno or errno.EAGAIN)
        if pid == 0:
            try:
                die_with_parent(server)
                control.close()
                run(argument, descriptors)
            finally:
                os._exit(0)
        for descriptor in descriptors:
            os.close(descriptor)
        if pid < 0:
            control.send(PID.pack(pid))
        else:
            _reply_fork(control, pid)


def _reply_fork(control: socket.socket, pid: int) -> None:
    if not hasattr(os, "pidfd_open"):
        control.send(PID.pack(pid))
        return
    handle = os.pidfd_open(pid)
    rights = array.array("i", [handle])
    control.sendmsg([PID.pack(pid)], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)])
    os.close(handle)
