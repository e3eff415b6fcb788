"""Life and death: what is killed is reported and replaced, what ends leaves nothing behind."""

import os
import signal
import socket
import subprocess
import sys
import textwrap
import uuid
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from kernel_harness import MARK, Client, RunningKernel, poll, processes_marked, read_command

Start = Callable[..., RunningKernel]
BUSY = "print('begun', flush=True)\nimport time; time.sleep(600)"
OURS = "%%learn x\nregister r\nstream begun\nwait"
# One call keeps the interpreter: no signal's handler runs, and no thread that would send what was printed.
DEAF = "import ctypes; sleep = ctypes.PyDLL(None).sleep; open('deaf', 'w').close(); sleep(600)"
IGNORING = (
    "import signal, time\n"
    "for number in (signal.SIGINT, signal.SIGTERM): signal.signal(number, signal.SIG_IGN)\n"
    "print('begun', flush=True)\n"
    "while True: time.sleep(600)"
)
WITH_EVALUATOR = "%%learn x\nask no.such.method\nwait"


def begin(client: Client, code: str, folder: Path | None = None) -> str:
    """Runs a cell that does not end, in this folder, and waits until it runs."""
    running = client.execute(code)
    if code == DEAF and folder is not None:
        poll((folder / "deaf").exists, "the cell runs")
    else:
        client.wait_for(running, lambda message: message["msg_type"] == "stream")
    return running


def survivors_end(kernel: RunningKernel) -> None:
    poll(lambda: not kernel.processes(), "no process of the kernel is left")


@pytest.mark.parametrize("code", [None, BUSY, DEAF, OURS, WITH_EVALUATOR])
def test_a_killed_kernel_leaves_nothing(start: Start, tmp_path: Path, code: str | None) -> None:
    kernel = start()
    client = kernel.client()
    client.run("pass")
    if code:
        begin(client, code, tmp_path)
    os.kill(kernel.pid, signal.SIGKILL)
    survivors_end(kernel)


