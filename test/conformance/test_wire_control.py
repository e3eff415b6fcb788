"""What reaches a kernel that is busy: interrupts, heartbeats, the debugger, subshells, and the end."""

import itertools
from collections.abc import Callable
from typing import Any

import pytest
import zmq
from kernel_harness import DEADLINE, RunningKernel, poll
from raw_wire import Wire, message_id

POLICYBOOK_CELL = "%%learn x\nregister r\nstream begun\nwait"
PYTHON = "print('begun', flush=True)\nimport time\ntime.sleep(600)"


def test_interrupt_while_idle(wire: Wire) -> None:
    for _ in range(3):
        seen = wire.ask(wire.control, wire.frames("interrupt_request", {}))
        assert seen.content == {"status": "ok"}
        assert seen.kinds == ["busy", "idle"]
    assert wire.run("print('unharmed')").text() == "unharmed\n"


@pytest.mark.parametrize(("code", "ename"), [(PYTHON, "KeyboardInterrupt"), (POLICYBOOK_CELL, "Stopped")])
def test_interrupt_in_the_middle(wire: Wire, code: str, ename: str) -> None:
    running = wire.begin(wire.cell(code))
    frames = wire.frames("interrupt_request", {})
    wire.control.send_multipart(frames)
    reply = wire.receive(wire.control)
    assert reply["content"] == {"status": "ok"}
    seen = wire.collect(wire.shell, running)
    assert seen.content["ename"] == ename
    assert seen.kinds[-2:] == ["error", "idle"]
    assert wire.run("print('goes on')").text() == "goes on\n"


def test_interrupt_of_a_prompt(wire: Wire) -> None:
    running = wire.begin(wire.cell("print(1, flush=True); input('? ')", allow_stdin=True))
    assert wire.receive(wire.stdin)["msg_type"] == "input_request"
    wire.control.send_multipart(wire.frames("interrupt_request", {}))
    assert wire.collect(wire.shell, running).content["ename"] == "KeyboardInterrupt"


def test_heart_beats_while_a_prompt_waits(wire: Wire) -> None:
    running = wire.begin(wire.cell("print(1, flush=True); input('? ')", allow_stdin=True))
    assert wire.receive(wire.stdin)["content"] == {"prompt": "? ", "password": False}
    heart = wire.socket(zmq.REQ, "hb_port")
    for beat in (b"ping", b"", b"\x00" * 100):
        heart.send(beat)
        assert heart.poll(int(DEADLINE * 1000))
        assert heart.recv() == beat
    wire.stdin.send_multipart(wire.frames("input_reply", {"value": "x"}))
    assert wire.collect(wire.shell, running).content["status"] == "ok"


def test_a_password_prompt_is_marked_as_one(wire: Wire) -> None:
    running = wire.begin(
        wire.cell(
            "import getpass; print(end='1', flush=True); print(len(getpass.getpass('key: ')))",
            allow_stdin=True,
        )
    )
    assert wire.receive(wire.stdin)["content"] == {"prompt": "key: ", "password": True}
    wire.stdin.send_multipart(wire.frames("input_reply", {"value": "🎈🎈"}))
    assert wire.collect(wire.shell, running).text() == "2\n"


def test_a_prompt_without_a_front_end_that_can_answer_is_an_error(wire: Wire) -> None:
    assert wire.run("input()", allow_stdin=False).content["ename"] == "StdinNotImplementedError"


def test_usage(wire: Wire, kernel: RunningKernel) -> None:
    seen = wire.ask(wire.control, wire.frames("usage_request", {}))
    assert seen.reply["msg_type"] == "usage_reply"
    assert seen.content["pid"] == kernel.workbench().pid
    assert seen.content["kernel_memory"] > 0


@pytest.mark.parametrize("restart", [False, True])
@pytest.mark.parametrize("channel", ["control", "shell"])
def test_shutdown(
    start: Callable[[], RunningKernel], attach: Callable[[RunningKernel], Wire], channel: str, restart: bool
) -> None:
    kernel = start()
    kernel.client()
    wire = attach(kernel)
    seen = wire.ask(getattr(wire, channel), wire.frames("shutdown_request", {"restart": restart}))
    assert seen.reply["msg_type"] == "shutdown_reply"
    assert seen.content == {"status": "ok", "restart": restart}
    assert seen.kinds == ["busy", "shutdown_reply", "idle"]
    poll(lambda: not kernel.processes(), "the kernel has ended")
    assert not wire.iopub.poll(0), "what goes on between our own processes is not published"


