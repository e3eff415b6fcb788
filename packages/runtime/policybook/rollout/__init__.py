"""How episodes are played: blocks, environments, and a worker's end of a policy's process."""
