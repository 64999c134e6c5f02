"""Networks whose layers are called on what they gave: one box each in Keras's style."""

from __future__ import annotations

import pytest

from archi import Graph
from archi.graph import building
from archi.layers import Add, Dense, Input
from archi.pictures.diagrams import LEVELS
from archi.pictures.diagrams.keras import Switches
from archi.pictures.formats import writer
from archi.pictures.plot import Plot


def by_itself(x):
    layer = Dense(4)
    y = layer(x)
    for _ in range(3):
        y = layer(Add()([y, x]))
    return y


def in_turn(x):
    one, other = Dense(4), Dense(4)
    return other(one(other(one(x))))


def over_sums(x):
    one, other = Dense(4), Dense(4)
    y = one(x)
    for _ in range(3):
        y = one(Add()([y, other(y)]))
    return [y, other(y)]


@pytest.mark.parametrize("suffix", ["svg", "dot", "mmd", "png", "pdf"])
@pytest.mark.parametrize("level", [*LEVELS, "keras"])
@pytest.mark.parametrize("calls", [by_itself, in_turn, over_sums])
def test_loops_are_drawn(calls, level, suffix):
    with building():
        x = Input((4,))
        graph = Graph(x, calls(x))
    plot = Plot(graph, keras=Switches(True, True)) if level == "keras" else Plot(graph, level)
    assert writer(f"x.{suffix}")(plot)
    assert plot.scene.width > 0
