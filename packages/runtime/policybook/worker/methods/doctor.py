"""`doctor`: finds out how policies are confined here, what is installed and what is missing."""

from __future__ import annotations

from policybook.doctor.report import make_report
from policybook.protocol.messages import DoctorParams, DoctorResult
from policybook.worker.job import Job


def run(params: DoctorParams, job: Job) -> DoctorResult:  # noqa: ARG001 - every method is called alike
    """Returns the findings as tables for people."""
    return {"sections": [section.to_json() for section in make_report(job.least)]}
