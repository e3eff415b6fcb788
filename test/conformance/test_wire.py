"""The protocol on raw sockets, message by message: what no well-behaved client would send, too."""

import itertools
import json
import time
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
import zmq
from jupyter_client.session import Session
from kernel_harness import DEADLINE, Client, RunningKernel

Frames = list[bytes]


class Wire:
    """Plain zmq sockets, and a Session only to build and sign frames."""

    def __init__(self, kernel: RunningKernel) -> None:
        info = kernel.manager.get_connection_info()
        self.address = f"tcp://{info['ip']}"
        self.info = info
        self.context = zmq.Context()
        self.session = Session(key=info["key"], signature_scheme=info["signature_scheme"])
        identity = uuid.uuid4().hex.encode()
        self.shell = self.socket(zmq.DEALER, "shell_port", identity)
        self.control = self.socket(zmq.DEALER, "control_port", identity)
        self.iopub = self.subscriber()

    def socket(self, kind: int, port: str, identity: bytes = b"") -> zmq.Socket[bytes]:
        socket = self.context.socket(kind)
        socket.linger = 0
        if identity:
            socket.setsockopt(zmq.IDENTITY, identity)
        socket.connect(f"{self.address}:{self.info[port]}")
        return socket

    def subscriber(self, topic: bytes = b"") -> zmq.Socket[bytes]:
        socket = self.context.socket(zmq.SUB)
        socket.linger = 0
        socket.setsockopt(zmq.SUBSCRIBE, topic)
        socket.connect(f"{self.address}:{self.info['iopub_port']}")
        return socket

    def frames(self, message_type: str, content: dict[str, Any], **header: Any) -> Frames:
        message = self.session.msg(message_type, content)
        message["header"].update(header)
        return list(self.session.serialize(message))

    def receive(self, socket: zmq.Socket[bytes], timeout: float = DEADLINE) -> dict[str, Any]:
        assert socket.poll(int(timeout * 1000)), "nothing came"
        _identities, parts = self.session.feed_identities(socket.recv_multipart())
        message: dict[str, Any] = self.session.deserialize(parts)
        return message

    def published(self, message_id: str) -> Iterator[dict[str, Any]]:
        while True:
            message = self.receive(self.iopub)
            if message["parent_header"].get("msg_id") == message_id:
                yield message
                if message["content"].get("execution_state") == "idle":
                    return

    def ask(self, socket: zmq.Socket[bytes], frames: Frames) -> tuple[dict[str, Any], list[str]]:
        """The reply to a request, and what was published for it."""
        message_id = json.loads(frames[2])["msg_id"]
        socket.send_multipart(frames)
        kinds = [
            message["content"].get("execution_state", message["msg_type"])
            for message in self.published(message_id)
        ]
        reply = self.receive(socket)
        assert reply["parent_header"]["msg_id"] == message_id
        return reply, kinds

    def close(self) -> None:
        self.context.destroy(linger=0)


@pytest.fixture
def wire(kernel: RunningKernel, client: Client) -> Iterator[Wire]:
    wire = Wire(kernel)
    assert wire.receive(wire.iopub)["msg_type"] == "iopub_welcome"
    yield wire
    wire.close()


def message_id(frames: Frames) -> str:
    """Of a message that was built here."""
    found: str = json.loads(frames[2])["msg_id"]
    return found


def answers_only_the_next(wire: Wire) -> None:
    """Nothing was answered so far: the next reply is the reply to the next request."""
    reply, _ = wire.ask(wire.shell, wire.frames("kernel_info_request", {}))
    assert reply["msg_type"] == "kernel_info_reply"


def test_a_wrong_signature_is_dropped(wire: Wire) -> None:
    frames = wire.frames("kernel_info_request", {})
    wire.shell.send_multipart([frames[0], b"0" * 64, *frames[2:]])
    wire.shell.send_multipart([frames[0], b"", *frames[2:]])
    wire.shell.send_multipart([*frames[:-1], b'{"forged": true}'])
    answers_only_the_next(wire)


def test_a_replayed_message_is_dropped(wire: Wire) -> None:
    frames = wire.frames("execute_request", {"code": "replayed = globals().get('replayed', 0) + 1"})
    wire.ask(wire.shell, frames)
    wire.shell.send_multipart(frames)
    wire.control.send_multipart(frames)
    answers_only_the_next(wire)
    request = {"code": "", "silent": True, "user_expressions": {"n": "replayed"}}
    reply, _ = wire.ask(wire.shell, wire.frames("execute_request", request))
    assert reply["content"]["user_expressions"]["n"]["data"]["text/plain"] == "1"


