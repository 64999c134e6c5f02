"""Layout: nothing overlaps, edges stay clear of boxes, chains are straight, columns balance."""

from __future__ import annotations

from itertools import combinations, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.geometry import assert_edges_apart, assert_spaced, check_picture, count_crossings

import archi
from archi.pictures.drawing.layout import place

BOX = (100, 40)
NETWORKS = [
    "resnet18",
    "resnet34",
    "resnet50",
    "wrn-28-10",
    "nasnet-mobile",
    "nasnet-large",
    "nasnet-a-7@1920",
    "xception",
    "fmnist-resnet50",
    "preact-resnet50",
]


def check(sizes, edges, direction="down", folds=None):
    """Lay out a graph, check the geometry and return the placement."""
    placement = place(sizes, edges, direction=direction, folds=folds)
    rects = [(*corner, *size) for corner, size in zip(placement.boxes, sizes, strict=True)]
    bounds = (placement.width, placement.height)
    check_picture(rects, placement.routes, edges, bounds, direction=direction)
    return placement


def chain(count):
    return list(pairwise(range(count)))


def residual_chain(blocks, projections=False):
    """Blocks of two boxes and a join; the block's input skips to it or has a box of its own."""
    edges = []
    at, following = 0, 1
    for _ in range(blocks):
        first, second = following, following + 1
        join = following + 2 + projections
        edges += [(at, first), (first, second), (second, join)]
        edges += [(at, join - 1), (join - 1, join)] if projections else [(at, join)]
        at, following = join, join + 1
    return edges


def inception(blocks):
    """Blocks of four branches with one, two and three boxes."""
    edges = []
    for o in range(0, 8 * blocks, 8):
        edges += [(o, o + branch) for branch in (1, 2, 3, 4)]
        edges += [(o + 2, o + 5), (o + 3, o + 6), (o + 6, o + 7)]
        edges += [(o + end, o + 8) for end in (1, 5, 7, 4)]
    return edges


def concatenations(blocks):
    """Blocks as in DenseNet: every join takes the block's input and what two boxes made of it."""
    edges = []
    for o in range(0, 3 * blocks, 3):
        edges += [(o, o + 1), (o + 1, o + 2), (o, o + 3), (o + 2, o + 3)]
    return edges


def u_net(depth):
    return chain(2 * depth) + [(i, 2 * depth - 1 - i) for i in range(depth - 1)]


GRAPHS = {
    "single": ([BOX], []),
    "pair": ([BOX] * 2, chain(2)),
    "twice the same edge": ([BOX] * 4, [*chain(4), (1, 2), (0, 3), (0, 3)]),
    "chain": ([BOX] * 20, chain(20)),
    "varied sizes": (
        [(30 + 37 * i % 150, 20 + 23 * i % 60) for i in range(31)],
        residual_chain(10),
    ),
    "residual": ([BOX] * 31, residual_chain(10)),
    "projections": ([BOX] * 41, residual_chain(10, projections=True)),
    "inception": ([BOX] * 33, inception(4)),
    "concatenations": ([BOX] * 121, concatenations(40)),
    "all to all": ([BOX] * 20, list(combinations(range(20), 2))),
    "cells": ([BOX] * 20, chain(20) + [(i, i + 2) for i in range(18)]),
    "u-net": ([BOX] * 24, u_net(12)),
    "inputs and outputs": (
        [BOX] * 12,
        [(0, 3), (1, 3), (2, 4), (3, 5), (4, 5), (5, 6), (5, 7), (5, 8), (6, 9), (2, 10), (8, 11)],
    ),
    "disconnected": ([BOX] * 13, [*chain(5), (5, 6), (6, 7), (5, 7), (8, 9), (10, 9)]),
    "no edges": ([BOX] * 30, []),
    "fan out": ([(60, 30), *[BOX] * 30], [(0, i) for i in range(1, 31)]),
    "fan in": ([*[BOX] * 30, (60, 30)], [(i, 30) for i in range(30)]),
    "tiny boxes": ([(8, 6)] * 12, list(combinations(range(12), 2))),
}


