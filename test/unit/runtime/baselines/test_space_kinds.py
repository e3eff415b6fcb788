"""A kind of space that policies act in has its baselines."""

from policybook.rollout.action_reader import READERS
from policybook.source.action_expressions import SPACE_EXPRESSIONS


def test_every_kind_of_space_that_policies_act_in_has_baselines() -> None:
    assert set(SPACE_EXPRESSIONS) == set(READERS)
