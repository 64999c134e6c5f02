"""What changed between two networks: layers added, removed, changed, moved and renamed.

Layers are paired by `_alignment`; here each pair is compared. A layer has *changed* where
its own arguments did, and *moved* where it reads other layers than before. Reading through
a layer that was added or removed is no move. A layer that is called and wired as before
but whose shapes, params or MACs are other ones *follows* a change above it. Names that
Keras counts out (`dense_7`) say nothing: where only they differ, nothing does.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from archi.analysis.counts import Counts, LayerCount, Totals, count
from archi.diff._alignment import Alignment, align
from archi.diff._sides import Item, Side
from archi.graph import Graph, Node, Tensor
from archi.layers import Layer

LONGEST = 60  # characters of an argument's value
WIDEST = 64  # layers in one set of origins; more are not told apart


class Argument(NamedTuple):
    """An argument that changed, with both values as Keras's config has them and as text."""

    name: str
    before: Any
    after: Any
    text: tuple[str, str]


class Change(NamedTuple):
    """One thing that happened to one layer.

    `kind` is `added`, `removed`, `changed`, `moved`, `renamed` or `follows`. `before` and
    `after` are the layer in either network, None in the one that lacks it, and both None
    for the network's own `inputs` and `outputs`. `reads` are the names of what it reads,
    where it moved. `params` and `macs` are what it costs, negative what it saves; MACs are
    None where they are unknown. Of several changes to one layer, the first bears the costs.
    """

    kind: str
    before: LayerCount | None
    after: LayerCount | None
    arguments: tuple[Argument, ...] = ()
    reads: tuple[list[str], list[str]] = ([], [])
    params: int | None = 0
    macs: int | None = 0
    end: str = ""

    @property
    def row(self) -> LayerCount | None:
        """The layer where it is, or where it was."""
        return self.after or self.before

    @property
    def names(self) -> tuple[str | None, str | None]:
        """The layer's name in both networks."""
        before, after = self.before, self.after
        return before and before.layer.name, after and after.layer.name

    @property
    def name(self) -> str:
        """The layer's name, that in the first network where it is in both."""
        return self.names[0] or self.names[1] or self.end

    @property
    def where(self) -> str:
        """The layer's name, both where it was renamed."""
        before, after = self.names
        return f"{before} → {after}" if self.kind == "renamed" else self.name

    @property
    def class_name(self) -> str:
        """The layer's class in the network it is, or was, in."""
        return self.row.layer.class_name if self.row else ""


class Difference(NamedTuple):
    """All that differs between two networks.

    `changes` are in the order of the layers. `follows` are the layers that other changes
    gave other shapes or costs; `renumbered` the pairs of names that only Keras's counting
    made differ; `paired` how many layers both have. Costs of `changes` and `follows` sum
    to the difference of the totals. `uncounted` names the layers whose MACs or FLOPs are
    unknown; `knows_macs` is whether all MACs are known. `complete` is False where networks
    this large and this different could not be compared exhaustively: more may be the same
    than is said.
    """

    a: Graph
    b: Graph
    totals: tuple[Totals, Totals]
    changes: list[Change]
    follows: list[Change]
    renumbered: list[tuple[str, str]]
    paired: int
    uncounted: list[str]
    knows_macs: bool
    complete: bool

    @property
    def equal(self) -> bool:
        """Whether nothing differs but automatic names."""
        return not self.changes and not self.follows


def difference(a: Graph, b: Graph) -> Difference:
    """Compare two networks layer by layer."""
    return _Comparison(align(a, b), count(a), count(b)).result()


