"""A stranger's machine: binder's files step by step, unprivileged, without Node, then the quickstart.

It installs everything from the registries, which takes minutes: all but the first test is the long form.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parents[2]
UNPRIVILEGED = 1000
NODE_PROGRAMS = {"node", "nodejs", "npm", "npx", "corepack"}
RUN_MIME = "application/vnd.policybook.run+json"
DIFF_MIME = "application/vnd.policybook.diff+json"


@dataclass(frozen=True)
class Machine:
    """A folder of a user who has nothing but a Python."""

    home: Path
    python: str

    @property
    def checkout(self) -> Path:
        return self.home / "policybook"

    @property
    def bin(self) -> Path:
        return self.home / "env" / "bin"

    @property
    def path(self) -> str:
        return f"{self.bin}:{self.home / 'programs'}"

    def run(self, *command: str | Path, cwd: Path | None = None, timeout: float = 600) -> str:
        """Run as the unprivileged user and return what was printed; fail with all of it otherwise."""
        environment = {
            "HOME": str(self.home),
            "PATH": self.path,
            "LANG": "C.UTF-8",
            **{key: value for key, value in os.environ.items() if key.lower().startswith(("pip_", "ssl_"))},
            **{key: value for key, value in os.environ.items() if key.lower().endswith("_proxy")},
        }
        done = subprocess.run(
            [str(part) for part in command],
            cwd=cwd or self.checkout,
            env=environment,
            capture_output=True,
            text=True,
            timeout=timeout,
            **unprivileged(),
        )
        assert done.returncode == 0, f"{command}\n{done.stdout[-4000:]}\n{done.stderr[-8000:]}"
        return done.stdout + done.stderr


def unprivileged() -> dict[str, object]:
    if os.geteuid() != 0:
        return {}
    return {"user": UNPRIVILEGED, "group": UNPRIVILEGED, "extra_groups": []}


def link_programs_but_node(folder: Path) -> None:
    """The system's programs, as a machine has them where nobody installed Node."""
    folder.mkdir()
    for place in ("/usr/bin", "/bin"):
        for program in Path(place).iterdir():
            if program.name not in NODE_PROGRAMS and not (folder / program.name).is_symlink():
                (folder / program.name).symlink_to(program)


def find_python(home: Path) -> str:
    """A Python >= 3.11 with venv that the unprivileged user may run."""
    check = "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))"
    candidates = [
        getattr(sys, "_base_executable", sys.executable),
        *(f"/usr/bin/python3{m}" for m in ("", ".13", ".12", ".11")),
    ]
    for candidate in candidates:
        try:
            done = subprocess.run([candidate, "-c", check], cwd=home, capture_output=True, **unprivileged())
        except OSError:
            continue
        if done.returncode == 0:
            return candidate
    pytest.fail(f"no Python >= 3.11 with venv that an unprivileged user may run; tried {candidates}")


@pytest.fixture(scope="module")
def machine() -> Iterator[Machine]:
    with tempfile.TemporaryDirectory(prefix="policybook-binder-") as folder:
        home = Path(folder)
        machine = Machine(home, "")
        archive = home / "checkout.tar"
        listed = subprocess.run(
            ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
            cwd=ROOT,
            capture_output=True,
            check=True,
        )
        existing = b"\0".join(
            name for name in listed.stdout.split(b"\0") if name and (ROOT / name.decode()).exists()
        )
        subprocess.run(["tar", "--null", "-T", "-", "-cf", archive], cwd=ROOT, input=existing, check=True)
        link_programs_but_node(home / "programs")
        machine.checkout.mkdir()
        subprocess.run(["tar", "-xf", archive, "-C", machine.checkout], check=True)
        archive.unlink()
        if os.geteuid() == 0:
            subprocess.run(["chown", "-R", f"{UNPRIVILEGED}:{UNPRIVILEGED}", home], check=True)
        home.chmod(0o755)
        machine = Machine(home, find_python(home))
        machine.run(machine.python, "-m", "venv", home / "env")
        machine.run(
            machine.bin / "python", "-m", "pip", "install", "--quiet", "-r", "binder/requirements.txt"
        )
        yield machine


def test_binder_names_a_python_that_the_wheel_takes() -> None:
    named = re.fullmatch(r"python-(\d+)\.(\d+)", (ROOT / "binder" / "runtime.txt").read_text().strip())
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
    assert named is not None
    assert wanted == ">=3.11"
    assert (int(named[1]), int(named[2])) >= (3, 11)


@pytest.mark.long
def test_no_node_is_on_the_path(machine: Machine) -> None:
    assert shutil.which("sh", path=machine.path) is not None
    assert [name for name in NODE_PROGRAMS if shutil.which(name, path=machine.path)] == []


@pytest.mark.long
def test_doctor_finds_nothing_wrong(machine: Machine) -> None:
    printed = machine.run(machine.bin / "policybook", "doctor", cwd=machine.home)
    assert "  !  " not in printed
    assert "Confinement of policies" in printed
    assert "the kernel starts and runs a Python cell" in printed


@pytest.mark.long
def test_jupyter_knows_kernel_and_extension(machine: Machine) -> None:
    assert "policybook" in machine.run(machine.bin / "jupyter", "kernelspec", "list", cwd=machine.home)
    listed = machine.run(machine.bin / "jupyter", "labextension", "list", cwd=machine.home)
    line = next(line for line in listed.splitlines() if "@policybook/labextension" in line)
    assert "enabled" in line
    assert "OK" in line


@pytest.mark.long
def test_the_quickstart_learns_and_its_export_flies_alone(machine: Machine) -> None:
    folder = machine.home / "visit"
    machine.run("/bin/mkdir", folder, cwd=machine.home)
    notebook = folder / "quickstart.ipynb"
    machine.run("/bin/cp", machine.checkout / "examples" / "quickstart.ipynb", notebook)
    machine.run(machine.bin / "policybook", "run", notebook, cwd=folder)

    outputs = [
        output for cell in nbformat.read(notebook, as_version=4).cells for output in cell.get("outputs", [])
    ]
    bundles = [output["data"] for output in outputs if "data" in output]
    run = next(bundle for bundle in bundles if RUN_MIME in bundle)
    assert {"application/vnd.plotly.v1+json", "image/png", "text/plain"} <= set(run)
    assert "text/html" not in run
    assert any(DIFF_MIME in bundle and "```diff" in bundle["text/markdown"] for bundle in bundles)

    program = (folder / "lander.py").read_text()
    assert "policybook" not in re.sub(r'"""(.|\n)*?"""|#.*', "", program), (
        "the exported program needs no policybook"
    )
    machine.run(machine.python, "-m", "venv", machine.home / "alone", cwd=folder)
    alone = machine.home / "alone" / "bin" / "python"
    machine.run(alone, "-m", "pip", "install", "--quiet", "gymnasium[box2d]", "numpy", cwd=folder)
    printed = machine.run(alone, "lander.py", "--episodes", "100", "--seed", "5000", cwd=folder)
    mean = float(re.findall(r"mean (-?[\d.]+)", printed)[-1])
    # rl-zoo's tuned PPO reaches 242.1 after a million steps.
    assert mean >= 242
