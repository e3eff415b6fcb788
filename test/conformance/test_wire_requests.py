"""Requests: each is bracketed by busy and idle, and answered once, by the right message, to its sender."""

import json
from typing import Any

import pytest
from raw_wire import Wire, message_id

POLICYBOOK_CELL = "%%learn x\nse"
TAIL = {"output": False, "raw": True, "hist_access_type": "tail", "n": 2}
REQUESTS: list[tuple[str, dict[str, Any]]] = [
    ("kernel_info_request", {}),
    ("connect_request", {}),
    ("comm_info_request", {}),
    ("comm_info_request", {"target_name": "jupyter.widget"}),
    ("execute_request", {"code": "1"}),
    ("execute_request", {"code": "1/0"}),
    ("execute_request", {"code": ""}),
    ("execute_request", {"code": "print(1)", "silent": True}),
    ("execute_request", {"code": "%%learn x\nstream 1"}),
    ("execute_request", {"code": "%%learn x\nfail"}),
    ("execute_request", {"code": "%%learn x", "silent": True}),
    ("complete_request", {"code": "impor", "cursor_pos": 5}),
    ("complete_request", {"code": POLICYBOOK_CELL, "cursor_pos": len(POLICYBOOK_CELL)}),
    ("inspect_request", {"code": "len", "cursor_pos": 3, "detail_level": 1}),
    ("inspect_request", {"code": POLICYBOOK_CELL, "cursor_pos": 3}),
    ("is_complete_request", {"code": "for i in x:"}),
    ("is_complete_request", {"code": POLICYBOOK_CELL}),
    ("history_request", TAIL),
    ("history_request", TAIL | {"hist_access_type": "search", "pattern": "*"}),
    ("history_request", TAIL | {"hist_access_type": "range", "session": 0, "start": 1, "stop": 2}),
]
CONTROL_REQUESTS: list[tuple[str, dict[str, Any]]] = [
    ("kernel_info_request", {}),
    ("connect_request", {}),
    ("interrupt_request", {}),
    ("usage_request", {}),
    ("list_subshell_request", {}),
    ("debug_request", {"type": "request", "seq": 1, "command": "debugInfo"}),
]


@pytest.mark.parametrize(
    ("channel", "message_type", "content"),
    [("shell", *request) for request in REQUESTS] + [("control", *request) for request in CONTROL_REQUESTS],
    ids=lambda value: json.dumps(value) if isinstance(value, dict) else value,
)
def test_every_request_is_bracketed_and_answered(
    wire: Wire, channel: str, message_type: str, content: dict[str, Any]
) -> None:
    socket = getattr(wire, channel)
    frames = wire.frames(message_type, content)
    seen = wire.ask(socket, frames)
    assert seen.reply["msg_type"] == message_type.replace("_request", "_reply")
    assert seen.kinds[0] == "busy"
    assert seen.kinds[-1] == "idle"
    assert seen.kinds.count("busy") == seen.kinds.count("idle") == 1
    sent = json.loads(frames[2])
    for message in (seen.reply, *seen.published):
        parent = message["parent_header"]
        assert {field: str(parent[field]) for field in ("msg_id", "session", "msg_type")} == {
            field: sent[field] for field in ("msg_id", "session", "msg_type")
        }
        assert message["header"]["version"].startswith("5.")
    # Answered once: what comes next answers the next request.
    assert wire.ask(socket, wire.frames("kernel_info_request", {})).content["status"] == "ok"


@pytest.mark.parametrize("target", ["policybook.nothing", "unknown.target"])
def test_comm_messages_are_bracketed_and_not_answered(wire: Wire, target: str) -> None:
    opening = {"comm_id": f"c-{target}", "target_name": target, "data": {}}
    for message_type in ("comm_open", "comm_msg", "comm_close"):
        frames = wire.frames(message_type, opening)
        wire.shell.send_multipart(frames)
        seen = list(wire.published(message_id(frames)))
        assert seen[0]["content"]["execution_state"] == "busy"
    assert (
        wire.ask(wire.shell, wire.frames("kernel_info_request", {})).reply["msg_type"] == "kernel_info_reply"
    )


