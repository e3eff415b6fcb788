"""kill -9 of kernel, evaluator and worker in the middle of runs; `npm run bench -- learning-loop` has 200."""

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from counting_server import CountingServer
from kills import KilledRun, Victim
from model_answers import ANSWERS, author

pytestmark = pytest.mark.long

SEARCH = "%%learn LunarLander-v3 as first\nreturns: [-250, 320]\nepisodes: {}"


@pytest.fixture
def killed(specs: Path, tmp_path: Path) -> Iterator[Callable[..., KilledRun]]:
    started: list[KilledRun] = []

    def killed(cell: str, **environment: str) -> KilledRun:
        folder = tmp_path / str(len(started))
        folder.mkdir()
        started.append(KilledRun(specs, folder, cell, "first", **environment))
        return started[-1]

    yield killed
    for run in started:
        run.close()


@pytest.fixture
def server() -> Iterator[CountingServer]:
    server = CountingServer(ANSWERS, pause=0.02)
    yield server
    server.close()


def survives(
    run: KilledRun, victims: list[Victim], expected: list[dict[str, Any]], chance: random.Random
) -> None:
    for victim in victims:
        if not run.kill(victim, run.lines() + chance.randrange(1, 7), chance.random() * 0.3):
            break
        assert run.lasting() == expected[: len(run.lasting())]
    assert run.finish() == expected


def test_a_search_ends_as_if_nothing_had_happened(killed: Callable[..., KilledRun]) -> None:
    """One kill at a time is in `test_deaths.py`."""
    victims: list[Victim] = ["kernel", "worker", "kernel", "evaluator", "kernel"]
    cell = SEARCH.format(500)
    expected = killed(cell).undisturbed()
    run = killed(cell)
    survives(run, victims, expected, random.Random(6))
    assert sum(run.record.kills.values()) >= len(victims) - 1


def test_no_model_call_is_paid_for_twice(killed: Callable[..., KilledRun], server: CountingServer) -> None:
    kills = 4
    options = f"{author(server.base_url)}\nepisodes: 1500\ncalls: 5\nsimplify: false"
    cell = f"%%learn CartPole-v1 as first\n{options}"
    expected = killed(cell, SOME_KEY="sk-none").undisturbed()
    assert set(server.charged.values()) == {1}
    server.forget()

    run = killed(cell, SOME_KEY="sk-none")
    chance = random.Random(3)
    for _ in range(kills):
        during = chance.random() * 0.15
        assert run.kill("kernel", run.lines(), during, calling=lambda: server.under_way > 0)
        assert run.lasting() == expected[: len(run.lasting())]
    assert run.finish() == expected
    assert set(server.charged.values()) == {1}
    assert sum(server.asked.values()) <= len(server.charged) + kills
