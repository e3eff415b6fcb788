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
def test_a_recorded_run_comes_out_again_event_by_event(client: Client, folder: Path) -> None:
    learn(
        client,
        "%%learn MiniGrid-DoorKey-8x8-v0 as doorkey\n"
        f"author: {{kind: replay, run: '{RECORDED / 'doorkey'}'}}\n"
        "episodes: 1000\ncalls: 12\nseed: 1",
    )
    assert read_decisions(folder / "doorkey") == read_decisions(RECORDED / "doorkey")
