"""All that parses, measures or rewrites a policy's text; nothing here runs a policy."""
