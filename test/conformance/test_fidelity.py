"""A notebook of Python, run by ipykernel and by policybook side by side: every message is compared."""

import ast
import json
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from kernel_harness import RunningKernel
from learning_kernel import INSTALLED_BUNDLE
from python_cells import CELLS, INVENTORIES, REQUESTS, Cell
from raw_wire import Wire
from recording import Notebook, Record

Said = dict[str, list[Record]]

PATIENT = Cell("patient completion", "get_ipython().Completer.jedi_compute_type_timeout = 60_000")
"""Without it a busy machine decides which of the two kernels has found the types of its matches in time."""


@pytest.fixture(scope="module")
def said(specs: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Said, Said]]:
    """What ipykernel and policybook said to each cell; both run in one folder, in lockstep."""
    folder = tmp_path_factory.mktemp("notebook")
    names = ("python3", "policybook")
    said: tuple[Said, Said] = ({}, {})
    with ExitStack() as stack:
        kernels = [RunningKernel(specs, INSTALLED_BUNDLE, folder, kernel_name=name) for name in names]
        for kernel in kernels:
            stack.callback(kernel.close)
        wires = [stack.enter_context(closing(Wire(kernel))) for kernel in kernels]
        notebooks = [Notebook(wire.welcomed()) for wire in wires]
        for cell in (*CELLS, *map(inventory, INVENTORIES), PATIENT):
            for notebook, cells in zip(notebooks, said, strict=True):
                cells[cell.name] = notebook.run(cell)
        for request in REQUESTS:
            for notebook, cells in zip(notebooks, said, strict=True):
                cells[json.dumps(request)] = notebook.exchange(*request)
        yield said


def inventory(entry: tuple[str, str, set[str]]) -> Cell:
    name, expression, _added = entry
    return Cell(name, f"import os, sys, threading; print({expression})")


@pytest.mark.parametrize("name", [cell.name for cell in CELLS])
def test_a_cell_says_the_same(said: tuple[Said, Said], name: str) -> None:
    peer, policybook = (cells[name] for cells in said)
    assert policybook == peer


@pytest.mark.parametrize("name", list(map(json.dumps, REQUESTS)))
def test_a_request_is_answered_the_same(said: tuple[Said, Said], name: str) -> None:
    peer, policybook = (cells[name] for cells in said)
    assert policybook == peer


@pytest.mark.parametrize(("name", "only_policybook"), [(name, added) for name, _, added in INVENTORIES])
def test_only_what_has_a_reason_differs(
    said: tuple[Said, Said], name: str, only_policybook: set[str]
) -> None:
    peer, policybook = (names(cells[name]) for cells in said)
    assert policybook ^ peer == only_policybook
    assert policybook >= only_policybook


def names(records: list[Record]) -> set[str]:
    """The names that the cell of an inventory printed."""
    [text] = [record["content"]["text"] for record in records if record["type"] == "stream"]
    return set(ast.literal_eval(text))
