"""What happened along an episode, as results of evaluations carry it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from policybook.protocol.messages import EpisodeCourseJson


class EpisodeCourse(NamedTuple):
    """The protocol's `episodeCourse`."""

    reward_by_tenth: tuple[float, ...]
    flags: tuple[str, ...]
    terms: Mapping[str, float]

    def to_json(self) -> EpisodeCourseJson:
        """Returns the course as a message has it."""
        return {
            "rewardByTenth": list(self.reward_by_tenth),
            "flags": list(self.flags),
            "terms": dict(self.terms),
        }


NO_EPISODE_COURSE = EpisodeCourse((), (), {})
