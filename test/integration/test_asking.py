"""`pb.learn` and `pb.compare`: the same runs with the same events, from a notebook's Python and a script."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
from kernel_harness import Client, RunningKernel, poll
from learning_kernel import (
    DIFF_MIME,
    RUN_MIME,
    bundles,
    error_of,
    events,
    is_run_update,
    kernel_of_notebook,
    learn,
)

SETTINGS = {"episodes": 150, "seed": 3, "observation": ["place", "speed"]}
CELL = "%%learn MountainCar-v0 as cell\nepisodes: 150\nseed: 3\nobservation: [place, speed]"


kernel = kernel_of_notebook("asking.ipynb")


@pytest.fixture(scope="module")
def client(kernel: RunningKernel) -> Client:
    client = kernel.client()
    learn(client, "import policybook as pb")
    return client


@pytest.fixture(scope="module")
def expected(client: Client, folder: Path) -> list[dict[str, Any]]:
    """The events of the cell that all others are held to."""
    learn(client, CELL)
    return unnamed(folder / "cell")


def unnamed(folder: Path) -> list[dict[str, Any]]:
    return [{**event, "run": ""} for event in events(folder) if event.get("reason") != "interrupted"]


def test_learning_from_python_gives_the_events_of_the_cell(
    client: Client, folder: Path, expected: list[dict[str, Any]]
) -> None:
    seen = learn(client, f"run = pb.learn('MountainCar-v0', 'python', **{SETTINGS!r})\nprint(run.name)")
    assert seen.text() == "python\n"
    assert bundles(seen, RUN_MIME)[-1]["status"] in ("exhausted", "budget")
    assert unnamed(folder / "python") == expected
    again = learn(client, f"pb.learn('MountainCar-v0', 'python', **{SETTINGS!r})")
    assert "has finished with this declaration" in again.text()


def test_a_loop_over_settings_learns_one_after_another(client: Client) -> None:
    code = """import numpy as np
runs = [pb.learn("MountainCar-v0", f"loop{seed}", episodes=np.int64(60), seed=seed) for seed in (1, 2)]
print([run.name for run in runs], [run.settings["seed"] for run in runs])
print(pb.environment("MountainCar-v0").make().observation_space.shape)"""
    seen = learn(client, code)
    assert seen.text().splitlines()[-2:] == ["['loop1', 'loop2'] [1, 2]", "(2,)"]
    assert {payload["run"] for payload in bundles(seen, RUN_MIME)} == {"loop1", "loop2"}
    assert client.run("print('after')").text() == "after\n"


def test_outputs_stand_in_the_order_in_which_they_were_made(
    client: Client, expected: list[dict[str, Any]]
) -> None:
    assert expected
    code = f"""import contextlib, io, sys
from IPython.display import display
for turn in range(20):
    print(f"out {{turn}}")
    print(f"err {{turn}}", file=sys.stderr)
    display({{"text/plain": f"shown {{turn}}"}}, raw=True)
    print(f"held {{turn}}", end="")
    with contextlib.redirect_stdout(io.StringIO()) if turn % 2 else contextlib.nullcontext():
        pb.learn("MountainCar-v0", "cell", **{SETTINGS!r})
print("end")"""
    seen = learn(client, code)
    wanted = [
        word
        for turn in range(20)
        for word in (f"out {turn}", f"err {turn}", f"shown {turn}", f"held {turn}", "record", "view")
    ]
    assert [*filter(None, map(name_output, split_lines(seen.published)))] == [*wanted, "end"]


def split_lines(published: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The publications with a message for each line of a stream; ipykernel cuts between two writes."""
    lines: list[dict[str, Any]] = []
    for message in published:
        content = message["content"]
        texts = content["text"].splitlines() if message["msg_type"] == "stream" else [""]
        lines += [{**message, "content": {**content, "text": text}} for text in texts]
    return lines


def name_output(message: dict[str, Any]) -> str | None:
    """A printed line, `record` for what the kernel says about a finished run, `view` for its view."""
    content = message["content"]
    if message["msg_type"] == "display_data":
        if DIFF_MIME in content["data"]:
            return None
        return "view" if RUN_MIME in content["data"] else content["data"]["text/plain"]
    if message["msg_type"] != "stream":
        return None
    return "record" if "has finished with this declaration" in content["text"] else content["text"]


def test_stop_ends_it_with_everything_kept_and_python_lives_on(client: Client, folder: Path) -> None:
    code = "kept = 1\npb.learn('LunarLander-v3', 'stopped', episodes=3000, seed=2)"
    running = client.execute(code)
    client.wait_for(running, is_run_update)
    client.send("control", "interrupt_request", {})
    name, text = error_of(client.collect(running))
    assert name == "KeyboardInterrupt"
    assert "Run the cell again to go on" in text
    assert events(folder / "stopped")[-1]["reason"] == "interrupted"
    assert client.run("print(kept)").text() == "1\n"


def test_the_errors_of_a_cell_are_exceptions(client: Client) -> None:
    name, text = error_of(client.run("pb.learn('MountainCar-v0', 'wrong', episode=3)", timeout=120))
    assert name == "PolicybookError"
    assert "unknown key 'episode'; did you mean 'episodes'?" in text
    assert "traceback" not in text.lower()
    code = """try:
    pb.learn("MountainCat-v0", "wrong")
except Exception as error:
    print(type(error).__name__, error.name, "MountainCar" in error.message)"""
    assert client.run(code, timeout=120).text() == "PolicybookError EnvironmentError True\n"
    assert error_of(client.run("pb.learn('X', 'a\\nb')"))[0] == "ValueError"


