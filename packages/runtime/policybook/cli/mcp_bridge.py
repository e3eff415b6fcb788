"""`policybook mcp RUN`: stdio to the server of a run that waits for an agent as its author.

An agent's client starts this program and speaks the Model Context Protocol by lines of JSON; each message
is posted to the kernel's server on the loopback interface, with the token that the kernel has left in a
folder that only its user reads.
"""

from __future__ import annotations

import http.client
import json
import os
import socket
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

HOST = "127.0.0.1"
CONNECT_SECONDS = 2.0
LOOK_SECONDS = 0.25
# A use of a tool may play many episodes, and waits for the run's next turn before that.
ANSWER_SECONDS = 3600.0


@dataclass(frozen=True)
class WaitingRun:
    """A run whose author is an agent, and where it is worked on."""

    run: str
    folder: str
    url: str
    token: str
    written: float
    """When its kernel began to listen, in seconds since 1970."""


def list_waiting_runs() -> list[WaitingRun]:
    """Returns the runs of living kernels that an agent can work on, the latest first."""
    runs = []
    for path in Path(tempfile.gettempdir()).glob("policybook-*-*/agent-*.json"):
        try:
            if not _is_own(path):
                continue
            found = json.loads(path.read_text(encoding="utf-8"))
            written = path.stat().st_mtime
            run = WaitingRun(found["run"], found["folder"], found["url"], found["token"], written)
            is_waiting = _is_listening(run.url)
        except (OSError, ValueError, KeyError, TypeError):
            # A file that is being written or taken away is none of a run that waits.
            continue
        if is_waiting:
            runs.append(run)
    return sorted(runs, key=lambda run: run.written, reverse=True)


def serve_stdio(run: str, seconds: float, is_address: bool) -> int:
    """Serves the run over stdio until its client ends, and returns the process's exit code.

    Waits up to `seconds` for the run. `is_address`: prints address and token instead, for a client that
    speaks HTTP.
    """
    waiting = _await_run(run, seconds)
    if waiting is None:
        sys.stderr.write(f"{_describe_missing(run)}\n")
        return 1
    if is_address:
        sys.stdout.write(json.dumps({"url": waiting.url, "token": waiting.token}) + "\n")
        return 0
    return _forward(waiting, sys.stdin.buffer, sys.stdout)


def _await_run(run: str, seconds: float) -> WaitingRun | None:
    limit = time.monotonic() + seconds
    is_silent = True
    while True:
        found = [each for each in list_waiting_runs() if each.run == run]
        here = [each for each in found if Path(each.folder) == Path.cwd()]
        if found:
            return (here or found)[0]
        if time.monotonic() >= limit:
            return None
        if is_silent:
            is_silent = False
            sys.stderr.write(f"Waiting {seconds:g} s at most until the run {run} waits for an agent …\n")
            sys.stderr.flush()
        time.sleep(LOOK_SECONDS)


def _describe_missing(run: str) -> str:
    names = sorted({each.run for each in list_waiting_runs()})
    others = f" Runs that wait for one: {', '.join(names)}." if names else ""
    return (
        f"No run {run} waits for an agent. Run its cell in a notebook first, with `author: mcp`:\n\n"
        f"    %%learn ENVIRONMENT as {run}\n    author: mcp\n{others}"
    )


def _forward(waiting: WaitingRun, lines: IO[bytes], out: IO[str]) -> int:
    writing = threading.Lock()
    threads = []
    for line in lines:
        if not line.strip():
            continue
        # A use of a tool may take minutes, in which a ping still wants its answer.
        thread = threading.Thread(target=_post, args=(waiting, line, out, writing))
        thread.start()
        threads.append(thread)
    for thread in threads:
        thread.join()
    return 0


def _post(waiting: WaitingRun, line: bytes, out: IO[str], writing: threading.Lock) -> None:
    for message in _ask(waiting, line):
        with writing:
            out.write(json.dumps(message) + "\n")
            out.flush()


def _ask(waiting: WaitingRun, line: bytes) -> Iterator[Any]:
    """Yields what the server says because of a message: its answer, and before that how far it is."""
    headers = {
        "Authorization": f"Bearer {waiting.token}",
        "Content-Type": "application/json",
        "Accept": "application/json, text/event-stream",
    }
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        request = urllib.request.Request(waiting.url, data=line, headers=headers)  # noqa: S310 - checked to be on the loopback interface
        with opener.open(request, timeout=ANSWER_SECONDS) as response:
            yield from _read_messages(response)
    except urllib.error.HTTPError as error:
        yield from _make_error(line, f"The run's server answered with status {error.code}.")
    except (OSError, ValueError, http.client.HTTPException):
        yield from _make_error(
            line,
            f"The run {waiting.run} is over, or its kernel has ended. Its notebook says what came of it; "
            "to work on it again, run its cell again, and start policybook mcp again.",
        )


def _read_messages(response: http.client.HTTPResponse) -> Iterator[Any]:
    """Yields the messages of a body, which is one of JSON or a stream of events; a note has an empty one."""
    if response.headers.get_content_type() != "text/event-stream":
        text = response.read()
        if text:
            yield json.loads(text)
        return
    data: list[str] = []
    for each in response:
        line = each.decode().rstrip("\r\n")
        if line.startswith("data:"):
            data.append(line.removeprefix("data:").removeprefix(" "))
        elif not line and data:
            yield json.loads("\n".join(data))
            data = []


def _make_error(line: bytes, message: str) -> list[Any]:
    """Answers a request by an error of the protocol; a notification gets no answer."""
    try:
        number = json.loads(line).get("id")
    except (ValueError, AttributeError):
        number = None
    if number is None:
        return []
    return [{"jsonrpc": "2.0", "id": number, "error": {"code": -32000, "message": message}}]


def _is_own(path: Path) -> bool:
    """Tells whether the user has written the file: anybody may make a folder beside the kernel's."""
    return not hasattr(os, "getuid") or path.stat().st_uid == os.getuid()


def _is_listening(url: str) -> bool:
    """Tells whether a kernel listens there, on this machine: one that was killed leaves its file."""
    address = urlsplit(url)
    if address.hostname != HOST or address.port is None:
        return False
    try:
        socket.create_connection((HOST, address.port), CONNECT_SECONDS).close()
    except OSError:
        return False
    return True
