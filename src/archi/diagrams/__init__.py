"""Graph → Diagram: which boxes stand for a network, and what they say. One level a file."""
