"""Runs that a language model has written, recorded in the repository: they come out again without it."""

from pathlib import Path
from typing import Any

import pytest
from kernel_harness import ROOT, Client
from learning_kernel import events, kernel_of_notebook, learn

RECORDED = ROOT / "examples" / "recorded"

kernel = kernel_of_notebook("recorded.ipynb")


def read_decisions(folder: Path) -> list[dict[str, Any]]:
    """All events but for who answered, and what the answers cost."""
    left_out = ("run_declared", "author_answered")
    return [event | {"author": None} for event in events(folder) if event["type"] not in left_out]


@pytest.mark.long
@pytest.mark.parametrize("run", ["doorkey", "breakout-long"])
def test_a_recorded_run_comes_out_again_event_by_event(client: Client, folder: Path, run: str) -> None:
    recorded = RECORDED / run
    header, *keys = (recorded / "declaration.yaml").read_text().removeprefix("# ").splitlines()
    name = header.split(" as ")[1]
    replayed = [
        f"author: {{kind: replay, run: '{recorded}'}}" if key.startswith("author:") else key for key in keys
    ]
    learn(client, "\n".join([header, *replayed]))
    assert read_decisions(folder / name) == read_decisions(recorded)