def test_what_is_no_message_is_dropped(wire: Wire) -> None:
    for frames in ([b""], [b"<IDS|MSG>"], [b"a", b"b", b"c"], [b"<IDS|MSG>", b"", b"", b"", b"", b""]):
        wire.shell.send_multipart(frames)
    header = b'{"no": "header"}'
    parts = [header, b"{}", b"{}", b"{}"]
    wire.shell.send_multipart([b"<IDS|MSG>", wire.session.sign(parts), *parts])
    answers_only_the_next(wire)


@pytest.mark.parametrize("message_type", ["execute_request", "complete_request", "inspect_request"])
def test_a_request_without_its_fields_is_refused(wire: Wire, message_type: str) -> None:
    reply, kinds = wire.ask(wire.shell, wire.frames(message_type, {"code": 7}))
    assert reply["msg_type"] == message_type.replace("request", "reply")
    assert reply["content"]["status"] == "error"
    assert kinds == ["busy", "idle"]


@pytest.mark.parametrize("channel", ["shell", "control"])
def test_kernel_info(wire: Wire, channel: str) -> None:
    reply, kinds = wire.ask(getattr(wire, channel), wire.frames("kernel_info_request", {}))
    content = reply["content"]
    assert kinds == ["busy", "idle"]
    assert content["status"] == "ok"
    assert content["protocol_version"] == "5.5"
    assert content["implementation"] == "policybook"
    assert content["language_info"]["name"] == "python"
    assert content["language_info"]["codemirror_mode"] == {"name": "policybook", "mime": "text/x-ipython"}
    assert set(content["supported_features"]) == {"kernel subshells", "debugger"}


def test_the_kernel_has_a_session_of_its_own(wire: Wire) -> None:
    info, _ = wire.ask(wire.shell, wire.frames("kernel_info_request", {}))
    python, _ = wire.ask(wire.shell, wire.frames("execute_request", {"code": "1"}))
    assert info["header"]["session"] == python["header"]["session"] != wire.session.session


def test_every_subscriber_is_welcomed(wire: Wire) -> None:
    for topic in (b"", b"kernel."):
        socket = wire.subscriber(topic)
        welcome = wire.receive(socket)
        assert welcome["msg_type"] == "iopub_welcome"
        assert welcome["content"] == {"subscription": topic.decode()}
        assert welcome["parent_header"] == {}


def test_our_ports_are_named(wire: Wire) -> None:
    reply, _ = wire.ask(wire.shell, wire.frames("connect_request", {}))
    assert all(
        reply["content"][f"{name}_port"] == wire.info[f"{name}_port"]
        for name in ("shell", "iopub", "stdin", "control", "hb")
    )


def test_a_parent_header_comes_back_as_it_was_sent(wire: Wire) -> None:
    frames = wire.frames("execute_request", {"code": "%%learn x\nstream x"}, extra={"nested": ["é🎈"]})
    reply, _ = wire.ask(wire.shell, frames)
    assert reply["parent_header"]["extra"] == {"nested": ["é🎈"]}


def test_interrupt_while_idle(wire: Wire) -> None:
    reply, kinds = wire.ask(wire.control, wire.frames("interrupt_request", {}))
    assert reply["content"] == {"status": "ok"}
    assert kinds == ["busy", "idle"]


def test_usage(wire: Wire) -> None:
    reply, _ = wire.ask(wire.control, wire.frames("usage_request", {}))
    assert reply["msg_type"] == "usage_reply"
    assert reply["content"]["pid"] > 0


