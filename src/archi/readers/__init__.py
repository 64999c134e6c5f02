"""Reading files that may be hostile: bounded, and nothing in them is ever executed."""
