"""A worker process: it plays blocks of episodes, or runs one of the evaluator's methods as a job."""
