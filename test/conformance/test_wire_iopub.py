"""Publications: every subscriber gets all of them, each under the message that caused it."""

import json
import os
import signal
import textwrap
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from kernel_harness import DEADLINE, RunningKernel, poll
from raw_wire import Wire, message_id

Attach = Callable[[RunningKernel], Wire]


def test_every_subscriber_is_welcomed(wire: Wire) -> None:
    for topic in (b"", b"kernel.", b"stream.stdout"):
        socket = wire.subscriber(topic)
        welcome = wire.receive(socket)
        assert welcome["msg_type"] == "iopub_welcome"
        assert welcome["content"] == {"subscription": topic.decode()}
        assert welcome["parent_header"] == {}


@pytest.mark.parametrize("code", ["print(end='a')", "%%learn x\nstream a"])
def test_topics_are_those_of_ipykernel(wire: Wire, kernel: RunningKernel, attach: Attach, code: str) -> None:
    other = attach(kernel)  # a session takes a message that it sees a second time for a replay
    socket = other.subscriber(b"stream.stdout")
    assert other.receive(socket)["msg_type"] == "iopub_welcome"
    sent = wire.cell(code)
    wire.ask(wire.shell, sent)
    message = other.receive(socket)
    assert message["parent_header"]["msg_id"] == message_id(sent)
    assert message["msg_type"] == "stream"
    assert not socket.poll(0)


def test_a_parent_header_comes_back_as_it_was_sent(wire: Wire) -> None:
    for code in ("%%learn x\nstream x", "1"):
        seen = wire.ask(wire.shell, wire.frames("execute_request", {"code": code}, extra={"nested": ["é🎈"]}))
        for message in (seen.reply, *seen.published):
            assert message["parent_header"]["extra"] == {"nested": ["é🎈"]}


def test_every_message_has_an_id_and_a_signature_of_its_own(wire: Wire) -> None:
    frames = wire.cell("%%learn x\nstream a\nstream a\nstream a")
    wire.shell.send_multipart(frames)
    signatures: list[bytes] = []
    ended = False
    deadline = time.monotonic() + DEADLINE
    while not ended and time.monotonic() < deadline:
        assert wire.iopub.poll(int(DEADLINE * 1000))
        message = wire.iopub.recv_multipart()
        signatures.append(message[message.index(b"<IDS|MSG>") + 1])
        ended = b'"idle"' in message[-1]
    assert len(signatures) == len(set(signatures)) >= 6


def test_two_clients_hear_all_and_are_answered_apart(
    wire: Wire, kernel: RunningKernel, attach: Attach
) -> None:
    other = attach(kernel)
    sent: dict[Wire, set[str]] = {wire: set(), other: set()}
    for number in range(10):
        for asker, code in ((wire, f"print(end='{number}')"), (other, f"%%learn x\nstream {number}")):
            frames = asker.cell(code)
            asker.shell.send_multipart(frames)
            sent[asker].add(message_id(frames))
    heard = []
    for listener in (wire, other):
        kinds: list[tuple[str, str]] = []
        while [kind for _, kind in kinds].count("idle") < 20:
            message = listener.receive(listener.iopub)
            if message["msg_type"] == "iopub_welcome":
                continue
            kind = message["content"].get("execution_state", message["msg_type"])
            kinds.append((message["parent_header"]["msg_id"], kind))
        assert [kind for _, kind in kinds].count("stream") == 20
        heard.append(kinds)
        replies = [listener.receive(listener.shell)["parent_header"]["msg_id"] for _ in range(10)]
        assert sorted(replies) == sorted(sent[listener])
        assert not listener.shell.poll(0)
    assert heard[0] == heard[1]


def test_a_client_that_leaves_disturbs_no_other_client(
    wire: Wire, kernel: RunningKernel, attach: Attach
) -> None:
    other = attach(kernel)
    for _ in range(20):
        other.shell.send_multipart(other.frames("kernel_info_request", {}))
    other.close()
    assert wire.ask(wire.shell, wire.frames("kernel_info_request", {})).content["status"] == "ok"


