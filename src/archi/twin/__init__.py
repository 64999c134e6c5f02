"""What a static twin is made of: the machinery under `layers/` and `ops/`."""
