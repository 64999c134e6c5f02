"""`archi check`: figures that a network must have."""
