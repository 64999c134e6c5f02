"""The user's own code → Graph."""
