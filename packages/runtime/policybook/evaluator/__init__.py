"""The evaluator: a Jupyter kernel that plays policies in environments and says, honestly, how they did."""
