"""Parameters, MACs, FLOPs, bytes, receptive fields and depth, by layer and in total.

The words are defined in docs/words.md; every total is a sum over the layers' rules.
"""

from __future__ import annotations

from typing import NamedTuple

from archi.analysis.memory import Memory, Sizes, measure, most, total
from archi.analysis.receptive_field import Field, last_field, receptive_fields
from archi.graph import Graph, Node, Scope, Shape, collector_at_rest
from archi.layers import Layer


class LayerCount(NamedTuple):
    """One layer's numbers; counts and bytes are for the whole batch, None if unknown.

    `activation_bytes` is what its calls add to the activations, `live_bytes` all there are
    while it runs (the most of its calls), `moved_bytes` what it reads and writes, weights
    included. `field` is the receptive field of its output.
    """

    layer: Layer
    scope: Scope | None
    output_shapes: list[Shape]
    params: int | None
    trainable_params: int | None
    macs: int | None
    flops: int | None
    inputs: list[str]
    why: str
    activation_bytes: int | None
    live_bytes: int | None
    moved_bytes: int | None
    field: Field
    open: bool = False  # whether it is known at every length that its inputs leave open

    @property
    def intensity(self) -> float | None:
        """FLOPs for each byte moved, None where unknown or nothing is moved."""
        return ratio(self.flops, self.moved_bytes)


class Totals(NamedTuple):
    """Sums over a network; the fields of the contract's `totals`.

    Params, MACs, FLOPs and the bytes of weights sum what is known; they are None where nothing
    is known but of layers that have none. MACs and FLOPs are for
    the whole batch, as are the bytes of activations. `receptive_field`, `effective_stride`
    and `effective_padding` are in pixels and of the network's end, before it becomes a
    vector. `depth` counts the layers with a kernel (convolutions, dense layers) on the
    longest path from input to output.
    `intensity` is in FLOPs for each byte moved. None is unknown, for a receptive field
    also unbounded.
    """

    layers: int
    params: int | None
    trainable_params: int | None
    non_trainable_params: int | None
    macs: int | None
    flops: int | None
    weight_bytes: int | None
    activation_bytes: int | None
    peak_activation_bytes: int | None
    receptive_field: tuple[int, ...] | None
    depth: int
    effective_stride: tuple[int, ...] | None
    effective_padding: tuple[int, ...] | None
    moved_bytes: int | None
    intensity: float | None


class Counts(NamedTuple):
    """Every layer's numbers in Keras's order, and their totals.

    `field` is the receptive field that the totals give; it says why where there is none.
    """

    layers: list[LayerCount]
    totals: Totals
    field: Field

    @property
    def uncounted(self) -> list[LayerCount]:
        """The layers whose MACs, FLOPs or params are unknown."""
        return [
            row for row in self.layers if (row.flops is None and not row.open) or row.params is None
        ]


def count(graph: Graph, dtype: str | None = None) -> Counts:
    """Return the numbers of every layer and of the whole.

    `dtype` (a key of `memory.PRECISIONS`) stands in for the network's own dtype policy.
    Raises ArchiError for another.
    """
    sizes = Sizes(graph, dtype)
    with collector_at_rest():
        memory = measure(graph, sizes)
        fields = receptive_fields(graph)
        rows = [
            _count_layer(layer, graph.calls_of(layer), graph.batch, memory, fields)
            for layer in graph.listed_layers
        ]
        end = last_field(graph, fields)
        return Counts(rows, _totals(graph, rows, sizes, memory, end), end)


def _totals(
    graph: Graph, rows: list[LayerCount], sizes: Sizes, memory: Memory, end: Field
) -> Totals:
    params = _known([row.params for row in rows])
    trainable = _known([row.trainable_params for row in rows], params)
    flops = _known([row.flops for row in rows])
    moved = total(memory.moved.values())
    counted = None if any(row.flops is None for row in rows) else flops
    return Totals(
        layers=len(rows),
        params=params,
        trainable_params=trainable,
        non_trainable_params=_less(params, trainable),
        macs=_known([row.macs for row in rows]),
        flops=flops,
        weight_bytes=_known([sizes.weights(row.layer) for row in rows], params),
        activation_bytes=total(memory.made.values()),
        peak_activation_bytes=most(memory.live.values()),
        receptive_field=end.size,
        depth=_depth(graph),
        effective_stride=end.stride,
        effective_padding=end.padding,
        moved_bytes=moved,
        intensity=ratio(counted, moved),
    )


def _less(whole: int | None, part: int | None) -> int | None:
    return None if whole is None or part is None else whole - part


def _known(values: list[int | None], whole: int | None = 0) -> int | None:
    """Return the sum of what is known, None where something is unknown and the rest nothing.

    Of a part of `whole`, nothing is known where nothing is of that.
    """
    known = sum(value or 0 for value in values)
    return None if (not known and None in values) or whole is None else known


def _count_layer(
    layer: Layer, nodes: list[Node], batch: int, memory: Memory, fields: dict[Node, Field]
) -> LayerCount:
    inferences = [node.inference for node in nodes]
    macs = total(each.macs for each in inferences)
    elementwise = total(each.elementwise for each in inferences)
    return LayerCount(
        layer=layer,
        scope=nodes[0].scope,
        output_shapes=[tensor.shape for node in nodes for tensor in node.outputs],
        params=layer.params,
        trainable_params=layer.trainable_params,
        macs=None if macs is None else batch * macs,
        flops=None if macs is None or elementwise is None else batch * (2 * macs + elementwise),
        inputs=[tensor.node.layer.name for node in nodes for tensor in node.inputs],
        why=next((each.why for each in inferences if None in (each.macs, each.elementwise)), ""),
        activation_bytes=total([memory.made[node] for node in nodes]),
        live_bytes=most([memory.live[node] for node in nodes]),
        moved_bytes=total([memory.moved[node] for node in nodes]),
        field=_common([fields[node] for node in nodes]),
    )


def _common(fields: list[Field]) -> Field:
    """Return the field that all calls of a layer have."""
    same = all(field == fields[0] for field in fields)
    return fields[0] if same else Field(why="its calls see different regions")


def ratio(part: int | None, whole: int | None) -> float | None:
    """Return part / whole, None where one is unknown or the whole is nothing."""
    return None if part is None or not whole else part / whole


def _reads_weights(node: Node) -> bool:
    """Whether a weight is among its inputs, as in `x @ self.w` of people's own layers."""
    return any(t.node.layer.stands_alone and t.node.inference.weights for t in node.inputs)


def _depth(graph: Graph) -> int:
    depth: dict[Node, int] = {}
    for node in graph.nodes:
        inference = node.inference
        weighted = inference.macs != 0 and (bool(inference.weights) or _reads_weights(node))
        before = max((depth[tensor.node] for tensor in node.inputs), default=0)
        depth[node] = before + weighted
    return max(depth.values())
