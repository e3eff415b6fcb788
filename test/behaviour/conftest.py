"""A real evaluator kernel, driven over its comm as Node drives it; messages are held against schemas."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import psutil
import pytest
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import KernelManager
from policybook.rollout.course_collector import CourseCollector
from policybook.rollout.trajectory_hashes import hash_trajectory

Schema = dict[str, Any]

SCHEMAS: Schema = json.loads((resources.files("policybook") / "schemas" / "evaluator.json").read_text())
LIMITS = {"stepMs": 100, "importMs": 10_000, "memoryMb": 512, "imports": []}
WATCHDOG_SECONDS = 120.0
"""A test that waits so long fails; no assertion depends on it."""

POLICIES = Path(__file__).parent.parent / "fixtures" / "policies"


def validator(schema: Schema) -> jsonschema.protocols.Validator:
    """A validator that is made once: to check the schema itself takes longer than most tests."""
    return jsonschema.Draft202012Validator(schema)


METHODS = {
    name: {side: validator(schema) for side, schema in sides.items()}
    for name, sides in SCHEMAS["methods"].items()
}
FRAMES = {side: validator(schema) for side, schema in SCHEMAS["frames"].items()}
PROGRESS = validator(SCHEMAS["progress"])


class Evaluator:
    """One evaluator kernel and a comm to it."""

    def __init__(self, wrapper: Sequence[str] = (), user: int | None = None, **environment: str) -> None:
        """`wrapper`: a command that starts the evaluator's; `user`: who then runs it."""
        argv = [*wrapper, sys.executable, "-m", "policybook.evaluator", "-f", "{connection_file}"]
        self.folder = Path(tempfile.mkdtemp(prefix="policybook-"))
        self.manager = KernelManager(transport="ipc", connection_file=str(self.folder / "kernel.json"))
        self.manager._kernel_spec = KernelSpec(argv=argv, display_name="evaluator", language="none")
        if user is not None:
            self.manager.write_connection_file()
            for path in (self.folder, self.folder / "kernel.json"):
                os.chown(path, user, user)
        with (self.folder / "output").open("wb") as output:
            self.manager.start_kernel(
                env={**os.environ, "JPY_PARENT_PID": str(os.getpid()), **environment},
                stdout=output,
                stderr=output,
            )
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=WATCHDOG_SECONDS)
        self.process = psutil.Process(self.manager.provisioner.pid)
        self.comm = uuid.uuid4().hex
        self.methods: dict[str, str] = {}
        self.seen: list[dict[str, Any]] = []
        content = {"comm_id": self.comm, "target_name": "policybook.evaluator", "data": {}}
        self.client.shell_channel.send(self.client.session.msg("comm_open", content))

    def request(self, method: str, params: dict[str, Any], key: str | None = None) -> str:
        """Sends a request; its key."""
        METHODS[method]["params"].validate(params)
        key = key or uuid.uuid4().hex
        self.methods[key] = method
        self.send({"kind": "request", "key": key, "method": method, "params": params})
        return key

    def send(self, data: dict[str, Any]) -> None:
        """Sends a frame, checked."""
        FRAMES["kernel"].validate(data)
        content = {"comm_id": self.comm, "data": data}
        self.client.shell_channel.send(self.client.session.msg("comm_msg", content))

    def receive(self, timeout: float = WATCHDOG_SECONDS) -> dict[str, Any]:
        """The next comm message, checked."""
        deadline = time.monotonic() + timeout
        while True:
            message = self.client.get_iopub_msg(timeout=max(0.01, deadline - time.monotonic()))
            if message["msg_type"] == "comm_msg":
                data: dict[str, Any] = message["content"]["data"]
                self._check(data)
                self.seen.append(data)
                return data

    def wait(self, key: str, timeout: float = WATCHDOG_SECONDS) -> dict[str, Any]:
        """The result or failure of a key."""
        while True:
            data = self.receive(timeout)
            if data["key"] == key and data["kind"] in ("result", "failure"):
                return data

    def ask(self, method: str, params: dict[str, Any]) -> Any:
        """A method's result."""
        data = self.wait(self.request(method, params))
        assert data["kind"] == "result", data
        return data["value"]

    def refuse(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        """A method's failure."""
        data = self.wait(self.request(method, params))
        assert data["kind"] == "failure", data
        return data

    def evaluate(self, environment: Any, source: str, seeds: Any, **limits: Any) -> Any:
        """An evaluation's result; a policy may be named by its fixture file."""
        return self.ask("evaluate", evaluation(environment, source, seeds, **limits))

    def evaluation(self, environment: Any, source: str, seeds: Any, **limits: Any) -> dict[str, Any]:
        """Parameters of `evaluate`."""
        return evaluation(environment, source, seeds, **limits)

    def leftovers(self) -> list[str]:
        """Processes that are still there of policies that were played, after a moment to go."""
        deadline = time.monotonic() + WATCHDOG_SECONDS
        while (left := self._left()) and time.monotonic() < deadline:
            time.sleep(0.01)
        return left

    def workers(self) -> dict[int, int]:
        """The most memory that each worker has taken so far, in MB, by its process."""
        return {worker.pid: _peak_mb(worker.pid) for worker in self.worker_processes()}

    def worker_processes(self) -> list[psutil.Process]:
        """The forks of the process that the evaluator has forked its workers by."""
        return [worker for server in self.process.children() for worker in server.children()]

    def output(self) -> str:
        """What it and its workers wrote to stdout and stderr."""
        return (self.folder / "output").read_text(errors="replace")

    def shut_down(self) -> None:
        """Stops the kernel as a client does."""
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=not self.process.is_running())
        sys.stderr.write(self.output())
        shutil.rmtree(self.folder)

    def _left(self) -> list[str]:
        """A worker keeps one process that waits for the next candidate; all others were somebody's."""
        left: list[str] = []
        for worker in self.worker_processes():
            forks = [fork for zygote in worker.children() for fork in zygote.children(recursive=True)]
            policies = [str(fork) for fork in forks if read_name(fork) not in ("", "policybook-init")]
            left += policies if len(policies) > 1 else []
        return left

    def _check(self, data: dict[str, Any]) -> None:
        FRAMES["evaluator"].validate(data)
        if data["kind"] == "result":
            METHODS[self.methods[data["key"]]]["result"].validate(data["value"])
        elif data["kind"] == "progress":
            PROGRESS.validate(data["value"])


