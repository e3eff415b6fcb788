"""What lies in the user's own Python: the workbench's extension and the declarations of the notebook."""