def test_background_output_outlives_questions_of_our_own(wire: Wire, tmp_path: Path) -> None:
    """ipykernel puts a thread's output under its latest request, which may be one that no client knows of."""
    gate = tmp_path / "gate"
    code = textwrap.dedent(f"""
        import threading, time, os
        def speak():
            while not os.path.exists({str(gate)!r}): time.sleep(0.01)
            print(end="from a thread", flush=True)
        threading.Thread(target=speak).start()
    """)
    first = wire.cell(code)
    assert wire.ask(wire.shell, first).content["status"] == "ok"
    running = wire.begin(wire.cell("%%learn x\nevaluate 1\nwait"))
    gate.touch()
    message = poll(lambda: stream_of(wire), "the thread speaks")
    assert message["content"]["text"] == "from a thread"
    assert message["parent_header"]["msg_id"] == message_id(first)
    wire.ask(wire.control, wire.frames("interrupt_request", {}))
    assert wire.receive(wire.shell)["parent_header"]["msg_id"] == running


def test_a_kernel_that_runs_a_cell_is_not_said_to_be_idle(wire: Wire) -> None:
    """Front ends take the latest status for the kernel's, whatever request it was for."""
    running = wire.begin(wire.cell("%%learn x\nregister r\nstream begun\nwait"))
    requests = [
        wire.frames("complete_request", {"code": "%%learn x\nse", "cursor_pos": 12}),
        wire.frames("inspect_request", {"code": "len", "cursor_pos": 3}),
        wire.frames("kernel_info_request", {}),
        wire.frames("comm_info_request", {}),
        wire.frames("comm_open", {"comm_id": "c", "target_name": "policybook.nothing", "data": {}}),
        wire.frames("comm_open", {"comm_id": "d", "target_name": "unknown.target", "data": {}}),
        wire.frames("comm_open", {"comm_id": "e", "target_name": "policybook.runs", "data": {}}),
        wire.frames("comm_close", {"comm_id": "e", "data": {}}),
    ]
    for frames in requests:
        wire.shell.send_multipart(frames)
        list(wire.published(message_id(frames)))
        after = wire.receive(wire.iopub)
        assert after["content"] == {"execution_state": "busy"}
        assert after["parent_header"]["msg_id"] == running
    wire.ask(wire.control, wire.frames("interrupt_request", {}))
    assert list(wire.published(running))[-1]["content"] == {"execution_state": "idle"}


def test_comms_of_runs_are_the_kernels_own(wire: Wire) -> None:
    """They are answered between busy and idle, named by comm_info, and only so many stay open."""

    def send(message_type: str, comm: str, **content: Any) -> list[tuple[str, dict[str, Any]]]:
        frames = wire.frames(message_type, {"comm_id": comm, "data": {}, **content})
        wire.shell.send_multipart(frames)
        published = list(wire.published(message_id(frames)))
        assert [m["content"]["execution_state"] for m in (published[0], published[-1])] == ["busy", "idle"]
        return [(m["msg_type"], m["content"]) for m in published[1:-1]]

    def name_comms(**content: Any) -> list[str]:
        return list(wire.ask(wire.shell, wire.frames("comm_info_request", content)).content["comms"])

    target = "policybook.runs"
    runs = {"type": "runs", "runs": []}
    assert send("comm_open", "r0", target_name=target) == [("comm_msg", {"comm_id": "r0", "data": runs})]
    heard = {"comm_id": "r0", "data": {"heard": {"x": 1}}}
    assert send("comm_msg", "r0", data={"x": 1}) == [("comm_msg", heard)]
    assert name_comms() == name_comms(target_name=target) == ["r0"]
    assert name_comms(target_name="other") == []
    # A name that only stands somewhere in the message is no target, and no comm that is open.
    assert send("comm_open", "r1", target_name="other", data={"x": target})[-1][0] == "comm_close"
    assert send("comm_msg", "unknown", data={"x": "r0"})[-1][0] == "stream"
    for number in range(1, 65):
        last = send("comm_open", f"r{number}", target_name=target)
    assert last[-1] == ("comm_close", {"comm_id": "r0", "data": {}})
    assert send("comm_msg", "r0")[-1][0] == "stream"
    for number in range(1, 65):
        assert send("comm_close", f"r{number}") == []
    assert name_comms() == []