def read_name(process: psutil.Process) -> str:
    """A process's name, empty where it has ended."""
    with contextlib.suppress(psutil.Error):
        name: str = process.name()
        return name
    return ""


def _peak_mb(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) // 1024


def spec(environment: Any) -> dict[str, Any]:
    """A specification from an id, or from some of its fields."""
    fields = {"id": environment} if isinstance(environment, str) else environment
    empty = {"id": None, "simulator": None, "kwargs": {}, "observe": None, "maxEpisodeSteps": None}
    return {**empty, **fields}


def evaluation(environment: Any, source: str, seeds: Any, **limits: Any) -> dict[str, Any]:
    """Parameters of `evaluate`."""
    text = (POLICIES / source).read_text() if source.endswith(".py") else source
    return {
        "environment": spec(environment),
        "source": text,
        "limits": {**LIMITS, **limits},
        "seeds": list(seeds),
    }


@pytest.fixture(scope="session")
def evaluator() -> Iterator[Evaluator]:
    """One evaluator for all tests that leave it alive."""
    running = Evaluator()
    yield running
    running.shut_down()


@pytest.fixture(scope="session")
def without_extras(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Evaluator]:
    """An evaluator that does not find the packages of optional environments."""
    folder = tmp_path_factory.mktemp("hidden")
    for name in ("mujoco", "ale_py", "minigrid"):
        (folder / f"{name}.py").write_text(f"raise ModuleNotFoundError(name={name!r})\n")
    found = os.environ.get("PYTHONPATH")
    running = Evaluator(PYTHONPATH=os.pathsep.join([str(folder), *([found] if found else [])]))
    yield running
    running.shut_down()


@pytest.fixture
def own_evaluator() -> Iterator[Any]:
    """Starts evaluators of the test's own, with environment variables."""
    started: list[Evaluator] = []

    def start(**environment: str) -> Evaluator:
        started.append(Evaluator(**environment))
        return started[-1]

    yield start
    for each in started:
        each.shut_down()


@pytest.fixture(scope="module")
def confined_evaluator() -> Iterator[Any]:
    """Starts evaluators on machines that are emulated, which end with the module."""
    started: list[Evaluator] = []

    def start(wrapper: Sequence[str], user: int | None, **environment: str) -> Evaluator:
        started.append(Evaluator(wrapper, user, **environment))
        return started[-1]

    yield start
    for each in started:
        if each.process.is_running():
            each.shut_down()


@pytest.fixture
def parameters() -> Any:
    """Builds the parameters of `evaluate`."""
    return evaluation


def bare_loop(env: Any, source: str, seed: int) -> dict[str, Any]:
    """An episode as anybody plays it, in the form of `evaluate`."""
    names: dict[str, Any] = {}
    exec(source, names)
    actions, rewards, total, over, course = b"", [], 0.0, False, CourseCollector()
    observation, _ = env.reset(seed=seed)
    while not over:
        action = np.asarray(names["act"](observation), env.action_space.dtype)
        actions += action.tobytes()
        observation, reward, terminated, truncated, info = env.step(action if action.shape else action[()])
        course.add(info)
        total, over = total + float(reward), terminated or truncated
        rewards.append(float(reward))
    course.end(info)
    return {
        "seed": seed,
        "return": total,
        "steps": len(rewards),
        "terminated": bool(terminated),
        "truncated": bool(truncated),
        "actionHash": hashlib.sha256(actions).hexdigest()[:16],
        "trajectoryHashes": hash_trajectory(actions, rewards)._asdict(),
        "course": course.make_course(rewards).to_json(),
    }


@pytest.fixture
def bare() -> Any:
    """Plays an episode in an environment of Gymnasium's, in this process."""
    return bare_loop


@pytest.fixture
def specification() -> Any:
    """Builds an environment's specification."""
    return spec
