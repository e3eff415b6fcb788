"""How episodes are played: blocks, environments, and the worker's end of a policy's process."""
