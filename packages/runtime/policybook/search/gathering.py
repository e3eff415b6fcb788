"""Asking every family: one that fails is a defect of policybook, and the others propose all the same."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from policybook.defects import Defect, keep_defect
from policybook.search.family import Family
from policybook.search.rules import list_families

T = TypeVar("T")


def gather_rules(ask: Callable[[Family], Iterable[T]], defects: list[Defect]) -> list[T]:
    """Returns what all families propose, in their order; adds the defects that it meets."""
    found: list[T] = []
    for family in list_families():
        try:
            found += list(ask(family))
        except Exception as error:  # noqa: BLE001 - whatever a rule raises is the rule's fault
            what = f'the search rule "{family.name}" failed with {type(error).__name__}'
            defects.append(keep_defect(what, error))
    return found
