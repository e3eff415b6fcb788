"""`policy.export`: writes a policy's text as a program that runs alone."""

from __future__ import annotations

from policybook.protocol.messages import PolicyExportParams, PolicyExportResult
from policybook.rollout.data_folders import DataFolder, FolderCache
from policybook.source.environment_text import PlayedEnvironment
from policybook.source.export import ExportOptions, export_program
from policybook.worker.job import Job
from policybook.worker.methods.policy_text import raise_as_request_failure


def run(params: PolicyExportParams, job: Job) -> PolicyExportResult:  # noqa: ARG001 - every method is called alike
    """Returns the program's text; raises syntax_error or no_act."""
    return {
        "source": raise_as_request_failure(
            lambda: export_program(
                params["source"],
                ExportOptions(
                    params["environment"],
                    params["provenance"],
                    params["versions"],
                    params["claim"],
                    FolderCache().get_files(DataFolder.from_json(params.get("data"))),
                    PlayedEnvironment.from_facts(params["facts"], params["folders"], params["notebook"]),
                ),
            )
        )
    }
