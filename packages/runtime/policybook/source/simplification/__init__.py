"""The simplifier: single edits that make a policy's text smaller, and the greedy search over them."""

from policybook.source.simplification.edit import Edit
from policybook.source.simplification.edits import find_edits
from policybook.source.simplification.simplify import Simplified, simplify

__all__ = ["Edit", "Simplified", "find_edits", "simplify"]
