"""What is found out about a policy's text before it runs."""
