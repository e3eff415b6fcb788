"""A marker behind all that was written, whatever it was written to."""

from __future__ import annotations

import io
import os
import sys
import threading
from typing import Any

import pytest
from policybook.notebook.workbench import outputs
from policybook.notebook.workbench.outputs import OUTPUT_MARKER, keep_streams, publish_marker


class Published:
    """What a kernel has published, in order, and the kernel and shell that publish it."""

    def __init__(self) -> None:
        self.order: list[Any] = []
        self.kernel = self
        self.session = self
        self.iopub_socket = "iopub"

    def get_parent(self) -> dict[str, Any]:
        return {"header": {"msg_id": "7"}}

    def send(self, socket: str, kind: str, content: Any, parent: Any) -> None:
        assert (socket, kind, parent) == ("iopub", OUTPUT_MARKER, self.get_parent())
        self.order.append(content["marker"])


class Stream:
    """A stream that publishes when it is flushed, and reads what comes through a pipe, as ipykernel's do."""

    def __init__(self, published: Published, pipe: int | None = None) -> None:
        self.published = published
        self.text = ""
        self._fid = pipe

    def write(self, text: str) -> int:
        self.text += text
        return len(text)

    def flush(self) -> None:
        if self.text:
            self.published.order.append(self.text)
        self.text = ""


def replace_streams(monkeypatch: pytest.MonkeyPatch) -> Published:
    """Puts streams that publish in place of those that pytest has put there for the test."""
    published = Published()
    monkeypatch.setattr(sys, "stdout", Stream(published))
    monkeypatch.setattr(sys, "stderr", Stream(published))
    keep_streams()
    return published


def publish(published: Any) -> str:
    return publish_marker(published)


def test_the_marker_comes_behind_what_was_written_to_both_streams(monkeypatch: pytest.MonkeyPatch) -> None:
    published = replace_streams(monkeypatch)
    sys.stdout.write("out")
    sys.stderr.write("err")
    first = publish(published)
    sys.stdout.write("more")
    second = publish(published)
    assert published.order == ["out", "err", first, "more", second]
    assert first != second


@pytest.mark.parametrize("replaced", [None, object(), io.StringIO()])
def test_it_comes_behind_what_was_written_before_the_streams_were_replaced(
    monkeypatch: pytest.MonkeyPatch, replaced: Any
) -> None:
    published = replace_streams(monkeypatch)
    sys.stdout.write("before")
    if hasattr(replaced, "close"):
        replaced.close()
    monkeypatch.setattr(sys, "stdout", replaced)
    marker = publish(published)
    assert published.order == ["before", marker]


def test_it_comes_behind_what_another_program_has_written(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    published = replace_streams(monkeypatch)
    monkeypatch.setattr(outputs, "PIPE_SECONDS", 60)
    pipe, end = os.pipe()
    stream = Stream(published, pipe)
    monkeypatch.setattr(sys, "stdout", stream)
    os.write(end, b"from a program")

    def read() -> None:
        stream.write("from a program")
        os.read(pipe, 100)

    reading = threading.Thread(target=read)
    reading.start()
    marker = publish(published)
    reading.join()
    assert published.order == ["from a program", marker]
    os.close(pipe)
    assert publish(published) == published.order[-1], "a pipe that is closed is not waited for"
    os.close(end)
