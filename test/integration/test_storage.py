"""A run whose folder cannot be written any more: a clear error, nothing lost, and the cell goes on."""

import resource
from collections.abc import Iterator
from pathlib import Path

import pytest
from kernel_harness import Client, Execution, Message, RunningKernel
from learning_kernel import INSTALLED_BUNDLE, error_of, events, is_run_update, learn

CELL = "%%learn LunarLander-v3 as {}\nreturns: [-250, 320]\nepisodes: 1000"


@pytest.fixture
def kernel(specs: Path, tmp_path: Path) -> Iterator[RunningKernel]:
    running = RunningKernel(specs, INSTALLED_BUNDLE, tmp_path, JPY_SESSION_NAME="full.ipynb")
    yield running
    running.close()


@pytest.fixture
def client(kernel: RunningKernel) -> Client:
    return kernel.client()


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    return tmp_path / "policybook-runs" / "full"


def begun(client: Client, run: str) -> Message:
    """The request of a cell whose run has a champion."""
    running = client.execute(CELL.format(run))
    client.wait_for(running, is_run_update)
    return running


def goes_on(client: Client, runs: Path, run: str, ended: Execution) -> None:
    """What was acknowledged is there, and the run ends as an undisturbed one."""
    kept = events(runs / run)
    assert ended.content["status"] == "error"
    assert len(kept) > 3
    said = learn(client, CELL.format(run)).text()
    assert f"{run} goes on where it was left" in said
    learn(client, CELL.format("whole"))
    assert events(runs / run)[: len(kept)] == kept
    undisturbed = [
        event for event in events(runs / run) if event.get("reason") not in ("failed", "interrupted")
    ]
    assert undisturbed[1:] == events(runs / "whole")[1:]


def test_a_full_disk(kernel: RunningKernel, client: Client, runs: Path) -> None:
    running = begun(client, "first")
    unlimited = resource.prlimit(kernel.pid, resource.RLIMIT_FSIZE)
    # As a quota does, it lets nothing grow any more.
    resource.prlimit(kernel.pid, resource.RLIMIT_FSIZE, (100, unlimited[1]))
    ended = client.collect(running, timeout=120)
    resource.prlimit(kernel.pid, resource.RLIMIT_FSIZE, unlimited)
    name, text = error_of(ended)
    assert name == "RunError"
    assert "the disk, the quota or a limit on file sizes is reached; nothing recorded so far is lost" in text
    assert str(runs / "first") in text
    goes_on(client, runs, "first", ended)


def test_a_lock_that_is_taken_away(client: Client, runs: Path) -> None:
    running = begun(client, "first")
    (runs / "first" / ".lock").unlink()
    ended = client.collect(running, timeout=120)
    name, text = error_of(ended)
    assert name == "RunError"
    assert "is lost (it was removed); this run is written no further" in text
    goes_on(client, runs, "first", ended)
