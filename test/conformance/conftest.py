"""Raw sockets to a kernel; the kernel's own fixtures are in `test/conftest.py`."""

from collections.abc import Callable, Iterator

import pytest
from kernel_harness import Client, RunningKernel
from raw_wire import Wire


@pytest.fixture
def attach() -> Iterator[Callable[[RunningKernel], Wire]]:
    """Attaches raw sockets to kernels, until the end of the test."""
    attached: list[Wire] = []

    def attach(kernel: RunningKernel) -> Wire:
        wire = Wire(kernel)
        attached.append(wire)
        return wire.welcomed()

    yield attach
    for wire in attached:
        wire.close()


@pytest.fixture
def wire(kernel: RunningKernel, client: Client, attach: Callable[[RunningKernel], Wire]) -> Wire:
    """Raw sockets to the module's kernel, which is up: its client is."""
    return attach(kernel)
