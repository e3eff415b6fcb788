"""A defect of policybook has a number, a sentence, and a file with its traceback."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from policybook.defects import Defect, keep_defect


def meet(what: str = 'the search rule "table" failed with KeyError', **detail: str) -> Defect:
    try:
        {}["lost"]
    except KeyError as error:
        return keep_defect(what, error, **detail)


def test_the_sentence_names_number_and_file_and_the_file_holds_the_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    defect = meet(text="def act(observation):\n    return None\n")
    said = defect.explain("The search goes on without it.")
    assert defect.path is not None
    assert defect.path in said
    assert defect.id in said
    assert "no mistake of yours" in said
    assert "The search goes on without it." in said
    kept = Path(defect.path).read_text(encoding="utf-8")
    assert "Traceback (most recent call last)" in kept
    assert "KeyError: 'lost'" in kept
    assert "return None" in kept
    assert str(Path(defect.path).parent) == str(tmp_path / "policybook" / "defects")


def test_one_defect_has_one_number_and_another_has_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert meet().id == meet().id
    assert meet().id != meet('the search rule "push" failed with KeyError').id
    assert re.fullmatch(r"[0-9a-f]{8}", meet().id)


def test_without_a_state_folder_the_traceback_goes_to_the_temporary_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    monkeypatch.setenv("XDG_STATE_HOME", str(blocked))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    path = meet().path
    assert path is not None
    assert Path(path).parent == tmp_path
