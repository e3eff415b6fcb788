"""Policybook cells, in one execution queue with Python's: order, errors, interrupts, records."""

import ast
import json
from pathlib import Path

from kernel_harness import Client, RunningKernel


def test_outputs_come_between_busy_and_idle_and_the_cell_is_recorded(client: Client) -> None:
    before = client.run("pass").content["execution_count"]
    seen = client.run("%%environment windy\nstream hi\ndisplay one\nregister windy\nupdate two")
    assert seen.types == [
        "busy",
        "stream",
        "display_data",
        "execute_input",
        "update_display_data",
        "idle",
    ]
    assert seen.content["status"] == "ok"
    assert seen.content["execution_count"] == before + 1
    code = "from policybook.notebook import declarations as d; print(d.find('environment', 'windy').source)"
    assert client.run(code).text().startswith("%%environment windy\nstream hi")


def test_in_and_out_and_history_are_one_sequence(client: Client) -> None:
    codes = ["'before'", "%%learn CartPole-v1\nregister r", "'after'", "%runs"]
    counts = [client.run(code).content["execution_count"] for code in codes]
    first, last = counts[0], counts[-1]
    assert counts == list(range(first, last + 1))
    seen = client.run(f"print(repr([In[{first}:], [Out.get(n) for n in {counts}]]))\n%history {first}-{last}")
    inputs, outputs = ast.literal_eval(seen.text().split("\n", 1)[0])
    assert inputs[:4] == [
        "'before'",
        "get_ipython().run_cell_magic('learn', 'CartPole-v1', 'register r\\n')",
        "'after'",
        "get_ipython().run_line_magic('runs', '')",
    ]
    assert outputs == ["before", None, "after", None]
    assert seen.text().split("\n", 1)[1] == "\n".join(codes) + "\n"


def test_comments_may_stand_before_the_magic(client: Client) -> None:
    for before in ("# %%\n", "#| label: x\n#| echo: false\n\n", "\n \n# now\n"):
        code = f"{before}%%learn CartPole-v1\nregister r\nstream hi"
        seen = client.run(code)
        assert seen.content["status"] == "ok"
        assert seen.text() == "hi"
        assert [content["code"] for content in seen.of("execute_input")] == [code]
        source = "from policybook.notebook import declarations as d; print(d.find('environment', 'r').source)"
        assert client.run(source).text().startswith("%%learn CartPole-v1\nregister r")


def test_a_magic_of_pythons_above_ours_is_not_run(client: Client) -> None:
    seen = client.run("%%capture kept\n%%learn CartPole-v1\nstream seen")
    assert seen.text() == "seen", "the cell is ours, whose language says what is wrong"
    assert client.run("'kept' in globals()").of("execute_result")[0]["data"]["text/plain"] == "False"


def test_the_input_of_our_cells_is_published(client: Client) -> None:
    code = "%%learn CartPole-v1\nregister r"
    seen = client.run(code)
    assert seen.of("execute_input") == [{"code": code, "execution_count": seen.content["execution_count"]}]


def test_history_is_one_sequence(client: Client) -> None:
    client.run("%%learn CartPole-v1")
    client.run("'after'")
    history = client.ask(
        "shell", "history_request", {"hist_access_type": "tail", "n": 2, "output": False, "raw": True}
    )
    numbers, sources = zip(*[(line[1], line[2]) for line in history.content["history"]], strict=True)
    assert sources == ("%%learn CartPole-v1", "'after'")
    assert numbers[1] == numbers[0] + 1


def test_a_failed_cell_is_one_error_and_counts(client: Client) -> None:
    before = client.run("pass").content["execution_count"]
    seen = client.run("%%learn x\nfail no such thing")
    [error] = seen.of("error")
    assert error == {"ename": "BadCell", "evalue": "no such thing", "traceback": ["BadCell: no such thing"]}
    assert seen.content["status"] == "error"
    assert seen.content["execution_count"] == before + 1
    assert client.run("pass").content["execution_count"] == before + 2


def test_a_fault_of_policybook_is_reported_on_the_cell(client: Client) -> None:
    assert "a fault" in client.run("%%learn x\nthrow").of("error")[0]["evalue"]


def test_a_magic_inside_python_is_refused(client: Client) -> None:
    for code in ("for i in range(2):\n    %runs\n", "get_ipython().run_cell_magic('learn', 'x', 'seed: 0')"):
        seen = client.run(code)
        [error] = seen.of("error")
        assert error["ename"] == "UsageError"
        assert "a cell" in error["evalue"]


def test_expressions_are_evaluated_in_the_users_python(client: Client) -> None:
    client.run("import numpy as np\nnumbers = list(range(2000))")
    steps = [
        "numbers",
        "np.float32(0.5)",
        "np.eye(2)",
        "{'a': (1, None)}",
        "missing",
        "object()",
        "1 +",
        "print('said')",
    ]
    seen = client.run("\n".join(["%%learn x", *[f"evaluate {step}" for step in steps]]))
    texts = seen.text().replace("said\n", "")
    answers = [json.loads(part) for part in texts.replace("}{", "}\n{").splitlines()]
    assert answers[0] == {"ok": True, "value": list(range(2000))}
    assert [answer["value"] for answer in answers[1:4]] == [0.5, [[1, 0], [0, 1]], {"a": [1, None]}]
    assert [answer["code"] for answer in answers[4:7]] == ["NameError", "TypeError", "SyntaxError"]
    assert "said\n" in seen.text()
    assert (
        "policybook.notebook.workbench.values"
        not in client.run("In").of("execute_result")[0]["data"]["text/plain"]
    )


