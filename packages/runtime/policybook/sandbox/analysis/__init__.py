"""What can be known of a policy's text before it runs."""
