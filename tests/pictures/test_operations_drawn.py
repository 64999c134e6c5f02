"""Every operation is drawn, whatever its arguments are, at every level and in Keras's style."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from support import (
    op_cases,  # noqa: F401  (declares the cases of every group)
)
from support.op_cases._table import TAKEN
from support.op_parity import Refused, call_twin

from archi import Graph, ops
from archi.graph import building
from archi.layers import Input
from archi.pictures.diagrams import LEVELS
from archi.pictures.diagrams._words import arguments, phrase
from archi.pictures.diagrams.keras import Switches
from archi.pictures.plot import Plot

ALL = Switches(*[True] * len(Switches._fields))


def networks() -> Iterator[Graph]:
    """Yield a network of one operation for every case there is of one."""
    for case in TAKEN:
        with building():
            called = call_twin(case)
            assert not isinstance(called, Refused)
            yield Graph(called.inputs, called.outputs, title=str(case))


@pytest.mark.parametrize("level", [*LEVELS, "keras"])
def test_every_operation_is_drawn(level):
    drawn = 0
    for graph in networks():
        plot = Plot(graph, keras=ALL) if level == "keras" else Plot(graph, level)
        assert plot.scene.width > 0, graph.title
        drawn += 1
    assert drawn == len(TAKEN)


IMAGES = {1: (8, 3), 2: (8, 8, 3), 3: (8, 8, 8, 3)}


@pytest.mark.parametrize("rank", IMAGES)
@pytest.mark.parametrize("function", ["max_pool", "average_pool"])
def test_one_size_is_that_of_every_dimension(function, rank):
    """A size of 2 is drawn as (2, 2) is."""
    said = []
    for size in (2, (2,) * rank):
        with building():
            x = Input(IMAGES[rank])
            y = getattr(ops, function)(x, size, size)
            Graph(x, y)
            said.append((arguments(y.node.layer), phrase(y.node.layer)))
    assert said[0] == said[1]
    assert said[0][0] == "×".join("2" * rank) + ", /2"


WORDS = ["/2", "dilation 2", "/2", "/2", "×2", "/2"]  # the fifth is transposed


@pytest.mark.parametrize("strides", [2, (2, 2)])
@pytest.mark.parametrize("level", [*LEVELS, "keras"])
def test_convolutions_and_patches_of_a_whole_number(strides, level):
    with building():
        x, kernel = Input((8, 8, 3)), Input((3, 3, 4), batch_size=3)
        deep, across = Input((3, 3, 2), batch_size=3), Input((1, 6, 5), batch_size=1)
        ends = [
            ops.conv(x, kernel, strides),
            ops.conv(x, kernel, 1, "same", dilation_rate=strides),
            ops.depthwise_conv(x, deep, strides),
            ops.separable_conv(x, deep, across, strides),
            ops.conv_transpose(x, Input((3, 4, 3), batch_size=3), strides),
            ops.extract_patches(x, 3, strides),
        ]
        graph = Graph([x, kernel, deep, across, ends[4].node.inputs[1]], ends)
        plot = Plot(graph, keras=ALL) if level == "keras" else Plot(graph, level)
        assert plot.scene.width > 0
        if level == "layer":
            words = [arguments(end.node.layer) for end in ends]
            assert [text.rpartition(", ")[2] for text in words] == WORDS
