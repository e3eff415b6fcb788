"""What any policy has to be compared with: no skill, one action for ever, and what the environment came with.

Each is a policy's text like any other, and plays in the sandbox like any other.
"""
