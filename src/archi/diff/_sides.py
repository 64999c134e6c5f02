"""The two networks as an alignment sees them, and what their layers look like in place."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator

from archi.graph import Graph, Node, Tensor
from archi.layers import Layer

OUTSIDE = (-1, -1, -1)  # the colour of all that is not in the layer's own block


class Item:
    """A layer of one network; `partner` is the layer of the other, None while it is open."""

    __slots__ = ("auto", "calls", "layer", "partner", "place", "scope", "serial")

    def __init__(self, layer: Layer, calls: list[Node], place: int) -> None:
        self.layer = layer
        self.calls = calls
        self.place = place
        self.scope = calls[0].scope.path if calls[0].scope else ""
        self.auto = is_automatic(layer)
        self.partner: Item | None = None
        self.serial = -1  # of the pair; partners have the same

    @property
    def inputs(self) -> Iterator[Tensor]:
        """What its calls read, call after call."""
        return (tensor for call in self.calls for tensor in call.inputs)


def is_automatic(layer: Layer) -> bool:
    """Whether a name is one that Keras gives to unnamed layers, such as `dense_7`."""
    base, name = layer.base_name, layer.name
    number = name[len(base) + 1 :]
    return name == base or (name.startswith(f"{base}_") and number.isascii() and number.isdigit())


class Side:
    """One network as the alignment sees it; `items` are in depth-first order."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.items: list[Item] = []
        self.home: dict[Node, tuple[Item, int]] = {}  # a call's layer, and which call it is
        for node in _depth_first(graph):
            if node not in self.home:
                item = Item(node.layer, graph.calls_of(node.layer), len(self.items))
                self.items.append(item)
                self.home |= {call: (item, number) for number, call in enumerate(item.calls)}
        self.readers: dict[Node, list[tuple[Node, int, int]]] = {n: [] for n in graph.nodes}
        for node in graph.nodes:
            for position, tensor in enumerate(node.inputs):
                self.readers[tensor.node].append((node, position, tensor.index))
        self.ends: dict[Node, list[tuple[int, int]]] = {}
        for number, tensor in enumerate(graph.outputs):
            self.ends.setdefault(tensor.node, []).append((number, tensor.index))
        self.scoped = any(item.scope for item in self.items)

    @property
    def open(self) -> list[Item]:
        """The layers that have no partner yet."""
        return [item for item in self.items if item.partner is None]

    def source(self, tensor: Tensor) -> Item:
        """Return the layer a tensor comes from."""
        return self.home[tensor.node][0]


def _depth_first(graph: Graph) -> list[Node]:
    """Return the nodes inputs first, branch after branch: an order that wiring alone decides."""
    ordered: list[Node] = []
    done: set[Node] = set()
    for end in (*graph.outputs, *graph.inputs, *graph.unread):  # an input may feed nothing
        stack = [] if end.node in done else [(end.node, iter(end.node.inputs))]
        done.add(end.node)
        while stack:
            node, pending = stack[-1]
            for tensor in pending:
                if tensor.node not in done:
                    done.add(tensor.node)
                    stack.append((tensor.node, iter(tensor.node.inputs)))
                    break
            else:
                stack.pop()
                ordered.append(node)
    return ordered


Colour = tuple[int, int]  # from above, from below
Token = Callable[[Item], int]


class Palette:
    """Colours of the open layers of both networks, by one notion of what a layer is.

    With `local`, whatever is outside a layer's own block looks the same.
    """

    def __init__(self, sides: tuple[Side, Side], token: Token, local: bool) -> None:
        self.token = token
        self.local = local
        self.numbers: dict[Hashable, int] = {}
        self.colours: dict[Item, Colour] = {}
        for side in sides:
            self._paint(side)

    def _number(self, key: Hashable) -> int:
        return self.numbers.setdefault(key, len(self.numbers))

    def _paint(self, side: Side) -> None:
        nodes = [node for node in side.graph.nodes if side.home[node][0].partner is None]
        above: dict[Node, int] = {}
        below: dict[Node, int] = {}
        for node in nodes:
            item, call = side.home[node]
            reads = [
                self._seen(side, item, t.node, above, position, t.index)
                for position, t in enumerate(node.inputs)
            ]
            above[node] = self._number((self.token(item), call, tuple(reads)))
        for node in reversed(nodes):
            item, call = side.home[node]
            readers = [
                self._seen(side, item, reader, below, position, index)
                for reader, position, index in side.readers[node]
            ]
            if self.local and OUTSIDE in readers:  # how often does not matter
                readers = [OUTSIDE, *(r for r in readers if r != OUTSIDE)]
            ends = () if self.local else tuple(side.ends.get(node, ()))
            below[node] = self._number((self.token(item), call, tuple(sorted(readers)), ends))
        for item in side.open:
            if len(item.calls) == 1:
                self.colours[item] = above[item.calls[0]], below[item.calls[0]]
            else:
                self.colours[item] = (
                    self._number(tuple(above[call] for call in item.calls)),
                    self._number(("below", *(below[call] for call in item.calls))),
                )

    def _seen(
        self,
        side: Side,
        viewer: Item,
        node: Node,
        colours: dict[Node, int],
        position: int,
        index: int,
    ) -> tuple[int, int, int]:
        """Return how a neighbour looks to a layer."""
        item, call = side.home[node]
        if self.local and item.scope != viewer.scope:
            return OUTSIDE
        if item.partner is not None:
            return self._number(("pair", item.serial, call)), position, index
        return colours[node], position, index
