"""Exact formulas for params and MACs, found by building a few small networks.

In the options that count something (blocks, filters), params and MACs of a family are
polynomials: a block more adds what a block adds, a convolution from a·F to b·F channels
a·b·F² scalars. So a handful of built networks give the counts of all: differences taken
until they vanish give the degree in each option, one more network far away tests them.
Small networks may be an exception, such as one whose only cell has no cell before it.

Variables are places, the number of steps above the first value, and the formula is a
sum of integers × binomials C(place, k): exact, and each binomial grows with its place.

A network may differ in kind where two channel counts happen to meet: no projection where
the shortcut has the filters already (WRN at width 1). From the channels of the networks
built, every place where any two *could* meet is known (`meets`).
"""

from __future__ import annotations

from collections.abc import Sequence

Counts = tuple[int, int]  # params, MACs
Place = tuple[int, ...]  # steps above the first value, for each option
Plane = tuple[int, Place]  # where constant + slopes · place is 0


class Formula:
    """Params and MACs at any place.

    `terms` are (orders, counts): counts × Π C(place, order). `meetings` are planes
    (constant, slopes) on which two channel counts are equal.
    """

    def __init__(
        self,
        degrees: Sequence[int],
        terms: list[tuple[Place, Counts]],
        meetings: list[Plane],
    ) -> None:
        self.degrees = degrees
        self.terms = terms
        self.meetings = meetings
        slopes = [slopes for _, slopes in meetings]
        self.moving = [any(s[axis] for s in slopes) for axis in range(len(degrees))]

    def at(self, place: Place) -> Counts:
        """Return the counts at a place."""
        return self.between(place, place)[0]

    def between(self, low: Place, high: Place) -> tuple[Counts, Counts]:
        """Return counts that all places from `low` to `high` lie between.

        Terms grow with the place, so that positive ones are least at `low`, and negative
        ones at `high`. Exact at one place, and where no term is negative.
        """
        at_low, at_high = self._basis(low), self._basis(high)
        least, most = [0, 0], [0, 0]
        for orders, counts in self.terms:
            small = large = 1
            for axis, order in enumerate(orders):
                small *= at_low[axis][order]
                large *= at_high[axis][order]
            for i, count in enumerate(counts):
                least[i] += count * (small if count > 0 else large)
                most[i] += count * (large if count > 0 else small)
        return (least[0], least[1]), (most[0], most[1])

    def _basis(self, place: Place) -> list[list[int]]:
        return [binomials(x, d) for x, d in zip(place, self.degrees, strict=True)]

    def meets(self, low: Place, high: Place) -> bool:
        """Whether channel counts may meet somewhere from `low` to `high`."""
        return any(crosses(plane, low, high) for plane in self.meetings)


def crosses(plane: Plane, low: Place, high: Place) -> bool:
    """Whether a plane goes between places `low` and `high`."""
    least = most = plane[0]
    for slope, a, b in zip(plane[1], low, high, strict=True):
        least += slope * (a if slope > 0 else b)
        most += slope * (b if slope > 0 else a)
    return least <= 0 <= most


def binomials(x: int, degree: int) -> list[int]:
    """Return C(x, 0) … C(x, degree), for negative x as the polynomials go on."""
    values = [1]
    for k in range(degree):
        values.append(values[-1] * (x - k) // (k + 1))
    return values
