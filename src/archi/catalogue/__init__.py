"""`archi list` and `archi info`: the architectures archi knows, and their figures."""
