"""What TensorFlow's profiler counts of a network, and what its allocator takes, foreseen."""

from __future__ import annotations

import math

from archi import Graph
from archi.analysis.memory import DTYPE_BYTES

ELEMENTWISE = {"Activation", "Add", "Average", "BatchNormalization", "ReLU"}


def foreseen(graph: Graph) -> int:
    """Return what the profiler counts, from archi's FLOPs and where the two conventions differ.

    The profiler counts no ReLU, five operations for an element of a softmax, and the
    arithmetic that folds a normalisation's weights into a scale and a shift: adding
    epsilon, the root (2), times the mean, its difference from beta, and times gamma.
    """
    flops = graph.totals.flops
    for node in graph.nodes:
        layer, elements = node.layer, math.prod(node.outputs[0].shape[1:])
        activation = getattr(layer, "activation", "linear")
        if layer.class_name == "ReLU" or activation == "relu":
            flops -= elements
        elif activation == "softmax":
            flops += 4 * elements
        elif layer.class_name == "BatchNormalization":
            features = layer.weights[0].size
            flops += features * (5 + layer.scale)
    return flops


class Buffer:
    """A piece of memory and how many readers it still has."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.readers = 0


def bytes_of(tensor) -> int:
    return DTYPE_BYTES[tensor.dtype] * math.prod(tensor.shape[1:])


def simulate(graph: Graph, *, in_place: bool = False) -> tuple[int, int]:
    """Run a float32 network's allocations; return the most bytes at once and all bytes.

    Buffers are allocated, counted down as they are read and freed at their last reader, one
    step after the other. With `in_place`, what TensorFlow's kernels do: elementwise layers
    write into an input that nobody else reads, and a separable convolution frees its input
    after its depthwise half.
    """
    held: dict = {}
    for node in graph.nodes:
        for tensor in node.outputs:
            shared = viewed(node)
            held[tensor] = held[shared] if shared else Buffer(bytes_of(tensor))
        for tensor in node.inputs:
            held[tensor].readers += 1
    for tensor in graph.outputs:
        held[tensor].readers += 1
    inputs = [tensor for node in graph.nodes if not node.inputs for tensor in node.outputs]
    live = peak = everything = sum(held[tensor].size for tensor in inputs)
    for node in graph.nodes:
        inner = sum(4 * math.prod(shape[1:]) for shape in node.inference.inner)
        made = 0
        if node.inputs and not viewed(node):
            made = sum(bytes_of(tensor) for tensor in node.outputs)
        everything += inner + made
        dying = {held[t] for t in node.inputs if held[t].readers == node.inputs.count(t)}
        if in_place and node.layer.class_name in ELEMENTWISE:
            reused = any(each.size == made for each in dying)
            peak = max(peak, live + (0 if reused else made))
        elif in_place and inner:
            freed = sum(each.size for each in dying)
            peak = max(peak, live + inner, live + inner - freed + made)
        else:
            peak = max(peak, live + inner + made)
        live += made
        for tensor in node.inputs:
            held[tensor].readers -= 1
        for buffer in {held[tensor] for tensor in (*node.inputs, *node.outputs)}:
            if buffer.readers == 0:
                live -= buffer.size
                buffer.size = 0
    return peak, everything


def viewed(node):
    """The tensor whose memory a call gives, if it makes nothing new."""
    name, layer = node.layer.class_name, node.layer
    linear = name == "Activation" and layer.activation == "linear"
    return node.inputs[0] if linear or name in ("Dropout", "Flatten", "Reshape") else None