def test_cells_do_not_overlap(wire: Wire) -> None:
    """A status of the next cell before the end of the last one would say idle while it runs."""
    sent = []
    for code in ("1", "%%learn x\nstream 2", "print(3)", "4", "5"):
        frames = wire.cell(code)
        wire.shell.send_multipart(frames)
        sent.append(message_id(frames))
    order = []
    while order.count("idle") < len(sent):
        message = wire.receive(wire.iopub)
        order.append(message["content"].get("execution_state", message["parent_header"]["msg_id"]))
    statuses = [state for state in order if state in {"busy", "idle"}]
    assert statuses == ["busy", "idle"] * len(sent)


def stream_of(wire: Wire) -> dict[str, object] | None:
    message = wire.receive(wire.iopub)
    return message if message["msg_type"] == "stream" else None


def test_nothing_is_lost_while_the_relay_stands_still(
    wire: Wire, kernel: RunningKernel, tmp_path: Path
) -> None:
    """A SUB socket at its default limit drops two thirds of these in silence, the idle among them."""
    done = tmp_path / "done"
    code = textwrap.dedent(f"""
        import sys, pathlib
        print("begun", flush=True)
        sys.stdin_closed = None
        while not pathlib.Path({str(tmp_path / "go")!r}).exists(): pass
        for i in range(5_000):
            print(i)
            sys.stdout.flush()
        pathlib.Path({str(done)!r}).touch()
    """)
    sent = wire.begin(wire.cell(code))
    os.kill(kernel.pid, signal.SIGSTOP)
    try:
        (tmp_path / "go").touch()
        poll(done.exists, "Python has written everything")
    finally:
        os.kill(kernel.pid, signal.SIGCONT)
    seen = wire.collect(wire.shell, sent)
    assert seen.text().split() == [str(i) for i in range(5_000)]


def test_large_buffers_and_odd_json_pass_untouched(wire: Wire) -> None:
    """What a client sends is not parsed and written again: NaN, lone surrogates and key order survive."""
    code = textwrap.dedent("""
        from comm import get_comm_manager
        def opened(comm, message):
            def back(message):
                data = message["content"]["data"]
                odd = ascii([data.pop(key) for key in ("nan", "surrogate")])
                comm.send({"odd": odd, "back": data}, buffers=message["buffers"])
            comm.on_msg(back)
        get_comm_manager().register_target("mirror", opened)
    """)
    wire.run(code)
    opening = wire.frames("comm_open", {"comm_id": "m1", "target_name": "mirror", "data": {}})
    wire.shell.send_multipart(opening)
    list(wire.published(message_id(opening)))
    data = {"z": 1, "a": [1e308, -0.0, "🎈"]}
    odd = {"nan": float("nan"), "surrogate": "\ud83c"}  # which Python reads, and will not write
    parts = wire.frames("comm_msg", {"comm_id": "m1", "data": {}})
    content = json.dumps({"comm_id": "m1", "data": data | odd}).encode()
    signed = [*parts[2:5], content]
    buffers = [bytes(range(256)) * 4_096, b"", b"\x00<IDS|MSG>\xff"]
    wire.shell.send_multipart([parts[0], wire.session.sign(signed), *signed, *buffers])
    [answer] = [m for m in wire.published(message_id(parts)) if m["msg_type"] == "comm_msg"]
    assert json.dumps(answer["content"]["data"]) == json.dumps({"odd": "[nan, '\\ud83c']", "back": data})
    assert [bytes(buffer) for buffer in answer["buffers"]] == buffers