class _Comparison:
    def __init__(self, alignment: Alignment, before: Counts, after: Counts) -> None:
        self.alignment = alignment
        self.a, self.b = alignment.a, alignment.b
        self.counts = before, after
        self.origins = _Origins(self.a), _Origins(self.b)
        self.items = {item.layer: item for side in (self.a, self.b) for item in side.items}

    def result(self) -> Difference:
        found = [change for pair in self._in_order() for change in self._compare(*pair)]
        found += self._ends()
        partners = [(x, x.partner) for x in self.a.items if x.partner]
        names = [(x.layer.name, y.layer.name) for x, y in partners if x.auto and y.auto]
        unknown = [row for counts in self.counts for row in counts.uncounted]
        return Difference(
            a=self.a.graph,
            b=self.b.graph,
            totals=(self.counts[0].totals, self.counts[1].totals),
            changes=[change for change in found if change.kind != "follows"],
            follows=[change for change in found if change.kind == "follows"],
            renumbered=[pair for pair in names if pair[0] != pair[1]],
            paired=len(partners),
            uncounted=list(dict.fromkeys(row.layer.name for row in unknown)),
            knows_macs=all(row.macs is not None for row in unknown),
            complete=self.alignment.complete,
        )

    def _in_order(self) -> list[tuple[LayerCount | None, LayerCount | None]]:
        """Both networks' layers in one list: pairs, and removed layers where they were."""
        items = self.items
        rows = {row.layer: row for row in self.counts[0].layers}
        left = iter(self.counts[0].layers)
        merged: list[tuple[LayerCount | None, LayerCount | None]] = []
        passed: set[Layer] = set()
        for row in self.counts[1].layers:
            partner = items[row.layer].partner
            if partner and partner.layer not in rows:
                continue  # the input of a Sequential model, which does not list it
            while partner and partner.layer not in passed:
                before = next(left)
                passed.add(before.layer)
                if items[before.layer].partner is None:
                    merged.append((before, None))
            merged.append((rows[partner.layer] if partner else None, row))
        merged += [(row, None) for row in left if items[row.layer].partner is None]
        return merged

    def _compare(self, before: LayerCount | None, after: LayerCount | None) -> list[Change]:
        if before is None or after is None:
            row = after or before
            assert row is not None
            kind = "added" if after else "removed"
            costs = [_less(cost, 0) if after else _less(0, cost) for cost in (row.params, row.macs)]
            return [Change(kind, before, after, params=costs[0], macs=costs[1])]
        changes = []
        x, y = self.items[before.layer], self.items[after.layer]
        if changed := _arguments(before.layer, after.layer):
            changes.append(Change("changed", before, after, changed))
        if self._rewired(x, y):
            reads = (before.inputs, after.inputs)
            changes.append(Change("moved", before, after, reads=reads))
        same = before.params, before.macs, before.flops, before.output_shapes
        if not changes and same != (after.params, after.macs, after.flops, after.output_shapes):
            changes.append(Change("follows", before, after))
        if changes:
            params = _less(after.params, before.params)
            macs = _less(after.macs, before.macs)
            changes[0] = changes[0]._replace(params=params, macs=macs)
        if before.layer.name != after.layer.name and not (x.auto and y.auto):
            changes.append(Change("renamed", before, after))
        return changes

    # --- wiring ---------------------------------------------------------------------

    def _rewired(self, x: Item, y: Item) -> bool:
        """Whether a layer reads other layers than its partner does."""
        if len(x.calls) != len(y.calls):
            return True
        return any(
            self._reads_other(first.inputs, second.inputs)
            for first, second in zip(x.calls, y.calls, strict=True)
        )

    def _reads_other(self, first: tuple[Tensor, ...], second: tuple[Tensor, ...]) -> bool:
        keys = [[_key(side, t) for t in read] for side, read in self._both(first, second)]
        if None not in keys[0] and None not in keys[1]:
            return keys[0] != keys[1]
        reach = [
            [self.origins[number].of(tensor) for tensor in read]
            for number, read in enumerate((first, second))
        ]
        if len(first) == len(second):
            return any(
                one != other if one and other else bool(x or y) and not _meet(x, y)
                for one, other, x, y in zip(*keys, *reach, strict=True)
            )
        every = [_union(sets) for sets in reach]
        return any(
            key is not None and not _meet(frozenset([key]), every[1 - number])
            for number in (0, 1)
            for key in keys[number]
        )

    def _both(
        self, first: tuple[Tensor, ...], second: tuple[Tensor, ...]
    ) -> list[tuple[Side, tuple[Tensor, ...]]]:
        return [(self.a, first), (self.b, second)]

    def _ends(self) -> list[Change]:
        """The networks' own inputs, whose order matters, and outputs."""
        found = []
        a, b = self.a.graph, self.b.graph
        orders = [
            [item.serial for item in map(side.source, ends) if item.partner]
            for side, ends in self._both(a.inputs, b.inputs)
        ]
        if orders[0] != orders[1]:
            found.append(_end("inputs", a.inputs, b.inputs))
        if self._reads_other(a.outputs, b.outputs):
            found.append(_end("outputs", a.outputs, b.outputs))
        return found


Key = tuple[int, int, int]  # a tensor both networks have: the pair, its call, the output
ANYTHING: Key = (-1, 0, 0)  # stands for more tensors than are told apart


def _key(side: Side, tensor: Tensor) -> Key | None:
    item, call = side.home[tensor.node]
    if item.partner is None:
        return None
    # Where a layer is called more often than before, nothing says which call is which.
    told_apart = len(item.calls) == len(item.partner.calls)
    return item.serial, call if told_apart else 0, tensor.index


class _Origins:
    """What both networks have, behind the layers that only one of them has."""

    def __init__(self, side: Side) -> None:
        self.side = side
        self.behind: dict[Node, frozenset[Key]] = {}
        for node in side.graph.nodes:
            if side.home[node][0].partner is None:
                self.behind[node] = _union([self.of(tensor) for tensor in node.inputs])

    def of(self, tensor: Tensor) -> frozenset[Key]:
        """Return the nearest tensors both have: this one, or those it is computed from."""
        key = _key(self.side, tensor)
        return self.behind[tensor.node] if key is None else frozenset([key])


def _union(sets: list[frozenset[Key]]) -> frozenset[Key]:
    union: frozenset[Key] = frozenset().union(*sets)
    return union if len(union) <= WIDEST else frozenset([ANYTHING])


def _meet(x: frozenset[Key], y: frozenset[Key]) -> bool:
    return bool(x & y) or ANYTHING in x or ANYTHING in y


def _end(name: str, before: tuple[Tensor, ...], after: tuple[Tensor, ...]) -> Change:
    first, second = ([tensor.node.layer.name for tensor in end] for end in (before, after))
    return Change("moved", None, None, reads=(first, second), end=name)


def _less(number: int | None, other: int | None) -> int | None:
    return None if number is None or other is None else number - other


def _arguments(x: Layer, y: Layer) -> tuple[Argument, ...]:
    """Return the arguments that differ; of another class, the class and what both take."""
    before, after = x.values(), y.values()
    if before == after and x.class_name == y.class_name:
        return ()
    found = []
    if x.class_name != y.class_name:
        names = x.class_name, y.class_name
        found.append(Argument("class", *names, names))
    for key in before:
        if key in after and before[key] != after[key]:
            found.append(
                Argument(
                    key,
                    x.written(key),
                    y.written(key),
                    (argument_text(x, key), argument_text(y, key)),
                )
            )
    return tuple(found)


def argument_text(layer: Layer, key: str) -> str:
    """Return the value of a layer's argument as Python code, in brief, words without quotes."""
    code = layer.coded(key).strip('"')
    return code if len(code) <= LONGEST else f"{code[: LONGEST - 1]}…"
