"""Which layer of one network is which layer of the other.

Layers are paired in passes, the surest evidence first: the name someone gave it, within
the block the builder declared; then structure. For structure every open layer gets two
colours, what it computes (its class, its arguments and the colours it reads) and what
becomes of it (those that read it), as in Weisfeiler and Lehman's refinement: whatever
has been paired has a colour of its own, so a change stops at the nearest pair. Layers
whose colours agree in both networks are pairs. After one change, everything not below it
looks alike from above and everything not above it from below; what lies between several
changes is left to a longest common subsequence, in gaps between pairs.

Numbers and order never come from hashes, so the result is the same in every process. The
two networks are put in an order of their own first, so `align(b, a)` is the mirror of
`align(a, b)`. Every pass is linear in the layers but the subsequence, which is bounded.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Callable, Hashable
from typing import Any, NamedTuple

from archi.diff._sequences import common, increasing
from archi.diff._sides import Item, Palette, Side, Token
from archi.graph import Graph

ROUNDS = 4  # of pairing what neighbours have made certain
MANY = 10**9
STRANGERS = 0.2  # of the smaller network's layers; fewer pairs are likely chance
CELLS = 2_000_000  # of the subsequence tables of one alignment: under a second


class Alignment(NamedTuple):
    """Both networks with their layers paired.

    `complete` is False where gaps were too large to search for the longest common
    subsequence: every pair is still sound, but there may be fewer than there could be.
    """

    a: Side
    b: Side
    complete: bool


def align(a: Graph, b: Graph) -> Alignment:
    """Pair the layers of two networks."""
    first, second = Side(a), Side(b)
    swapped = _comes_later(first, second)
    aligner = _Aligner(second, first) if swapped else _Aligner(first, second)
    aligner.run()
    return Alignment(first, second, aligner.complete or aligner.perfect)


def _comes_later(a: Side, b: Side) -> bool:
    """Put two networks in an order that does not depend on which was named first."""
    if len(a.items) != len(b.items):
        return len(a.items) > len(b.items)
    for x, y in zip(a.items, b.items, strict=True):
        keys = [_identity(x, a), _identity(y, b)]
        if keys[0] != keys[1]:
            return repr(keys[0]) > repr(keys[1])
    return False


def _identity(item: Item, side: Side) -> tuple[Any, ...]:
    wiring = [(side.source(tensor).place, tensor.index) for tensor in item.inputs]
    return item.layer.name, item.layer.class_name, item.layer.values(), wiring, item.scope


def _any_two(first: Item, second: Item) -> bool:
    """Let any two layers be a pair."""
    return True


def _no_two_names(first: Item, second: Item) -> bool:
    """Refuse to pair layers to which someone gave different names."""
    return first.auto or second.auto or first.layer.name == second.layer.name


class _Aligner:
    def __init__(self, a: Side, b: Side) -> None:
        self.sides = (a, b)
        self.pairs = 0
        self.complete = True
        self.cells = CELLS
        self.numbers: dict[Hashable, int] = {}
        self.exact: dict[Item, int] = {}

    def run(self) -> None:
        if all(side.scoped for side in self.sides):
            self._pair(lambda item: item.scope and self._given_name(item, item.scope))
            self._settle(local=True)
        self._pair(self._given_name)
        self._settle(local=False)
        self._pair_inputs()
        self._fill_gaps(self._neighbourhood)
        self._settle(local=False)
        self._fill_gaps(self._exactly, allowed=_no_two_names)
        self._settle(local=False)
        self._settle_loosely()
        if self.pairs < STRANGERS * min(len(side.items) for side in self.sides):
            self._part_strangers()

    @property
    def perfect(self) -> bool:
        """Whether all layers of one network are found in the other with equal arguments."""
        return self._done() and all(
            self._exactly(item) == self._exactly(item.partner)
            for item in self.sides[0].items
            if item.partner
        )

    # --- passes ---------------------------------------------------------------------

    def _given_name(self, item: Item, scope: str = "") -> Hashable:
        return None if item.auto else (item.layer.name, item.layer.class_name, scope)

    def _settle(self, *, local: bool) -> None:
        """Pair what looks alike: from both ways, then in place, then from one way."""
        for _ in range(ROUNDS):
            before = self.pairs
            if self._done():
                return
            exact = Palette(self.sides, self._exactly, local)
            kinds = Palette(self.sides, self._kind, local)
            self._pair_by(exact, slice(0, 2))
            self._pair_by(kinds, slice(0, 2))
            # Below first: a layer taken out leaves its readers with what it read, so that
            # they look from above as it did.
            for most in (1, MANY):  # what is unlike all others is the surer pair
                self._pair_by(exact, slice(1, 2), most=most)
                self._pair_by(exact, slice(0, 1), most=most)
            if self.pairs == before:
                return

    def _settle_loosely(self) -> None:
        """Pair what is left by weaker evidence: one way, no arguments, or more than one choice."""
        for _ in range(ROUNDS):
            before = self.pairs
            for ways in (slice(0, 1), slice(1, 2)):
                if self._done():
                    return
                kinds = Palette(self.sides, self._kind, local=False)
                self._pair_by(kinds, ways, allowed=_no_two_names)
            exact = Palette(self.sides, self._exactly, local=False)
            for ways in (slice(0, 2), slice(0, 1), slice(1, 2)):
                self._pair_by(exact, ways, loose=True, allowed=_no_two_names)
            if self.pairs == before:
                break
        self._pair(self._surroundings)

    def _pair_inputs(self) -> None:
        """Pair the networks' inputs by position where there are equally many."""
        ends = [[side.source(t) for t in side.graph.inputs] for side in self.sides]
        if len(ends[0]) == len(ends[1]):
            for first, second in zip(*ends, strict=True):
                if first.partner is None and second.partner is None:
                    self._match(first, second)

    def _fill_gaps(self, token: Token, allowed: Callable[[Item, Item], bool] = _any_two) -> None:
        """Pair common subsequences between neighbouring pairs, where neighbours support it."""
        found: dict[Item, Item] = {}
        for first, second in self._gaps():
            left, right = list(map(token, first)), list(map(token, second))
            pairs, cells = common(left, right, self.cells)
            self.cells -= cells
            self.complete &= cells > 0 or len(pairs) in (len(first), len(second))
            matches = ((first[i], second[j]) for i, j in pairs)
            found |= {x: y for x, y in matches if allowed(x, y)}
        while True:
            lonely = [x for x, y in found.items() if not self._supported(x, y, found)]
            if not lonely:
                break
            for item in lonely:
                del found[item]
        for x, y in found.items():
            self._match(x, y)

    def _part_strangers(self) -> None:
        """Keep only pairs of one given name and the inputs: the others are alike by chance."""
        ends = {side.source(tensor) for side in self.sides for tensor in side.graph.inputs}
        for item in self.sides[0].items:
            other = item.partner
            if other and item not in ends and (item.auto or item.layer.name != other.layer.name):
                item.partner = other.partner = None

    # --- what layers look like --------------------------------------------------------

    def _number(self, key: Hashable) -> int:
        return self.numbers.setdefault(key, len(self.numbers))

    def _exactly(self, item: Item) -> int:
        if item not in self.exact:
            values = tuple(map(_frozen, item.layer.values().values()))
            self.exact[item] = self._number((item.layer.class_name, values))
        return self.exact[item]

    def _kind(self, item: Item) -> int:
        return self._number(item.layer.class_name)

    def _neighbourhood(self, item: Item) -> int:
        """The layer with what it reads and what reads it, one step each way."""
        side = self._side_of(item)
        near = [
            *((self._look(side.source(tensor)), -1) for tensor in item.inputs),
            *sorted(
                (self._look(side.home[reader][0]), position)
                for call in item.calls
                for reader, position, _ in side.readers[call]
            ),
        ]
        return self._number((self._exactly(item), tuple(near)))

    def _look(self, item: Item) -> int:
        """A pair by its number, an open layer by its arguments."""
        return self._exactly(item) if item.partner is None else -1 - item.serial

    def _surroundings(self, item: Item) -> Hashable:
        """All that it reads and all that reads it, where every one of these has a partner."""
        side = self._side_of(item)
        reads = [(side.source(tensor), tensor.index) for tensor in item.inputs]
        readers = [
            (side.home[reader][0], position)
            for call in item.calls
            for reader, position, _ in side.readers[call]
        ]
        if not reads or not readers or any(n.partner is None for n, _ in (*reads, *readers)):
            return None
        below = sorted((reader.serial, position) for reader, position in readers)
        return tuple((read.serial, index) for read, index in reads), tuple(below)

    def _side_of(self, item: Item) -> Side:
        return self.sides[item.calls[0] not in self.sides[0].home]

    # --- pairing ----------------------------------------------------------------------

    def _done(self) -> bool:
        return self.pairs == min(len(side.items) for side in self.sides)

    def _match(self, first: Item, second: Item) -> None:
        first.partner, second.partner = second, first
        first.serial = second.serial = self.pairs
        self.pairs += 1

    def _pair_by(self, palette: Palette, ways: slice, **options: Any) -> None:
        def key(item: Item) -> Hashable:
            if palette.local and not item.scope:
                return None
            return palette.colours[item][ways], palette.local and item.scope

        self._pair(key, **options)

    def _pair(
        self,
        key: Callable[[Item], Any],
        *,
        loose: bool = False,
        most: int = MANY,
        allowed: Callable[[Item, Item], bool] = _any_two,
    ) -> None:
        """Pair open layers of one key: those of one name, the others in order.

        Where there are not equally many, only with `loose`; where there are more than
        `most`, not at all. No key is no evidence.
        """
        alike: dict[Any, tuple[list[Item], list[Item]]] = {}
        for number, side in enumerate(self.sides):
            for item in side.open:
                if value := key(item):
                    alike.setdefault(value, ([], []))[number].append(item)
        for firsts, seconds in alike.values():
            if len(firsts) <= most and (loose or len(firsts) == len(seconds)):
                named = {item.layer.name: item for item in seconds}
                for first in firsts:
                    if first.layer.name in named:
                        self._match(first, named[first.layer.name])
                rest = (
                    [item for item in each if item.partner is None] for each in (firsts, seconds)
                )
                for first, second in zip(*rest, strict=False):
                    if allowed(first, second):
                        self._match(first, second)

    def _gaps(self) -> list[tuple[list[Item], list[Item]]]:
        """Return the open layers of both networks between neighbouring pairs."""
        paired = [(i.place, i.partner.place) for i in self.sides[0].items if i.partner]
        walls = [paired[k] for k in increasing([place for _, place in paired])]
        gaps: dict[int, tuple[list[Item], list[Item]]] = {}
        for number, side in enumerate(self.sides):
            places = [wall[number] for wall in walls]
            for item in side.open:
                gaps.setdefault(bisect_left(places, item.place), ([], []))[number].append(item)
        return [gap for gap in gaps.values() if all(gap)]

    def _supported(self, first: Item, second: Item, found: dict[Item, Item]) -> bool:
        """Whether two layers read, or are read by, layers that are a pair."""
        a, b = self.sides

        def partner(item: Item) -> Item | None:
            return item.partner or found.get(item)

        reads = zip(first.inputs, second.inputs, strict=False)
        if any(partner(a.source(x)) is b.source(y) for x, y in reads):
            return True
        readers = {b.home[reader][0] for call in second.calls for reader, _, _ in b.readers[call]}
        return any(
            partner(a.home[reader][0]) in readers
            for call in first.calls
            for reader, _, _ in a.readers[call]
        )


def _frozen(value: Any) -> Hashable:
    """Return a value that can be hashed for an argument's, which may hold dicts and lists."""
    try:
        hash(value)
    except TypeError:
        return json.dumps(value, sort_keys=True, default=repr)
    return value  # type: ignore[no-any-return]
