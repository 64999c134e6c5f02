"""Sizes that a network leaves open, and its counts as polynomials in them.

The lengths of sequences are open where inputs have them on their first axis after the batch. What
a network costs is then found by running its layers' rules at several lengths: where the counts at
other lengths, near and far, are those of the polynomial through them, they are that at every one.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import product
from typing import Any, NamedTuple

from archi.analysis.counts import Counts, count
from archi.errors import ArchiError, printable
from archi.graph import UNKNOWN, Graph, Node, Shape, Tensor, building, map_tensors
from archi.layers import Layer
from archi.settings import has_open_length
from archi.twin.opaque import OpaqueLayer
from archi.units import si

SYMBOLS = "STUV"
DEGREE = 3
MOST_LAYERS = 3000  # of a network that is run through at several sizes
METRICS = ("macs", "flops", "activation_bytes")
_FIRST, _STEP = 23, 5  # lengths that are tried, and two more that the polynomial must foresee
_CHECKS = (19, 50)
_FAR = (257, 1009, 65_537)  # and these, none a multiple of a usual stride; it may have a longest
_POWERS = {2: "²", 3: "³"}

Exponents = tuple[int, ...]
Polynomial = dict[Exponents, Fraction]


class Opened(NamedTuple):
    """What is open of a network: each size by its symbol, in words.

    `totals` are polynomials in them, by metric, of what is counted; `uncounted` are the layers
    that are not at any length. `totals` is empty where no polynomial is right at every length
    tried, up to 65,537 or the longest that the network takes.
    """

    sizes: dict[str, str]
    totals: dict[str, Polynomial]
    uncounted: frozenset[str]

    def data(self) -> dict[str, Any]:
        """Return the contract's `open` and `totals_open`."""
        named = {metric: self._named(found) for metric, found in self.totals.items()}
        return {"open": self.sizes, "totals_open": named}

    def _named(self, polynomial: Polynomial) -> dict[str, int | float]:
        found = {}
        for exponents, factor in polynomial.items():
            powers = zip(self.sizes, exponents, strict=True)
            name = "*".join(f"{s}^{n}" if n > 1 else s for s, n in powers if n) or "1"
            found[name] = int(factor) if factor.denominator == 1 else float(factor)
        return found

    def written(self, metric: str) -> str:
        """Return a total as people write it: `43.9 M × S + 6.14 K × S²`; "" where it has none."""
        terms: list[str] = []
        for exponents, factor in self.totals.get(metric, {}).items():
            powers = zip(self.sizes, exponents, strict=True)
            words = [f"{symbol}{_POWERS.get(power, '')}" for symbol, power in powers if power]
            term = " × ".join([si(abs(float(factor))), *words])
            sign = "-" if factor < 0 else "+"
            terms += [sign, term] if terms else [f"{'-' * (factor < 0)}{term}"]
        return " ".join(terms)

    @property
    def words(self) -> str:
        """Say what the symbols are: `S is the length of 'src'`."""
        return ", ".join(f"{symbol} is {words}" for symbol, words in self.sizes.items())


def opened(graph: Graph) -> Opened | None:
    """Return what is open of a network, None where nothing is, or was before it was set."""
    shapes = graph.opened or tuple(tensor.shape for tensor in graph.inputs)
    lengths = [index for index, shape in enumerate(shapes) if has_open_length(shape)]
    others = [shape for shape in shapes if None in shape[1:] and not has_open_length(shape)]
    if not lengths or others or len(graph.nodes) > MOST_LAYERS:
        return None
    apart = len(lengths) <= len(SYMBOLS)
    for ways in ([[index] for index in lengths], [lengths]) if apart else ([lengths],):
        found = _opened(graph, shapes, ways)
        if found is not None:
            return found
    named = {SYMBOLS[i]: _words(graph, [index]) for i, index in enumerate(lengths)} if apart else {}
    return Opened(named or {"S": _words(graph, lengths)}, {}, frozenset())


def _opened(graph: Graph, shapes: Sequence[Shape], ways: list[list[int]]) -> Opened | None:
    """Return the polynomials in the lengths of these groups of inputs; None where there is none."""
    sizes = {SYMBOLS[i]: _words(graph, group) for i, group in enumerate(ways)}
    known: dict[tuple[int, ...], Counts] = {}

    def counted(lengths: tuple[int, ...]) -> Counts:
        if lengths not in known:
            known[lengths] = count(resized(graph, _with_lengths(shapes, ways, lengths)))
        return known[lengths]

    try:
        checks = [tuple(each + 2 * i for i in range(len(ways))) for each in _CHECKS]
        uncounted = frozenset(row.layer.name for row in counted(checks[0]).uncounted)
        totals = {}
        far = [tuple(each + 2 * i for i in range(len(ways))) for each in _FAR]
        checks += list(_possible(counted, far))
        for metric in METRICS:
            found = _fitted(metric, len(ways), counted, checks)
            if found is not None:
                totals[metric] = found
    except ArchiError:  # such lengths do not go together, or are too short or long
        return None
    return Opened(sizes, totals, uncounted) if "macs" in totals else None


