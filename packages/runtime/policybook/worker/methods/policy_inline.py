"""`policy.inline`: writes a folder with a `policy.py` as one text."""

from __future__ import annotations

import os
from pathlib import Path

from policybook.protocol.messages import PolicyInlineParams, PolicyInlineResult
from policybook.rollout.data_folders import read_folder
from policybook.rollout.failures import RequestFailedError
from policybook.source.inlining import ENTRY, inline_files
from policybook.worker.job import Job
from policybook.worker.methods.policy_text import raise_as_request_failure


def run(params: PolicyInlineParams, job: Job) -> PolicyInlineResult:  # noqa: ARG001 - every method is called alike
    """Returns the text; raises folder_error, or the error that keeps `policy.py` from being read."""
    folder = params["folder"]
    # Before a folder is read that may be anything, such as /.
    if Path(folder).is_dir() and not Path(folder, ENTRY).is_file():
        try:
            found = ", ".join(sorted(os.listdir(folder))[:8]) or "nothing"
        except OSError as error:
            raise RequestFailedError("folder_error", f"{folder} cannot be read: {error.strerror}") from error
        message = f"{folder} has no {ENTRY}, in which a policy of several files begins; it has {found}."
        raise RequestFailedError("folder_error", message)
    files = read_folder(folder)
    try:
        source = files.pop(ENTRY).decode()
    except UnicodeDecodeError as error:
        raise RequestFailedError("folder_error", f"{folder}/{ENTRY} is no text in UTF-8: {error}.") from error
    return {"source": raise_as_request_failure(lambda: inline_files(source, files))}
