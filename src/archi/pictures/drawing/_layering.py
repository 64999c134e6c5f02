"""Layering: a rank for every box, lanes for long edges, and an order within each rank.

The first two steps of Sugiyama, Tagawa & Toda, "Methods for Visual Understanding of
Hierarchical System Structures" (IEEE Trans. SMC 11(2), 1981): ranks by longest path,
then sweeps that order each rank by the barycentres of its neighbours. The exchange of
neighbours within a rank is from Gansner, Koutsofios, North & Vo, "A Technique for
Drawing Directed Graphs" (IEEE Trans. Software Eng. 19(3), 1993).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from itertools import pairwise
from typing import NamedTuple

Size = tuple[float, float]
Edge = tuple[int, int]

BOX_GAP = 24  # between boxes of a rank
PORT_INSET = 12  # ports stay clear of rounded corners
TRACK = 8  # between parallel segments of edges
MAX_LANES = 500_000  # a picture with more is a grey area; laying it out takes minutes
SHARED = 2  # long edges of a box, above which they share a lane
ROUNDS = 4  # of moving boxes to better ranks
PATIENCE = 4  # sweeps without a notably better order before giving up
NOTABLE = 0.97  # of the crossings before


class Wire(NamedTuple):
    """Edges of one source that leave it at one port and share a lane down to their targets."""

    source: int
    edges: list[int]
    last: int  # the rank of the farthest target


class Layering(NamedTuple):
    """A graph in ranks.

    A node is a box (its index) or a lane: the place where a wire passes a rank that has
    none of its ends. `rows` are the nodes of each rank from left to right, `above` and
    `below` what a node is joined to in the neighbouring ranks, `owner` the wire of each
    lane, `first_lane` the node where each wire's lanes start (they are consecutive).
    `leaving` are the wires of each box; `ending`, of each wire, the edges by the rank of
    their target.
    """

    edges: list[Edge]
    ranks: list[int]
    wires: list[Wire]
    rows: list[list[int]]
    above: list[list[int]]
    below: list[list[int]]
    owner: list[int]
    first_lane: list[int]
    leaving: list[list[int]]
    ending: list[dict[int, list[int]]]

    @property
    def boxes(self) -> int:
        """The number of boxes, which is the first node that is a lane."""
        return len(self.ranks)

    def source_rank(self, wire: int) -> int:
        """Return the rank where a wire starts."""
        return self.ranks[self.wires[wire].source]

    def node_at(self, wire: int, rank: int) -> int:
        """Return the source of a wire, or the lane in which it passes a rank below."""
        start = self.source_rank(wire)
        return (
            self.wires[wire].source if rank == start else self.first_lane[wire] + rank - start - 1
        )

    def edges_into(self, wire: int, rank: int) -> list[int]:
        """Return the edges of a wire that end in a rank."""
        return self.ending[wire].get(rank, [])


def layering(sizes: list[Size], edges: list[Edge], widest: float | None = None) -> Layering:
    """Give every box a rank and every rank an order with few crossings.

    With `widest`, ranks whose boxes take up more than that are spread over several.
    """
    ranks, heights = _ranks(sizes, edges, widest)
    wires = _wires(sizes, edges, ranks)
    graph = _with_lanes(edges, ranks, wires)
    _first_order(graph, heights)
    _reduce_crossings(graph)
    return graph


def _ranks(
    sizes: list[Size], edges: list[Edge], widest: float | None
) -> tuple[list[int], list[int]]:
    """Return each box's rank, and the length of the longest path that starts at it."""
    count = len(sizes)
    after: list[list[int]] = [[] for _ in range(count)]
    before: list[list[int]] = [[] for _ in range(count)]
    for source, target in edges:
        after[source].append(target)
        before[target].append(source)
    order = [box for box in range(count) if not before[box]]
    missing = [len(sources) for sources in before]
    ranks = [0] * count
    for box in order:
        for target in after[box]:
            ranks[target] = max(ranks[target], ranks[box] + 1)
            missing[target] -= 1
            if not missing[target]:
                order.append(target)
    if len(order) < count:
        raise ValueError("the graph has a cycle")
    heights = [0] * count
    for box in reversed(order):
        heights[box] = max((heights[target] + 1 for target in after[box]), default=0)
    for _ in range(ROUNDS):
        moved = _lower_groups(order, before, after, ranks)
        if not _lower_boxes(order, before, after, ranks) and not moved:
            break
    if widest is not None:
        _spread_ranks(order, before, ranks, sizes, widest)
    return ranks, heights