@pytest.mark.parametrize("direction", ["down", "right"])
@pytest.mark.parametrize("folds", [None, 1, 2, 5])
@pytest.mark.parametrize("name", GRAPHS)
def test_geometry(name, folds, direction):
    check(*GRAPHS[name], direction, folds)


def test_the_checker_finds_what_is_wrong():
    rects = [(0, 0, 100, 40), (0, 100, 100, 40), (0, 200, 100, 40)]
    edges = [(0, 1), (1, 2)]
    good = [[(50, 40), (50, 100)], [(50, 140), (50, 200)]]
    check_picture(rects, good, edges, (100, 240))
    for bad in (
        [good[0], [(50, 140), (60, 200)]],  # neither horizontal nor vertical
        [good[0], [(50, 130), (50, 200)]],  # starts inside the box
        [good[0], [(50, 140), (50, 160), (50, 200)]],  # a point that is no bend
        [good[0], [(50, 140), (50, 195), (60, 195), (60, 200)]],  # no room for the arrow head
        [good[0], [(50, 140), (50, 150), (130, 150), (130, 180), (60, 180), (60, 200)]],  # outside
    ):
        with pytest.raises(AssertionError):
            check_picture(rects, bad, edges, (100, 240))
    with pytest.raises(AssertionError, match="overlap"):
        check_picture([*rects, (90, 30, 100, 40)], good, edges)
    with pytest.raises(AssertionError, match="touches box 1"):
        check_picture(rects, [[(50, 40), (50, 200)]], [(0, 2)])
    with pytest.raises(AssertionError, match="overlap"):
        assert_edges_apart([[(5, 0), (5, 50)], [(5, 40), (5, 90)]], [(0, 1), (2, 3)])
    with pytest.raises(AssertionError, match="close"):
        assert_spaced([[(5, 0), (5, 50)], [(8, 40), (8, 90)]], [(0, 1), (2, 3)], 8)


def test_empty():
    assert place([], []) == (0, 0, [], [])


@pytest.mark.parametrize("direction", ["down", "right"])
@pytest.mark.parametrize(
    "edges", [[(0, 1), (1, 2), (2, 1)], [(0, 1), (1, 2), (2, 0)], [(0, 1), (1, 1), (1, 2)]]
)
def test_edges_of_a_cycle_lead_from_their_sources_to_their_targets(edges, direction):
    placed = place([BOX] * 3, edges, direction=direction)
    for (source, target), route in zip(edges, placed.routes, strict=True):
        for box, (x, y) in ((source, route[0]), (target, route[-1])):
            (left, top), (width, height) = placed.boxes[box], BOX
            assert left <= x <= left + width
            assert top <= y <= top + height
        assert all(a[0] == b[0] or a[1] == b[1] for a, b in pairwise(route))
        assert all(0 <= x <= placed.width and 0 <= y <= placed.height for x, y in route)


def test_a_loop_is_drawn_around_the_corner_of_its_box():
    (route,) = place([BOX], [(0, 0)]).routes
    assert len(route) == 4
    assert route[0] != route[-1]


def test_unknown_direction():
    with pytest.raises(ValueError, match="up"):
        place([BOX], [], direction="up")


@st.composite
def graphs(draw):
    """A random DAG, numbered in no particular order, with boxes of many sizes."""
    count = draw(st.integers(1, 25))
    numbers = draw(st.permutations(range(count)))
    size = st.tuples(st.integers(10, 200), st.sampled_from([20, 26, 38.5, 60]))
    sizes = draw(st.lists(size, min_size=count, max_size=count))
    ends = st.tuples(st.integers(0, count - 1), st.integers(0, count - 1))
    pairs = draw(st.lists(ends.filter(lambda pair: pair[0] != pair[1]), max_size=3 * count))
    return sizes, [(numbers[min(pair)], numbers[max(pair)]) for pair in pairs if count > 1]


@given(graphs(), st.sampled_from(["down", "right"]), st.sampled_from([None, 1, 2, 3, 5]))
@settings(max_examples=300)
def test_random_graphs(graph, direction, folds):
    placement = check(*graph, direction, folds)
    assert placement == place(*graph, direction=direction, folds=folds)


