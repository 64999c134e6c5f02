"""Which boxes stand for a network at each level, and what they say."""

from __future__ import annotations

import pytest
from support.networks import every_network

import archi
from archi import Graph
from archi.graph import building, scope
from archi.layers import (
    Activation,
    Add,
    AveragePooling2D,
    BatchNormalization,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAveragePooling2D,
    Input,
    LayerNormalization,
    MaxPooling2D,
    ReLU,
    SeparableConv2D,
    ZeroPadding2D,
)
from archi.layers.applications import CustomScaleLayer
from archi.pictures.diagrams import block, layer, stage
from archi.pictures.diagrams._segments import segments
from archi.pictures.diagrams._words import phrase, word
from archi.units import si, sizes

LEVELS = {"stage": stage, "block": block, "layer": layer}


def titles(diagram, panel: int = 0) -> list[str]:
    return [box.title for box in diagram.panels[panel].boxes]


def chain(*layers) -> Graph:
    x = first = Input((32, 32, 3))
    for each in layers:
        x = each(x)
    return Graph(first, x)


def relu():
    return Activation("relu")


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        (
            lambda: [
                Conv2D(8, 3),
                BatchNormalization(),
                relu(),
                Conv2D(8, 3),
                BatchNormalization(),
            ],
            ["Conv · BN · ReLU", "Conv · BN"],
        ),
        (
            lambda: [
                MaxPooling2D(2),
                BatchNormalization(),
                relu(),
                Conv2D(8, 3),
                BatchNormalization(),
                relu(),
                Conv2D(8, 3),
            ],
            ["MaxPool", "BN · ReLU · Conv", "BN · ReLU · Conv"],
        ),
        (
            lambda: [
                relu(),
                SeparableConv2D(8, 3),
                BatchNormalization(),
                relu(),
                SeparableConv2D(8, 3),
                BatchNormalization(),
            ],
            ["ReLU · SepConv · BN", "ReLU · SepConv · BN"],
        ),
        (
            lambda: [ZeroPadding2D(1), Conv2D(8, 3), ReLU(), ZeroPadding2D(1), MaxPooling2D(3)],
            ["Conv · ReLU", "MaxPool"],
        ),
        (
            lambda: [
                BatchNormalization(),
                relu(),
                GlobalAveragePooling2D(),
                Dense(9),
                Dropout(0.5),
            ],
            ["BN · ReLU", "Global AvgPool", "Dense · Dropout"],
        ),
        (
            lambda: [Conv2D(8, 3, activation="gelu"), Flatten(), Dense(9, activation="softmax")],
            ["Conv · GELU", "Flatten", "Dense · Softmax"],
        ),
        (lambda: [ZeroPadding2D(1), AveragePooling2D(2)], ["AvgPool"]),
        (lambda: [ZeroPadding2D(1), Flatten(), Dense(3)], ["Pad", "Flatten", "Dense"]),
    ],
)
def test_steps_are_fused(layers, expected):
    with building():
        graph = chain(*layers())
    assert titles(block.diagram(graph)) == ["Input", *expected]


def test_a_layer_that_two_read_ends_a_step():
    with building():
        x = Input((8, 8, 3))
        y = Conv2D(3, 1)(x)
        z = BatchNormalization()(y)
        graph = Graph(x, Add()([y, z]))
    assert titles(block.diagram(graph)) == ["Input", "Conv", "BN", "Add"]
    assert block.diagram(graph).panels[0].edges == [(0, 1), (1, 2), (1, 3), (2, 3)]


def test_an_output_ends_a_step():
    with building():
        x = Input((8, 8, 3))
        y = Conv2D(3, 1)(x)
        graph = Graph(x, [y, ReLU()(y)])
    assert titles(block.diagram(graph)) == ["Input", "Conv", "ReLU"]


def test_a_block_ends_a_step():
    with building():
        x = Input((8, 8, 3))
        with scope("a"):
            y = Conv2D(3, 1)(x)
        with scope("b"):
            graph = Graph(x, ReLU()(y))
    assert titles(block.diagram(graph)) == ["Input", "Conv", "ReLU"]


def test_a_tensor_added_to_itself_has_two_edges():
    with building():
        x = Input((8,))
        graph = Graph(x, Add()([x, x]))
    assert block.diagram(graph).panels[0].edges == [(0, 1), (0, 1)]


