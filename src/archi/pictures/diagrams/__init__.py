"""Graph → Diagram: which boxes stand for a network, and what they say. One level a file."""

LEVELS = ("stage", "block", "layer")  # how much a box stands for, from much to little
