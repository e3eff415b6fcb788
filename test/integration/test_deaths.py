"""kill -9 of each process of a kernel that learns, idle and in the middle of a `%%learn`."""

import contextlib
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from kernel_harness import Client, RunningKernel, poll
from learning_kernel import INSTALLED_BUNDLE, events, is_run_update, last_run, learn
from simulators import simulator

FOREVER = "%%learn LunarLander-v3 as {}\nepisodes: 100000\nseed: 0"
SHORT = "%%learn CartPole-v1 as {}\nepisodes: 60\nseed: 0"
WORKBENCH, EVALUATOR, WORKER = "policybook.notebook.workbench", "policybook.evaluator", "policybook.worker"


@pytest.fixture
def start(specs: Path, tmp_path: Path) -> Iterator[Callable[[], RunningKernel]]:
    started: list[RunningKernel] = []

    def start() -> RunningKernel:
        started.append(
            RunningKernel(specs, INSTALLED_BUNDLE, tmp_path, JPY_SESSION_NAME=f"n{len(started)}.ipynb")
        )
        return started[-1]

    yield start
    for kernel in started:
        kernel.close()


def family(kernel: RunningKernel) -> list[psutil.Process]:
    """The kernel and all that descends from it, sandboxes without an environment included."""
    node = psutil.Process(kernel.pid)
    return [node, *node.children(recursive=True)]


def members(kernel: RunningKernel, module: str) -> list[psutil.Process]:
    found = []
    for process in family(kernel):
        with contextlib.suppress(psutil.NoSuchProcess):
            if module in process.cmdline():
                found.append(process)
    return found


def alive(processes: list[psutil.Process]) -> list[psutil.Process]:
    running = []
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            if process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
                running.append(process)
    return running


def begin(client: Client, name: str) -> str:
    """Starts a run that does not end and waits for its first champion."""
    running = client.execute(FOREVER.format(name))
    client.wait_for(running, is_run_update)
    return running


def stop(client: Client, running: str) -> str:
    """Stops a run; how its cell ended."""
    client.send("control", "interrupt_request", {})
    seen = client.collect(running)
    [error] = seen.of("error")
    return f"{error['ename']}: {error['evalue']}"


def gone(processes: list[psutil.Process], kernel: RunningKernel | None = None) -> None:
    poll(lambda: not alive(processes) and not (kernel and kernel.processes()), "nothing is left")


@pytest.mark.parametrize("busy", [pytest.param(False, marks=pytest.mark.long), True], ids=["idle", "busy"])
def test_nothing_survives_the_kernel(start: Callable[[], RunningKernel], busy: bool) -> None:
    """The launcher became the kernel: one pid is both."""
    kernel = start()
    client = kernel.client()
    if busy:
        begin(client, "long")
    else:
        learn(client, SHORT.format("short"))
    everyone = family(kernel)
    assert all(members(kernel, module) for module in (WORKBENCH, EVALUATOR, WORKER))
    os.kill(kernel.pid, signal.SIGKILL)
    gone(everyone, kernel)


HELPERS: dict[str, Callable[[RunningKernel], object]] = {
    "evaluator": lambda kernel: members(kernel, EVALUATOR),
    "worker": lambda kernel: members(kernel, WORKER),
    "zygote": lambda kernel: [child for worker in members(kernel, WORKER) for child in worker.children()],
}


@pytest.mark.parametrize("helper", HELPERS)
def test_nothing_survives_a_kernel_killed_as_a_helper_starts(
    start: Callable[[], RunningKernel], helper: str
) -> None:
    kernel = start()
    kernel.client().execute(FOREVER.format("long"))
    poll(lambda: HELPERS[helper](kernel), f"a {helper} is there", pause=0)
    everyone = family(kernel)
    os.kill(kernel.pid, signal.SIGKILL)
    gone(everyone, kernel)


