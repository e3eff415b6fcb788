"""The user's code that processes are started for: it must still be what a request says that it is."""

from __future__ import annotations

import os
from typing import NamedTuple

from policybook.environments.user_files import hash_file
from policybook.protocol.messages import EnvironmentDescribeResult, EnvironmentSpecJson
from policybook.rollout.failures import RequestFailedError


class KnownFile(NamedTuple):
    """A file as it was when an environment was described."""

    digest: str
    stamp: tuple[int, int] | None
    """Time of its last change and size, None where there is none."""


class UserCodeFiles:
    """The files of each code that was described, by the code's hash."""

    def __init__(self) -> None:
        self.files: dict[str, dict[str, KnownFile]] = {}

    def keep(self, result: EnvironmentDescribeResult) -> None:
        """Keeps which files the code of a described environment has."""
        code = result.get("userCode", {}).get("hash")
        if code is not None:
            # The first paths that are watched are those of the files, in their order.
            digests = result["facts"].get("files", {}).values()
            self.files[code] = {
                path: KnownFile(digest, _read_stamp(path))
                for path, digest in zip(result["watched"], digests, strict=False)
            }

    def check(self, code: str | None) -> None:
        """Raises environment_changed {files} where a process would import another code by now."""
        known = {} if code is None else self.files.get(code, {})
        changed = []
        for path, (digest, stamp) in known.items():
            now = _read_stamp(path)
            if now == stamp:
                continue
            if hash_file(path) == digest:
                known[path] = KnownFile(digest, now)
            else:
                changed.append(os.path.basename(path))
        if changed:
            message = (
                f"The environment's code changed while it was played ({', '.join(changed)}): run the cell "
                "again for the environment as it is now."
            )
            raise RequestFailedError("environment_changed", message, {"files": changed})


def find_code_hash(environment: EnvironmentSpecJson | None) -> str | None:
    """Returns the hash of the user's code that an environment is made of, None for none."""
    return None if environment is None else environment.get("userCode", {}).get("hash")


def _read_stamp(path: str) -> tuple[int, int] | None:
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size
