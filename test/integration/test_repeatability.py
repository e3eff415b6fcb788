"""The same declaration gives the same events: on any number of workers, in any width, and learned again."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
from kernel_harness import RunningKernel
from learning_kernel import INSTALLED_BUNDLE, error_of, events, is_run_update, learn

SEARCHED = {"candidate_raced", "challenger_compared"}


@pytest.fixture
def start(specs: Path, tmp_path: Path) -> Any:
    started: list[RunningKernel] = []

    def start(**environment: str) -> RunningKernel:
        folder = tmp_path / str(len(started))
        folder.mkdir()
        kernel = RunningKernel(specs, INSTALLED_BUNDLE, folder, JPY_SESSION_NAME="same.ipynb", **environment)
        started.append(kernel)
        return kernel

    yield start
    for kernel in started:
        kernel.close()


def run_folder(root: Path, number: int = 0, run: str = "first") -> Path:
    return root / str(number) / "policybook-runs" / "same" / run


@pytest.mark.parametrize(
    ("cell", "stages", "settings"),
    [
        pytest.param(
            "%%learn MountainCar-v0 as first\nepisodes: 150\ngolden: [3, {seed: 17, at_least: -180}]",
            {*SEARCHED, "golden_played"},
            [("1", "64"), ("3", "1")],
            id="short",
        ),
        pytest.param(
            "%%learn LunarLander-v3 as first\nreturns: [-250, 320]\nepisodes: 1000",
            {*SEARCHED, "tuner_finished", "constants_jittered"},
            [("2", "64"), ("1", "64"), ("4", "1")],
            id="long",
            marks=pytest.mark.long,
        ),
    ],
)
def test_workers_and_width_change_no_event(
    start: Callable[..., RunningKernel],
    tmp_path: Path,
    cell: str,
    stages: set[str],
    settings: list[tuple[str, str]],
) -> None:
    for workers, width in settings:
        learn(start(POLICYBOOK_WORKERS=workers, POLICYBOOK_WIDTH=width).client(), cell)
    first, *others = (events(run_folder(tmp_path, number)) for number in range(len(settings)))
    assert stages <= {event["type"] for event in first}
    for other in others:
        assert other == first


def test_learned_again_it_says_whether_it_came_out_as_before(
    start: Callable[..., RunningKernel], tmp_path: Path
) -> None:
    client = start().client()
    learn(client, "%%learn CartPole-v1 as first\nepisodes: 200")
    said = learn(client, "%%learn CartPole-v1 as first\nepisodes: 200\nagain: true").text()
    count = len(events(run_folder(tmp_path)))
    assert f"first reproduces first~1: all {count} events are the same" in said
    changed = learn(client, "%%learn CartPole-v1 as first\nepisodes: 200\nseed: 9").text()
    assert "is not gone on with, because the declaration changed (seed: 0 → 9)" in changed


@pytest.mark.long
def test_where_wall_time_stopped_a_run_is_obeyed_when_it_is_learned_again(
    start: Callable[..., RunningKernel], tmp_path: Path
) -> None:
    client = start().client()
    cell = "%%learn LunarLander-v3 as first\nreturns: [-250, 320]\nwall: 3"
    # How far it gets by then is the machine's affair: a run without a champion ends in an error.
    client.run(cell, timeout=120)
    before = events(run_folder(tmp_path))
    assert (before[-1]["reason"], before[-1]["message"]) == ("budget", "3 seconds have passed")
    said = client.run(f"{cell}\nagain: true", timeout=120).text()
    assert f"first reproduces first~1: all {len(before)} events are the same" in said
    assert events(run_folder(tmp_path)) == before


@pytest.mark.long
def test_an_interrupted_run_is_not_gone_on_with_under_another_declaration(
    start: Callable[..., RunningKernel], tmp_path: Path
) -> None:
    client = start().client()
    running = client.execute("%%learn LunarLander-v3 as first\nepisodes: 100000")
    client.wait_for(running, is_run_update)
    client.send("control", "interrupt_request", {})
    assert client.collect(running).content["status"] == "error"
    before = events(run_folder(tmp_path))
    said = learn(client, "%%learn LunarLander-v3 as first\nepisodes: 50\nseed: 2").text()
    assert "is not gone on with, because the declaration changed" in said
    assert "(episodes: 100000 → 50, seed: 0 → 2)" in said
    assert events(run_folder(tmp_path, run="first~1")) == before


def test_a_folder_that_cannot_be_written_is_named_and_the_kernel_lives(specs: Path) -> None:
    # Not even root may make folders there.
    kernel = RunningKernel(specs, INSTALLED_BUNDLE, Path("/sys"), JPY_SESSION_NAME="same.ipynb")
    try:
        client = kernel.client()
        name, text = error_of(client.run("%%learn CartPole-v1 as first\nepisodes: 100"))
        assert (name, "/sys/policybook-runs/same/first cannot be written" in text) == ("RunError", True)
        assert client.run("print('alive')").text() == "alive\n"
    finally:
        kernel.close()


@pytest.mark.long
def test_a_lock_that_is_taken_away_ends_the_run_with_everything_kept(
    start: Callable[..., RunningKernel], tmp_path: Path
) -> None:
    client = start().client()
    running = client.execute("%%learn LunarLander-v3 as first\nepisodes: 100000")
    client.wait_for(running, is_run_update)
    folder = run_folder(tmp_path)
    before = events(folder)
    (folder / ".lock").unlink()
    name, text = error_of(client.collect(running, timeout=120))
    assert (name, "the lock" in text, "lock_lost" in text) == ("RunError", True, True)
    assert events(folder)[: len(before)] == before
    goes_on = client.execute("%%learn LunarLander-v3 as first\nepisodes: 100000")
    client.wait_for(goes_on, is_run_update)
    client.send("control", "interrupt_request", {})
    assert client.collect(goes_on).content["status"] == "error"
    assert events(folder)[: len(before)] == before


def test_a_disk_that_is_full_is_named_and_the_run_goes_on_when_there_is_room(
    start: Callable[..., RunningKernel], tmp_path: Path
) -> None:
    running_kernel = start()
    client = running_kernel.client()
    cell = "%%learn LunarLander-v3 as first\nepisodes: 200"
    running = client.execute(cell)
    client.wait_for(running, is_run_update)
    folder = run_folder(tmp_path)
    kernel = psutil.Process(running_kernel.pid)
    _, most = kernel.rlimit(psutil.RLIMIT_FSIZE)
    # No file may grow any more: to the kernel, the same as no space.
    kernel.rlimit(psutil.RLIMIT_FSIZE, ((folder / "events.jsonl").stat().st_size + 50, most))
    name, text = error_of(client.collect(running, timeout=120))
    assert (name, "disk_full" in text) == ("RunError", True)
    before = events(folder)
    kernel.rlimit(psutil.RLIMIT_FSIZE, (most, most))
    assert "goes on where it was left" in learn(client, cell).text()
    assert events(folder)[: len(before)] == before
    learn(client, cell.replace("first", "undisturbed"))
    assert nameless(events(folder)) == nameless(events(run_folder(tmp_path, run="undisturbed")))


def nameless(recorded: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**event, "run": ""} for event in recorded]
