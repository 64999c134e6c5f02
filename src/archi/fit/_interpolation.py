"""Finding the formula of a family by building a few small networks (see `_formula`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations, pairwise, product
from math import gcd
from typing import NamedTuple

from archi.fit._formula import Counts, Formula, Place, Plane, binomials, crosses

MAX_LINE = 7  # networks built along one option before it is called irregular
BASES = ((0,), (4, 17, 40), (11, 2, 75))  # where to build, by option, for one that widens
APART = (6,)  # places that tell whether an option widens, with those before them
FAR = ((5, 7), (3, 5), (8, 9))  # where a formula is tested, as fractions of the largest place


class Sample(NamedTuple):
    """What one built network shows: its counts, its layers and their channels, in order."""

    counts: Counts
    layers: tuple[str, ...]
    channels: tuple[int, ...]


Build = Callable[[Place], Sample]


class Irregular(Exception):
    """The counts are a polynomial in option number `axis` only from place `start` on.

    None is nowhere.
    """

    def __init__(self, axis: int, start: int | None = None) -> None:
        super().__init__(axis, start)
        self.axis = axis
        self.start = start


def fit(build: Build, largest: Place) -> Formula:
    """Return the formula for places from 0 to `largest`.

    It is fitted to the smallest networks, which cost least, or where channel counts meet
    among those, so that they are no rule for others, to somewhat wider ones.

    Raises Irregular, naming an option in which the counts are no polynomial, and whatever
    `build` raises.
    """
    first: Irregular | None = None
    for numbers in BASES:
        try:
            return _fit_at(_bases(build, largest, numbers), build, largest)
        except Irregular as irregular:
            if not _widens(build, largest, irregular.axis):
                raise  # a small one without what all others repeat
            first = first or irregular
    assert first is not None
    raise first


def _bases(build: Build, largest: Place, numbers: Sequence[int]) -> Place:
    """Where to build: at these places on the axes that widen and have so many, 0 on others."""
    bases = [numbers[axis % len(numbers)] for axis in range(len(largest))]
    return tuple(
        base if base and base + MAX_LINE <= most and _widens(build, largest, axis) else 0
        for axis, (base, most) in enumerate(zip(bases, largest, strict=True))
    )


def _widens(build: Build, largest: Place, axis: int) -> bool:
    """Whether an option leaves the layers the same but for their width."""
    pairs = [(place - 1, place) for place in APART if place <= largest[axis]]
    lines = [[_unit(axis, len(largest), place) for place in pair] for pair in pairs]
    return any(build(a).layers == build(b).layers for a, b in lines)


def _fit_at(bases: Place, build: Build, largest: Place) -> Formula:
    """Fit to networks from `bases` on. Raises Irregular."""

    def beyond(place: Place) -> Sample:
        return build(tuple(b + x for b, x in zip(bases, place, strict=True)))

    room = tuple(most - base for most, base in zip(largest, bases, strict=True))
    axes = range(len(largest))
    degrees = [_degree(beyond, axis, room) for axis in axes]
    terms = {o: beyond(o).counts for o in product(*(range(d + 1) for d in degrees))}
    _difference(terms, degrees)
    if any(bases):  # the same polynomial, with places counted from 0
        terms = {o: _newton(terms, bases, o) for o in terms}
        _difference(terms, degrees)
    kept = [(orders, counts) for orders, counts in terms.items() if any(counts)]
    origin = beyond(_unit(0, len(largest), 0))
    widening = [beyond(_unit(a, len(largest))).layers == origin.layers for a in axes]
    formula = Formula(degrees, kept, _meetings(beyond, widening, bases, largest))
    _test(formula, build, widening, bases, largest)
    return formula


def _unit(axis: int, axes: int, length: int = 1) -> Place:
    return tuple(length if i == axis else 0 for i in range(axes))


def _degree(build: Build, axis: int, largest: Place) -> int:
    """Return the degree in one option: where differences vanish, with one more to be sure.

    Raises Irregular where that is not so from the first place on.
    """
    line: list[Counts] = []
    for last in range(min(MAX_LINE, largest[axis] + 1)):
        line.append(build(_unit(axis, len(largest), last)).counts)
        for degree in range(last):
            start = last - 1 - degree
            if not any(_last_difference(line[start:])):
                if start:
                    raise Irregular(axis, start)
                return degree
    raise Irregular(axis)


def _last_difference(line: list[Counts]) -> Counts:
    params, macs = ([counts[i] for counts in line] for i in (0, 1))
    while len(params) > 1:
        params = [b - a for a, b in pairwise(params)]
        macs = [b - a for a, b in pairwise(macs)]
    return params[0], macs[0]


def _difference(values: dict[Place, Counts], degrees: list[int]) -> None:
    """Turn values on a grid into differences along every axis, in place."""
    for axis, degree in enumerate(degrees):
        for order in range(1, degree + 1):
            for place in sorted(values, reverse=True):
                if place[axis] >= order:
                    here, before = values[place], values[_moved(place, axis, place[axis] - 1)]
                    values[place] = here[0] - before[0], here[1] - before[1]


def _newton(terms: dict[Place, Counts], bases: Place, place: Place) -> Counts:
    """Evaluate differences that were taken at `bases`."""
    params = macs = 0
    for orders, counts in terms.items():
        factor = 1
        for x, base, order in zip(place, bases, orders, strict=True):
            factor *= binomials(x - base, order)[order]
        params += counts[0] * factor
        macs += counts[1] * factor
    return params, macs


def _meetings(beyond: Build, widening: Sequence[bool], bases: Place, largest: Place) -> list[Plane]:
    """Return the planes on which the channels of two layers are equal.

    Channels are linear in the options that widen; an option that adds layers has no part.
    """
    axes = range(len(largest))
    here = beyond((0,) * len(largest)).channels
    there = [beyond(_unit(a, len(largest))).channels if widening[a] else here for a in axes]
    lines = set()
    for i, channels in enumerate(here):
        slopes = tuple(there[axis][i] - channels for axis in axes)
        lines.add((channels - sum(s * b for s, b in zip(slopes, bases, strict=True)), slopes))
    planes = {_plane(a, b) for a, b in combinations(sorted(lines), 2)}
    return sorted(plane for plane in planes if _has_places(plane, largest))


def _has_places(plane: Plane, largest: Place) -> bool:
    divisor = gcd(*plane[1])
    return divisor == 1 and crosses(plane, (0,) * len(largest), largest)


def _plane(a: Plane, b: Plane) -> Plane:
    constant, slopes = a[0] - b[0], tuple(x - y for x, y in zip(a[1], b[1], strict=True))
    divisor = gcd(constant, *slopes) or 1
    if (constant, *slopes) < (0,) * (len(slopes) + 1):
        divisor = -divisor
    return constant // divisor, tuple(slope // divisor for slope in slopes)


def _test(
    formula: Formula, build: Build, widening: Sequence[bool], bases: Place, largest: Place
) -> None:
    """Build a network far away, wide but not deep, and those before the bases, and compare.

    Raises Irregular.
    """
    axes = range(len(largest))
    for above, below in FAR:
        far = tuple(
            largest[a] * above // below if widening[a] else min(formula.degrees[a] + 1, largest[a])
            for a in axes
        )
        if not formula.meets(far, far):
            break
    ends = [(axis, _moved(bases, axis, 0)) for axis in axes if bases[axis]]
    if build(far).counts != formula.at(far):
        ends += [(axis, _moved(bases, axis, far[axis])) for axis in axes] + [(0, far)]
    for axis, place in ends:
        if not formula.meets(place, place) and build(place).counts != formula.at(place):
            raise Irregular(axis)


def _moved(place: Place, axis: int, to: int) -> Place:
    return (*place[:axis], to, *place[axis + 1 :])
