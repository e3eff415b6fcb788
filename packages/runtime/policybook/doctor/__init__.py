"""What `policybook doctor` and `%doctor` find out: how policies are confined, what is there and missing."""
