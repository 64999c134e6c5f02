"""`archi plot` and charts: boxes (diagrams/), places (drawing/), bytes (formats/)."""