MOMENTS: dict[str, Callable[[RunningKernel], object]] = {
    "its launcher runs": lambda kernel: kernel.processes(),
    "Node has taken over": lambda kernel: "node" in psutil.Process(kernel.pid).exe(),
    "its ports are bound": lambda kernel: is_open(kernel.manager.get_connection_info()["shell_port"]),
    "its workbench was started": lambda kernel: psutil.Process(kernel.pid).children(),
    "its workbench has threads": lambda kernel: kernel.workbench().num_threads() > 1,
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_kernel_killed_as_it_starts_leaves_nothing(start: Start, moment: str) -> None:
    kernel = start()
    poll(lambda: MOMENTS[moment](kernel), moment, pause=0)
    os.kill(kernel.pid, signal.SIGKILL)
    survivors_end(kernel)


def is_open(port: int) -> bool:
    with socket.socket() as attempt:
        return attempt.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.parametrize("end", ["kill", "shutdown"])
def test_children_that_a_cell_started_fare_as_under_ipykernel(start: Start, end: str) -> None:
    """After a kill all go on; a shutdown ends those that have no session of their own."""

    def survivors(kernel_name: str) -> list[bool]:
        kernel = start(kernel_name=kernel_name)
        code = (
            "import subprocess; run = lambda own: subprocess.Popen(['sleep', '600'], start_new_session=own)"
        )
        seen = kernel.client().run(f"{code}\nprint(run(False).pid, run(True).pid)")
        children = [psutil.Process(int(pid)) for pid in seen.text().split()]
        if end == "kill":
            os.kill(kernel.pid, signal.SIGKILL)
        else:
            kernel.manager.shutdown_kernel()
        poll(lambda: set(kernel.processes()) <= set(children), "the kernel has ended")
        return [child in kernel.processes() for child in children]

    assert survivors("policybook") == survivors("python3") == [end == "kill", True]


def test_a_terminated_kernel_leaves_nothing(start: Start) -> None:
    kernel = start()
    client = kernel.client()
    begin(client, BUSY)
    os.kill(kernel.pid, signal.SIGTERM)
    survivors_end(kernel)


def test_a_kernel_ends_with_the_server_that_started_it(start: Start, specs: Path) -> None:
    """A server that is killed has no time to say goodbye: the kernel must notice by itself."""
    bystander = start()
    server = textwrap.dedent("""
        import sys, time
        from jupyter_client.kernelspec import KernelSpecManager
        from jupyter_client.manager import KernelManager
        specs = KernelSpecManager(kernel_dirs=[sys.argv[1]])
        manager = KernelManager(kernel_name="policybook", kernel_spec_manager=specs)
        manager.start_kernel()
        manager.blocking_client().start_channels()
        print("started", flush=True)
        time.sleep(600)
    """)
    mark = uuid.uuid4().hex
    environment = {**bystander.environment, MARK: mark}
    command = [sys.executable, "-c", server, str(specs)]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"started\n"
        poll(lambda: len(processes_marked(mark)) == 3, "server, kernel and workbench run")
        process.kill()
    poll(lambda: not processes_marked(mark), "no process is left")


@pytest.mark.parametrize("code", [None, BUSY, IGNORING, DEAF, OURS, WITH_EVALUATOR])
def test_shutdown_ends_all_before_jupyter_loses_patience(
    start: Start, tmp_path: Path, code: str | None
) -> None:
    """That is after 2.5 s: then it sends SIGTERM, and SIGKILL after as long again."""
    kernel = start()
    client = kernel.client()
    client.run("pass")
    if code:
        begin(client, code, tmp_path)
    assert kernel.shut_down() == []
    assert not kernel.processes()


def test_shutdown_does_not_wait_for_the_stubborn_one_after_another(start: Start) -> None:
    """A cell of ours that asks of Python and of an evaluator, neither of which answers or heeds a signal."""
    kernel = start()
    client = kernel.client()
    client.run("%%learn x\nask no.such.method")
    [evaluator] = [p for p in kernel.processes() if "policybook.evaluator" in read_command(p)]
    evaluator.suspend()
    begin(client, "%%learn x\nregister r\nstream begun\nevaluate __import__('ctypes').PyDLL(None).sleep(600)")
    assert kernel.shut_down() == []
    assert not kernel.processes()


def test_restart_keeps_the_connection(start: Start) -> None:
    kernel = start()
    client = kernel.client()
    client.run("x = 1")
    kernel.manager.restart_kernel(env=kernel.environment)
    client.raw.wait_for_ready(timeout=120)
    seen = client.run("x")
    assert seen.content["ename"] == "NameError"
    assert seen.content["execution_count"] == 1


def test_a_dead_workbench_is_reported_on_the_cell_that_ran(start: Start) -> None:
    kernel = start()
    client = kernel.client()
    running = begin(client, BUSY)
    queued = client.execute("print('queued')")
    kernel.workbench().kill()
    seen = client.collect(running)
    [error] = seen.of("error")
    assert error["ename"] == "WorkbenchDied"
    assert "SIGKILL" in error["evalue"]
    assert seen.content["status"] == "error"
    assert client.collect(queued).content["status"] == "aborted"
    after = client.run("print('alive')")
    assert after.text() == "alive\n"
    assert after.text("stderr") == ""


def test_a_workbench_that_dies_idle_is_reported_with_the_next_cell(start: Start) -> None:
    kernel = start()
    client = kernel.client()
    client.run("x = 1")
    old = kernel.workbench()
    old.kill()
    poll(lambda: not old.is_running() or old.status() == psutil.STATUS_ZOMBIE, "it is dead")
    poll(lambda: kernel.workbench().pid != old.pid, "another was started")
    seen = client.run("print('alive')")
    assert seen.text() == "alive\n"
    assert "SIGKILL" in seen.text("stderr")
    assert client.run("print('again')").text("stderr") == ""


def test_a_cell_of_ours_outlives_the_workbench(start: Start) -> None:
    kernel = start()
    client = kernel.client()
    running = begin(client, "%%learn x\nregister r\nstream begun\nsleep 400\nstream done")
    kernel.workbench().kill()
    seen = client.collect(running)
    assert seen.text() == "done"
    assert seen.content["status"] == "ok"


def test_a_cell_that_ends_its_python_is_reported(start: Start) -> None:
    client = start().client()
    seen = client.run("import os; os._exit(3)")
    assert "exit code 3" in seen.of("error")[0]["evalue"]


def test_a_dead_evaluator_is_replaced(start: Start) -> None:
    kernel = start()
    client = kernel.client()
    ask = "%%learn x\nask no.such.method"
    assert "unknown_method" in client.run(ask).text()
    [evaluator] = [p for p in kernel.processes() if "policybook.evaluator" in read_command(p)]
    assert evaluator.environ()["JPY_PARENT_PID"] == str(kernel.pid)
    evaluator.kill()
    poll(lambda: not evaluator.is_running() or evaluator.status() == psutil.STATUS_ZOMBIE, "it is dead")
    assert "unknown_method" in client.run(ask).text()


def test_interrupts(start: Start) -> None:
    kernel = start()
    client = kernel.client()
    for _ in range(3):  # idle: harmless
        assert client.ask("control", "interrupt_request", {}).content == {"status": "ok"}
    running = begin(client, BUSY)
    client.send("control", "interrupt_request", {})
    assert client.collect(running).content["ename"] == "KeyboardInterrupt"
    # Python ignores an interrupt that comes before the command has started: the command says that it has.
    running = client.execute("import os; os.system('touch started; sleep 600')")
    poll((kernel.cwd / "started").exists, "the command runs")
    client.send("control", "interrupt_request", {})
    assert client.collect(running).content["status"] in {"ok", "error"}
    assert client.run("print('alive')").text() == "alive\n"


def test_kernels_do_not_disturb_one_another(start: Start) -> None:
    kernels = [start() for _ in range(3)]
    clients = [kernel.client() for kernel in kernels]
    for number, client in enumerate(clients):
        client.run(f"me = {number}")
    os.kill(kernels[0].pid, signal.SIGKILL)
    kernels[1].manager.shutdown_kernel()
    survivors_end(kernels[0])
    survivors_end(kernels[1])
    assert clients[2].run("me").of("execute_result")[0]["data"]["text/plain"] == "2"


def test_sockets_are_private_and_their_folder_goes(start: Start, tmp_path: Path) -> None:
    kernel = start(TMPDIR=str(tmp_path))
    kernel.client().run("pass")
    [folder] = tmp_path.glob("policybook-*")
    assert folder.stat().st_mode & 0o777 == 0o700
    os.kill(kernel.pid, signal.SIGKILL)
    poll(lambda: not kernel.manager.is_alive(), "the server has taken notice")
    survivors_end(kernel)
    assert folder.exists()
    other = start(TMPDIR=str(tmp_path))
    other.client().run("pass")
    poll(lambda: not folder.exists(), "a later kernel tidied up")
    other.manager.shutdown_kernel()
    poll(lambda: not list(tmp_path.glob("policybook-*")), "it removed its own")


def test_a_python_without_ipykernel_is_named(start: Start, tmp_path: Path) -> None:
    (tmp_path / "ipykernel").mkdir()
    (tmp_path / "ipykernel" / "__init__.py").write_text("raise SystemExit('no ipykernel here')")
    kernel = start(PYTHONPATH=f"{tmp_path}:{os.environ.get('PYTHONPATH', '')}")
    seen = kernel.client().run("1")
    assert "no ipykernel here" in seen.of("error")[0]["evalue"]
