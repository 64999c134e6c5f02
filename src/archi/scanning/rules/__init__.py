"""The rules of `archi scan`, grouped by what they look at."""