def _spread_ranks(
    order: list[int], before: list[list[int]], ranks: list[int], sizes: list[Size], widest: float
) -> None:
    """Move boxes down from ranks that are too wide, and what they lead to as well."""
    filled: dict[int, float] = {}
    for box in sorted(order, key=ranks.__getitem__):
        rank = max([ranks[box], *(ranks[source] + 1 for source in before[box])])
        width = sizes[box][0] + BOX_GAP
        while rank in filled and filled[rank] + width > widest:
            rank += 1
        filled[rank] = filled.get(rank, 0) + width
        ranks[box] = rank


def _lower_boxes(
    order: list[int], before: list[list[int]], after: list[list[int]], ranks: list[int]
) -> bool:
    """Move boxes down to their readers where that shortens edges; tell whether any moved.

    A box with as many edges in as out follows the boxes below it if all of them moved.
    """
    moved = [False] * len(ranks)
    for box in reversed(order):
        readers = after[box]
        if not readers:
            continue
        lowest = min(ranks[reader] for reader in readers) - 1
        gain = len(readers) - len(before[box])
        if lowest > ranks[box] and (
            gain > 0 or (gain == 0 and all(moved[reader] for reader in readers))
        ):
            ranks[box] = lowest
            moved[box] = True
    return any(moved)


def _lower_groups(
    order: list[int], before: list[list[int]], after: list[list[int]], ranks: list[int]
) -> bool:
    """Move groups of boxes down where that shortens edges; tell whether any moved.

    A group is what hangs together by edges between neighbouring ranks without being on
    a longest path: for example what a cell does with the output of the cell before the
    last. If more edges lead down from it than into it, it belongs further down.
    """
    lowest = list(ranks)
    for box in reversed(order):
        if after[box]:
            lowest[box] = min(lowest[reader] for reader in after[box]) - 1
    group = [-1] * len(ranks)
    moved = False
    for start in reversed(order):
        if group[start] >= 0 or lowest[start] == ranks[start]:
            continue
        members = [start]
        group[start] = start
        for box in members:
            for other in after[box] + before[box]:
                if (
                    group[other] < 0
                    and lowest[other] > ranks[other]
                    and abs(ranks[other] - ranks[box]) == 1
                ):
                    group[other] = start
                    members.append(other)
        down = [
            ranks[reader] - ranks[box] - 1
            for box in members
            for reader in after[box]
            if group[reader] != start
        ]
        up = sum(group[source] != start for box in members for source in before[box])
        if len(down) > up and min(down):
            moved = True
            for box in members:
                ranks[box] += min(down)
    return moved


def _wires(sizes: list[Size], edges: list[Edge], ranks: list[int]) -> list[Wire]:
    """Group edges into wires.

    An edge is a wire of its own, but many long edges of one source share a lane: what is
    concatenated again and again would otherwise be a wall of lanes. A source too narrow
    for all its ports gets a single one.
    """
    outgoing: list[list[int]] = [[] for _ in sizes]
    for index, (source, _) in enumerate(edges):
        outgoing[source].append(index)
    wires = []
    for source, indices in enumerate(outgoing):
        if not indices:
            continue
        next_rank = ranks[source] + 1
        long = [index for index in indices if ranks[edges[index][1]] > next_rank]
        groups = [[index] for index in indices if ranks[edges[index][1]] == next_rank]
        groups += [long] if len(long) > SHARED else [[index] for index in long]
        if len(groups) - 1 > (sizes[source][0] - 2 * PORT_INSET) / TRACK:
            groups = [indices]
        for group in groups:
            wires.append(Wire(source, group, max(ranks[edges[index][1]] for index in group)))
    return wires


def _with_lanes(edges: list[Edge], ranks: list[int], wires: list[Wire]) -> Layering:
    """Put a lane where a wire passes a rank, and join what is in neighbouring ranks."""
    total = sum(wire.last - ranks[wire.source] - 1 for wire in wires)
    if total > MAX_LANES:
        raise ValueError(f"too many long edges to draw ({total:,} lanes)")
    nodes = len(ranks) + total
    graph = Layering(
        edges=edges,
        ranks=ranks,
        wires=wires,
        rows=[[] for _ in range(max(ranks) + 1)],
        above=[[] for _ in range(nodes)],
        below=[[] for _ in range(nodes)],
        owner=[-1] * len(ranks),
        first_lane=[],
        leaving=[[] for _ in ranks],
        ending=[{} for _ in wires],
    )
    for number, wire in enumerate(wires):
        start = len(graph.owner)
        length = wire.last - ranks[wire.source] - 1
        graph.leaving[wire.source].append(number)
        graph.first_lane.append(start)
        graph.owner.extend([number] * length)
        trunk = [wire.source, *range(start, start + length)]
        joined = list(pairwise(trunk))
        for index in wire.edges:
            target = edges[index][1]
            graph.ending[number].setdefault(ranks[target], []).append(index)
            joined.append((trunk[ranks[target] - ranks[wire.source] - 1], target))
        for upper, lower in joined:
            graph.below[upper].append(lower)
            graph.above[lower].append(upper)
    return graph


