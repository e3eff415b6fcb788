"""What a policy's process gives up, and the attacks that show whether it has done so."""
