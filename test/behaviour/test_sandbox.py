"""Attacks and honest policies, at every level that this machine offers, as root, as a user, without Landlock.

Each attack is a file with its outcome; a machine's evaluator plays them all at once, with honest policies
between them. After each: the next candidate is served and scores what it always does, no process is left, and
a key, a seed and two files were not seen.
"""

from __future__ import annotations

import functools
import itertools
import os
import secrets
import shutil
import socket
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "fixtures" / "confined"))

from exhibits import Exhibit, attacks, honest, with_canaries

LAUNCH = Path(__file__).parent.parent / "fixtures" / "confined" / "launch.py"
USER = 54321
SEED = 1_934_777_021
MOST_GROWTH_MB = 150
STILL = "def act(observation):\n    return 0\n"
LIMITS = {"stepMs": 60, "importMs": 250, "memoryMb": 512, "imports": []}
HONEST_LIMITS = {"stepMs": 1000, "importMs": 20_000, "memoryMb": 512, "imports": []}


@dataclass(frozen=True)
class Machine:
    """What an evaluator runs on. `level`: what the sandbox reaches there, if the machine has all it needs."""

    name: str
    level: int
    options: tuple[str, ...] = ()
    lowered: bool = False
    honest: bool = False
    """Whether honest policies are played there too: once a level."""

    @property
    def variables(self) -> dict[str, str]:
        lowered = {"POLICYBOOK_ISOLATION_LEVEL": str(self.level)} if self.lowered else {}
        return {"POLICYBOOK_LEAST_LEVEL": "0", "POLICYBOOK_WORKERS": "2", **lowered}


MACHINES = [
    Machine("here", 4, honest=True),
    Machine("here, without namespaces", 3, ("--no-namespaces",), honest=True),
    Machine("here, without namespaces and Landlock", 2, ("--no-namespaces", "--no-landlock"), honest=True),
    Machine("here, limits only", 1, lowered=True, honest=True),
    Machine("here, time-outs only", 0, lowered=True, honest=True),
    Machine("a user", 4, ("--user", str(USER)), honest=True),
    Machine("a user in a container", 3, ("--user", str(USER), "--no-namespaces")),
    Machine("a user without Landlock", 2, ("--user", str(USER), "--no-namespaces", "--no-landlock")),
    Machine("a user, limits only", 1, ("--user", str(USER)), lowered=True),
]


@dataclass
class Played:
    """What one machine's evaluator answered."""

    level: int
    baseline: dict[tuple[str, int], Any]
    attacked: dict[str, Any] = field(default_factory=dict)
    beside: dict[str, Any] = field(default_factory=dict)
    honest: dict[str, Any] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)
    """Processes."""
    touched: list[str] = field(default_factory=list)
    """Files."""
    told: list[str] = field(default_factory=list)
    """Secrets."""
    workers: tuple[dict[int, int], dict[int, int]] = ({}, {})
    """Before the attacks and behind them: by process, the most memory that each worker had taken, in MB."""


played_on: dict[str, Played | None] = {}


@pytest.fixture(scope="module")
def play(confined_evaluator: Any) -> Callable[[Machine], Played]:
    """Plays everything on a machine, once."""

    def play(machine: Machine) -> Played:
        if machine.name not in played_on:
            played_on[machine.name] = None  # what fails once is not tried again for every attack
            with Canaries() as canaries:
                played_on[machine.name] = played(machine, canaries, confined_evaluator)
        answered = played_on[machine.name]
        assert answered is not None, f"nothing could be played: {machine.name}"
        return answered

    return play


class Canaries:
    """What must not be seen, and servers that must not be reached."""

    def __init__(self) -> None:
        # pytest's own folders are closed to other users, who would see nothing of what lies in them anyway.
        self.home = Path(tempfile.mkdtemp(prefix="policybook-home-"))
        self.home.chmod(0o755)
        self.key = f"sk-canary{secrets.token_hex(12)}"
        self.secret = f"secret-{secrets.token_hex(12)}"
        self.open = f"open-{secrets.token_hex(12)}"
        (self.home / "secret.txt").write_text(self.secret)
        (self.home / "secret.txt").chmod(0o600)
        (self.home / "open.txt").write_text("\n\n\n" + self.open)
        (self.home / "canary_module.py").write_text(f"SECRET = {self.secret!r}\n")
        self.tcp = socket.create_server(("127.0.0.1", 0))
        self.port = self.tcp.getsockname()[1]
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind(("127.0.0.1", self.port))
        self.unix = socket.socket(socket.AF_UNIX)
        # A short path: what names a socket has room for 107 bytes.
        self.path = f"/tmp/policybook-{secrets.token_hex(4)}.socket"
        self.unix.bind(self.path)
        os.chmod(self.path, 0o777)
        self.unix.listen()
        self.abstract = f"policybook-{secrets.token_hex(8)}"
        self.named = socket.socket(socket.AF_UNIX)
        self.named.bind(f"\0{self.abstract}")
        self.named.listen()

    def __enter__(self) -> Canaries:
        return self

    def __exit__(self, *_: object) -> None:
        for server in (self.tcp, self.udp, self.unix, self.named):
            server.close()
        os.unlink(self.path)
        shutil.rmtree(self.home)

    @property
    def words(self) -> dict[str, str]:
        """As attacks name them."""
        return {
            "HOME": str(self.home),
            "HOME_FILE": str(self.home / "secret.txt"),
            "OPEN_FILE": str(self.home / "open.txt"),
            "PORT": str(self.port),
            "SOCKET": self.path,
            "ABSTRACT": self.abstract,
            "SEED_REVERSED": str(SEED)[::-1],
        }

    def give_to(self, user: int) -> None:
        if os.geteuid() == 0:
            for path in [self.home, *self.home.iterdir()]:
                os.chown(path, user, user)

    def state(self) -> list[tuple[str, int, float, str]]:
        """Of everything that an attack might leave or change."""
        left = [Path(place).glob("policybook-canary*") for place in ("/tmp", "/var/tmp", "/dev/shm")]
        found = [path for path in [*self.home.iterdir(), *itertools.chain(*left)] if path.is_file()]
        return sorted(
            (str(path), path.stat().st_mode, path.stat().st_mtime, path.read_text()) for path in found
        )


