"""Plays the claim of an exported program again, for `policybook verify`."""
