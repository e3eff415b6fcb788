"""A folder's files in one text: it runs anywhere as the folder does, and its parts can be read from it."""

from __future__ import annotations

import json
import runpy
import subprocess
import sys
from pathlib import Path

import pytest
from policybook.rollout.data_folders import (
    MAX_FOLDER_BYTES,
    DataFolder,
    FolderCache,
    hash_content,
    read_folder,
)
from policybook.rollout.failures import RequestFailedError
from policybook.source.description import describe
from policybook.source.export import ExportOptions, export_program
from policybook.source.inlining import (
    find_section,
    inline_files,
    read_inlined_files,
    read_inlined_modules,
    remove_files,
)
from policybook.source.simplification import find_edits

PLANNER = Path(__file__).parents[3] / "fixtures" / "folders" / "planner"
CARTPOLE = {"id": "CartPole-v1", "simulator": None, "kwargs": {}, "observe": None, "maxEpisodeSteps": None}
OBSERVATIONS = [[0.0, 0.1, 0.05, 0.2], [0.3, -0.2, -0.1, -0.4], [0.0, 0.0, 0.01, -0.01]]


def planner() -> str:
    files = read_folder(str(PLANNER))
    return inline_files(files.pop("policy.py").decode(), files)


def test_files_that_were_inlined_are_read_from_the_text_again() -> None:
    files = read_folder(str(PLANNER))
    source = files.pop("policy.py").decode()
    text = inline_files(source, files)
    assert read_inlined_files(text) == files
    assert remove_files(text) == source
    assert inline_files(text, {}) == text
    assert read_inlined_files(inline_files(text, {"more.txt": b"x"})) == {**files, "more.txt": b"x"}
    assert len(read_inlined_modules(text)) == sum(name.endswith(".py") for name in files)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"plain\n",
        b"'''",
        b"ends with '",
        b"back\\slash\\",
        b"\r\n",
        b"\x00\xff",
        "grüße\u2028".encode(),
        b"x" * 9999,
    ],
)
def test_files_of_any_content_can_be_inlined(data: bytes) -> None:
    text = inline_files('"""Doc."""\nfrom __future__ import annotations\nX = 1\n', {"a/b.bin": data})
    assert read_inlined_files(text) == {"a/b.bin": data}
    compile(text, "policy", "exec")


def test_an_inlined_policy_acts_as_its_folder_does_each_time_it_is_loaded(tmp_path: Path) -> None:
    (tmp_path / "alone.py").write_text(planner())
    script = (
        "import json, runpy, sys\n"
        "first, again = runpy.run_path(sys.argv[1]), runpy.run_path(sys.argv[1])\n"
        f"print(json.dumps([[run['act'](o) for o in {OBSERVATIONS}] for run in (first, again)]"
        " + [first['model'].calls, again['model'].calls]))\n"
    )
    there = subprocess.run(
        [sys.executable, "-c", script, "alone.py"], cwd=tmp_path, capture_output=True, check=True
    )
    first, again, calls, others = json.loads(there.stdout)
    here = subprocess.run(
        [
            sys.executable,
            "-c",
            f"import json, policy; print(json.dumps([policy.act(o) for o in {OBSERVATIONS}]))",
        ],
        cwd=PLANNER,
        capture_output=True,
        check=True,
        env={"PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert first == again == json.loads(here.stdout)
    assert calls == others > 0, "each has modules of its own"


def test_inlined_files_can_be_read_and_not_written(tmp_path: Path) -> None:
    source = (
        "import os\nfrom pathlib import Path\n\nhere = Path(__file__).parent\n"
        "seen = [sorted(os.listdir(here / 'd')), (here / 'd' / 'x').exists(), (here / 'no').exists(), "
        "open('d/x').read(), (here / 'd' / 'x').read_bytes(), os.path.isdir(here / 'd'), "
        "os.stat('d/x').st_size]\n"
        "try:\n    open('d/x', 'w')\nexcept PermissionError as error:\n    seen.append(str(error))\n"
        "def act(observation): return 0\n"
    )
    path = tmp_path / "alone.py"
    path.write_text(inline_files(source, {"d/x": b"hello", "d/y": b""}))
    done = subprocess.run(
        [sys.executable, "-c", f"import runpy; print(runpy.run_path({str(path)!r})['seen'])"],
        cwd=tmp_path,
        capture_output=True,
        check=True,
        text=True,
    )
    assert done.stdout.startswith("[['x', 'y'], True, False, 'hello', b'hello', True, 5, ")
    assert "it can only be read" in done.stdout
    assert sorted(each.name for each in tmp_path.iterdir()) == ["alone.py"]


def test_the_size_counts_the_modules_and_no_edit_touches_what_inlining_added() -> None:
    text = planner()
    lines = [describe_lines(each) for each in [remove_files(text), *read_inlined_modules(text)]]
    assert describe(text).size.lines == sum(lines)
    assert [tunable.name for tunable in describe(text).tunable] == ["DEPTH"]
    added = find_section(text)
    assert added is not None
    assert all(added in edit.source for edit in find_edits(text))


def describe_lines(text: str) -> int:
    from policybook.source.description import measure
    from policybook.source.document import Document

    return measure(Document(text)).lines


def test_an_export_needs_neither_folder_nor_own_modules(tmp_path: Path) -> None:
    program = export_program(
        planner(), ExportOptions(CARTPOLE, ["By hand."], {"python": "3.11.7"}, files={"extra.txt": b"x"})
    )
    assert 'dependencies = ["gymnasium[classic-control]", "numpy"]' in program
    path = tmp_path / "planner.py"
    path.write_text(program)
    done = subprocess.run(
        [sys.executable, str(path), "--episodes", "1"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "seed 0:" in done.stdout
    assert runpy.run_path(str(path))["_files"]["extra.txt"] == b"x"


def test_folders_are_held_to_their_size_and_their_content(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "x").write_text("hidden")
    (tmp_path / "a.txt").write_text("a")
    (tmp_path / "link").symlink_to("/etc/passwd")
    files = read_folder(str(tmp_path))
    assert files == {"a.txt": b"a"}
    known = DataFolder(str(tmp_path), hash_content(files))
    assert FolderCache().get_files(known) == files
    (tmp_path / "a.txt").write_text("b")
    with pytest.raises(RequestFailedError, match="was changed since the run was declared"):
        FolderCache().get_files(known)
    (tmp_path / "b.bin").write_bytes(bytes(MAX_FOLDER_BYTES))
    with pytest.raises(RequestFailedError, match="1 MB in 200 files"):
        read_folder(str(tmp_path))
    with pytest.raises(RequestFailedError, match="there is no folder"):
        read_folder(str(tmp_path / "none"))
