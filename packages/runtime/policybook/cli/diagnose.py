"""`policybook doctor`: prints what a notebook needs, how policies are confined, and what is to be done."""

import sys
from collections.abc import Sequence

from policybook.cli.kernel_check import check_kernel
from policybook.doctor.report import MARKS, Section, make_report
from policybook.rollout.consent import read_least_level
from policybook.rollout.failures import RequestFailedError

MAX_COLUMN_WIDTH = 60


def diagnose() -> int:
    """Prints every finding; returns 1 when a notebook could not run, else 0."""
    try:
        sections = make_report(read_least_level())
    except RequestFailedError as failure:
        sys.stdout.write(f"{failure.message}\n")
        return 1
    for section in sections:
        _print(section)
    kernel = check_kernel()
    row = [MARKS[kernel.is_fine], kernel.what, kernel.value, "" if kernel.is_fine else kernel.remedy]
    _print(Section("A notebook", ["", "", "", "to do"], [row]))
    return 0 if kernel.is_fine and all(section.is_fine for section in sections) else 1


def _print(section: Section) -> None:
    rows = [row for row in [section.head, *section.rows] if any(row[:-1])]
    widths = [min(MAX_COLUMN_WIDTH, max(len(cell) for cell in column)) for column in zip(*rows, strict=True)]
    sys.stdout.write(f"\n{section.title}\n")
    for row in rows:
        sys.stdout.write(f"  {_format_line(row, widths)}\n")
    sys.stdout.flush()


def _format_line(row: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
