"""What was not signed with the connection's key, or was received before, has no effect on any channel."""

import zmq
from raw_wire import Frames, Wire

RUNNING = "%%learn x\nregister r\nstream begun\nwait"


def answers_only_the_next(wire: Wire) -> None:
    """Nothing was answered so far: the next reply is the reply to the next request."""
    for channel in (wire.shell, wire.control):
        reply = wire.ask(channel, wire.frames("kernel_info_request", {})).reply
        assert reply["msg_type"] == "kernel_info_reply"


def forgeries(frames: Frames) -> list[Frames]:
    return [
        [frames[0], b"0" * 64, *frames[2:]],
        [frames[0], b"", *frames[2:]],
        [frames[0], frames[1].upper(), *frames[2:]],
        [*frames[:-1], b'{"forged": true}'],
    ]


def test_a_wrong_signature_is_dropped(wire: Wire) -> None:
    for channel in (wire.shell, wire.control):
        for forged in forgeries(wire.frames("kernel_info_request", {})):
            channel.send_multipart(forged)
    answers_only_the_next(wire)


def test_a_forged_shutdown_and_a_forged_interrupt_end_nothing(wire: Wire) -> None:
    running = wire.begin(wire.cell(RUNNING))
    for message_type in ("interrupt_request", "shutdown_request"):
        for forged in forgeries(wire.frames(message_type, {"restart": False})):
            wire.control.send_multipart(forged)
    # Whatever the forgeries would have done, they would have done before this is answered.
    assert wire.ask(wire.control, wire.frames("kernel_info_request", {})).content["status"] == "ok"
    assert not wire.shell.poll(0)
    wire.ask(wire.control, wire.frames("interrupt_request", {}))
    assert wire.receive(wire.shell)["content"]["ename"] == "Stopped"
    assert running


def test_a_forged_answer_to_a_prompt_is_not_taken(wire: Wire) -> None:
    sent = wire.begin(wire.cell("print(end='1', flush=True); print(input('? '))", allow_stdin=True))
    assert wire.receive(wire.stdin)["msg_type"] == "input_request"
    for forged in forgeries(wire.frames("input_reply", {"value": "forged"})):
        wire.stdin.send_multipart(forged)
    wire.stdin.send_multipart(wire.frames("input_reply", {"value": "meant"}))
    assert wire.collect(wire.shell, sent).text() == "meant\n"


def test_a_replayed_message_is_dropped(wire: Wire) -> None:
    frames = wire.cell("replayed = globals().get('replayed', 0) + 1")
    wire.ask(wire.shell, frames)
    for channel in (wire.shell, wire.control, wire.stdin):
        channel.send_multipart(frames)
    answers_only_the_next(wire)
    seen = wire.run("", silent=True, user_expressions={"n": "replayed"})
    assert seen.content["user_expressions"]["n"]["data"]["text/plain"] == "1"


def test_a_replay_from_another_socket_is_dropped(wire: Wire) -> None:
    frames = wire.cell("again = globals().get('again', 0) + 1")
    wire.ask(wire.shell, frames)
    eavesdropper = wire.socket(zmq.DEALER, "shell_port", b"eavesdropper")
    eavesdropper.send_multipart(frames)
    eavesdropper.send_multipart(wire.frames("kernel_info_request", {}))
    assert wire.receive(eavesdropper)["msg_type"] == "kernel_info_reply"
    seen = wire.run("", silent=True, user_expressions={"n": "again"})
    assert seen.content["user_expressions"]["n"]["data"]["text/plain"] == "1"


def test_what_is_no_message_is_dropped(wire: Wire) -> None:
    header = b'{"no": "header"}'
    parts = [header, b"{}", b"{}", b"{}"]
    for channel in (wire.shell, wire.control, wire.stdin):
        for frames in ([b""], [b"<IDS|MSG>"], [b"a", b"b", b"c"], [b"<IDS|MSG>", b"", b"", b"", b"", b""]):
            channel.send_multipart(frames)
        channel.send_multipart([b"<IDS|MSG>", wire.session.sign(parts), *parts])
    answers_only_the_next(wire)


def test_the_kernel_has_a_session_of_its_own(wire: Wire) -> None:
    info = wire.ask(wire.shell, wire.frames("kernel_info_request", {})).reply
    python, policybook = wire.run("1").reply, wire.run("%%learn x").reply
    sessions = {message["header"]["session"] for message in (info, python, policybook)}
    assert len(sessions) == 1
    assert wire.session.session not in sessions
