"""The simplifier: edits that make a policy's text smaller, and what says which of them may be taken."""

from policybook.source.simplification.edit import Edit
from policybook.source.simplification.edits import find_edits
from policybook.source.simplification.reach_markers import TextPart
from policybook.source.simplification.replay import Replay
from policybook.source.simplification.simplify import Simplified, simplify

__all__ = ["Edit", "Replay", "Simplified", "TextPart", "find_edits", "simplify"]
