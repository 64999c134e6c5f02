"""Coordinates: where the nodes of a column stand, left to right.

As in Brandes & Köpf, "Fast and Simple Horizontal Coordinate Assignment" (Graph Drawing
2001), nodes that should form a straight line are first aligned into blocks, and the
blocks are then placed as the distances between neighbours allow. Unlike there, one
alignment is made and it knows what matters: the longest path first, then lanes, then the
rest. Blocks start as far left as they can, which gives the narrowest column, and are
then pulled towards what they are joined to.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from itertools import pairwise
from math import ceil

from archi.pictures.drawing._layering import BOX_GAP, Layering, Size

LANE_GAP = 16  # between a box and a lane
LANE_PITCH = 10  # between lanes
PULLS = 6
TOLERABLE = 1.2  # width of a column by that of its widest rank
WORTHWHILE = 0.7  # of the width, for giving up straight lines

MAIN, LANES, BOXES, LANES_AND_BOXES = range(4)  # kinds of pairs to be in line


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

    @property
    def last(self) -> int:
        """The last rank of the column."""
        return self.start + len(self.rows) - 1


def place_column(
    graph: Layering, sizes: list[Size], main: set[int], start: int, rows: list[list[int]]
) -> Column:
    """Return the column with all its nodes placed, its left border at 0.

    Where straight lines make it much wider than its widest rank, some of them are given up.
    """
    half = [size[0] / 2 for size in sizes]
    tolerable = TOLERABLE * max(_width(row, half) for row in rows)
    column = _placed(Column(start, rows, graph), half, main, LANES_AND_BOXES)
    if column.width > tolerable:
        narrower = _placed(Column(start, rows, graph), half, main, BOXES)
        if narrower.width < WORTHWHILE * column.width:
            return narrower
    return column


def _placed(column: Column, half: list[float], main: set[int], kinds: int) -> Column:
    _align(column, len(half), main, kinds)
    blocks = _Blocks(column, half)
    column.width, x = blocks.leftmost()
    blocks.pull(column, x)
    column.x = {node: x[block] for node, block in blocks.of.items()}
    return column


def _width(row: list[int], half: list[float]) -> float:
    """Return the least width of a row."""
    width = sum(2 * half[node] for node in row if node < len(half))
    return width + sum(_gap(left, right, len(half)) for left, right in pairwise(row))


def _gap(left: int, right: int, boxes: int) -> int:
    """Return the least distance between two nodes."""
    return (BOX_GAP, LANE_GAP, LANE_PITCH)[(left >= boxes) + (right >= boxes)]


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


def _align(column: Column, boxes: int, main: set[int], kinds: int) -> None:
    """Choose which neighbours share a centre, most important first, without crossings.

    Pairs of more than this kind are not in line, unless by chance.
    """
    place = {node: index for row in column.rows for index, node in enumerate(row)}
    below = {node: sorted(map(place.__getitem__, each)) for node, each in column.below.items()}
    above = {node: sorted(map(place.__getitem__, each)) for node, each in column.above.items()}
    for upper_row in column.rows[:-1]:
        candidates = []
        for upper in upper_row:
            for lower in column.below[upper]:
                off_middle = _off_middle(below[upper], place[lower])
                off_middle += _off_middle(above[lower], place[upper])
                kind = _kind_of_pair(boxes, main, upper, lower)
                candidates.append((kind, off_middle, place[upper], upper, lower))
        chosen: list[tuple[int, int]] = []
        for kind, *_, upper, lower in sorted(candidates):
            if kind > kinds:
                break
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


def _kind_of_pair(boxes: int, main: set[int], upper: int, lower: int) -> int:
    """Return the kind of a pair; the less it is, the more they should be in line."""
    if upper in main and lower in main:
        return MAIN
    if upper >= boxes and lower >= boxes:
        return LANES
    if upper < boxes and lower < boxes:
        return BOXES
    return LANES_AND_BOXES


def _off_middle(siblings: list[int], place: int) -> int:
    """Return how far a place is from being the middle one of its siblings, which are sorted."""
    before = bisect_left(siblings, place)
    after = len(siblings) - bisect_right(siblings, place)
    return abs(before - after)


class _Blocks:
    """Aligned nodes as blocks that share an x, and the least distances between blocks.

    A block is known by its first node. `before` and `behind` are the distances from the
    borders of the column, `right` the distances to the blocks on the right.
    """

    __slots__ = ("before", "behind", "left", "of", "order", "right")

    def __init__(self, column: Column, half: list[float]) -> None:
        boxes = len(half)
        self.of: dict[int, int] = {}
        for row in column.rows:
            for node in row:
                above = column.aligned_above.get(node)
                self.of[node] = node if above is None else self.of[above]
        self.before = dict.fromkeys(self.of.values(), 0)
        self.behind = dict.fromkeys(self.of.values(), 0)
        self.right: dict[int, dict[int, int]] = {block: {} for block in self.before}
        self.left: dict[int, dict[int, int]] = {block: {} for block in self.before}
        for row in column.rows:
            widths = [half[node] if node < boxes else 0.0 for node in row]
            for node, width in zip(row, widths, strict=True):
                block = self.of[node]
                self.before[block] = max(self.before[block], ceil(width))
                self.behind[block] = max(self.behind[block], ceil(width))
            for (one, width), (other, other_width) in pairwise(zip(row, widths, strict=True)):
                least = ceil(width + _gap(one, other, boxes) + other_width)
                distances = self.right[self.of[one]]
                distances[self.of[other]] = max(distances.get(self.of[other], 0), least)
        for block, distances in self.right.items():
            for other, distance in distances.items():
                self.left[other][block] = distance
        self.order = self._left_to_right()

    def _left_to_right(self) -> list[int]:
        missing = {block: len(others) for block, others in self.left.items()}
        order = [block for block, count in missing.items() if not count]
        for block in order:
            for other in self.right[block]:
                missing[other] -= 1
                if not missing[other]:
                    order.append(other)
        return order

    def leftmost(self) -> tuple[int, dict[int, int]]:
        """Return the least width, and each block as far left as it can be."""
        x = dict(self.before)
        for block in self.order:
            for other, distance in self.right[block].items():
                x[other] = max(x[other], x[block] + distance)
        return max(x[block] + behind for block, behind in self.behind.items()), x

    def pull(self, column: Column, x: dict[int, int]) -> None:
        """Move blocks towards the middle of what they are joined to, as far as there is room."""
        joined: dict[int, list[int]] = {block: [] for block in self.order}
        for upper, lowers in column.below.items():
            for lower in lowers:
                one, other = self.of[upper], self.of[lower]
                if one != other:
                    joined[one].append(other)
                    joined[other].append(one)
        for round_ in range(PULLS):
            moved = False
            for block in self.order if round_ % 2 else reversed(self.order):
                if not joined[block]:
                    continue
                places = sorted(x[other] for other in joined[block])
                middle = (places[(len(places) - 1) // 2] + places[len(places) // 2]) // 2
                low, high = self.before[block], column.width - self.behind[block]
                for other, distance in self.left[block].items():
                    low = max(low, x[other] + distance)
                for other, distance in self.right[block].items():
                    high = min(high, x[other] - distance)
                place = max(low, min(middle, high))
                moved = moved or place != x[block]
                x[block] = place
            if not moved:
                return
