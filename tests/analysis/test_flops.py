"""FLOPs against TensorFlow's own profiler."""

from __future__ import annotations

import pytest
from support.foreseen import foreseen
from support.real import frozen, profiled

from archi import Graph, load
from archi.graph import building
from archi.layers import (
    AveragePooling2D,
    BatchNormalization,
    Conv1D,
    Conv1DTranspose,
    Conv2D,
    Conv2DTranspose,
    Conv3D,
    Dense,
    DepthwiseConv2D,
    Dot,
    EinsumDense,
    Input,
    SeparableConv2D,
)


@pytest.mark.parametrize(
    "spec", ["resnet18", "preact-resnet18", "wrn-16-8", "nasnet-mobile", "xception"]
)
def test_the_profiler_counts_what_was_foreseen(keras, spec):
    """To the last operation; `tests/bench/against_tensorflow.py` does it for all."""
    graph = load(spec)
    assert profiled(frozen(graph)) == foreseen(graph)


def network(layer, *shape: int) -> Graph:
    with building():
        inputs = Input(shape)
        return Graph(inputs, layer(inputs))


@pytest.mark.parametrize(
    ("build", "shape"),
    [
        (lambda: Conv1D(8, 3, padding="causal"), (16, 4)),
        (lambda: Conv3D(8, 3), (8, 8, 8, 4)),
        (lambda: Conv2D(8, 3, dilation_rate=2, padding="same"), (16, 16, 4)),
        (lambda: DepthwiseConv2D(3, depth_multiplier=2), (16, 16, 4)),
        (lambda: SeparableConv2D(5, 3), (16, 16, 4)),
        (lambda: AveragePooling2D(3, 2, padding="same"), (16, 16, 4)),
        (lambda: BatchNormalization(scale=False), (8, 8, 4)),
        (lambda: BatchNormalization(center=False), (8, 8, 4)),
        (lambda: Dense(5, activation="softmax"), (4,)),
        (lambda: Conv1DTranspose(8, 3, strides=2, padding="same"), (8, 4)),
        (lambda: Conv2DTranspose(8, 3, strides=(2, 2), padding="same"), (8, 8, 4)),
        (lambda: Conv2DTranspose(8, 4, strides=3, padding="same", use_bias=False), (7, 5, 4)),
        (lambda: Conv2DTranspose(8, 3, dilation_rate=2, padding="same"), (8, 8, 4)),
        (lambda: EinsumDense("abc,cde->abde", (4, 2, 3), bias_axes="de"), (4, 6)),
        (lambda: EinsumDense("abcd,cde->abe", (4, 7)), (4, 2, 3)),
    ],
)
def test_layers_are_counted_as_the_profiler_counts_them(keras, build, shape):
    graph = network(build(), *shape)
    assert profiled(frozen(graph)) == foreseen(graph)


@pytest.mark.parametrize("axes", [(2, 1), (3, 2), (1, 1)])
def test_dot_is_counted_as_the_profiler_counts_it(keras, axes):
    sizes = [(2, 3, 5), (4, 5)] if axes == (3, 2) else [(3, 5), (5, 6)]
    if axes == (1, 1):
        sizes = [(5,), (5,)]
    with building():
        inputs = [Input(size) for size in sizes]
        graph = Graph(inputs, Dot(axes)(inputs))
    assert profiled(frozen(graph)) == graph.totals.flops > 0


def test_the_profiler_takes_the_margins_of_a_valid_transposed_convolution_for_work(keras):
    """It divides what a kernel at every output position would do by the strides: 17 x 17 / 4."""
    graph = network(Conv2DTranspose(8, 3, strides=2, use_bias=False), 8, 8, 4)
    kernel = 2 * 3 * 3 * 4 * 8
    assert graph.totals.flops == kernel * 8 * 8
    assert profiled(frozen(graph)) == kernel * 17 * 17 / 4


def test_the_profiler_knows_nothing_of_grouped_convolutions(keras):
    """Keras compiles them with XLA, whose cluster has no statistics; archi counts them."""
    graph = network(Conv2D(8, 3, groups=2), 16, 16, 4)
    assert graph.totals.flops == 2 * (3 * 3 * 2 * 8) * 14 * 14 + 8 * 14 * 14
    assert profiled(frozen(graph)) == 0
