"""Where among Python's outputs the kernel's own belong.

ipykernel publishes what is printed up to 0.2 s later, over a socket of its own. What the kernel publishes for
a request of Python's would come out ahead of it, and so it waits for a marker that is published behind.
"""

import contextlib
import sys
import time
import uuid
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

OUTPUT_MARKER = "policybook_marker"
"""The type of the message that carries a marker; the kernel takes it out."""

PIPE_SECONDS = 0.2
"""How long the reading of what another program wrote may take."""

_published: list[Any] = []


def keep_streams() -> None:
    """Keeps the streams that ipykernel publishes, which a cell may have replaced when they are needed."""
    _published[:] = [sys.stdout, sys.stderr]


def publish_marker(shell: "InteractiveShell") -> str:
    """Publishes all that was written so far and a marker behind it; returns the marker's name."""
    kernel: Any = getattr(shell, "kernel", None)
    streams = {id(stream): stream for stream in (*_published, sys.stdout, sys.stderr)}
    for stream in streams.values():
        _await_pipe(stream)
        # A stream of the user's own may be closed, or no stream at all.
        with contextlib.suppress(AttributeError, OSError, ValueError):
            stream.flush()
    name = uuid.uuid4().hex
    parent = shell.get_parent()  # type: ignore[attr-defined]
    kernel.session.send(kernel.iopub_socket, OUTPUT_MARKER, {"marker": name}, parent=parent)
    return name


def _await_pipe(stream: Any) -> None:
    """Waits until ipykernel has read what other programs wrote to the stream's descriptor."""
    pipe = getattr(stream, "_fid", None)
    if not isinstance(pipe, int):
        return
    end = time.monotonic() + PIPE_SECONDS
    while _count_unread(pipe) > 0 and time.monotonic() < end:
        time.sleep(0.001)
    # What has been read is handed on by another thread, which needs the interpreter for it.
    time.sleep(0.001)


def _count_unread(pipe: int) -> int:
    import array
    import fcntl
    import termios

    unread = array.array("i", [0])
    try:
        fcntl.ioctl(pipe, termios.FIONREAD, unread)
    except OSError:
        return 0
    return unread[0]