def played(machine: Machine, canaries: Canaries, start: Callable[..., Any]) -> Played:
    if "--user" in machine.options:
        canaries.give_to(USER)
    before = canaries.state()
    wrapper = [sys.executable, str(LAUNCH), *machine.options] if machine.options else []
    user = USER if "--user" in machine.options and os.geteuid() == 0 else None
    evaluator = start(
        wrapper, user, HOME=str(canaries.home), ANTHROPIC_API_KEY=canaries.key, **machine.variables
    )
    try:
        answered = answers(evaluator, machine, canaries)
        answered.left = evaluator.leftovers()
        answered.touched = [str(change) for change in set(canaries.state()) ^ set(before)]
        seen = repr(evaluator.seen) + evaluator.output()
        answered.told = [
            secret for secret in (canaries.key, canaries.secret, canaries.open) if secret in seen
        ]
    finally:
        evaluator.shut_down()
    return answered


def answers(evaluator: Any, machine: Machine, canaries: Canaries) -> Played:
    """Everything at once; an honest policy of another text behind each attack."""
    baseline = {}
    for environment, source in (("CartPole-v1", STILL), ("Pendulum-v1", STILL.replace("0", "[0.0]"))):
        for count in (3, 6, 30):
            result = evaluator.evaluate(environment, source, seeds(count), **LIMITS)
            baseline[environment, count] = result["episodes"]
    answered = Played(result["level"], baseline)
    before = evaluator.workers()
    asked: dict[str, tuple[dict[str, Any], str]] = {}

    def ask(exhibit: Exhibit, source: str, to: dict[str, Any], limits: dict[str, Any]) -> None:
        params = evaluator.evaluation(exhibit.environment, source, seeds(exhibit.episodes), **limits)
        asked[evaluator.request("evaluate", params)] = to, exhibit.name

    for exhibit in attacks():
        if exhibit.outcome(answered.level) is not None:
            ask(exhibit, with_canaries(exhibit, canaries.words), answered.attacked, LIMITS)
            beside = Exhibit(exhibit.name, f"{STILL}\n# beside {exhibit.name}\n")
            ask(beside, beside.source, answered.beside, LIMITS)
    for exhibit in honest() if machine.honest else ():
        ask(exhibit, exhibit.source, answered.honest, HONEST_LIMITS)
    while asked:
        data = evaluator.receive()
        if data["kind"] in ("result", "failure") and data["key"] in asked:
            to, name = asked.pop(data["key"])
            to[name] = data
    answered.workers = (before, evaluator.workers())
    return answered


def seeds(count: int) -> list[int]:
    return list(range(SEED, SEED + count))


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.name)
@pytest.mark.parametrize("attack", attacks(), ids=lambda attack: attack.name)
def test_an_attack_ends_as_its_file_says(machine: Machine, attack: Exhibit, play: Any) -> None:
    played = play(machine)
    outcome = attack.outcome(played.level)
    if outcome is None:
        assert attack.name not in played.attacked
        return
    data = played.attacked[attack.name]
    assert data["kind"] == "result", data
    failure = data["value"]["failure"]
    message = "" if failure is None else failure["message"]
    if outcome == "through":
        # What is not blocked is told; the day on which it is, the README has to be changed.
        assert "breach" in message
        return
    assert "breach" not in message
    assert message.isprintable()
    assert str(SEED) not in message
    assert (failure["code"] if failure else "unchanged") in attack.codes, message
    if failure is None:
        assert data["value"]["episodes"] == played.baseline[attack.environment, attack.episodes]
    elif attack.words:
        assert any(word in message for word in attack.words), message


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.name)
def test_nothing_is_left_and_nobody_beside_is_changed(machine: Machine, play: Any) -> None:
    played = play(machine)
    assert len(played.beside) == len(played.attacked) > 0
    for data in played.beside.values():
        assert data["value"]["failure"] is None
        assert data["value"]["episodes"] == played.baseline["CartPole-v1", 3]
    assert played.left == []
    if played.level >= 2:
        assert played.touched == []
        assert played.told == []


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.name)
def test_no_policy_ends_a_worker_or_makes_it_grow(machine: Machine, play: Any) -> None:
    before, after = play(machine).workers
    assert set(before) == set(after)
    for worker, peak in after.items():
        assert peak < before[worker] + MOST_GROWTH_MB


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.name)
def test_the_level_is_what_the_machine_allows(machine: Machine, play: Any) -> None:
    assert play(machine).level == min(machine.level, highest())


@pytest.mark.parametrize("machine", [each for each in MACHINES if each.honest], ids=lambda each: each.name)
@pytest.mark.parametrize("policy", honest(), ids=lambda policy: policy.name)
def test_an_honest_policy_is_played_and_scores_alike_at_every_level(
    machine: Machine, policy: Exhibit, play: Any
) -> None:
    data = play(machine).honest[policy.name]
    assert data["kind"] == "result", data
    assert data["value"]["failure"] is None
    assert len(data["value"]["episodes"]) == policy.episodes
    assert data["value"]["episodes"] == play(MACHINES[0]).honest[policy.name]["value"]["episodes"]


@functools.cache
def highest() -> int:
    """What this machine offers to whoever runs the tests."""
    from policybook.doctor.confinement import examine_confinement

    return examine_confinement().level
