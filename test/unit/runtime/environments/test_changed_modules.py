"""What a cell has put into a module is found by its text, and nothing that the module does itself."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from policybook.environments.changed_modules import list_module_changes

PLANT = """import dataclasses
import enum

import numpy as np

GAIN = 0.5
LIMITS = (0, 10)
TABLE = np.array([[1.0, 2.0], [3.0, 4.0]])
BUFFER = np.array([0.0, 0.0])
MODE: str = "mild"
CALLS = 0
LAST = 0
NOTHING = None
_SECRET = 1
CACHE = {}
TWICE = 1
TWICE = 2
DOUBLE = 2 * GAIN


class Level(enum.IntEnum):
    LOW = 1


@dataclasses.dataclass
class Settings:
    width: float = 1.0


class Plant:
    gain = 9.81
    made = 0
    on = True

    def __init__(self):
        type(self).made += 1
        self.gain = self.gain * 2
        gain = 3

    def step(self):
        global CALLS
        CALLS += 1
        BUFFER[0] = CALLS
        CACHE[CALLS] = 1
        TABLE.sum()
        return CALLS


def note():
    import plant_of_test
    plant_of_test.LAST = 3
"""


@pytest.fixture
def plant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    (tmp_path / "plant_of_test.py").write_text(PLANT)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield importlib.import_module("plant_of_test")
    del sys.modules["plant_of_test"]


def found() -> dict[str, tuple[str | None, str | None]]:
    return {
        each.name.removeprefix("plant_of_test."): (each.here, each.there)
        for each in list_module_changes()
        if os.path.basename(each.file) == "plant_of_test.py"
    }


def test_values_of_a_cell_are_found_with_those_of_the_file(plant: ModuleType) -> None:
    assert found() == {}
    plant.GAIN = 5
    plant.LIMITS = (0, 20)
    plant.MODE = "wild"
    plant.Plant.gain = 1.62
    plant.Plant.on = False
    assert found() == {
        "GAIN": ("5", "0.5"),
        "LIMITS": ("(0, 20)", "(0, 10)"),
        "MODE": ("'wild'", "'mild'"),
        "Plant.gain": ("1.62", "9.81"),
        "Plant.on": ("False", "True"),
    }


def test_what_a_module_changes_itself_is_no_change(plant: ModuleType) -> None:
    for _ in range(3):
        plant.Plant().step()
    plant.note()
    plant._SECRET, plant.NOTHING, plant.TWICE, plant.DOUBLE = 2, 3, 4, 5
    assert found() == {}


def test_functions_and_classes_of_cells_are_found(plant: ModuleType) -> None:
    def step(self: object) -> int:
        return 0

    step.__module__ = "__main__"
    plant.Plant.step = step
    plant.Settings = type("Settings", (), {"__module__": "__main__"})
    assert found() == {"Plant.step": (None, None), "Settings": (None, None)}


def test_arrays_are_compared_where_nothing_fills_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "import numpy as np\nTABLE = np.array([[1.0, 2.0], [3.0, 4.0]])\n"
    (tmp_path / "table_of_test.py").write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    module = importlib.import_module("table_of_test")
    try:
        assert not [each for each in list_module_changes() if each.name.startswith("table_of_test")]
        module.TABLE[0, 0] = 7.0
        (change,) = (each for each in list_module_changes() if each.name == "table_of_test.TABLE")
        assert (change.here, change.there) == ("[[7.0, 2.0], [3.0, 4.0]]", "[[1.0, 2.0], [3.0, 4.0]]")
    finally:
        del sys.modules["table_of_test"]


def test_a_text_that_may_assign_anything_is_believed(plant: ModuleType, tmp_path: Path) -> None:
    plant.GAIN = 5
    other = tmp_path / "opaque_of_test.py"
    other.write_text("import plant_of_test\n\n\ndef put(name):\n    setattr(plant_of_test, name, 1)\n")
    importlib.invalidate_caches()
    importlib.import_module("opaque_of_test")
    try:
        assert found() == {}
    finally:
        del sys.modules["opaque_of_test"]


def test_a_module_that_was_imported_before_its_file_was_edited_is_no_change(
    plant: ModuleType, tmp_path: Path
) -> None:
    assert found() == {}
    (tmp_path / "plant_of_test.py").write_text(PLANT.replace("GAIN = 0.5", "GAIN = 0.75"))
    assert found() == {}
    plant.GAIN = 5
    assert found() == {"GAIN": ("5", "0.75")}
