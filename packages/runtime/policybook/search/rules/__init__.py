"""One family of policies a module: when it applies, and how its constants follow from what is known.

A module here that has a `FAMILY` takes part in the search: no list has to name it.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from policybook.search.family import Family


@cache
def list_families() -> tuple[Family, ...]:
    """Lists every family, in the order in which they propose."""
    modules = [import_module(f"{__name__}.{found.name}") for found in iter_modules(__path__)]
    families: list[Family] = [module.FAMILY for module in modules]
    return tuple(sorted(families, key=lambda family: (family.rank, family.name)))
