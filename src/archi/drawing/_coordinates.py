"""Coordinates: where the nodes of a column stand, left to right.

As in Brandes & Köpf, "Fast and Simple Horizontal Coordinate Assignment" (Graph Drawing
2001), nodes that should form a straight line are first aligned into blocks, and the
blocks are then placed as the distances between neighbours allow. Unlike there, one
alignment is made and it knows what matters: the longest path first, then lanes, then the
rest. Blocks start as far left as they can, which gives the narrowest column, and are
then pulled towards what they are joined to.
"""

from __future__ import annotations

from bisect import bisect_left
from math import ceil

from archi.drawing._layering import Layering, Size

BOX_GAP = 24  # between boxes
LANE_GAP = 16  # between a box and a lane
LANE_PITCH = 10  # between lanes
PULLS = 6


class Column:
    """The nodes of a run of ranks: their rows, what joins them, and their places.

    `x` holds centres. `aligned_above` and `aligned_below` say which neighbour a node
    shares its centre with on purpose.
    """

    __slots__ = ("above", "aligned_above", "aligned_below", "below", "rows", "start", "width", "x")

    def __init__(self, start: int, rows: list[list[int]], graph: Layering) -> None:
        self.start = start
        self.rows = rows
        present = {node for row in rows for node in row}
        self.above = {node: [n for n in graph.above[node] if n in present] for node in present}
        self.below = {node: [n for n in graph.below[node] if n in present] for node in present}
        self.aligned_above: dict[int, int] = {}
        self.aligned_below: dict[int, int] = {}
        self.x: dict[int, int] = {}
        self.width = 0


def place_column(
    graph: Layering, sizes: list[Size], main: set[int], start: int, rows: list[list[int]]
) -> Column:
    """Return the column with all its nodes placed, its left border at 0."""
    column = Column(start, rows, graph)
    _align(column, graph.boxes, main)
    _place(column, [size[0] / 2 for size in sizes])
    return column


def main_path(graph: Layering) -> set[int]:
    """Return the boxes of the longest path that takes one rank at a time."""
    length = [0] * graph.boxes
    following = [-1] * graph.boxes
    for row in reversed(graph.rows):
        for box in row:
            if box < graph.boxes:
                for child in graph.below[box]:
                    if child < graph.boxes and length[child] >= length[box]:
                        length[box] = length[child] + 1
                        following[box] = child
    path = set()
    box = max(range(graph.boxes), key=lambda box: (length[box], -box), default=-1)
    while box >= 0:
        path.add(box)
        box = following[box]
    return path


def _align(column: Column, boxes: int, main: set[int]) -> None:
    """Choose which neighbours share a centre, most important first, without crossings."""
    place = {node: index for row in column.rows for index, node in enumerate(row)}
    for upper_row in column.rows[:-1]:
        candidates = []
        for upper in upper_row:
            for lower in column.below[upper]:
                candidates.append(_rank_of_pair(column, boxes, main, place, upper, lower))
        chosen: list[tuple[int, int]] = []
        for *_, upper, lower in sorted(candidates):
            if upper in column.aligned_below or lower in column.aligned_above:
                continue
            at = bisect_left(chosen, (place[upper], place[lower]))
            if at and chosen[at - 1][1] > place[lower]:
                continue
            if at < len(chosen) and chosen[at][1] < place[lower]:
                continue
            chosen.insert(at, (place[upper], place[lower]))
            column.aligned_below[upper] = lower
            column.aligned_above[lower] = upper


def _rank_of_pair(
    column: Column, boxes: int, main: set[int], place: dict[int, int], upper: int, lower: int
) -> tuple[int, int, int, int, int]:
    """Return a key that sorts pairs by how much they should be in line."""
    if upper in main and lower in main:
        kind = 0
    elif upper >= boxes and lower >= boxes:
        kind = 1
    elif upper < boxes and lower < boxes:
        kind = 2
    else:
        kind = 3
    off_middle = _off_middle(column.below[upper], place, lower) + _off_middle(
        column.above[lower], place, upper
    )
    return kind, off_middle, place[upper], upper, lower


def _off_middle(neighbours: list[int], place: dict[int, int], node: int) -> int:
    """Return how far a node is from being the middle one of its siblings."""
    before = sum(place[other] < place[node] for other in neighbours)
    after = sum(place[other] > place[node] for other in neighbours)
    return abs(before - after)


def _place(column: Column, half: list[float]) -> None:
    """Give every block of aligned nodes its x."""
    boxes = len(half)
    block: dict[int, int] = {}
    for row in column.rows:
        for node in row:
            above = column.aligned_above.get(node)
            block[node] = node if above is None else block[above]
    first = dict.fromkeys(block.values(), 0)  # the least x of each block
    last_gap = dict.fromkeys(block.values(), 0)  # from its centre to the right border
    right: dict[int, dict[int, int]] = {root: {} for root in first}
    for row in column.rows:
        for left_node, node in zip([None, *row], row, strict=False):
            width = half[node] if node < boxes else 0
            root = block[node]
            last_gap[root] = max(last_gap[root], ceil(width))
            if left_node is None:
                first[root] = max(first[root], ceil(width))
                continue
            left_width = half[left_node] if left_node < boxes else 0
            gap = (BOX_GAP, LANE_GAP, LANE_PITCH)[(node >= boxes) + (left_node >= boxes)]
            distances = right[block[left_node]]
            distances[root] = max(distances.get(root, 0), ceil(left_width + width + gap))
    order = _left_to_right(right)
    x = dict(first)
    for root in order:
        for other, distance in right[root].items():
            x[other] = max(x[other], x[root] + distance)
    column.width = max((x[root] + last_gap[root] for root in order), default=0)
    _pull(column, block, order, right, x, first, last_gap)
    column.x = {node: x[root] for node, root in block.items()}


def _left_to_right(right: dict[int, dict[int, int]]) -> list[int]:
    """Return blocks so that each comes after those to its left."""
    missing = dict.fromkeys(right, 0)
    for others in right.values():
        for other in others:
            missing[other] += 1
    order = [root for root, count in missing.items() if not count]
    for root in order:
        for other in right[root]:
            missing[other] -= 1
            if not missing[other]:
                order.append(other)
    return order


def _pull(
    column: Column,
    block: dict[int, int],
    order: list[int],
    right: dict[int, dict[int, int]],
    x: dict[int, int],
    first: dict[int, int],
    last_gap: dict[int, int],
) -> None:
    """Move blocks towards the middle of what they are joined to, as far as there is room."""
    left: dict[int, dict[int, int]] = {root: {} for root in order}
    for root in order:
        for other, distance in right[root].items():
            left[other][root] = distance
    joined: dict[int, list[int]] = {root: [] for root in order}
    for upper, lowers in column.below.items():
        for lower in lowers:
            if block[upper] != block[lower]:
                joined[block[upper]].append(block[lower])
                joined[block[lower]].append(block[upper])
    for round_ in range(PULLS):
        moved = False
        for root in order if round_ % 2 else reversed(order):
            if not joined[root]:
                continue
            places = sorted(x[other] for other in joined[root])
            middle = (places[(len(places) - 1) // 2] + places[len(places) // 2]) // 2
            low = max([first[root], *(x[other] + gap for other, gap in left[root].items())])
            high = min(
                [
                    column.width - last_gap[root],
                    *(x[other] - gap for other, gap in right[root].items()),
                ]
            )
            wanted = max(low, min(middle, high))
            moved = moved or wanted != x[root]
            x[root] = wanted
        if not moved:
            return