def test_runs_policies_and_repeats_are_values(client: Client, folder: Path) -> None:
    code = """hand = pb.learn("MountainCar-v0", "hand", episodes=60, seed=1).best
many = pb.learn("MountainCar-v0", "many", episodes=60, repeat=2, start=hand)
bench = pb.compare("bench", policies={"hand": hand, "many": many}, baselines=["random"], episodes=20)
print(many, list(bench.results.index), len(many.replicates))"""
    assert client.run(code, timeout=300).text().splitlines()[-1] == (
        "<run many: 2 replicates> ['hand', 'many', 'random'] 2"
    )
    assert (
        events(folder / "many" / "1")[0]["settings"]["start"]
        == (
            folder
            / "hand"
            / "policies"
            / next(
                e["policy"]
                for e in events(folder / "hand")
                if e["type"] == "candidate_proposed" and e["candidate"] == best_of(folder / "hand")
            )
        ).read_text()
    )


def best_of(folder: Path) -> int:
    titles = [event for event in events(folder) if event["type"] == "head_changed"]
    candidate: int = titles[-1]["candidate"]
    return candidate


@pytest.mark.long
def test_a_kernel_that_ends_meanwhile_leaves_an_interrupted_run(
    own_kernel: Callable[..., RunningKernel],
) -> None:
    kernel = own_kernel()
    client, folder = kernel.client(), kernel.runs
    learn(client, "import policybook as pb")
    running = client.execute("pb.learn('LunarLander-v3', 'cut', episodes=3000, seed=4)")
    client.wait_for(running, is_run_update)
    kernel.manager.restart_kernel(now=False, env=kernel.environment)
    kernel.client()
    assert events(folder / "cut")[-1]["reason"] == "interrupted"
    assert not (folder / "cut" / ".lock").exists()


SCRIPT = """import policybook as pb
run = pb.learn("MountainCar-v0", "script", **{settings!r})
print(run.name, run.best.candidate > 0, len(run.history) > 0)
try:
    pb.learn("MountainCar-v0", "wrong", episode=3)
except Exception as error:
    print(type(error).__name__, "did you mean" in str(error))
print(list(pb.compare("bench", policies=["script"], baselines=["constant"], episodes=10).results.index))
"""


def test_a_script_learns_with_a_kernel_of_its_own(tmp_path: Path, expected: list[dict[str, Any]]) -> None:
    mark = f"asking-{os.getpid()}"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("POLICYBOOK_")}
    environment |= {"LC_POLICYBOOK_TEST": mark}
    environment.pop("JPY_SESSION_NAME", None)
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(settings=SETTINGS)],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=environment,
        timeout=200,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "script True True",
        "PolicybookError True",
        "['script', 'constant']",
    ]
    assert "best" in done.stderr, "a line of progress"
    assert unnamed(tmp_path / "policybook-runs" / tmp_path.name / "script") == expected
    poll(lambda: not alive(mark), "nothing of it is left")


def test_ctrl_c_in_a_script_keeps_what_was_found(tmp_path: Path) -> None:
    code = """import policybook as pb
try:
    pb.learn("LunarLander-v3", "long", episodes=3000)
except KeyboardInterrupt as stop:
    print(stop)"""
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    record = tmp_path / "policybook-runs" / tmp_path.name / "long" / "events.jsonl"
    poll(lambda: record.exists() and "champion_promoted" in record.read_text(), "a champion")
    process.send_signal(2)
    out, _ = process.communicate(timeout=120)
    assert "Run the cell again to go on" in out
    last = json.loads(record.read_text().splitlines()[-1])["event"]
    assert last["reason"] == "interrupted"


def alive(mark: str) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("LC_POLICYBOOK_TEST") == mark:
                found.append(process)
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return found


@pytest.mark.long
def test_an_ordinary_notebook_learns_with_a_kernel_of_its_own(
    tmp_path: Path, expected: list[dict[str, Any]]
) -> None:
    from jupyter_client.manager import KernelManager

    environment = {name: value for name, value in os.environ.items() if not name.startswith("POLICYBOOK_")}
    manager = KernelManager(kernel_name="python3")
    manager.start_kernel(cwd=str(tmp_path), env=environment)
    client = Client(manager.blocking_client())
    try:
        code = f"import policybook as pb\nprint(pb.learn('MountainCar-v0', 'other', **{SETTINGS!r}).name)"
        seen = client.run(code, timeout=200)
        assert seen.content["status"] == "ok", seen.of("error")
        assert "other" in seen.text()
        shown = {content["transient"]["display_id"] for content in seen.of("display_data")}
        updated = {content["transient"]["display_id"] for content in seen.of("update_display_data")}
        assert updated <= shown
        assert bundles(seen, RUN_MIME)[-1]["status"] in ("exhausted", "budget")
        assert unnamed(tmp_path / "policybook-runs" / tmp_path.name / "other") == expected
    finally:
        client.close()
        manager.shutdown_kernel()
