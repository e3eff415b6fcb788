"""The evaluator's workers as its server process holds them: which are there, and what each is to play."""
