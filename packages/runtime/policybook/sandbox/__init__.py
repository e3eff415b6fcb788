"""What runs in the process of a policy, whose code policybook has not read.

The zygote imports all of it, so that it uses the standard library and NumPy only.
"""
