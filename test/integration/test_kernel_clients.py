"""Several clients at once, and prompts that go to the one that asked."""

import zmq
from kernel_harness import Client, RunningKernel


def test_input_goes_to_the_client_that_executed(kernel: RunningKernel, client: Client) -> None:
    other = kernel.client()
    asking = other.execute("name = input('who? '); print(name)", allow_stdin=True)
    request = other.raw.get_stdin_msg(timeout=120)
    assert request["content"]["prompt"] == "who? "
    assert request["parent_header"]["msg_id"] == asking
    assert not client.raw.stdin_channel.msg_ready()
    assert beats(kernel)
    other.raw.input("Ada")
    assert other.collect(asking).text() == "Ada\n"


def test_the_debugger_prompts_the_client_that_asked(kernel: RunningKernel, client: Client) -> None:
    other = kernel.client()
    client.run("def broken(local): return local / 0\nbroken(7)")
    asking = other.execute("%debug", allow_stdin=True)
    for command in ("p local", "q"):
        assert "ipdb" in other.raw.get_stdin_msg(timeout=120)["content"]["prompt"]
        assert not client.raw.stdin_channel.msg_ready()
        other.raw.input(command)
    seen = other.collect(asking)
    assert seen.content["status"] == "ok"
    assert "7\n" in seen.text()


def test_every_client_sees_every_output(kernel: RunningKernel, client: Client) -> None:
    other = kernel.client()
    for code in ("print(end='shared')", "%%learn x\nstream shared"):
        sent = client.execute(code)
        assert client.collect(sent).text().strip() == "shared"
        seen = list(other.published(sent))
        assert [m["content"]["text"].strip() for m in seen if m["msg_type"] == "stream"] == ["shared"]
        assert not other.raw.shell_channel.msg_ready()


def test_clients_take_turns(kernel: RunningKernel, client: Client) -> None:
    other = kernel.client()
    client.run("count = 0")
    sent = [(one, one.execute("count += 1")) for one in (client, other) * 10]
    for one, message_id in sent:
        assert one.reply(message_id)["content"]["status"] == "ok"
    assert client.run("count").of("execute_result")[0]["data"]["text/plain"] == "20"


def test_heart_beats_while_python_is_busy(kernel: RunningKernel, client: Client) -> None:
    running = client.execute("print('begun', flush=True); import time; time.sleep(1)")
    client.wait_for(running, lambda message: message["msg_type"] == "stream")
    assert beats(kernel)
    client.collect(running)


def beats(kernel: RunningKernel) -> bool:
    """Whether a REQ socket, as clients have, gets back what it sends."""
    info = kernel.manager.get_connection_info()
    with zmq.Context() as context, context.socket(zmq.REQ) as heart:
        heart.linger = 0
        heart.connect(f"tcp://{info['ip']}:{info['hb_port']}")
        for beat in (b"ping", b"pong"):
            heart.send(beat)
            if not heart.poll(5_000) or heart.recv() != beat:
                return False
    return True
