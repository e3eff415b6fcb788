"""Python cells: whatever works under ipykernel works here, output for output."""

import hashlib
import sys
import sysconfig
import textwrap
import zipfile
from pathlib import Path

import pytest
from kernel_harness import Client, RunningKernel


def test_a_cell_is_executed_by_the_workbench(client: Client) -> None:
    seen = client.run("print('hello')\n6 * 7")
    assert seen.content["status"] == "ok"
    assert seen.text() == "hello\n"
    [result] = seen.of("execute_result")
    assert result["data"]["text/plain"] == "42"
    assert seen.types[:2] == ["busy", "execute_input"]
    assert seen.types[-1] == "idle"


def test_an_error_is_one_output_with_a_coloured_traceback(client: Client) -> None:
    seen = client.run("1/0")
    [error] = seen.of("error")
    assert error["ename"] == seen.content["ename"] == "ZeroDivisionError"
    assert "\x1b[" in "".join(error["traceback"])


def test_displays_are_updated_in_place(client: Client) -> None:
    seen = client.run("handle = display('one', display_id='d1'); handle.update('two')")
    [first] = seen.of("display_data")
    [second] = seen.of("update_display_data")
    assert first["transient"] == second["transient"] == {"display_id": "d1"}
    assert second["data"]["text/plain"] == "'two'"


def test_clear_output_waits(client: Client) -> None:
    seen = client.run("from IPython.display import clear_output\nprint(1)\nclear_output(wait=True)\nprint(2)")
    assert seen.of("clear_output") == [{"wait": True}]


def test_magics_shells_and_top_level_await(client: Client) -> None:
    assert client.run("%%bash\necho from bash").text() == "from bash\n"
    assert client.run("!echo from the shell").text() == "from the shell\r\n"
    assert "Wall time" in client.run("%%time\nsum(range(10))").text()
    assert client.run("import asyncio\nawait asyncio.sleep(0, 'awaited')").of("execute_result")[0][
        "data"
    ] == {"text/plain": "'awaited'"}


def test_rich_results(client: Client) -> None:
    seen = client.run("import pandas; pandas.DataFrame({'a': [1]})")
    assert "<table" in seen.of("execute_result")[0]["data"]["text/html"]
    seen = client.run("%matplotlib inline\nimport matplotlib.pyplot as p; p.plot([1, 2]); p.show()")
    assert any("image/png" in output["data"] for output in seen.of("display_data"))


def test_the_kernel_object_is_there(client: Client) -> None:
    code = "print(type(get_ipython().kernel).__name__, get_ipython().kernel.shell is get_ipython())"
    assert client.run(code).text() == "IPythonKernel True\n"


def test_connection_file_keeps_its_name(client: Client, kernel: RunningKernel) -> None:
    """Notebooks learn their kernel's id from it."""
    code = "import os, ipykernel; print(os.path.basename(ipykernel.get_connection_file()))"
    assert client.run(code).text().strip() == Path(kernel.manager.connection_file).name


def test_user_expressions_and_silence(client: Client) -> None:
    seen = client.run("a = 5", silent=True, user_expressions={"a": "a + 1"})
    assert seen.content["user_expressions"]["a"]["data"]["text/plain"] == "6"
    assert seen.types == ["busy", "idle"]


@pytest.mark.long
def test_twenty_thousand_messages_arrive(client: Client) -> None:
    code = textwrap.dedent("""
        import sys
        for i in range(20_000):
            print(i)
            sys.stdout.flush()
    """)
    seen = client.run(code, timeout=120)
    assert seen.text().split() == [str(i) for i in range(20_000)]


def test_a_large_stream_arrives_whole(client: Client) -> None:
    seen = client.run("import sys; _ = sys.stdout.write('x' * 20_000_000)", timeout=120)
    assert len(seen.text()) == 20_000_000


def test_progress_bars(client: Client) -> None:
    seen = client.run("from tqdm import tqdm\nfor _ in tqdm(range(50)): pass")
    assert "50/50" in seen.text("stderr")


def test_output_of_a_background_task_belongs_to_its_cell(client: Client) -> None:
    code = textwrap.dedent("""
        import asyncio
        gate = asyncio.Event()
        async def late():
            await gate.wait()
            print(end="late")
        task = asyncio.create_task(late())
    """)
    first = client.execute(code)
    list(client.published(first))
    client.execute("gate.set(); await task")
    while True:
        message = client.raw.get_iopub_msg(timeout=120)
        if message["msg_type"] == "stream":
            break
    assert message["content"]["text"] == "late"
    assert message["parent_header"]["msg_id"] == first


def test_output_of_a_background_thread_belongs_where_ipykernel_puts_it(client: Client) -> None:
    """A thread has no cell of its own: what it prints belongs to the cell that runs, or ran last."""
    code = textwrap.dedent("""
        import threading
        open_gate = threading.Event()
        def speak():
            open_gate.wait(120)
            print("from a thread", flush=True)
        speaker = threading.Thread(target=speak)
        speaker.start()
    """)
    assert client.run(code).text() == ""
    assert client.run("open_gate.set(); speaker.join()").text() == "from a thread\n"


