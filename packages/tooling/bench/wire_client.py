"""Kernels as a server starts them and a client on raw sockets, so that what is timed is the kernel.

The client asks libzmq to try a refused connection again after 2 ms. At libzmq's default of 100 to 200 ms, a
time from start to reply is a multiple of that pause whatever the kernel does.
"""

import hashlib
import json
import os
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import zmq
from jupyter_client.session import Session

RECONNECT_MS = 2
TIMEOUT_MS = 120_000
QUIET_MS = 5_000
CHANNELS = ("shell", "iopub", "stdin", "control", "hb")

Frames = list[bytes]


class BenchKernel:
    """A kernel in a folder of its own, and its one client. `begun` is when its process was started.

    `heard` is when its last publication came.
    """

    def __init__(self, module: str, folder: Path, reconnect_ms: int | None = RECONNECT_MS) -> None:
        folder.mkdir()
        self.module = module
        info, key = _connection()
        file = folder / f"kernel-{uuid.uuid4()}.json"
        file.write_text(json.dumps(info))
        self.session = Session(key=key)
        self.context = zmq.Context()
        self._info, self._reconnect = info, reconnect_ms
        environment = {**os.environ, "JPY_PARENT_PID": str(os.getpid())}
        command = [sys.executable, "-m", module, "-f", str(file)]
        self.begun = self.heard = time.perf_counter()
        self.process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.shell = self._connect(zmq.DEALER, "shell")
        self.control = self._connect(zmq.DEALER, "control")
        self.iopub = self._connect(zmq.SUB, "iopub")

    def _connect(self, kind: int, channel: str) -> zmq.Socket[bytes]:
        connected: zmq.Socket[bytes] = self.context.socket(kind)
        connected.linger = 0
        connected.rcvtimeo = TIMEOUT_MS
        connected.sndhwm = connected.rcvhwm = 0
        if self._reconnect is not None:
            connected.reconnect_ivl = self._reconnect
        if kind == zmq.SUB:
            connected.subscribe(b"")
        connected.connect(f"tcp://127.0.0.1:{self._info[f'{channel}_port']}")
        return connected

    def send(self, message_type: str, content: dict[str, Any]) -> str:
        """Sends a request on the shell channel; its id."""
        message = self.session.msg(message_type, content)
        self.shell.send_multipart(self.session.serialize(message))
        message_id: str = message["header"]["msg_id"]
        return message_id

    def execute(self, code: str) -> str:
        """Sends a cell; its id."""
        return self.send("execute_request", {"code": code, "silent": False, "store_history": True})

    def reply(self) -> dict[str, Any]:
        """The next reply on the shell channel."""
        return self._read(self.shell.recv_multipart())

    def published(self, message_id: str) -> Iterator[Frames]:
        """What a request publishes, to its idle, as frames: parsing is not part of what is timed.

        ipykernel drops publications, the idle among them, where 1,000 wait to be sent: a long silence
        after the reply ends it too.
        """
        wanted = message_id.encode()
        while self.iopub.poll(QUIET_MS) or not self.shell.poll(0):
            if not self.iopub.poll(0):
                continue
            parts = _parts(self.iopub.recv_multipart())
            if wanted in parts[2]:
                self.heard = time.perf_counter()
                yield parts
                if b'"idle"' in parts[4]:
                    return

    def run(self, code: str) -> list[Frames]:
        """Runs a cell to its reply and its idle, and fails where it failed."""
        published = list(self.published(self.execute(code)))
        content = self.reply()["content"]
        if content["status"] != "ok":
            raise RuntimeError(f"a cell of the benchmark failed: {content}")
        return published

    def resident_mb(self) -> float:
        """Resident memory of the process that was started, which for policybook is Node."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6

    def mapped_mb(self) -> float:
        """The part of it that is pages of files, such as Node's program."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[2])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6

    def stop(self) -> None:
        """Shuts down as a client does; a kernel that does not end is killed, and said to be stubborn."""
        request = self.session.msg("shutdown_request", {"restart": False})
        self.control.send_multipart(self.session.serialize(request))
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        finally:
            self.context.destroy(linger=0)

    def _read(self, frames: Frames) -> dict[str, Any]:
        message: dict[str, Any] = self.session.deserialize(_parts(frames))
        return message


@contextmanager
def running(module: str, folder: Path, reconnect_ms: int | None = RECONNECT_MS) -> Iterator[BenchKernel]:
    """A kernel that is stopped at the end, whatever happens."""
    kernel = BenchKernel(module, folder, reconnect_ms)
    try:
        yield kernel
    finally:
        kernel.stop()


def stream_digest(published: Sequence[Frames]) -> tuple[int, str]:
    """Length and SHA-256 of what was written to stdout."""
    digest = hashlib.sha256()
    length = 0
    for parts in published:
        if b'"stream"' not in parts[1]:
            continue
        text = json.loads(parts[4])["text"].encode()
        length += len(text)
        digest.update(text)
    return length, digest.hexdigest()


def _parts(frames: Frames) -> Frames:
    """Signature, header, parent header, metadata, content and buffers."""
    return frames[frames.index(b"<IDS|MSG>") + 1 :]


def _connection() -> tuple[dict[str, Any], bytes]:
    """Five ports that were free a moment ago, as jupyter_client chooses them."""
    sockets = [socket.socket() for _ in CHANNELS]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = {f"{channel}_port": one.getsockname()[1] for channel, one in zip(CHANNELS, sockets, strict=True)}
    for one in sockets:
        one.close()
    key = uuid.uuid4().hex
    return {
        "transport": "tcp",
        "ip": "127.0.0.1",
        "key": key,
        "signature_scheme": "hmac-sha256",
        **ports,
    }, key.encode()
