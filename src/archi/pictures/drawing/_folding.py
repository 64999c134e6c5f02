"""Folding: where a tall picture is cut into columns, and how edges run from one to the next.

A wire that is cut leaves its column at the bottom, runs up the gutter to the right of it,
over the columns in between, and down into those where its targets are. The wires of a box
right above the cut run as one, so a cut after the join of a block shows a single line.
"""

from __future__ import annotations

from itertools import accumulate, pairwise
from math import log, sqrt
from typing import NamedTuple

from archi.pictures.drawing._layering import TRACK, Layering

GUTTER = 16  # between a column and the nearest lane of a gutter
PLAIN_GUTTER = 36  # between columns that nothing joins
TURN = 14  # between a column and the nearest track below or above it
CUT = 0.06  # a cut wire costs as much as columns this much (squared) out of balance
FOLD = 0.1  # twice (e times) the columns must bring the picture this much nearer to a square
CANDIDATES = 24  # places considered for each cut


class Extent(NamedTuple):
    """What folding must know of a rank: its top and bottom, its left and right."""

    top: float
    bottom: float
    left: float
    right: float


def crossing_boxes(graph: Layering) -> list[int]:
    """Return between each rank and the next: how many boxes have wires that pass there."""
    last = list(graph.ranks)
    for wire in graph.wires:
        last[wire.source] = max(last[wire.source], wire.last)
    change = [0] * (len(graph.rows) + 1)
    for rank, end in zip(graph.ranks, last, strict=True):
        change[rank] += 1
        change[end] -= 1
    return list(accumulate(change[: len(graph.rows) - 1]))


def choose_cuts(extents: list[Extent], crossing: list[int], folds: int | None) -> list[int]:
    """Return the ranks after which to cut: into `folds` columns, or for a square picture."""
    limit = len(extents)
    if folds is not None:
        return _cuts(extents, crossing, min(folds, limit))
    if limit < 3:
        return []  # two boxes are better in one line than around a corner
    whole = extents[-1].bottom / max(rank.right - rank.left for rank in extents)
    columns = min(max(round(sqrt(whole)), 1), limit)
    cuts = _cuts(extents, crossing, columns)
    best = _unevenness(extents, crossing, cuts)
    for step in (1, -1):
        while 1 <= columns + step <= limit:
            candidate = _cuts(extents, crossing, columns + step)
            score = _unevenness(extents, crossing, candidate)
            if score >= best:
                break
            columns, cuts, best = columns + step, candidate, score
    return cuts


def _cuts(extents: list[Extent], crossing: list[int], columns: int) -> list[int]:
    """Cut into columns of about one height where little passes (dynamic programming)."""
    ideal = extents[-1].bottom / columns
    end = len(extents) - 1
    costs = {-1: 0.0}  # of cutting up to and after each rank, with the cuts made so far
    back: list[dict[int, int]] = []  # of each cut, the one before
    near = 0
    for number in range(1, columns):
        while near < end and extents[near].bottom < ideal * number:
            near += 1
        last = min(end - (columns - number), near + CANDIDATES // 2)
        first = min(max(number - 1, near - CANDIDATES // 2), last)
        following = {}
        before = {}
        for rank in range(first, last + 1):
            options = [
                (cost + _imbalance(extents, cut + 1, rank, ideal), cut)
                for cut, cost in costs.items()
                if cut < rank
            ]
            if options:
                cost, before[rank] = min(options)
                following[rank] = cost + CUT * crossing[rank]
        if not following:
            break  # a rank so tall that there is nothing left to cut
        costs = following
        back.append(before)
    cut = min(costs, key=lambda cut: (costs[cut] + _imbalance(extents, cut + 1, end, ideal), cut))
    cuts = []
    for before in reversed(back):
        cuts.append(cut)
        cut = before[cut]
    return cuts[::-1]


def _imbalance(extents: list[Extent], first: int, last: int, ideal: float) -> float:
    return ((extents[last].bottom - extents[first].top) / ideal - 1) ** 2


def _unevenness(extents: list[Extent], crossing: list[int], cuts: list[int]) -> float:
    """Return how far from square a picture with these cuts will be, on a log scale."""
    width, height = 0.0, 0.0
    starts = [0, *(cut + 1 for cut in cuts)]
    ends = [*cuts, len(extents) - 1]
    for first, last in zip(starts, ends, strict=True):
        ranks = extents[first : last + 1]
        width += max(rank.right for rank in ranks) - min(rank.left for rank in ranks)
        tracks = TURN + TRACK * crossing[last] if last < len(crossing) else 0
        height = max(height, extents[last].bottom - extents[first].top + tracks)
    height += max((TURN + TRACK * crossing[cut] for cut in cuts), default=0)
    for cut in cuts:
        width += 2 * GUTTER + TRACK * (crossing[cut] - 1) if crossing[cut] else PLAIN_GUTTER
    if not width or not height:
        return 0.0
    return abs(log(width / height)) + FOLD * log(len(cuts) + 1)


def split(graph: Layering, cuts: list[int]) -> list[tuple[int, list[list[int]]]]:
    """Return the first rank and the rows of each column, without the lanes it does not need.

    A wire passes the columns between its source and its targets outside of them, so it
    has lanes only where it starts and down to where it ends.
    """
    columns = []
    starts = [0, *(cut + 1 for cut in cuts)]
    for start, end in pairwise([*starts, len(graph.rows)]):
        reach: dict[int, int] = {}
        rows = []
        for rank in range(start, end):
            kept = []
            for node in graph.rows[rank]:
                wire = graph.owner[node]
                if wire >= 0 and wire not in reach:
                    reach[wire] = _reach(graph, wire, start, end)
                if wire < 0 or reach[wire] > rank:
                    kept.append(node)
            rows.append(kept)
        columns.append((start, rows))
    return columns


def _reach(graph: Layering, wire: int, start: int, end: int) -> int:
    """Return the last rank that a wire goes to within a column, -1 if it passes outside."""
    if graph.source_rank(wire) >= start:
        return graph.wires[wire].last
    return max((rank for rank in graph.ending[wire] if rank < end), default=-1)