def test_an_error_empties_the_queue_whoever_runs_it(client: Client, tmp_path: Path) -> None:
    for failing in ("%%learn x\nfail", "1/0"):
        gate = tmp_path / f"gate {failing[0]}"
        closed = client.execute(
            f"import os, time\nwhile not os.path.exists({str(gate)!r}):\n    time.sleep(0.01)"
        )
        ids = [client.execute(code) for code in (failing, "%%learn x", "print('no')", "%runs")]
        # Answered out of turn, so all that was sent before it has arrived by then.
        client.ask("shell", "kernel_info_request", {})
        gate.touch()
        assert client.collect(closed).content["status"] == "ok"
        seen = [client.collect(message_id) for message_id in ids]
        assert [one.content["status"] for one in seen] == ["error", "aborted", "aborted", "aborted"]
        assert all(one.types == ["busy", "idle"] for one in seen[1:])
        assert client.run("print('yes')").text() == "yes\n"


def test_the_queue_goes_on_where_the_client_says_so(client: Client) -> None:
    ids = [
        client.execute("%%learn x\nfail", stop_on_error=False),
        client.execute("1/0", stop_on_error=False),
        client.execute("%%learn x"),
    ]
    assert [client.collect(one).content["status"] for one in ids] == ["error", "error", "ok"]


def test_cells_run_in_the_order_in_which_they_were_sent(client: Client) -> None:
    codes = [
        "order = ['a']",
        "%%learn x\nsleep 100\nevaluate order.append('b')",
        "order.append('c')",
        "order",
    ]
    ids = [client.execute(code) for code in codes]
    seen = [client.collect(message_id) for message_id in ids]
    assert seen[-1].of("execute_result")[0]["data"]["text/plain"] == "['a', 'b', 'c']"


def test_the_editor_is_served_while_a_cell_runs(client: Client) -> None:
    running = client.execute("%%learn x\nregister r\nstream started\nwait")
    client.wait_for(running, lambda message: message["msg_type"] == "stream")
    queued = client.execute("print('later')")
    python = client.ask("shell", "complete_request", {"code": "import o", "cursor_pos": 8})
    assert "os" in python.content["matches"]
    ours = client.ask("shell", "complete_request", {"code": "%%learn x\nse", "cursor_pos": 12})
    assert ours.content["matches"] == ["at 12"]
    assert client.ask("shell", "comm_info_request", {}).content["status"] == "ok"
    assert client.ask("control", "kernel_info_request", {}).content["status"] == "ok"
    client.send("control", "interrupt_request", {})
    stopped = client.collect(running)
    assert stopped.content["ename"] == "Stopped"
    assert client.collect(queued).content["status"] == "aborted"


def test_an_interrupt_stops_an_expression_too(client: Client) -> None:
    code = "%%learn x\nevaluate print('in') or __import__('time').sleep(60)"
    running = client.execute(code)
    client.wait_for(running, lambda message: message["msg_type"] == "stream")
    client.send("control", "interrupt_request", {})
    assert "KeyboardInterrupt" in client.collect(running).text()


def test_offsets_count_code_points(client: Client) -> None:
    """The cells see UTF-16, where an emoji is two; clients count it as one."""
    code = "%%learn x\n# 🎈🎈\nse"
    ours = client.ask("shell", "complete_request", {"code": code, "cursor_pos": len(code)}).content
    assert ours["matches"] == [f"at {len(code) + 2}"]
    assert (ours["cursor_start"], ours["cursor_end"]) == (len(code) - 1, len(code))
    code = "'🎈🎈'; impor"
    python = client.ask("shell", "complete_request", {"code": code, "cursor_pos": len(code)}).content
    assert python["cursor_start"] == len(code) - len("impor")


def test_what_the_cells_leave_open_the_workbench_answers(client: Client) -> None:
    code = "%%learn defer\nimpor"
    answer = client.ask("shell", "complete_request", {"code": code, "cursor_pos": len(code)})
    assert answer.content["status"] == "ok"
    assert answer.types == ["busy", "idle"]
    assert client.ask("shell", "is_complete_request", {"code": "%%learn x"}).content == {
        "status": "incomplete",
        "indent": "  ",
    }
    inspected = client.ask(
        "shell", "inspect_request", {"code": "%%learn x", "cursor_pos": 4, "detail_level": 0}
    )
    assert inspected.content["data"] == {"text/plain": "at 4"}


def test_a_comm_with_an_unknown_target_is_closed(client: Client) -> None:
    opening = {"comm_id": "none", "target_name": "policybook.nothing", "data": {}}
    opened = client.send("shell", "comm_open", opening)
    assert "comm_close" in [message["msg_type"] for message in client.published(opened)]


def test_silent_cells_leave_no_trace(client: Client, kernel: RunningKernel) -> None:
    before = client.run("pass").content["execution_count"]
    seen = client.run("%%learn x", silent=True)
    assert seen.types == ["busy", "idle"]
    assert client.run("pass").content["execution_count"] == before + 1


def test_an_interrupt_leaves_the_record_of_a_cell_alone(client: Client) -> None:
    """A cell's record is made in Python too; an interrupt there would be a second error, or no answer."""
    slow = (
        "import time\n"
        "def slowly(info):\n"
        "    if info.raw_cell.startswith('%%learn'): print('recording', flush=True); time.sleep(0.3)\n"
        "get_ipython().events.register('pre_run_cell', slowly)"
    )
    client.run(slow)
    running = client.execute("%%learn x\nregister x\nwait")
    client.wait_for(running, lambda message: "recording" in message["content"].get("text", ""))
    client.send("control", "interrupt_request", {})
    seen = client.collect(running)
    client.run("get_ipython().events.unregister('pre_run_cell', slowly)")
    assert [error["ename"] for error in seen.of("error")] == ["Stopped"]
    assert seen.content["ename"] == "Stopped"
    assert seen.content["execution_count"] > 0
