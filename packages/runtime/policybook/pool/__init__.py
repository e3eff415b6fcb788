"""The evaluator's workers as it holds them: which are there, and what each is to play."""