@pytest.mark.parametrize("message_type", ["execute_request", "complete_request", "inspect_request"])
def test_a_request_without_its_fields_is_refused(wire: Wire, message_type: str) -> None:
    seen = wire.ask(wire.shell, wire.frames(message_type, {"code": 7}))
    assert seen.reply["msg_type"] == message_type.replace("request", "reply")
    assert seen.content["status"] == "error"
    assert seen.kinds == ["busy", "idle"]


@pytest.mark.parametrize(
    ("message_type", "content"),
    [
        ("unknown_request", {}),
        ("history_request", {"no": "such field"}),
        ("execute_request", {"code": "1", "user_expressions": 7}),
    ],
)
def test_what_ipykernel_leaves_unanswered_is_answered(
    wire: Wire, message_type: str, content: dict[str, Any]
) -> None:
    seen = wire.ask(wire.shell, wire.frames(message_type, content))
    assert seen.reply["msg_type"] == message_type.replace("request", "reply")
    assert seen.content["status"] == "error"
    assert seen.content["ename"] == "NoReply"
    assert wire.run("%%learn x\nstream on").text() == "on"


def test_a_cell_that_is_interrupted_at_its_very_end_holds_up_nothing(wire: Wire) -> None:
    """ipykernel then has no reply. An interrupt cannot be timed to fall there, but its effect can be had."""
    code = (
        "import sys\n"
        "class Interrupted:\n"
        "    def __init__(self, stream): self.stream = stream\n"
        "    def __getattr__(self, name): return getattr(self.stream, name)\n"
        "    def flush(self): sys.stdout = self.stream; raise KeyboardInterrupt\n"
        "sys.stdout = Interrupted(sys.stdout)"
    )
    seen = wire.run(code)
    assert seen.content["ename"] == "NoReply"
    assert seen.content["execution_count"] > 0
    assert seen.kinds == ["busy", "execute_input", "idle"]
    assert wire.run("%%learn x\nstream on").text() == "on"


def test_a_cell_whose_idle_is_lost_holds_up_nothing(wire: Wire) -> None:
    """ipykernel flushes twice, and where the second time fails it publishes no idle."""
    code = (
        "import sys\n"
        "class Broken:\n"
        "    def __init__(self, stream): self.stream, self.flushed = stream, 0\n"
        "    def __getattr__(self, name): return getattr(self.stream, name)\n"
        "    def flush(self):\n"
        "        self.flushed += 1\n"
        "        if self.flushed == 2: sys.stdout = self.stream; raise OSError('broken')\n"
        "sys.stdout = Broken(sys.stdout)"
    )
    seen = wire.run(code)
    assert seen.content["status"] == "ok"
    assert seen.kinds == ["busy", "execute_input", "idle"]
    assert wire.run("%%learn x\nstream on").text() == "on"


@pytest.mark.parametrize("channel", ["shell", "control"])
def test_kernel_info(wire: Wire, channel: str) -> None:
    content = wire.ask(getattr(wire, channel), wire.frames("kernel_info_request", {})).content
    assert content["status"] == "ok"
    assert content["protocol_version"] == "5.5"
    assert content["implementation"] == "policybook"
    assert content["language_info"]["name"] == "python"
    mode = {"name": "policybook", "version": 3, "mime": "text/x-ipython"}
    assert content["language_info"]["codemirror_mode"] == mode
    assert set(content["supported_features"]) == {"kernel subshells", "debugger"}


def test_our_ports_are_named(wire: Wire) -> None:
    content = wire.ask(wire.shell, wire.frames("connect_request", {})).content
    assert all(
        content[f"{name}_port"] == wire.info[f"{name}_port"]
        for name in ("shell", "iopub", "stdin", "control", "hb")
    )


