"""The doctor's findings as sections of tables, for the notebook and the terminal."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from policybook.doctor.confinement import check_memory, examine_confinement
from policybook.doctor.installation import Finding, check_extras, check_installation
from policybook.protocol.messages import DoctorSectionJson
from policybook.rollout.cores import count_workers

MARKS = {True: "ok", None: "–", False: "!"}


class Section(NamedTuple):
    """A table under a title. `is_fine`: whether nothing in it keeps a notebook from running."""

    title: str
    head: list[str]
    rows: list[list[str]]
    is_fine: bool = True

    def to_json(self) -> DoctorSectionJson:
        """Returns the section as the protocol's `doctorSection`."""
        return {"title": self.title, "head": self.head, "rows": self.rows, "fine": self.is_fine}


def make_report(least_level: int) -> list[Section]:
    """Returns all findings, the confinement of policies first; it takes about two seconds.

    `least_level` is the lowest level of the sandbox at which policies run without more consent.
    """
    found = examine_confinement()
    fits = check_memory(count_workers())
    findings = found.list_findings(least_level)
    walls = _make_section("Confinement of policies", [*findings, *([fits] if fits else [])])
    sections = [walls]
    if found.trials:
        sections.append(
            Section("What a sandboxed process tried, and what stopped it", found.head, found.attacks)
        )
    return [
        *sections,
        _make_section("Installation", check_installation()),
        _make_section("Extras", check_extras()),
    ]


def _make_section(title: str, findings: Iterable[Finding]) -> Section:
    rows = list(findings)
    return Section(
        title,
        ["", "", "", "to do"],
        [[MARKS[row.is_fine], row.what, row.value, "" if row.is_fine else row.remedy] for row in rows],
        all(row.is_fine is not False for row in rows),
    )