def _first_order(graph: Layering, heights: list[int]) -> None:
    """Fill the rows depth first: the longest path first, so leftmost; lanes after boxes."""

    def urgency(node: int) -> tuple[bool, int]:
        return (node >= graph.boxes, -heights[node] if node < graph.boxes else 0)

    seen = [False] * len(graph.above)
    roots = [box for box in range(graph.boxes) if not graph.above[box]]
    stack = sorted(roots, key=urgency)[::-1]
    rank = graph.ranks + [0] * (len(graph.above) - graph.boxes)
    while stack:
        node = stack.pop()
        if seen[node]:
            continue
        seen[node] = True
        graph.rows[rank[node]].append(node)
        children = sorted(graph.below[node], key=urgency)
        for child in reversed(children):
            rank[child] = rank[node] + 1
            stack.append(child)


def _reduce_crossings(graph: Layering) -> None:
    """Reorder the runs of rows in which edges cross; a row of one node bounds a run."""
    position = [0] * len(graph.above)
    for row in graph.rows:
        _number(row, position)
    start = 0
    for end, row in enumerate(graph.rows):
        if len(row) == 1 or end == len(graph.rows) - 1:
            if end > start:
                _sweep_run(graph, position, start, end)
            start = end


def _sweep_run(graph: Layering, position: list[int], start: int, end: int) -> None:
    """Sweep down and up over a run of rows, keeping the best order seen."""
    rows = graph.rows
    fewest = _crossings(graph, position, start, end)
    best = rows[start : end + 1]
    stale = 0
    down = True
    while fewest and stale < PATIENCE:
        for rank in range(start, end + 1) if down else range(end, start - 1, -1):
            rows[rank] = _by_barycentre(rows[rank], graph.above if down else graph.below, position)
        _exchange(graph, position, start, end)
        crossings = _crossings(graph, position, start, end)
        stale = 0 if crossings < NOTABLE * fewest else stale + 1
        if crossings < fewest:
            fewest, best = crossings, [list(row) for row in rows[start : end + 1]]
        down = not down
    rows[start : end + 1] = best
    for row in best:
        _number(row, position)


def _number(row: list[int], position: list[int]) -> None:
    for place, node in enumerate(row):
        position[node] = place


def _by_barycentre(row: list[int], joined: list[list[int]], position: list[int]) -> list[int]:
    """Return a row ordered by the mean place of each node's neighbours; ties stay."""
    centre = {}
    for node in row:
        places = [position[other] for other in joined[node]]
        centre[node] = sum(places) / len(places) if places else position[node]
    row = sorted(row, key=centre.__getitem__)
    _number(row, position)
    return row


def _exchange(graph: Layering, position: list[int], start: int, end: int) -> None:
    """Exchange neighbours in a row wherever that leaves fewer crossings."""
    for _ in range(PATIENCE):
        improved = False
        for row in graph.rows[start : end + 1]:
            for place in range(len(row) - 1):
                left, right = row[place], row[place + 1]
                gain = 0
                for joined in (graph.above, graph.below):
                    if joined[left] and joined[right]:
                        lefts = [position[node] for node in joined[left]]
                        rights = [position[node] for node in joined[right]]
                        gain += _inversions(lefts, rights) - _inversions(rights, lefts)
                if gain > 0:
                    row[place], row[place + 1] = right, left
                    position[left], position[right] = place + 1, place
                    improved = True
        if not improved:
            return


def _inversions(lefts: list[int], rights: list[int]) -> int:
    """Count the pairs that cross when `lefts` belong to the left node of two."""
    if len(rights) == 1:
        return sum(left > rights[0] for left in lefts)
    rights = sorted(rights)
    return sum(bisect_left(rights, left) for left in lefts)


def _crossings(graph: Layering, position: list[int], start: int, end: int) -> int:
    """Count the crossings between the rows of a run."""
    count = 0
    for rank in range(start, end):
        if len(graph.rows[rank]) == 1 or len(graph.rows[rank + 1]) == 1:
            continue
        seen: list[int] = []
        for node in graph.rows[rank]:
            places = [position[other] for other in graph.below[node]]
            for place in places:
                count += len(seen) - bisect_right(seen, place)
            for place in places:
                insort(seen, place)
    return count
