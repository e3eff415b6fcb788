"""The doctor's findings as sections of tables, for the notebook and the terminal."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any, NamedTuple

from policybook.doctor.confinement import confinement, memory
from policybook.doctor.installation import Finding, extras, installation

MARKS = {True: "ok", None: "–", False: "!"}


class Section(NamedTuple):
    """A table under a title. `fine`: whether nothing in it keeps a notebook from running."""

    title: str
    head: list[str]
    rows: list[list[str]]
    fine: bool = True

    def as_json(self) -> dict[str, Any]:
        """As `doctorSection` of evaluator-messages.ts."""
        return self._asdict()


def report() -> list[Section]:
    """Everything, the confinement of policies first; takes about two seconds."""
    found = confinement()
    fits = memory(_workers())
    walls = _findings("Confinement of policies", [*found.findings, *([fits] if fits else [])])
    sections = [walls]
    if found.trials:
        sections.append(
            Section("What a sandboxed process tried, and what stopped it", found.head, found.attacks)
        )
    return [*sections, _findings("Installation", installation()), _findings("Extras", extras())]


def _workers() -> int:
    cores = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else range(os.cpu_count() or 1)
    return int(os.environ.get("POLICYBOOK_WORKERS") or len(cores))


def _findings(title: str, findings: Iterable[Finding]) -> Section:
    rows = list(findings)
    return Section(
        title,
        ["", "", "", "to do"],
        [[MARKS[row.fine], row.what, row.value, "" if row.fine else row.remedy] for row in rows],
        all(row.fine is not False for row in rows),
    )
