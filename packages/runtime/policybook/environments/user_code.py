"""The user's code of an environment in the process that makes it: where it is found, and what it comes to."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import Any, NamedTuple

import gymnasium

from policybook.environments.distributions import find_distribution, find_metadata_file
from policybook.environments.levels import iterate_levels
from policybook.environments.make import UnavailableEnvironmentError, import_plugin
from policybook.environments.registrations import (
    UnsharedRegistrationError,
    describe_registration,
    find_registered,
)
from policybook.environments.user_files import FileWatch, find_import_root, hash_code, hash_file, name_path
from policybook.protocol.messages import EnvironmentSpecJson, UserCodeJson

NOTEBOOK_FOLDER = os.getcwd()
"""The evaluator's processes start in it, and paths of a specification are relative to it."""

OWN_SEARCH_PATH = tuple(os.path.abspath(entry) for entry in sys.path)

STOCK = "gymnasium"
"""The package whose environments keep what their ids promise, whatever its version."""


class DescribedCode(NamedTuple):
    """The user's code of an environment: as the specification has it, and what its hash covers."""

    user_code: UserCodeJson | None
    files: dict[str, str]
    """Names of files -> SHA-256."""
    packages: dict[str, str]
    """Names of packages -> versions."""
    watched: list[str]


def enter_user_code(spec: EnvironmentSpecJson) -> None:
    """Has this process look for modules and files where the notebook's Python does."""
    code = spec.get("userCode")
    if code is None:
        return
    folders = [os.path.join(NOTEBOOK_FOLDER, entry) for entry in code.get("searchPath", ())]
    folders = [os.path.normpath(folder) for folder in folders]
    sys.path[:] = [*folders, *(entry for entry in sys.path if os.path.abspath(entry) not in folders)]
    folder = os.path.join(NOTEBOOK_FOLDER, code.get("folder", ""))
    if os.path.isdir(folder):
        os.chdir(folder)


def differs_from_own(spec: EnvironmentSpecJson, problem: str | None) -> bool:
    """Returns whether this Python, in which nothing was registered yet, has another registration of the id.

    `problem` says why that of the notebook cannot be repeated.
    """
    name = spec["id"]
    if name is None:
        return False
    reported = spec.get("userCode", {}).get("registration")
    # A package that is missing is named where the environment is made.
    with contextlib.suppress(UnavailableEnvironmentError):
        import_plugin(name)
    known = find_registered(name, gymnasium.registry)
    if known is None:
        return reported is not None or problem is not None
    try:
        return reported != describe_registration(known) if problem is None else True
    except UnsharedRegistrationError as own:
        return str(own) != problem


def describe_user_code(
    spec: EnvironmentSpecJson, env: gymnasium.Env[Any, Any], watch: FileWatch
) -> DescribedCode:
    """Returns what of the reported code an environment needs that was made and played since `watch` began."""
    classes = {each for level in iterate_levels(env) for each in type(level).__mro__}
    modules = watch.list_modules(classes)
    named = [spec["kwargs"], *(getattr(level, "__dict__", {}) for level in iterate_levels(env))]
    named += [vars(sys.modules[name]) for name in modules]
    paths = watch.list_files(modules.values(), named)
    hashes = {path: hash_file(path) for path in paths}
    files = {name_path(path, NOTEBOOK_FOLDER): digest for path, digest in hashes.items()}
    packages, metadata = _find_packages(spec, env, watch, has_files=bool(files))
    reported = spec.get("userCode", {})
    code: UserCodeJson = {}
    if "registration" in reported:
        code["registration"] = reported["registration"]
    if files or packages or code:
        code["hash"] = hash_code(files, packages)
        roots = {find_import_root(name, file) for name, file in modules.items()}
        wanted = [root for root in reported.get("searchPath", ()) if root in roots - {*OWN_SEARCH_PATH}]
        if wanted:
            kept = [root for root in reported["searchPath"] if root in wanted or root == NOTEBOOK_FOLDER]
            code["searchPath"] = [name_path(root, NOTEBOOK_FOLDER) for root in kept]
        if files and reported.get("folder", NOTEBOOK_FOLDER) != NOTEBOOK_FOLDER:
            code["folder"] = name_path(reported["folder"], NOTEBOOK_FOLDER)
    return DescribedCode(code or None, files, packages, [*hashes, *metadata])


def _find_packages(
    spec: EnvironmentSpecJson, env: gymnasium.Env[Any, Any], watch: FileWatch, *, has_files: bool
) -> tuple[dict[str, str], list[str]]:
    """Returns the versions of the packages that the environment is from, and the files that state them.

    Where the user's own code takes part, those are counted that it has imported, too.
    """
    names = {type(level).__module__.partition(".")[0] for level in iterate_levels(env)}
    if has_files or spec["simulator"] is not None:
        names |= {name for name in set(sys.modules) - watch.modules if "." not in name}
    names -= {STOCK, "policybook", *sys.stdlib_module_names, *sys.builtin_module_names}
    found = [distribution for name in sorted(names) if (distribution := find_distribution(name)) is not None]
    metadata = [path for each in found if (path := find_metadata_file(each)) is not None]
    return {each.metadata["Name"]: each.version for each in found}, metadata
