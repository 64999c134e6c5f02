"""The diagram in Keras's style beside `keras.utils.model_to_dot` of the real model."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from support import (
    layer_cases,  # noqa: F401  (declares the cases of every group)
    parity,
)
from support.layer_cases._table import FULL
from support.networks import every_network

import archi
from archi import Graph
from archi.bridge.model import to_keras
from archi.graph import building
from archi.layers import (
    Activation,
    Add,
    BatchNormalization,
    Concatenate,
    Conv2D,
    Dense,
    Flatten,
    Input,
    ReLU,
    layer_classes,
)
from archi.pictures.diagrams.keras import Switches, keras_diagram
from archi.pictures.formats.dot import KERAS_SPLINES, dot
from archi.twin.arguments import REQUIRED
from archi.twin.arguments import Activation as ActivationName
from archi.twin.nested import members

NONE, ALL = Switches(), Switches(*(True,) * len(Switches._fields))
EACH = [NONE._replace(**{name: True}) for name in Switches._fields]

VARIATIONS = [
    "nasnet-a-5@1536,input=64x64x3,top=false",
    "preact-resnet50,input=64x64x1,classes=7",
    "resnet18,data_format=channels_first",
    "resnet50v2,input=33x65x3,top=false",
    "wrn-16-8,dropout=0.3",
]


def keras_dot(keras: Any, model: Any, switches: Switches, **more: Any) -> str:
    """Return the DOT text of Keras, with what archi means to write otherwise.

    Keras's node ids are addresses, another in every run: archi's are the layer names. And
    Keras's `splines=ortho`, which crashes Graphviz, is not archi's.
    """
    graph = keras.utils.model_to_dot(model, **switches._asdict(), **more)
    ids = {str(id(layer)): f'"{layer.name}"' for layer in model.operations}
    text = re.sub(r"\d{6,}", lambda match: ids.get(match[0], match[0]), graph.to_string())
    assert text.count("splines=ortho;") == 1
    return text.replace("splines=ortho;", f"splines={KERAS_SPLINES};")


def assert_same(keras: Any, graph: Graph, *switches: Switches) -> str:
    """Everything Keras writes is written, in Keras's order; return the last text."""
    model = to_keras(graph, initialize=False)
    for chosen in switches:
        text = dot(keras_diagram(graph, chosen))
        # By lines, as a failure that shows the whole of both is of no use.
        assert text.splitlines() == keras_dot(keras, model, chosen).splitlines(), chosen
        assert text.count("fontname=Helvetica") == len(members(graph.layers))
    return text


@pytest.mark.parametrize("spec", [*every_network(), *VARIATIONS])
def test_a_network_is_drawn_as_keras_draws_it(keras, spec):
    assert_same(keras, archi.load(spec), NONE, ALL)


@pytest.mark.parametrize("spec", ["resnet18", "nasnet-mobile,input=64x64x3", "xception"])
def test_each_switch_alone(keras, spec):
    assert_same(keras, archi.load(spec), *EACH)


def test_the_defaults_are_those_of_plot_model(keras):
    import inspect

    defaults = inspect.signature(keras.utils.plot_model).parameters
    assert {name: defaults[name].default for name in Switches._fields} == NONE._asdict()


@pytest.mark.parametrize(("direction", "rankdir"), [("down", "TB"), ("right", "LR")])
def test_direction_and_dpi_are_as_given(keras, direction, rankdir):
    graph = archi.load("wrn-10-1")
    expected = keras_dot(keras, to_keras(graph, initialize=False), ALL, rankdir=rankdir, dpi=72)
    assert dot(keras_diagram(graph, ALL)._replace(direction=direction), 72) == expected
    assert f"rankdir={rankdir};" in expected
    assert "dpi=72;" in expected


def shared() -> Graph:
    """A convolution called on three sizes, of which the one made first tells its shapes."""
    small, large = Input((8, 8, 3), name="small"), Input((16, 16, 3), name="large")
    conv = Conv2D(4, 3, activation="relu", padding="same", name="conv")
    flatten, twice = Flatten(name="flatten"), conv(large)
    joined = Concatenate(name="join")([flatten(conv(small)), flatten(twice)])
    return Graph([small, large], Dense(2, name="top")(joined))


def shared_and_called_elsewhere() -> Graph:
    """A layer whose first call is not part of the network."""
    conv = Conv2D(4, 3, name="conv")
    conv(Input((16, 16, 3)))
    inputs = Input((8, 8, 3), name="inputs")
    return Graph(inputs, conv(inputs))


def looped() -> Graph:
    """A layer on its own output, which gives an edge from its box to itself."""
    inputs = Input((4,), name="inputs")
    dense = Dense(4, name="dense")
    return Graph(inputs, dense(dense(inputs)))


