"""Longest increasing and longest common subsequences, within a bound."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Hashable, Sequence

Pairs = list[tuple[int, int]]


def increasing(values: Sequence[int]) -> list[int]:
    """Return the indices of a longest increasing subsequence, in O(n log n)."""
    ends: list[int] = []  # the smallest value that ends a subsequence of each length
    at: list[int] = []  # its index
    before: list[int | None] = []
    for index, value in enumerate(values):
        length = bisect_left(ends, value)
        before.append(at[length - 1] if length else None)
        ends[length : length + 1] = [value]
        at[length : length + 1] = [index]
    found: list[int] = []
    last = at[-1] if at else None
    while last is not None:
        found.append(last)
        last = before[last]
    return found[::-1]


def common(a: Sequence[Hashable], b: Sequence[Hashable], cells: int) -> tuple[Pairs, int]:
    """Return index pairs of a longest common subsequence, and how many cells it took.

    What begins and ends alike takes none. Where the rest would take more than `cells`
    (length × length), only what occurs once in each is paired: a common subsequence, but
    perhaps not the longest; the count is 0 then.
    """
    start = 0
    while start < min(len(a), len(b)) and a[start] == b[start]:
        start += 1
    end = 0
    while end < min(len(a), len(b)) - start and a[-1 - end] == b[-1 - end]:
        end += 1
    head = [(i, i) for i in range(start)]
    tail = [(len(a) - i, len(b) - i) for i in range(end, 0, -1)]
    middle_a, middle_b = a[start : len(a) - end], b[start : len(b) - end]
    needed = len(middle_a) * len(middle_b)
    between = _longest(middle_a, middle_b) if needed <= cells else _unique(middle_a, middle_b)
    shifted = [(i + start, j + start) for i, j in between]
    return [*head, *shifted, *tail], needed if needed <= cells else 0


def _longest(a: Sequence[Hashable], b: Sequence[Hashable]) -> Pairs:
    """The textbook table, filled from the end: `best[i][j]` is for a[i:] and b[j:]."""
    best = [[0] * (len(b) + 1) for _ in range(len(a) + 1)]
    for i in range(len(a) - 1, -1, -1):
        row, below = best[i], best[i + 1]
        for j in range(len(b) - 1, -1, -1):
            row[j] = 1 + below[j + 1] if a[i] == b[j] else max(below[j], row[j + 1])
    pairs = []
    i = j = 0
    while i < len(a) and j < len(b):
        if a[i] == b[j]:
            pairs.append((i, j))
            i, j = i + 1, j + 1
        elif best[i + 1][j] >= best[i][j + 1]:
            i += 1
        else:
            j += 1
    return pairs


def _unique(a: Sequence[Hashable], b: Sequence[Hashable]) -> Pairs:
    """Pair what occurs once in each, in one order (the anchors of a patience diff)."""
    once_a, once_b = Counter(a), Counter(b)
    where = {value: j for j, value in enumerate(b) if once_b[value] == 1}
    pairs = [(i, where[v]) for i, v in enumerate(a) if once_a[v] == 1 and v in where]
    return [pairs[k] for k in increasing([j for _, j in pairs])]
