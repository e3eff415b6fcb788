"""Attacks and honest policies, at every level that this machine offers, as root, as a user, without Landlock.

Each attack is a file with its outcome; a machine's evaluator plays them all at once, with honest policies
between them. After each: the next candidate is served and scores what it always does, no process is left, and
a key, a seed and two files were not seen. This machine plays all of them; on the emulated ones every kind of
attack has a representative, and the whole grid is the long form.
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
LIMITS = {"stepMs": 20_000, "importMs": 60_000, "memoryMb": 512, "imports": []}
"""Of every policy that is to end by anything but a time-out: a slow machine must not end it first."""

SAMPLE_BY_KIND = {
    "time and memory": ("act_loop", "act_sleeps", "import_loop", "slow_leak", "memory_in_a_class"),
    "answers": ("nan", "nul_in_source", "segfault", "doubled_actions", "lies_about_its_row", "frame_walk"),
    "files": ("chmod", "list_home", "read_everybodys_file", "read_home", "write_files", "import_simulator"),
    "the net": ("dns", "http", "netlink", "tcp", "unix_socket"),
    "processes": ("execute", "fork", "kill_parent", "ptrace", "read_siblings_memory", "thread_flood"),
    "the system": ("become_root", "grows_shared_memory", "io_uring", "mount", "unshare"),
}
"""Attacks that stand for their kind."""

SAMPLE = frozenset(itertools.chain.from_iterable(SAMPLE_BY_KIND.values()))

HONEST_SAMPLE = frozenset({"class_with_memory", "linear_numpy", "modules_of_the_library", "threshold"})


@dataclass(frozen=True)
class Machine:
    """What an evaluator runs on. `level`: of isolation there, where this machine has all that it needs."""

    name: str
    level: int
    options: tuple[str, ...] = ()
    lowered: bool = False
    is_long: bool = False
    """Whether the long form alone plays there."""
    honest: bool = False
    """Whether honest policies are played there too: once a level."""

    @property
    def variables(self) -> dict[str, str]:
        lowered = {"POLICYBOOK_ISOLATION_LEVEL": str(self.level)} if self.lowered else {}
        return {"POLICYBOOK_LEAST_LEVEL": "0", "POLICYBOOK_WORKERS": "2", **lowered}


MACHINES = [
    Machine("here", 4, honest=True),
    Machine("here, without namespaces", 3, ("--no-namespaces",), honest=True, is_long=True),
    Machine("here, without namespaces and Landlock", 2, ("--no-namespaces", "--no-landlock"), honest=True),
    Machine("here, limits only", 1, lowered=True, honest=True),
    Machine("here, time-outs only", 0, lowered=True, honest=True, is_long=True),
    Machine("a user", 4, ("--user", str(USER)), honest=True),
    Machine("a user in a container", 3, ("--user", str(USER), "--no-namespaces"), honest=True),
    Machine(
        "a user without Landlock", 2, ("--user", str(USER), "--no-namespaces", "--no-landlock"), is_long=True
    ),
    Machine("a user, limits only", 1, ("--user", str(USER)), lowered=True, is_long=True),
]


@dataclass(frozen=True)
class Grid:
    """What is played on a machine: `whole`, or a sample of attacks and honest policies."""

    machine: Machine
    whole: bool

    @property
    def name(self) -> str:
        return self.machine.name + (", whole" if self.whole else "")

    @property
    def attacks(self) -> list[Exhibit]:
        return [attack for attack in attacks() if self.whole or attack.name in SAMPLE]

    @property
    def honest(self) -> list[Exhibit]:
        chosen = [policy for policy in honest() if self.whole or policy.name in HONEST_SAMPLE]
        return chosen if self.machine.honest else []


HERE = Grid(MACHINES[0], whole=True)
GRIDS = [HERE, *(Grid(machine, whole=False) for machine in MACHINES[1:] if not machine.is_long)]
"""Those of the short form: the whole grid here, and a sample on the other machines."""
LONG_GRIDS = [Grid(machine, whole=True) for machine in MACHINES[1:]]
EVERY_GRID = [
    *(pytest.param(grid, id=grid.name) for grid in GRIDS),
    *(pytest.param(grid, id=grid.name, marks=pytest.mark.long) for grid in LONG_GRIDS),
]


def each_of(exhibits: Callable[[Grid], list[Exhibit]]) -> list[Any]:
    """Parameters of a test: every grid with each of its exhibits."""
    short = [
        pytest.param(grid, each, id=f"{grid.name}-{each.name}") for grid in GRIDS for each in exhibits(grid)
    ]
    whole = [
        pytest.param(grid, each, id=f"{grid.name}-{each.name}", marks=pytest.mark.long)
        for grid in LONG_GRIDS
        for each in exhibits(grid)
    ]
    return short + whole


def limits_of(attack: Exhibit) -> dict[str, Any]:
    """The limits are tight where an attack is to be ended by them, and there only."""
    step = {"stepMs": 60} if "step_timeout" in attack.codes else {}
    importing = {"importMs": 250} if "import_timeout" in attack.codes else {}
    return {**LIMITS, **step, **importing}


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
    leaked: list[str] = field(default_factory=list)
    """Secrets."""
    workers: tuple[dict[int, int], dict[int, int]] = ({}, {})
    """Before the attacks and behind them: by process, the most memory that each worker had taken, in MB."""


@pytest.fixture(scope="module")
def play(confined_evaluator: Any) -> Callable[[Grid], Played]:
    """Plays a grid, once."""
    played_on: dict[str, Played | None] = {}

    def play(grid: Grid) -> Played:
        if grid.name not in played_on:
            played_on[grid.name] = None  # what fails once is not tried again for every attack
            with Canaries() as canaries:
                played_on[grid.name] = played(grid, canaries, confined_evaluator)
        answered = played_on[grid.name]
        assert answered is not None, f"nothing could be played: {grid.name}"
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


def played(grid: Grid, canaries: Canaries, start: Callable[..., Any]) -> Played:
    machine = grid.machine
    if "--user" in machine.options:
        canaries.give_to(USER)
    before = canaries.state()
    wrapper = [sys.executable, str(LAUNCH), *machine.options] if machine.options else []
    user = USER if "--user" in machine.options and os.geteuid() == 0 else None
    evaluator = start(
        wrapper, user, HOME=str(canaries.home), ANTHROPIC_API_KEY=canaries.key, **machine.variables
    )
    try:
        answered = answers(evaluator, grid, canaries)
        answered.left = evaluator.leftovers()
        answered.touched = [str(change) for change in set(canaries.state()) ^ set(before)]
        seen = repr(evaluator.seen) + evaluator.output()
        answered.leaked = [
            secret for secret in (canaries.key, canaries.secret, canaries.open) if secret in seen
        ]
    finally:
        evaluator.shut_down()
    return answered


def answers(evaluator: Any, grid: Grid, canaries: Canaries) -> Played:
    """Everything at once; an honest policy of another text behind each attack."""
    baseline = {}
    for environment, source in (("CartPole-v1", STILL), ("Pendulum-v1", STILL.replace("0", "[0.0]"))):
        for count in (3, 6, 30):
            result = evaluator.evaluate(environment, source, seeds(count), **LIMITS)
            baseline[environment, count] = result["episodes"]
    answered = Played(result["level"], baseline)
    before = evaluator.workers()
    asked: dict[str, tuple[dict[str, Any], str]] = {}

    def ask(exhibit: Exhibit, source: str, to: dict[str, Any], limits: dict[str, Any] = LIMITS) -> None:
        params = evaluator.evaluation(exhibit.environment, source, seeds(exhibit.episodes), **limits)
        asked[evaluator.request("evaluate", params)] = to, exhibit.name

    for exhibit in grid.attacks:
        if exhibit.outcome(answered.level) is not None:
            source = with_canaries(exhibit, canaries.words)
            ask(exhibit, source, answered.attacked, limits_of(exhibit))
            beside = Exhibit(exhibit.name, f"{STILL}\n# beside {exhibit.name}\n")
            ask(beside, beside.source, answered.beside)
    for exhibit in grid.honest:
        ask(exhibit, exhibit.source, answered.honest)
    while asked:
        data = evaluator.receive()
        if data["kind"] in ("result", "failure") and data["key"] in asked:
            to, name = asked.pop(data["key"])
            to[name] = data
    answered.workers = (before, evaluator.workers())
    return answered


def seeds(count: int) -> list[int]:
    return list(range(SEED, SEED + count))


@pytest.mark.parametrize(("grid", "attack"), each_of(lambda grid: grid.attacks))
def test_an_attack_ends_as_its_file_says(grid: Grid, attack: Exhibit, play: Any) -> None:
    played = play(grid)
    outcome = attack.outcome(played.level)
    if outcome is None:
        assert attack.name not in played.attacked
        return
    data = played.attacked[attack.name]
    assert data["kind"] == "result", data
    failure = data["value"]["failure"]
    message = "" if failure is None else failure["message"]
    if outcome == "through":
        # The README names what gets through at a level; the day on which it is blocked, it has to be changed.
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


@pytest.mark.parametrize("grid", EVERY_GRID)
def test_attacks_leave_nothing_behind_and_change_no_other_policys_score(grid: Grid, play: Any) -> None:
    played = play(grid)
    assert len(played.beside) == len(played.attacked) > 0
    for data in played.beside.values():
        assert data["value"]["failure"] is None
        assert data["value"]["episodes"] == played.baseline["CartPole-v1", 3]
    assert played.left == []
    if played.level >= 2:
        assert played.touched == []
        assert played.leaked == []


@pytest.mark.parametrize("grid", EVERY_GRID)
def test_no_attack_ends_a_worker_or_fills_its_memory(grid: Grid, play: Any) -> None:
    before, after = play(grid).workers
    assert set(before) == set(after)
    for worker, peak in after.items():
        assert peak < before[worker] + MOST_GROWTH_MB


@pytest.mark.parametrize("grid", EVERY_GRID)
def test_the_isolation_level_is_what_the_machine_allows(grid: Grid, play: Any) -> None:
    assert play(grid).level == min(grid.machine.level, highest())


@pytest.mark.parametrize(("grid", "policy"), each_of(lambda grid: grid.honest))
def test_an_honest_policy_is_played_and_scores_alike_at_every_level(
    grid: Grid, policy: Exhibit, play: Any
) -> None:
    data = play(grid).honest[policy.name]
    assert data["kind"] == "result", data
    assert data["value"]["failure"] is None
    assert len(data["value"]["episodes"]) == policy.episodes
    assert data["value"]["episodes"] == play(HERE).honest[policy.name]["value"]["episodes"]


@functools.cache
def highest() -> int:
    """What this machine offers to the user who runs the tests."""
    from policybook.doctor.confinement import examine_confinement

    return examine_confinement().level
