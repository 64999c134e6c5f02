"""Layout: nothing overlaps, edges stay clear of boxes, chains are straight, columns balance."""

from __future__ import annotations

import pytest
from geometry import check_picture

from archi.drawing.layout import place


def check(sizes, edges, direction="down", folds=None):
    """Lay out a graph, check the geometry and return the placement."""
    placement = place(sizes, edges, direction=direction, folds=folds)
    rects = [(*corner, *size) for corner, size in zip(placement.boxes, sizes, strict=True)]
    bounds = (placement.width, placement.height)
    check_picture(rects, placement.routes, edges, bounds, direction=direction)
    return placement


def residual_chain(blocks):
    """Return the edges of blocks of two boxes and a join that the block's input skips to."""
    edges = []
    for block in range(blocks):
        first = 3 * block
        edges += [(first, first + 1), (first + 1, first + 2), (first + 2, first + 3)]
        edges.append((first, first + 3))
    return edges


@pytest.mark.parametrize("direction", ["down", "right"])
@pytest.mark.parametrize("folds", [None, 1, 2, 5])
def test_residual_chain(direction, folds):
    check([(100, 40)] * 31, residual_chain(10), direction, folds)