def test_the_last_messages_reach_a_client_that_reads_late(
    start: Callable[[], RunningKernel], attach: Callable[[RunningKernel], Wire]
) -> None:
    """What our end finds in libzmq's queues is still delivered."""
    kernel = start()
    kernel.client()
    wire = attach(kernel)
    late = wire.subscriber(unread=1)
    while b"iopub_welcome" not in b"".join(late.recv_multipart()):
        pass
    wire.run("for _ in range(60): display({'text/plain': 'x' * 250_000}, raw=True)")
    frames = wire.frames("shutdown_request", {"restart": False})
    wire.control.send_multipart(frames)
    assert wire.receive(wire.control)["msg_type"] == "shutdown_reply"
    heard = b""
    while not (message_id(frames).encode() in heard and b'"idle"' in heard):
        assert late.poll(10_000), "the last messages were lost"
        heard = b"".join(late.recv_multipart())


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
    running = wire.cell(code)
    wire.shell.send_multipart(running)
    events = (wire.receive(wire.iopub)["content"] for _ in itertools.count())
    stopped = next(content for content in events if content.get("event") == "stopped")
    thread = stopped["body"]["threadId"]
    [frame, *_] = debug("stackTrace", threadId=thread)["stackFrames"]
    assert frame["line"] == 2
    [scope, *_] = debug("scopes", frameId=frame["id"])["scopes"]
    variables = debug("variables", variablesReference=scope["variablesReference"])["variables"]
    assert {"name": "stopped", "value": "'no'"}.items() <= next(
        v for v in variables if v["name"] == "stopped"
    ).items()
    debug("continue", threadId=thread)
    seen = wire.collect(wire.shell, message_id(running))
    assert seen.content["status"] == "ok"
    assert seen.text() == "yes\n"
    debug("disconnect", restart=False, terminateDebuggee=False)
    assert wire.run("print('on')").text() == "on\n"


def test_a_widget_moves_while_a_cell_runs(wire: Wire) -> None:
    """As JupyterLab does it: the slider's message goes to a subshell, the running cell sees its new value."""
    shown = wire.run("import ipywidgets, time; slider = ipywidgets.IntSlider(); slider")
    opened = [m["content"] for m in shown.published if m["msg_type"] == "comm_open"]
    comm = next(c["comm_id"] for c in opened if c["data"]["state"].get("_model_name") == "IntSliderModel")
    subshell = wire.ask(wire.control, wire.frames("create_subshell_request", {})).content["subshell_id"]
    loop = "print(end='begun', flush=True)\nwhile slider.value != 42: time.sleep(0.01)\nprint('moved')"
    running = wire.begin(wire.cell(loop))
    update = {"method": "update", "state": {"value": 42}, "buffer_paths": []}
    moving = wire.frames("comm_msg", {"comm_id": comm, "data": update}, subshell_id=subshell)
    wire.shell.send_multipart(moving)
    seen = wire.collect(wire.shell, running)
    assert seen.content["status"] == "ok"
    assert seen.text() == "moved\n"
    wire.ask(wire.control, wire.frames("delete_subshell_request", {"subshell_id": subshell}))
    assert wire.ask(wire.control, wire.frames("list_subshell_request", {})).content["subshell_id"] == []


def test_a_subshell_answers_while_a_cell_runs(wire: Wire) -> None:
    subshell = wire.ask(wire.control, wire.frames("create_subshell_request", {})).content["subshell_id"]
    assert wire.ask(wire.control, wire.frames("list_subshell_request", {})).content["subshell_id"] == [
        subshell
    ]
    code = "import threading; gate = threading.Event(); print('begun', flush=True); gate.wait(120)"
    running = wire.begin(wire.cell(code))
    beside = wire.frames("execute_request", {"code": "print('beside'); gate.set()"}, subshell_id=subshell)
    wire.shell.send_multipart(beside)
    replies = {
        reply["parent_header"]["msg_id"]: reply for reply in (wire.receive(wire.shell) for _ in range(2))
    }
    assert set(replies) == {running, message_id(beside)}
    assert all(reply["content"]["status"] == "ok" for reply in replies.values())
    reply = wire.ask(wire.control, wire.frames("delete_subshell_request", {"subshell_id": subshell})).reply
    assert reply["content"]["status"] == "ok"


def test_a_subshell_answers_while_a_policybook_cell_runs(wire: Wire) -> None:
    subshell = wire.ask(wire.control, wire.frames("create_subshell_request", {})).content["subshell_id"]
    running = wire.begin(wire.cell(POLICYBOOK_CELL))
    frames = wire.frames("execute_request", {"code": "print('beside')"}, subshell_id=subshell)
    seen = wire.ask(wire.shell, frames)
    assert seen.text() == "beside\n"
    assert seen.reply["parent_header"]["subshell_id"] == subshell
    magic = wire.frames("execute_request", {"code": POLICYBOOK_CELL}, subshell_id=subshell)
    assert wire.ask(wire.shell, magic).content["ename"] == "UsageError"
    wire.ask(wire.control, wire.frames("interrupt_request", {}))
    assert wire.receive(wire.shell)["parent_header"]["msg_id"] == running
    wire.ask(wire.control, wire.frames("delete_subshell_request", {"subshell_id": subshell}))


def test_a_subshell_that_is_not_there_is_an_error(wire: Wire) -> None:
    seen = wire.ask(wire.shell, wire.frames("execute_request", {"code": "1"}, subshell_id="nowhere"))
    assert seen.content["status"] == "error"
    assert seen.kinds == ["busy", "idle"]
