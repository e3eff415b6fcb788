"""Fixtures of tests that drive the installed policybook; `kernel_of_notebook` makes a module's kernel."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from kernel_harness import RunningKernel
from learning_kernel import INSTALLED_BUNDLE


@pytest.fixture(scope="module")
def folder(kernel: RunningKernel) -> Path:
    """Where the runs of the module's notebook are."""
    return kernel.runs


@pytest.fixture
def own_kernel(specs: Path, tmp_path: Path) -> Iterator[Callable[..., RunningKernel]]:
    """Starts kernels of the test's own, which share a folder and end with the test."""
    started: list[RunningKernel] = []

    def start(name: str = "own.ipynb", **environment: str) -> RunningKernel:
        running = RunningKernel(specs, INSTALLED_BUNDLE, tmp_path, JPY_SESSION_NAME=name, **environment)
        started.append(running)
        return running

    yield start
    for kernel in started:
        kernel.close()