def doubled() -> Graph:
    """Two tensors from one layer to another: one edge."""
    inputs = Input((4,), name="inputs")
    return Graph(inputs, Add(name="twice")([inputs, inputs]))


def many_ends() -> Graph:
    """Several inputs, one of them unused, and several outputs, one of them in the middle."""
    a, b, unused = Input((4,), name="a"), Input((4,), name="b"), Input((3,), name="unused")
    joined = Add(name="sum")([Dense(4, name="left")(a), b, a])
    end = Dense(1, activation="sigmoid", name="end")(joined)
    return Graph([a, b, unused], [joined, end, ReLU(name="relu")(joined)])


def frozen() -> Graph:
    """Layers that do not train, beside those that do and those without weights."""
    inputs = Input((8, 8, 3), batch_size=2, name="inputs")
    x = Conv2D(4, 3, trainable=False, name="conv")(inputs)
    x = BatchNormalization(trainable=False, name="norm")(x)
    x = Activation("gelu", name="act")(x)
    return Graph(inputs, Dense(3, name="dense")(x))


def open_and_mixed() -> Graph:
    """Sizes nobody knows, and dtypes other than float32."""
    inputs = Input((None, None, 3), dtype="uint8", name="inputs")
    x = Conv2D(4, 3, dtype="mixed_float16", name="half")(inputs)
    return Graph(inputs, Conv2D(4, 3, activation="softmax", dtype="float64", name="double")(x))


def lone() -> Graph:
    """An input that is the output."""
    inputs = Input((4,), name="inputs")
    return Graph(inputs, inputs)


@pytest.mark.parametrize(
    "build",
    [
        shared,
        shared_and_called_elsewhere,
        looped,
        doubled,
        many_ends,
        frozen,
        open_and_mixed,
        lone,
    ],
)
def test_graphs_made_by_hand(twin_keras, build):
    with building():
        graph = build()
    assert_same(twin_keras, graph, NONE, *EACH, ALL)


def test_the_first_call_of_a_shared_layer_tells_its_shapes():
    with building():
        text = dot(keras_diagram(shared(), ALL))
    assert text.count('\n"conv" [') == 1
    assert "<b>(None, 16, 16, 3)</b>" in text.partition('\n"conv" [')[2].partition("\n")[0]
    assert '"small" -> "conv"' in text
    assert '"large" -> "conv"' in text


def test_frozen_layers_are_marked_and_layers_without_weights_are_not():
    with building():
        diagram = keras_diagram(frozen(), NONE._replace(show_trainable=True))
    marks = [
        [cell.strong for row in box.rows[1:] for cell in row] for box in diagram.panels[0].boxes
    ]
    assert marks == [[], ["Non-trainable"], ["Non-trainable"], [], ["Trainable"]]


def test_every_activation_has_the_name_keras_shows(twin_keras):
    with building():
        inputs = Input((8,), name="inputs")
        ends = [Dense(8, activation=a, name=a)(inputs) for a in sorted(ActivationName.names)]
        ends.append(Activation("swish", name="swish")(inputs))
        graph = Graph(inputs, ends)
    text = assert_same(twin_keras, graph, NONE._replace(show_layer_activations=True))
    assert text.count("Activation: ") == len(ends)


NEEDED = {"batch_shape": (None, 4), "target_shape": (-1,), "activation": "relu", "rate": 0.5}


@pytest.mark.parametrize("name", sorted(layer_classes()))
def test_the_layers_that_show_an_activation_are_those_of_keras(twin_keras, name):
    arguments = layer_classes()[name].arguments
    required = [key for key, argument in arguments.items() if argument.default is REQUIRED]
    needed = {key: NEEDED.get(key, 2) for key in required}
    kwargs = FULL[name].kwargs if name in FULL else needed
    layer = parity.make(parity.real_class, name, (), kwargs)
    assert hasattr(layer, "activation") == ("activation" in arguments)


HOSTILE = ["a<b>&amp;", "x:y", "node", '"quoted"', "back\\", "\\N", "a -> b;", "ünï 中", "}{"]


def test_names_keras_writes_as_they_are_are_escaped(twin_keras):
    """The one difference in labels: Keras's do not keep out what a name may hold."""
    with building():
        x = inputs = Input((4,), name="inputs")
        for name in HOSTILE:
            x = Dense(4, name=name)(x)
        graph = Graph(inputs, x)
    model = to_keras(graph, initialize=False)
    drawn = twin_keras.utils.model_to_dot(model, **ALL._asdict()).get_nodes()
    labels = [node.get_label() for node in drawn if node.get_name() != "node"]
    nodes = [line for line in dot(keras_diagram(graph, ALL)).splitlines() if "label=" in line]
    for label, line in zip(labels, nodes, strict=True):
        assert f"[label={label}, " in unescape(line.replace("&#92;&#92;", "\\"))
