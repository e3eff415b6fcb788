"""A keyless author: it probes an environment, fits a model of it and derives readable rules from it."""

from policybook.search.author import propose
from policybook.search.contract import (
    EpisodeSource,
    Proposal,
    ScoredPolicy,
    SearchRound,
    SearchTask,
    SearchUsage,
)

__all__ = ["EpisodeSource", "Proposal", "ScoredPolicy", "SearchRound", "SearchTask", "SearchUsage", "propose"]
