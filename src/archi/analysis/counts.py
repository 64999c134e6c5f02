"""Parameters, MACs, FLOPs, bytes and depth, by layer and in total.

The words are defined in docs/words.md; every total is a sum over the layers' rules.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from archi.graph import Graph, Node, Scope, Shape
from archi.layers import Layer

DTYPE_BYTES = {
    "bool": 1, "int8": 1, "uint8": 1, "float8_e4m3fn": 1, "float8_e5m2": 1,
    "float16": 2, "bfloat16": 2, "int16": 2, "uint16": 2,
    "float32": 4, "int32": 4, "uint32": 4, "float64": 8, "int64": 8, "uint64": 8,
    "complex64": 8, "complex128": 16,
}  # fmt: skip


class LayerCount(NamedTuple):
    """One layer's numbers. `macs` and `flops` are for the whole batch, None if unknown."""

    layer: Layer
    scope: Scope | None
    output_shapes: list[Shape]
    params: int
    trainable_params: int
    macs: int | None
    flops: int | None
    inputs: list[str]
    why: str


class Totals(NamedTuple):
    """Sums over a network; the fields of the contract's `totals`.

    `macs` and `flops` sum what is known and are for the whole batch. `depth` counts
    the layers with a kernel (convolutions, dense layers) on the longest path from
    input to output. None is "not computed yet".
    """

    layers: int
    params: int
    trainable_params: int
    non_trainable_params: int
    macs: int
    flops: int
    weight_bytes: int
    activation_bytes: int | None
    peak_activation_bytes: int | None
    receptive_field: tuple[int, int] | None
    depth: int


class Counts(NamedTuple):
    """Every layer's numbers in Keras's order, and their totals."""

    layers: list[LayerCount]
    totals: Totals

    @property
    def uncounted(self) -> list[LayerCount]:
        """The layers whose MACs or FLOPs are unknown."""
        return [row for row in self.layers if row.flops is None]


def count(graph: Graph) -> Counts:
    """Return the numbers of every layer and of the whole."""
    rows = [_count_layer(layer, graph.calls_of(layer), graph.batch) for layer in graph.layers]
    params = sum(row.params for row in rows)
    trainable = sum(row.trainable_params for row in rows)
    totals = Totals(
        layers=len(rows),
        params=params,
        trainable_params=trainable,
        non_trainable_params=params - trainable,
        macs=sum(row.macs or 0 for row in rows),
        flops=sum(row.flops or 0 for row in rows),
        weight_bytes=sum(
            row.params * DTYPE_BYTES[row.layer.weight_dtype] for row in rows if row.params
        ),
        activation_bytes=None,
        peak_activation_bytes=None,
        receptive_field=None,
        depth=_depth(graph),
    )
    return Counts(rows, totals)


def _count_layer(layer: Layer, nodes: list[Node], batch: int) -> LayerCount:
    macs = total(node.inference.macs for node in nodes)
    elementwise = total(node.inference.elementwise for node in nodes)
    return LayerCount(
        layer=layer,
        scope=nodes[0].scope,
        output_shapes=[tensor.shape for node in nodes for tensor in node.outputs],
        params=layer.params,
        trainable_params=layer.trainable_params,
        macs=None if macs is None else batch * macs,
        flops=None if macs is None or elementwise is None else batch * (2 * macs + elementwise),
        inputs=[tensor.node.layer.name for node in nodes for tensor in node.inputs],
        why=next((n.inference.why for n in nodes if n.inference.elementwise is None), ""),
    )


def total(values: Iterable[int | None]) -> int | None:
    """Return the sum, None where a value is unknown."""
    result = 0
    for value in values:
        if value is None:
            return None
        result += value
    return result


def _depth(graph: Graph) -> int:
    depth: dict[Node, int] = {}
    for node in graph.nodes:
        inference = node.inference
        weighted = bool(inference.weights) and inference.macs != 0
        before = max((depth[tensor.node] for tensor in node.inputs), default=0)
        depth[node] = before + weighted
    return max(depth.values())