def test_a_run_goes_on_without_its_helpers(start: Callable[[], RunningKernel]) -> None:
    """The workers die first, then the evaluator, then the workbench, and each time the run goes on."""
    kernel = start()
    client = kernel.client()
    running = begin(client, "long")
    for victim in (WORKER, EVALUATOR, WORKBENCH):
        dying = members(kernel, victim)
        with_them = [child for process in dying for child in process.children(recursive=True)]
        for process in dying:
            process.kill()
        gone([*dying, *with_them])
        poll(lambda victim=victim: members(kernel, victim), "another took its place")
        client.wait_for(running, is_run_update)
    assert "was stopped" in stop(client, running)
    seen = client.run("print('alive')")
    assert seen.text() == "alive\n"
    assert seen.text("stderr").count("SIGKILL") == 1, "the workbench's death is reported, and no other"


@pytest.mark.long
def test_idle_helpers_are_replaced(start: Callable[[], RunningKernel]) -> None:
    kernel = start()
    client = kernel.client()
    learn(client, SHORT.format("before"))
    for number, victim in enumerate((WORKER, EVALUATOR, WORKBENCH)):
        dying = members(kernel, victim)
        with_them = [child for process in dying for child in process.children(recursive=True)]
        for process in dying:
            process.kill()
        gone([*dying, *with_them])
        seen = learn(client, SHORT.format(f"after{number}"))
        assert last_run(seen)["status"] in ("exhausted", "budget")


def test_shutdown_in_the_middle_of_a_run(start: Callable[[], RunningKernel], tmp_path: Path) -> None:
    kernel = start()
    client = kernel.client()
    begin(client, "long")
    everyone = family(kernel)
    assert kernel.shut_down() == []
    gone(everyone, kernel)
    folder = tmp_path / "policybook-runs" / "n0" / "long"
    assert events(folder)[-1]["reason"] == "interrupted"
    assert not (folder / ".lock").exists()


def test_shutdown_with_a_simulator_that_hangs(start: Callable[[], RunningKernel], tmp_path: Path) -> None:
    """In a call that no signal but SIGKILL ends, and that lets no other thread run.

    The environment has started a process that would outlive all of ours.
    """
    gate, reached = tmp_path / "gate", tmp_path / "reached"
    popen = "__import__('subprocess').Popen(['sleep', '3600'])"
    hang = f"open({str(reached)!r}, 'w').close(); __import__('ctypes').PyDLL(None).sleep(600)"
    code = f"self.time += 1\n        if __import__('os').path.exists({str(gate)!r}): {popen}; {hang}"
    kernel = start()
    client = kernel.client()
    learn(client, simulator("self.time += 1", code))
    running = client.execute("%%learn tank as stuck\nepisodes: 1000000\nseed: 0")
    client.wait_for(running, is_run_update)
    gate.touch()
    poll(reached.exists, "it hangs")
    everyone = family(kernel)
    assert any(process.name() == "sleep" for process in everyone)
    assert kernel.shut_down() == []
    gone(everyone, kernel)
    assert events(tmp_path / "policybook-runs" / "n0" / "stuck")[-1]["reason"] == "interrupted"


def test_a_restart_in_the_middle_of_a_run_keeps_connection_and_run(
    start: Callable[[], RunningKernel], tmp_path: Path
) -> None:
    kernel = start()
    client = kernel.client()
    client.run("x = 1")
    begin(client, "long")
    kernel.manager.restart_kernel(env=kernel.environment, cwd=str(tmp_path))
    client.raw.wait_for_ready(timeout=120)
    assert client.run("x").content["ename"] == "NameError"
    kept = events(tmp_path / "policybook-runs" / "n0" / "long")
    assert kept[-1]["reason"] == "interrupted"
    running = begin(client, "long")
    assert "was stopped" in stop(client, running)
    assert events(tmp_path / "policybook-runs" / "n0" / "long")[: len(kept)] == kept


@pytest.mark.long
def test_three_kernels_learn_at_once(start: Callable[[], RunningKernel]) -> None:
    kernels = [start() for _ in range(3)]
    clients = [kernel.client() for kernel in kernels]
    for client in clients[1:]:
        learn(client, SHORT.format("before"))
    begin(clients[0], "long")
    families = [family(kernel) for kernel in kernels]
    os.kill(kernels[0].pid, signal.SIGKILL)
    kernels[1].manager.shutdown_kernel()
    gone([*families[0], *families[1]])
    assert alive(families[2]) == families[2]
    learn(clients[2], SHORT.format("after"))
