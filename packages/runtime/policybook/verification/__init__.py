"""Playing the claim of an exported program again: `policybook verify`."""