def layer_graph(name):
    """Return sizes and edges of all layers of a network."""
    nodes = archi.load(name).nodes
    number = {id(node): index for index, node in enumerate(nodes)}
    edges = [
        (number[id(tensor.node)], index)
        for index, node in enumerate(nodes)
        for tensor in node.inputs
    ]
    return [(8 * len(node.layer.name) + 16, 40) for node in nodes], edges


@pytest.mark.parametrize("direction", ["down", "right"])
@pytest.mark.parametrize("name", NETWORKS)
def test_networks(name, direction):
    sizes, edges = layer_graph(name)
    placement = check(sizes, edges, direction)
    assert_spaced(placement.routes, edges, 8)
    assert 1 / 3 < placement.width / placement.height < 3
    if "nasnet" not in name:
        assert count_crossings(placement.routes) == 0


def centres(placement, sizes):
    return [x + size[0] / 2 for (x, _), size in zip(placement.boxes, sizes, strict=True)]


def test_main_path_is_straight():
    sizes = [(90 + 7 * (i % 5), 40) for i in range(31)]
    placement = check(sizes, residual_chain(10), folds=1)
    assert len(set(centres(placement, sizes))) == 1
    folded = check(sizes, residual_chain(10), folds=3)
    assert len(set(centres(folded, sizes))) == 3


def test_skips_run_on_one_side_close_to_the_boxes():
    edges = residual_chain(10)
    placement = check([BOX] * 31, edges, folds=1)
    lanes = {max(x for x, _ in route) for route in placement.routes if len(route) > 2}
    assert lanes == {placement.width}
    assert 100 < placement.width <= 100 + 20


def test_side_branch_stands_beside_the_first_box():
    placement = check([BOX] * 41, residual_chain(10, projections=True), folds=1)
    first, side = placement.boxes[1], placement.boxes[3]
    assert side[1] == first[1]
    assert side[0] > first[0]


def test_cut_after_a_join_shows_one_line():
    placement = check([BOX] * 31, residual_chain(10), folds=2)
    lanes = {
        start[0]
        for route in placement.routes
        for start, end in pairwise(route)
        if start[0] == end[0] and start[1] > end[1]
    }
    assert len(lanes) == 1


def test_columns_balance():
    placement = check([BOX] * 61, residual_chain(20), folds=4)
    columns = {}
    for x, y in placement.boxes:
        columns.setdefault(x, []).append(y)
    assert len(columns) == 4
    heights = [max(ys) - min(ys) for ys in columns.values()]
    assert min(heights) > 0.8 * max(heights)


@pytest.mark.parametrize("direction", ["down", "right"])
@pytest.mark.parametrize("count", [3, 4, 8, 9, 50, 500])
def test_chains_fold_to_a_fair_ratio(count, direction):
    placement = check([(100, 50)] * count, chain(count), direction)
    assert 1 / 3 < placement.width / placement.height < 3


@pytest.mark.parametrize("name", ["no edges", "fan out", "fan in", "inputs and outputs"])
def test_wide_graphs_come_to_a_fair_ratio(name):
    for direction in ("down", "right"):
        placement = check(*GRAPHS[name], direction)
        assert 1 / 3 < placement.width / placement.height < 3


def test_pictures_without_crossings():
    for name in ("residual", "projections", "inception", "concatenations", "cells", "fan out"):
        placement = place(*GRAPHS[name], folds=1)
        assert count_crossings(placement.routes) == 0, name


def test_large_graphs_are_placed():
    """Deeper than Python's stack, and more edges than boxes; the benchmark has the times."""
    for boxes, edges in (
        (5000, chain(5000) + [(i, i + 3) for i in range(0, 4996, 3)]),
        (60, list(combinations(range(60), 2))),
        (35_000, [*chain(35_000), (0, 34_999)]),
    ):
        placement = place([BOX] * boxes, edges)
        assert (len(placement.boxes), len(placement.routes)) == (boxes, len(edges))


def test_too_entangled():
    with pytest.raises(ValueError, match="too many long edges"):
        place([BOX] * 3000, [*chain(3000), *((i, 2999) for i in range(2998))])
