"""The bridge of agents answers what can be answered, and waits for no run of a kernel that was killed."""

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

CALL = '{"jsonrpc": "2.0", "id": 7, "method": "ping"}'


@pytest.fixture
def server() -> Iterator[socket.socket]:
    """A port on which somebody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening


def announce(folder: Path, run: str, port: int) -> None:
    place = folder / "policybook-1-abcdef"
    place.mkdir(exist_ok=True)
    found = {"run": run, "folder": "/", "url": f"http://127.0.0.1:{port}/mcp", "token": "t"}
    (place / f"agent-{run}.json").write_text(json.dumps(found))


def bridge(folder: Path, run: str, lines: bytes) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "policybook", "mcp", run, "--wait", "0"]
    variables = {**os.environ, "TMPDIR": str(folder)}
    return subprocess.run(command, env=variables, input=lines, capture_output=True, timeout=60, check=False)


def test_what_a_server_sends_that_is_no_answer_is_an_error_of_the_protocol(
    tmp_path: Path, server: socket.socket
) -> None:
    def answer() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection:
                if connection.recv(65536):
                    connection.sendall(b"this is no answer of HTTP\r\n\r\n")

    threading.Thread(target=answer, daemon=True).start()
    announce(tmp_path, "odd", server.getsockname()[1])
    done = bridge(tmp_path, "odd", f"{CALL}\n".encode())
    assert (done.returncode, done.stderr) == (0, b"")
    answered = json.loads(done.stdout)
    assert answered["id"] == 7
    assert "The run odd is over" in answered["error"]["message"]


def test_the_file_of_a_killed_kernel_is_no_run_that_waits(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    announce(tmp_path, "dead", port)
    done = bridge(tmp_path, "dead", b"")
    assert done.returncode == 1
    assert b"No run dead waits for an agent" in done.stderr
    assert b"Runs that wait for one" not in done.stderr
