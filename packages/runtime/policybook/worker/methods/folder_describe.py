"""`folder.describe`: what a folder of data holds, and the hash by which its content is known."""

from __future__ import annotations

from policybook.protocol.messages import FolderDescribeParams, FolderDescribeResult
from policybook.rollout.data_folders import hash_content, read_folder
from policybook.worker.job import Job


def run(params: FolderDescribeParams, job: Job) -> FolderDescribeResult:  # noqa: ARG001 - every method is called alike
    """Returns the facts; raises folder_error."""
    files = read_folder(params["folder"])
    return {"hash": hash_content(files), "files": len(files), "bytes": sum(map(len, files.values()))}
