"""The protocol between kernel and evaluator, as Python's types; `messages` is generated."""
