"""What runs in the user's own Python: the workbench's extension, and the notebook's declarations."""
