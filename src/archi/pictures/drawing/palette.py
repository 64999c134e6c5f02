"""Colours of the diagrams: one soft colour a kind of box, dark ink, grey small print."""

from __future__ import annotations

FILL = {
    "input": "#fff6bf",
    "conv": "#cfe3fb",
    "dense": "#d9d2f5",
    "pool": "#d4f0d4",
    "merge": "#ffd6d6",
    "norm": "#e3eef0",
    "activation": "#ffe8cc",
    "shape": "#ececec",
    "cell": "#c9ebe6",
    "other": "#f3e1ee",
}
STROKE = "#5f6070"
EDGE = "#555555"
INK = "#000000"
FAINT = "#555555"

# Boxes of repeated blocks grow darker with the depth at which they stand.
SHADES = {
    "conv": ("#cfe3fb", "#b9d5f7", "#a3c6f2", "#8db7ee"),
    "cell": ("#e0f4f1", "#cbebe6", "#b6e2db", "#a1d9d0"),
}


def fill(kind: str, depth: int = 0) -> str:
    """Return the colour of a box of this kind, `depth` stages down the network."""
    shades = SHADES.get(kind)
    return shades[min(depth, len(shades) - 1)] if shades else FILL.get(kind, FILL["other"])
