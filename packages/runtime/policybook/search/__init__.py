"""A keyless author: it probes an environment, fits a model of it and derives readable rules from it."""

from policybook.search.author import propose
from policybook.search.contract import Episodes, Proposal, Round, Scored, Spent, Task

__all__ = ["Episodes", "Proposal", "Round", "Scored", "Spent", "Task", "propose"]
