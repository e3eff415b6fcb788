"""The search: it probes an environment, fits a simulator to it and derives readable rules from that."""

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