@pytest.mark.parametrize("kind", ["complete", "inspect"])
@pytest.mark.parametrize("code", ["'🎈🎈'; len", "%%learn x\n# 🎈🎈\nlen"])
def test_cursors_count_code_points(wire: Wire, kind: str, code: str) -> None:
    """The cells count UTF-16 units, where a balloon is two; whoever mixes them up is off by two."""
    content = wire.ask(
        wire.shell, wire.frames(f"{kind}_request", {"code": code, "cursor_pos": len(code)})
    ).content
    utf16 = len(code.encode("utf-16-le")) // 2
    if kind == "complete":
        assert code.startswith("%%") or "len" in content["matches"]
        assert content["cursor_end"] == len(code)
        assert content["cursor_start"] == (len(code) - 1 if code.startswith("%%") else len(code) - 3)
    else:
        expected = f"at {utf16}" if code.startswith("%%") else "Return the number of items"
        assert expected in content["data"]["text/plain"]


def test_silent_cells_leave_no_trace(wire: Wire) -> None:
    before = wire.run("'last'").content["execution_count"]
    for code in ("'silent'", "%%learn x\nregister silently"):
        seen = wire.run(code, silent=True)
        assert seen.kinds == ["busy", "idle"]
        assert seen.content["status"] == "ok"
    assert wire.run("'%s' % _").content["execution_count"] == before + 1
    rows = wire.ask(wire.shell, wire.frames("history_request", TAIL)).content["history"]
    assert [row[2] for row in rows] == ["'last'", "'%s' % _"]


def test_a_silent_error_does_not_empty_the_queue(wire: Wire) -> None:
    sent = []
    for frames in (wire.cell("1/0", silent=True), wire.cell("%%learn x\nfail", silent=True), wire.cell("2")):
        wire.shell.send_multipart(frames)
        sent.append(message_id(frames))
    seen = [wire.collect(wire.shell, one) for one in sent]
    assert [one.content["status"] for one in seen] == ["error", "error", "ok"]


def test_an_error_empties_the_queue_of_both_languages(wire: Wire) -> None:
    hold = wire.begin(wire.cell("print('held', flush=True); input()", allow_stdin=True))
    waiting = []
    for code in ("1/0", "2", "%%learn x\nstream no", "%runs", "print('no')"):
        frames = wire.cell(code)
        wire.shell.send_multipart(frames)
        waiting.append(message_id(frames))
    # Sent last on the same socket: once it is answered, all of them have arrived.
    wire.shell.send_multipart(wire.frames("kernel_info_request", {}))
    assert wire.receive(wire.shell)["msg_type"] == "kernel_info_reply"
    assert wire.receive(wire.stdin)["msg_type"] == "input_request"
    wire.stdin.send_multipart(wire.frames("input_reply", {"value": ""}))
    assert wire.collect(wire.shell, hold).content["status"] == "ok"
    first, *rest = [wire.collect(wire.shell, one) for one in waiting]
    assert first.content["ename"] == "ZeroDivisionError"
    assert first.kinds == ["busy", "execute_input", "error", "idle"]
    for aborted in rest:
        assert aborted.content == {"status": "aborted"}
        assert aborted.kinds == ["busy", "idle"]
    assert wire.run("3").content["status"] == "ok"


def test_history_rows(wire: Wire) -> None:
    """Session, number, source, and the output where it is requested; declaration cells among them."""
    codes = ["6 * 7", "%%learn x\nregister r", "'🎈'"]
    counts = [wire.run(code).content["execution_count"] for code in codes]

    def history(**how: Any) -> list[list[Any]]:
        content = {"output": False, "raw": True} | how
        rows: list[list[Any]] = wire.ask(wire.shell, wire.frames("history_request", content)).content[
            "history"
        ]
        return rows

    tail = history(hist_access_type="tail", n=3)
    session = tail[0][0]
    assert session > 0
    assert tail == [[session, count, code] for count, code in zip(counts, codes, strict=True)]
    span = {"hist_access_type": "range", "start": counts[0], "stop": counts[-1] + 1}
    assert history(session=session, **span) == tail
    assert history(session=0, **span) == [[0, *row[1:]] for row in tail]
    [first, *_] = history(session=0, output=True, **span)
    assert first[2] == ["6 * 7", "42"]
    found = history(hist_access_type="search", pattern="%%learn*register r", n=1)
    assert found == [tail[1]]