@pytest.mark.parametrize(
    ("make", "in_a_box", "in_a_paper"),
    [
        (lambda: Conv2D(64, 7, strides=2), "Conv", "7×7 conv, 64, /2"),
        (lambda: Conv2D(8, (1, 7), strides=(2, 1)), "Conv", "1×7 conv, 8, /2×1"),
        (lambda: Conv2D(8, 3, dilation_rate=2, groups=1), "Conv", "3×3 conv, 8, dilation 2"),
        (lambda: MaxPooling2D(3, strides=2), "MaxPool", "3×3 max pool, /2"),
        (lambda: AveragePooling2D(2, strides=1), "AvgPool", "2×2 avg pool"),
        (lambda: GlobalAveragePooling2D(), "Global AvgPool", "global avg pool"),
        (lambda: SeparableConv2D(8, 3), "SepConv", "3×3 sep conv, 8"),
        (lambda: Dense(10, activation="softmax"), "Dense", "dense, softmax"),
        (lambda: Activation("relu"), "ReLU", "ReLU"),
        (lambda: Activation("tanh"), "Tanh", "Tanh"),
        (lambda: Activation("linear"), "Activation", "Activation"),
        (lambda: ReLU(6), "ReLU6", "ReLU6"),
        (lambda: BatchNormalization(), "BN", "BN"),
        (lambda: LayerNormalization(), "LayerNorm", "LayerNorm"),
        (lambda: Dropout(0.5), "Dropout", "dropout, 0.5"),
    ],
)
def test_words(make, in_a_box, in_a_paper):
    with building():
        layer = make()
        chain(layer) if "Dense" not in layer.class_name else chain(Flatten(), layer)
    assert (word(layer), phrase(layer)) == (in_a_box, in_a_paper)


def test_operations_and_layers_on_several_tensors_are_merges():
    with building():
        x = Input((8, 8, 3))
        y = CustomScaleLayer(0.5)([x, Conv2D(3, 1)(x)])
        graph = Graph(x, (x + y) * 2.0)
    boxes = layer.diagram(graph).panels[0].boxes
    assert [(box.kind, box.form) for box in boxes] == [
        ("input", "box"),
        ("conv", "box"),
        ("merge", "pill"),
        ("merge", "pill"),
        ("other", "box"),
    ]


def test_stages_of_resnet34_read_like_table_1():
    """He et al. 2016a, Table 1."""
    diagram = stage.diagram(archi.load("resnet34"))
    assert [(box.title, box.lines[0]) for box in diagram.panels[0].boxes] == [
        ("input", "224×224×3"),
        ("7×7 conv, 64, /2", "112×112×64"),
        ("3×3 max pool, /2", "56×56×64"),
        ("basic block ×3", "56×56×64"),
        ("basic block ×4 (/2)", "28×28×128"),
        ("basic block ×6 (/2)", "14×14×256"),
        ("basic block ×3 (/2)", "7×7×512"),
        ("global avg pool", "512"),
        ("dense, softmax", "1000"),
    ]
    assert [box.repeats for box in diagram.panels[0].boxes] == [1, 1, 1, 3, 4, 6, 3, 1, 1]


def test_dropout_before_the_classifier_is_no_words_of_its_own():
    assert titles(stage.diagram(archi.load("mnasnet1.0")))[-2:] == [
        "global avg pool",
        "dense, softmax",
    ]


def test_stages_of_nasnet_read_like_figure_2():
    """Zoph et al. 2017, Figure 2, right: the order of the cells for ImageNet."""
    diagram = stage.diagram(archi.load("nasnet-a-7@1920"))
    assert titles(diagram)[2:-3] == [
        "reduction cell ×2 (/4)",
        "normal cell ×7",
        "reduction cell (/2)",
        "normal cell ×7",
        "reduction cell (/2)",
        "normal cell ×7",
    ]


def test_each_kind_of_cell_is_drawn_once():
    """Zoph et al. 2017, Figure 4: a normal cell joins five sums of two and its input."""
    diagram = block.diagram(archi.load("nasnet-a-7@1920"))
    order, reduction, normal = diagram.panels
    assert [box.title for box in order.boxes].count("normal cell") == 21
    assert [box.title for box in order.boxes].count("reduction cell") == 4
    assert (reduction.title, normal.title) == ("Reduction cell ×4", "Normal cell ×21")
    assert (reduction.note, normal.note) == (
        "2 as drawn; 2 differ in part",
        "18 as drawn; 3 differ in part",
    )
    names = [box.title for box in normal.boxes]
    assert names[:2] == ["h(i)", "h(i−1)"]
    assert names.count("Add") == 5
    join = names.index("Concat")
    assert sorted(normal.boxes[a].title for a, b in normal.edges if b == join) == [
        *["Add"] * 5,
        "ReLU · Conv · BN",
    ]


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("name", every_network())
def test_every_layer_has_its_box_and_every_edge_its_layers(name, level):
    graph = archi.load(name)
    main = LEVELS[level].diagram(graph).panels[0]
    assert sorted(each for box in main.boxes for each in box.layers) == sorted(
        each.name for each in graph.layers
    )
    home = {each: index for index, box in enumerate(main.boxes) for each in box.layers}
    read = {
        (home[tensor.node.layer.name], home[node.layer.name])
        for node in graph.nodes
        for tensor in node.inputs
    }
    assert {(a, b) for a, b in read if a != b} == set(main.edges)
    assert len({box.key for box in main.boxes}) == len(main.boxes)


