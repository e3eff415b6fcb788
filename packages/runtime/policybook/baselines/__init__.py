"""What a policy is compared with: random actions, one constant action, and the environment's own heuristic.

Each is a policy's text like any other, and plays in the sandbox like any other.
"""
