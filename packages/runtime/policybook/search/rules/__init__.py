"""One family of policies a module: when it applies, how its constants follow from the facts."""
