"""`archi fit`: which variants of a family come nearest a budget."""