def test_the_debugger_stops_at_a_breakpoint(wire: Wire) -> None:
    """What JupyterLab sends; the workbench holds still in its cell while the control channel goes on."""

    def debug(command: str, **arguments: Any) -> dict[str, Any]:
        request = {"type": "request", "seq": next(sequence), "command": command, "arguments": arguments}
        wire.control.send_multipart(wire.frames("debug_request", request))
        reply = wire.receive(wire.control)
        assert reply["msg_type"] == "debug_reply"
        assert reply["content"]["success"], reply["content"]
        body: dict[str, Any] = reply["content"].get("body", {})
        return body

    sequence = itertools.count(1)
    assert debug("debugInfo")["isStarted"] is False
    debug("initialize", clientID="test", adapterID="", linesStartAt1=True, columnsStartAt1=True)
    debug("attach")
    code = "stopped = 'no'\nstopped = 'yes'\nprint(stopped)"
    source = {"path": debug("dumpCell", code=code)["sourcePath"]}
    [breakpoint_] = debug("setBreakpoints", breakpoints=[{"line": 2}], source=source)["breakpoints"]
    assert breakpoint_["verified"]
    debug("configurationDone")
    running = wire.frames("execute_request", {"code": code})
    wire.shell.send_multipart(running)
    events = (wire.receive(wire.iopub)["content"] for _ in itertools.count())
    stopped = next(content for content in events if content.get("event") == "stopped")
    thread = stopped["body"]["threadId"]
    assert debug("stackTrace", threadId=thread)["stackFrames"][0]["line"] == 2
    debug("continue", threadId=thread)
    assert wire.receive(wire.shell)["content"]["status"] == "ok"
    printed = [m["content"]["text"] for m in wire.published(message_id(running)) if m["msg_type"] == "stream"]
    assert printed == ["yes\n"]
    debug("disconnect", restart=False, terminateDebuggee=False)
    answers_only_the_next(wire)


def test_a_widget_moves_while_a_cell_runs(wire: Wire) -> None:
    """As JupyterLab does it: the slider's message goes to a subshell, the running cell sees its new value."""
    code = "import ipywidgets, time; slider = ipywidgets.IntSlider(); slider"
    shown = wire.frames("execute_request", {"code": code})
    wire.shell.send_multipart(shown)
    opened = [m["content"] for m in wire.published(message_id(shown)) if m["msg_type"] == "comm_open"]
    comm = next(c["comm_id"] for c in opened if c["data"]["state"].get("_model_name") == "IntSliderModel")
    assert wire.receive(wire.shell)["content"]["status"] == "ok"
    reply, _ = wire.ask(wire.control, wire.frames("create_subshell_request", {}))
    subshell = reply["content"]["subshell_id"]
    loop = "print('begun', flush=True)\nwhile slider.value != 42: time.sleep(0.01)\nprint('moved')"
    running = wire.frames("execute_request", {"code": loop})
    wire.shell.send_multipart(running)
    assert any(m["msg_type"] == "stream" for m in wire.published(message_id(running)))
    update = {"method": "update", "state": {"value": 42}, "buffer_paths": []}
    moving = wire.frames("comm_msg", {"comm_id": comm, "data": update}, subshell_id=subshell)
    wire.shell.send_multipart(moving)
    assert wire.receive(wire.shell)["content"]["status"] == "ok"
    wire.ask(wire.control, wire.frames("delete_subshell_request", {"subshell_id": subshell}))
    reply, _ = wire.ask(wire.control, wire.frames("list_subshell_request", {}))
    assert reply["content"]["subshell_id"] == []


def test_a_subshell_answers_while_a_cell_runs(wire: Wire) -> None:
    reply, _ = wire.ask(wire.control, wire.frames("create_subshell_request", {}))
    subshell = reply["content"]["subshell_id"]
    reply, _ = wire.ask(wire.control, wire.frames("list_subshell_request", {}))
    assert reply["content"]["subshell_id"] == [subshell]
    running = wire.frames(
        "execute_request", {"code": "import threading; gate = threading.Event(); gate.wait(20)"}
    )
    wire.shell.send_multipart(running)
    started = (m["msg_type"] == "execute_input" for m in wire.published(json.loads(running[2])["msg_id"]))
    assert any(started)
    request = {"code": "gate.set()", "silent": False}
    wire.shell.send_multipart(wire.frames("execute_request", request, subshell_id=subshell))
    replies = [wire.receive(wire.shell) for _ in range(2)]
    assert {reply["parent_header"].get("subshell_id") for reply in replies} == {None, subshell}
    assert all(reply["content"]["status"] == "ok" for reply in replies)
    reply, _ = wire.ask(wire.control, wire.frames("delete_subshell_request", {"subshell_id": subshell}))
    assert reply["content"]["status"] == "ok"


def test_every_message_has_an_id_and_a_signature_of_its_own(wire: Wire) -> None:
    frames = wire.frames("execute_request", {"code": "%%learn x\nstream a\nstream a\nstream a"})
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


def test_a_client_that_leaves_disturbs_nobody(wire: Wire, kernel: RunningKernel) -> None:
    other = Wire(kernel)
    for _ in range(20):
        other.shell.send_multipart(other.frames("kernel_info_request", {}))
    other.close()
    answers_only_the_next(wire)
