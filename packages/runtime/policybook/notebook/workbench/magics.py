"""policybook's magics as Python sees them.

The kernel runs cells of policybook; what reaches the workbench is their record. A magic finds what its cell
was resolved to in the metadata of the message that carries it. Where nothing is there, the kernel has not
seen the magic as a cell of its own (it stands inside a Python cell, a loop or a script), and saying so is all
it can do.
"""

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from policybook.notebook import declarations
from policybook.notebook.runs_folder import keep_runs_folder

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

# Written from the language's table, which the kernel reads too.
_TABLE: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "schemas" / "magics.json").read_text(encoding="utf-8")
)
CELL_MAGICS = tuple(_TABLE["cells"])
LINE_MAGICS = tuple(_TABLE["commands"])


class UsageError(Exception):
    """A magic in a place where it has no effect.

    IPython's own UsageError is printed to stderr; this one becomes an error output, in its own words instead
    of a traceback through IPython.
    """

    def _render_traceback_(self) -> list[str]:
        return [f"\x1b[31mUsageError\x1b[39m: {self}"]


_LINES_BEFORE = re.compile(_TABLE["linesBefore"])
_OWN_CELL = re.compile(rf"%%({'|'.join(CELL_MAGICS)})(\s|$)")


def make_cell_magic(shell: "InteractiveShell", name: str) -> Callable[[str, str], None]:
    """Returns the magic of one kind of declaration cell."""

    def magic(line: str, cell: str) -> None:
        registration = _read_registration(shell)
        if registration is None:
            raise UsageError(
                f"%%{name} belongs on the first line of a cell of its own in a policybook notebook; "
                "inside Python code it declares nothing."
            )
        declarations.record_cell(registration, f"%%{name} {line}\n{cell}")

    magic.__doc__ = f"policybook: a cell that starts with %%{name}; see the cell language in the README."
    return magic


def make_line_magic(shell: "InteractiveShell", name: str) -> Callable[[str], None]:
    """Returns the magic of one command."""

    def magic(_line: str) -> None:
        if _read_registration(shell) is None:
            raise UsageError(
                f"%{name} belongs in a cell of a policybook notebook that holds nothing but policybook's "
                "commands; inside Python code it does nothing."
            )

    magic.__doc__ = f"policybook: the command %{name}, in a cell without Python; see the README."
    return magic


def keep_declarations(lines: list[str]) -> list[str]:
    """Takes out what stands before the magic of a declaration cell, where IPython would find no cell magic.

    A declaration without a body gets a blank line, because IPython would refuse it. An input transformer.
    """
    text = "".join(lines)
    before = _LINES_BEFORE.match(text)
    cell = text[before.end() :] if before else text
    if not _OWN_CELL.match(cell):
        return lines
    kept = cell.splitlines(keepends=True)
    if not "".join(kept[1:]).strip():
        return [kept[0].rstrip("\n") + "\n", "\n"]
    return kept


_NOT_FOUND = re.compile(r"[Mm]agic (?:function )?`(%{1,2})(\w+)` not found")


def explain_unknown_magics(shell: "InteractiveShell") -> None:
    """Has IPython's message about a magic that it does not know say what policybook knows about it."""
    show_usage_error = shell.show_usage_error

    def show(error: BaseException) -> None:
        message = explain_unknown_magic(str(error))
        show_usage_error(error if message is None else type(error)(message))  # type: ignore[no-untyped-call]

    shell.show_usage_error = show  # type: ignore[method-assign]


def explain_unknown_magic(message: str) -> str | None:
    """Returns what to say in place of IPython's message about an unknown magic, None where it says enough.

    Below other lines IPython knows no declaration; of any other magic the nearest of policybook's is named.
    """
    unknown = _NOT_FOUND.search(message)
    if unknown is None:
        return None
    from difflib import get_close_matches

    sign, name = unknown.groups()
    if sign == "%%" and name in CELL_MAGICS:
        return (
            f"%%{name} has to come first in its cell, where only comments and blank lines may stand before "
            "it: put what stands above it into a cell of its own."
        )
    signs = dict.fromkeys(CELL_MAGICS, "%%") | dict.fromkeys(LINE_MAGICS, "%")
    nearest = get_close_matches(name.lower(), signs, n=1)
    return f"{message} Did you mean `{signs[nearest[0]]}{nearest[0]}`?" if nearest else None


def _read_registration(shell: "InteractiveShell") -> Mapping[str, Any] | None:
    """Returns what the kernel put into the metadata of the message that is executed, None for nothing.

    With it may come the folder of runs, which the kernel knows from the notebook's first cell on.
    """
    get_parent = getattr(shell, "get_parent", None)  # absent in a terminal's IPython
    parent = get_parent() if get_parent else {}
    registration = parent.get("metadata", {}).get("policybook")
    if not isinstance(registration, dict):
        return None
    runs = registration.get("runs")
    if isinstance(runs, str):
        keep_runs_folder(runs)
    return registration
