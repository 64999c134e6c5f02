"""`archi diff`: what changed from one network to another, layer by layer."""
