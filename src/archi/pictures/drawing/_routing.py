"""Routing: the tracks of edges in the channel between two ranks.

The channel is routed as in Sander, "Layout of Directed Hypergraphs
with Orthogonal Hyperedges" (Graph Drawing 2003): what runs sideways gets tracks, the
order of tracks keeps verticals from overlapping and crosses little. Where two edges each
need to be above the other, one of them changes its track on the way (a dogleg, Deutsch
1976).
"""

from __future__ import annotations

import itertools
from bisect import bisect_right
from typing import NamedTuple

from archi.pictures.drawing._layering import TRACK

MAX_COMPARED = 400  # nets in a channel of which all pairs are compared


class Net(NamedTuple):
    """What runs through a channel as one: from an x at the top to one or more at the bottom."""

    top: float
    bottoms: list[float]


class Channel(NamedTuple):
    """A routed channel: how many tracks, and for each net's bottoms the (x, track) bends."""

    tracks: int
    bends: list[list[list[tuple[float, int]]]]


class _Piece:
    """A net, or the part of a net before or after a dogleg."""

    __slots__ = ("bottoms", "feeder", "high", "low", "top", "track")

    def __init__(self, top: float, bottoms: list[float], feeder: _Piece | None = None) -> None:
        self.top = top
        self.bottoms = bottoms
        self.feeder = feeder
        self.track = 0
        self.measure()

    def measure(self) -> None:
        self.low = min(self.top, *self.bottoms)
        self.high = max(self.top, *self.bottoms)

    def bends(self) -> list[tuple[float, int]]:
        """Return the bends from the top of the net to this piece's track."""
        before = [*self.feeder.bends(), (self.top, self.feeder.track)] if self.feeder else []
        return [*before, (self.top, self.track)]


def route_channel(nets: list[Net]) -> Channel:
    """Give every net that runs sideways a track, with few crossings and no overlaps."""
    pieces = []
    last: list[dict[float, _Piece]] = []  # of each net: the piece that reaches each bottom
    for net in nets:
        last.append({})
        if any(bottom != net.top for bottom in net.bottoms):
            piece = _Piece(net.top, list(net.bottoms))
            pieces.append(piece)
            last[-1] = dict.fromkeys(net.bottoms, piece)
    if len(pieces) > 1:
        pins = sorted({x for net in nets for x in (net.top, *net.bottoms)})
        _assign_tracks(pieces, last, pins)
    bends = []
    for net, reaching in zip(nets, last, strict=True):
        bends.append([_bends_to(net, bottom, reaching) for bottom in net.bottoms])
    return Channel(max((piece.track + 1 for piece in pieces), default=0), bends)


def _bends_to(net: Net, bottom: float, reaching: dict[float, _Piece]) -> list[tuple[float, int]]:
    if bottom not in reaching or (bottom == net.top and not reaching[bottom].feeder):
        return []
    piece = reaching[bottom]
    return [*piece.bends(), (bottom, piece.track)]


def _assign_tracks(
    pieces: list[_Piece], last: list[dict[float, _Piece]], pins: list[float]
) -> None:
    """Order the pieces from top to bottom; each track is as high as those above it allow."""
    for distance in (TRACK, TRACK / 2):
        above = _must_be_above(pieces, distance)
        if not _cyclic(above):
            break
    else:
        above = _with_doglegs(pieces, last, pins, TRACK / 2)
    placed: list[_Piece] = []
    for index in _order(pieces, above):
        piece = pieces[index]
        piece.track = max(
            (other.track + 1 for other in placed if _overlap(piece, other)), default=0
        )
        placed.append(piece)


def _overlap(one: _Piece, other: _Piece) -> bool:
    return one.low - TRACK < other.high and other.low - TRACK < one.high


def _must_be_above(pieces: list[_Piece], distance: float) -> list[set[int]]:
    """Return for each piece those it must be above, lest its way down from the top meets theirs."""
    starts = sorted((piece.top, index) for index, piece in enumerate(pieces))
    above: list[set[int]] = [set() for _ in pieces]
    xs = [x for x, _ in starts]
    for lower, piece in enumerate(pieces):
        for bottom in piece.bottoms:
            at = bisect_right(xs, bottom - distance)
            while at < len(xs) and xs[at] < bottom + distance:
                upper = starts[at][1]
                if upper != lower and pieces[upper].feeder is not piece:
                    above[upper].add(lower)
                at += 1
    number = {piece: index for index, piece in enumerate(pieces)}
    for piece in pieces:
        if piece.feeder:
            above[number[piece.feeder]].add(number[piece])
    return above