def _possible(counted: Any, points: list[tuple[int, ...]]) -> Iterator[tuple[int, ...]]:
    """Yield lengths up to the first at which the network can't be: a table of positions ends."""
    for point in points:
        try:
            counted(point)
        except ArchiError:
            return
        yield point


def _words(graph: Graph, group: list[int]) -> str:
    names = [printable(graph.inputs[index].node.layer.name) for index in group]
    if len(names) == 1:
        return f"the length of {names[0]!r}"
    return f"the length of {', '.join(map(repr, names[:-1]))} and {names[-1]!r}"


def _with_lengths(
    shapes: Sequence[Shape], ways: list[list[int]], lengths: tuple[int, ...]
) -> list[Shape]:
    found = list(shapes)
    for group, length in zip(ways, lengths, strict=True):
        for index in group:
            found[index] = (*shapes[index][:1], length, *shapes[index][2:])
    return found


def resized(graph: Graph, shapes: Sequence[Shape]) -> Graph:
    """Return the network on inputs of these shapes, its layers' rules run anew.

    Raises ArchiError where a layer can't be called on what it gets.
    """
    given = dict(zip(graph.inputs, shapes, strict=True))
    made: dict[Tensor, Tensor] = {}
    copies: dict[Layer, Layer] = {}

    def now(value: Any) -> Any:
        return map_tensors(made.__getitem__, value)

    with building(graph.data_format):
        for node in graph.nodes:
            layer = copies.get(node.layer)
            if layer is None:
                layer = copies[node.layer] = copy.copy(node.layer)
                layer.nodes, layer.built_on = [], None
            call = _called(node, layer, now, given)
            call.scope = node.scope
            made.update(zip(node.outputs, call.outputs, strict=True))
        inputs, outputs = map(now, graph.ends)
        unread = tuple(made[tensor] for tensor in graph.unread)
        found = Graph(inputs, outputs, graph.name, graph.title, unread)
    found.data_format = graph.data_format
    return found


def _called(node: Node, layer: Layer, now: Any, given: dict[Tensor, Shape]) -> Node:
    first = node.outputs[0]
    if first in given and not node.inputs:
        layer.batch_shape = given[first]  # type: ignore[attr-defined]
        return layer.add_call((), {})
    args, kwargs = now(node.args), now(node.kwargs)
    unknown = any(tensor.shape is UNKNOWN for tensor in node.inputs)
    if not isinstance(layer, OpaqueLayer) and not unknown and node.inputs:
        return layer.add_call(args, kwargs)
    call = Node(layer, args, kwargs, node.inference)
    layer.nodes.append(call)
    return call


def _fitted(
    metric: str, symbols: int, counted: Any, checks: list[tuple[int, ...]]
) -> Polynomial | None:
    """Return the polynomial of least degree that foresees the checks, None where none does."""
    for degree in range(1, DEGREE + 1):
        monomials = list(_monomials(symbols, degree))
        points = [tuple(_FIRST + _STEP * power for power in each) for each in monomials]
        values = [getattr(counted(point).totals, metric) for point in points]
        foreseen = [getattr(counted(point).totals, metric) for point in checks]
        if None in values or None in foreseen:
            return None
        rows = [[Fraction(_power(point, each)) for each in monomials] for point in points]
        factors = _solved(rows, [Fraction(value) for value in values])
        found = {each: factor for each, factor in zip(monomials, factors, strict=True) if factor}
        if all(
            sum(f * _power(point, each) for each, f in found.items()) == value
            for point, value in zip(checks, foreseen, strict=True)
        ):
            return found
    return None


def _monomials(symbols: int, degree: int) -> Iterator[Exponents]:
    """Yield exponents up to a total degree, linear ones first and the constant last."""
    every = [each for each in product(range(degree + 1), repeat=symbols) if sum(each) <= degree]
    yield from sorted(every, key=lambda each: (not sum(each), sum(each), tuple(-n for n in each)))


def _power(point: tuple[int, ...], exponents: Exponents) -> int:
    result = 1
    for size, power in zip(point, exponents, strict=True):
        result *= size**power
    return result


def _solved(rows: list[list[Fraction]], values: list[Fraction]) -> list[Fraction]:
    """Solve linear equations, as many as unknowns and independent, by elimination."""
    system = [[*row, value] for row, value in zip(rows, values, strict=True)]
    for column in range(len(system)):
        pivot = next(i for i in range(column, len(system)) if system[i][column])
        system[column], system[pivot] = system[pivot], system[column]
        scale = system[column][column]
        system[column] = [value / scale for value in system[column]]
        for i, row in enumerate(system):
            if i != column and row[column]:
                factor = row[column]
                pairs = zip(row, system[column], strict=True)
                system[i] = [value - factor * above for value, above in pairs]
    return [row[-1] for row in system]