@pytest.mark.parametrize("name", every_network())
def test_boxes_show_what_the_graph_has(name):
    """Shapes are what the last layer of a box gives, params the sum over its layers."""
    graph = archi.load(name)
    shapes = {node.layer.name: sizes(node.outputs[0].shape) for node in graph.nodes}
    params = {each.name: each.params for each in graph.layers}
    for each in layer.diagram(graph).panels[0].boxes:
        assert each.title == layer.shorten(each.layers[0])
        assert each.lines[-1] == shapes[each.layers[0]]
    for each in block.diagram(graph).panels[0].boxes:
        if each.form != "pill":
            assert shapes[each.layers[-1]] in each.lines
        if each.kind == "cell":
            total = sum(params[layer] for layer in each.layers)
            assert each.lines == (shapes[each.layers[-1]], f"{si(total)} params")
    for each in stage.diagram(graph).panels[0].boxes:
        total = sum(params[layer] for layer in each.layers)
        assert each.lines[0] == shapes[each.layers[-1]]
        assert each.lines[1:] == ((f"{si(total)} params",) if total else ())


def test_layers_say_their_activation():
    boxes = {box.title: box for box in layer.diagram(archi.load("resnet34")).panels[0].boxes}
    assert boxes["conv1_relu"].lines[0] == "Activation, ReLU"
    assert boxes["predictions"].lines[0] == "Dense, Softmax"
    assert boxes["conv1_conv"].lines[0] == "Conv2D, 7×7, 64, /2"


def test_the_inputs_of_a_cell_are_told_apart():
    """Zoph et al. 2017, Figure 4, left: 3×3 average pooling of h(i) is added to h(i−1),
    and two of h(i−1) to each other; the join takes in h(i−1) as it came."""
    _, _, normal = block.diagram(archi.load("nasnet-a-7@1920")).panels
    first = {b: normal.boxes[a].title for a, b in normal.edges if normal.boxes[a].form == "port"}
    squeezed = {normal.boxes[b].layers[0]: port for b, port in first.items()}
    nodes = {node.layer.name: node for node in archi.load("nasnet-a-7@1920").nodes}
    for name, port in squeezed.items():
        (source,) = nodes[name].inputs
        cell = source.node.scope.path
        own = nodes[name].scope.path
        before = int(own.rpartition("cell")[2]) - 1
        assert (port == "h(i)") == (cell == f"stage1/cell{before}"), (name, port)


def test_a_single_cell_is_not_counted():
    with building():
        x = Input((8,))
        with scope("s"), scope("c", "my cell"):
            y = Dense(8)(x)
        graph = Graph(x, y)
    assert block.diagram(graph).panels[1].title == "My cell"


def test_a_shared_layer_has_a_box_for_each_call():
    with building():
        a, b = Input((8,)), Input((8,))
        shared = Dense(4)
        graph = Graph([a, b], Add()([shared(a), shared(b)]))
    assert titles(layer.diagram(graph)).count("dense") == 2
    assert len(segments(graph)) == 5


def test_blocks_that_form_a_cycle_stay_apart():
    with building():
        x = Input((8,))
        with scope("s"):
            with scope("a", "half"):
                y = Dense(8)(x)
            with scope("b", "half"):
                y = Dense(8)(y)
            with scope("a", "half"):
                y = Dense(8)(y)
        graph = Graph(x, y)
    assert titles(stage.diagram(graph)) == ["input", "dense", "dense", "dense"]


def test_stacks_take_in_blocks_of_one_kind_only():
    with building():
        x = y = Input((8,))
        with scope("s"):
            for number, kind in enumerate(("p", "p", "q", "p")):
                with scope(f"b{number}", kind):
                    y = Dense(8)(y)
        graph = Graph(x, y)
    assert titles(stage.diagram(graph)) == ["input", "p block ×2", "q block", "p block"]


def test_long_and_strange_names_are_shown_safely():
    with building():
        x = Input((8,), name="x" * 300)
        graph = Graph(x, Dense(8, name="a\x1b[31m\u202eb")(x))
    first, second = layer.diagram(graph).panels[0].boxes
    assert first.title == "x" * 23 + "…" + "x" * 24
    assert second.title == r"a\x1b[31m\u202eb"
    assert second.layers == ("a\x1b[31m\u202eb",)