def _cyclic(above: list[set[int]]) -> list[int]:
    """Return the pieces on or between cycles of the relation; none if it is acyclic."""
    left = set(range(len(above)))
    while True:
        targets = {lower for upper in left for lower in above[upper] if lower in left}
        stuck = {node for node in left if node in targets and above[node] & left}
        if len(stuck) == len(left):
            return sorted(left)
        left = stuck


def _with_doglegs(
    pieces: list[_Piece], last: list[dict[float, _Piece]], pins: list[float], distance: float
) -> list[set[int]]:
    """Split pieces until the relation has no cycles, and return it."""
    above = _must_be_above(pieces, distance)
    for _ in range(2 * len(pieces)):
        cycle = _cyclic(above)
        if not cycle:
            break
        index = cycle[0]
        piece = pieces[index]
        tops = [pieces[other].top for other in cycle if other != index]
        low = [b for b in piece.bottoms if any(abs(b - top) < distance for top in tops)]
        through = _free_x(pins, (piece.low + piece.high) / 2)
        pins.append(through)
        pins.sort()
        lower = _Piece(through, low, piece)
        piece.bottoms = [b for b in piece.bottoms if b not in low] + [through]
        piece.measure()
        pieces.append(lower)
        for reaching in last:
            for bottom in low:
                if reaching.get(bottom) is piece:
                    reaching[bottom] = lower
        above = _must_be_above(pieces, distance)
    return above


def _free_x(pins: list[float], wanted: float) -> float:
    """Return an x near the wanted one that is clear of all pins, or as clear as can be."""
    gaps = [(left, right) for left, right in itertools.pairwise(pins)]
    wide = [gap for gap in gaps if gap[1] - gap[0] >= 2 * TRACK]
    if not wide:
        wide = [max(gaps, key=lambda gap: gap[1] - gap[0])]
    places = []
    for left, right in wide:
        margin = min(TRACK, (right - left) / 2)
        places.append(min(max(wanted, left + margin), right - margin))
    return min(places, key=lambda x: (abs(x - wanted), x))


def _order(pieces: list[_Piece], above: list[set[int]]) -> list[int]:
    """Return the pieces from top to bottom: as they must be, and with few crossings.

    What saves crossings is an acyclic order of most of the wishes (the heuristic of Eades,
    Lin & Smyth 1993): first those that no other wants to be above, then whose wish to be
    above outweighs the others' most.
    """
    count = len(pieces)
    wishes: list[dict[int, int]] = [{} for _ in pieces]  # crossings saved by being above
    wanted = [0] * count  # saved by being above others that are left
    unwanted = [0] * count  # saved by others that are left being above
    compared = sorted(range(count), key=lambda index: pieces[index].low)
    if count > MAX_COMPARED:
        compared = []
    for at, one in enumerate(compared):
        for other in compared[at + 1 :]:
            if pieces[other].low >= pieces[one].high:
                break
            gain = _crossings(pieces[other], pieces[one]) - _crossings(pieces[one], pieces[other])
            if gain:
                upper, lower = (one, other) if gain > 0 else (other, one)
                wishes[upper][lower] = abs(gain)
                wanted[upper] += abs(gain)
                unwanted[lower] += abs(gain)
    wished_by: list[list[int]] = [[] for _ in pieces]
    for upper, lowers in enumerate(wishes):
        for lower in lowers:
            wished_by[lower].append(upper)
    missing = [0] * count
    for lowers_of in above:
        for lower in lowers_of:
            missing[lower] += 1

    def urgency(index: int) -> tuple[bool, int, int]:
        return unwanted[index] > 0, unwanted[index] - wanted[index], index

    order = []
    free = {index for index in range(count) if not missing[index]}
    left = set(range(count))
    while left:
        best = min(free or left, key=urgency)
        order.append(best)
        left.discard(best)
        free.discard(best)
        for lower in above[best]:
            missing[lower] -= 1
            if not missing[lower] and lower in left:
                free.add(lower)
        for lower, gain in wishes[best].items():
            unwanted[lower] -= gain
        for upper in wished_by[best]:
            wanted[upper] -= wishes[upper][best]
    return order


def _crossings(upper: _Piece, lower: _Piece) -> int:
    """Count the crossings of two pieces when the first is above the second."""
    down = sum(lower.low < bottom < lower.high for bottom in upper.bottoms)
    return down + (upper.low < lower.top < upper.high)