def test_pip_installs_into_this_python(client: Client, tmp_path: Path) -> None:
    """Beside the packages of this Python, which are the tests' own; pip says whose they are."""
    wheel = tmp_path / "brand_new-1.0-py3-none-any.whl"
    about = "brand_new-1.0.dist-info"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("brand_new.py", "value = 42\n")
        archive.writestr(f"{about}/METADATA", "Metadata-Version: 2.1\nName: brand-new\nVersion: 1.0\n")
        archive.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{about}/RECORD", "")
    assert sysconfig.get_path("purelib") in client.run("%pip --version").text()
    folder = tmp_path / "site"
    seen = client.run(f"%pip install --no-index --target {folder} {wheel}", timeout=120)
    assert "Successfully installed brand-new-1.0" in seen.text()
    code = f"import sys; sys.path.append({str(folder)!r}); import brand_new; print(brand_new.value)"
    assert client.run(code).text() == "42\n"


def test_a_widget_is_moved_from_the_client(client: Client) -> None:
    seen = client.run("import ipywidgets; slider = ipywidgets.IntSlider(); slider")
    opened = [content for content in seen.of("comm_open") if content["target_name"] == "jupyter.widget"]
    model = next(c for c in opened if c["data"]["state"].get("_model_name") == "IntSliderModel")
    update = {"method": "update", "state": {"value": 42}, "buffer_paths": []}
    moved = client.send("shell", "comm_msg", {"comm_id": model["comm_id"], "data": update})
    assert [message["msg_type"] for message in client.published(moved)][-1] == "status"
    assert client.run("slider.value").of("execute_result")[0]["data"]["text/plain"] == "42"


def test_a_widget_and_the_client_exchange_buffers(client: Client) -> None:
    """An image's bytes, as a front end uploads them and as Python changes them."""
    seen = client.run("import ipywidgets; picture = ipywidgets.Image(value=bytes(range(256))); picture")
    [model] = [c for c in seen.of("comm_open") if c["data"]["state"].get("_model_name") == "ImageModel"]
    [opened] = [m for m in seen.published if m["content"] == model]
    assert model["data"]["buffer_paths"] == [["value"]]
    assert [bytes(buffer) for buffer in opened["buffers"]] == [bytes(range(256))]
    comm = model["comm_id"]
    uploaded = b"\x00<IDS|MSG>\xff" * 10_000
    update = {"method": "update", "state": {}, "buffer_paths": [["value"]]}
    sent = client.send("shell", "comm_msg", {"comm_id": comm, "data": update}, buffers=[uploaded])
    list(client.published(sent))
    digest = client.run("import hashlib; print(hashlib.sha256(picture.value).hexdigest())").text().strip()
    assert digest == hashlib.sha256(uploaded).hexdigest()
    seen = client.run("picture.value = bytes(picture.value)[::-1]")
    [changed] = [m for m in seen.published if m["msg_type"] == "comm_msg" and m["content"]["comm_id"] == comm]
    assert changed["content"]["data"]["buffer_paths"] == [["value"]]
    assert [bytes(buffer) for buffer in changed["buffers"]] == [uploaded[::-1]]


def test_buffers_of_comms_are_untouched(client: Client) -> None:
    code = textwrap.dedent("""
        from comm import get_comm_manager
        def opened(comm, message):
            comm.on_msg(lambda m: comm.send({"n": len(m["buffers"])}, buffers=[bytes(m["buffers"][0])[::-1]]))
        get_comm_manager().register_target("reverse", opened)
    """)
    client.run(code)
    client.send("shell", "comm_open", {"comm_id": "c1", "target_name": "reverse", "data": {}})
    sent = client.send("shell", "comm_msg", {"comm_id": "c1", "data": {}}, buffers=[bytes(range(256))])
    [answer] = [m for m in client.published(sent) if m["msg_type"] == "comm_msg"]
    assert answer["content"]["data"] == {"n": 1}
    assert bytes(answer["buffers"][0]) == bytes(range(255, -1, -1))


def test_completion_inspection_completeness_and_history(client: Client) -> None:
    client.run("remarkable = 1")
    completion = client.ask("shell", "complete_request", {"code": "remark", "cursor_pos": 6})
    assert completion.content["matches"] == ["remarkable"]
    inspection = client.ask("shell", "inspect_request", {"code": "len", "cursor_pos": 3, "detail_level": 0})
    assert "Return the number of items" in inspection.content["data"]["text/plain"]
    assert (
        client.ask("shell", "is_complete_request", {"code": "for i in x:"}).content["status"] == "incomplete"
    )
    wanted = {"hist_access_type": "tail", "n": 1, "output": False, "raw": True}
    history = client.ask("shell", "history_request", wanted).content["history"]
    assert history[0][2] == "remarkable = 1"


def test_the_interpreter_is_the_one_that_started_the_kernel(client: Client) -> None:
    assert client.run("import sys; print(sys.executable)").text().strip() == sys.executable
