"""Fixtures of the kernel's tests; see the harness for what kind of kernel this is."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent / "fixtures" / "kernel"))

from kernel_harness import Client, RunningKernel, build_bundle, build_kernelspec


@pytest.fixture(scope="session")
def bundle() -> Path:
    return build_bundle()


@pytest.fixture(scope="session")
def specs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_kernelspec(tmp_path_factory.mktemp("kernels"))


@pytest.fixture
def start(bundle: Path, specs: Path, tmp_path: Path) -> Iterator[Callable[..., RunningKernel]]:
    """Starts kernels that end with the test."""
    started: list[RunningKernel] = []

    def start(**environment: str) -> RunningKernel:
        started.append(RunningKernel(specs, bundle, tmp_path, **environment))
        return started[-1]

    yield start
    for kernel in started:
        kernel.close()


@pytest.fixture(scope="module")
def kernel(bundle: Path, specs: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningKernel]:
    """One kernel for a module, for tests that leave it as they found it."""
    running = RunningKernel(specs, bundle, tmp_path_factory.mktemp("notebook"))
    yield running
    running.close()


@pytest.fixture(scope="module")
def client(kernel: RunningKernel) -> Client:
    return kernel.client()
