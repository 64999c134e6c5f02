"""Graphs: Keras's layer order, names, scopes, shared layers, and what is refused."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archi import Graph
from archi.analysis.counts import count
from archi.analysis.stages import blocks, fold_repeats, stages
from archi.bridge.code import keras_code
from archi.bridge.config import functional_json
from archi.bridge.model import to_keras
from archi.bridge.verify import compare
from archi.errors import GraphError, LayerError
from archi.graph import building, scope
from archi.layers import Activation, Add, Conv2D, Dense, Flatten, GlobalAveragePooling2D, Input
from archi.twin.arguments import DTypePolicy


def small_network():
    """input → stage1 (two blocks that are alike) → stage2 → a layer outside any scope."""
    with building():
        x = inputs = Input((8, 8, 3))
        with scope("stage1"):
            for name in ("a", "b"):
                with scope(name, "conv"):
                    x = Conv2D(3, 3, padding="same")(x)
        with scope("stage2"):
            x = Conv2D(4, 3, strides=2, padding="same")(x)
        return Graph(inputs, Dense(2)(GlobalAveragePooling2D()(x)))


@st.composite
def wirings(draw):
    """A random network: inputs, and layers that each read earlier tensors; some are shared."""
    inputs = draw(st.integers(1, 3))
    layers = []
    for at in range(inputs, inputs + draw(st.integers(1, 12))):
        kind = draw(st.sampled_from(["dense", "activation", "add", "shared", "concat"]))
        count = draw(st.integers(2, 3)) if kind in ("add", "concat") else 1
        layers.append(
            (kind, draw(st.lists(st.integers(0, at - 1), min_size=count, max_size=count)))
        )
    outputs = draw(st.lists(st.integers(inputs, inputs + len(layers) - 1), min_size=1, max_size=2))
    return inputs, layers, list(dict.fromkeys(outputs))


def assemble(library, wiring):
    """Build a wiring with `library`, which is archi's layers or Keras's."""
    inputs, layers, outputs = wiring
    tensors = [library.Input((4,)) for _ in range(inputs)]
    shared = library.Dense(4)
    for kind, read in layers:
        sources = [tensors[i] for i in read]
        if kind == "dense":
            tensors.append(library.Dense(4)(sources[0]))
        elif kind == "activation":
            tensors.append(library.Activation("relu")(sources[0]))
        elif kind == "shared":
            tensors.append(shared(sources[0]))
        elif kind == "add":
            tensors.append(library.Add()(sources))
        else:
            tensors.append(library.Dense(4)(library.Concatenate()(sources)))
    return tensors[:inputs], [tensors[i] for i in outputs]


@given(wirings())
@settings(max_examples=30)
def test_order_config_and_counts_equal_keras(twin_keras, wiring):
    import archi.layers

    keras = twin_keras
    keras.backend.clear_session()
    with keras.StatelessScope(initialize_variables=False):
        model = keras.Model(*assemble(keras.layers, wiring), name="net")
    with building():
        graph = Graph(*assemble(archi.layers, wiring), name="net")
    assert [layer.name for layer in graph.layers] == [layer.name for layer in model.layers]
    assert graph.totals.params == model.count_params()
    with keras.StatelessScope(initialize_variables=False):
        read = keras.models.model_from_json(functional_json(graph))
    assert json.loads(read.to_json()) == json.loads(model.to_json())
    assert list(compare(graph, to_keras(graph, initialize=False))) == []
    names = {}
    exec(keras_code(graph), names)
    with keras.StatelessScope(initialize_variables=False):
        assert json.loads(names["build"]().to_json()) == json.loads(model.to_json())


def operating(layers, ops, inputs):
    """A network of operations: several outputs, numbers on either side, slices, lists."""
    one, other = ops.split(inputs, 2, axis=-1)
    x = ops.concatenate([layers.Dense(3)(one), 2 - other * 0.5], axis=1)
    x = x[:, 1:, ::2] + x[:, :-1, None, 0]
    return ops.true_divide(ops.mean(x, axis=(1, 2), keepdims=True), 3.0)


def test_operations_are_nodes_as_in_keras_and_written_as_code(keras):
    import archi.layers
    import archi.ops

    keras.backend.clear_session()
    inputs = keras.Input((4, 6))
    model = keras.Model(inputs, operating(keras.layers, keras.ops, inputs), name="net")
    with building():
        inputs = Input((4, 6))
        graph = Graph(inputs, operating(archi.layers, archi.ops, inputs), name="net")
    assert list(compare(graph, to_keras(graph, initialize=False))) == []
    names = {}
    exec(keras_code(graph), names)
    assert json.loads(names["build"]().to_json()) == json.loads(model.to_json())


def test_a_shared_layer_has_its_params_once_and_its_macs_at_every_call():
    with building():
        a, b = Input((8,)), Input((8,))
        dense = Dense(8, use_bias=False)
        graph = Graph([a, b], Add()([dense(a), dense(dense(b))]))
    row = next(row for row in count(graph).layers if row.layer is dense)
    assert (row.params, row.macs) == (64, 3 * 64)
    assert row.output_shapes == [(None, 8)] * 3
    assert row.inputs == ["input_layer", "input_layer_1", "dense"]


def test_calls_outside_the_network_do_not_count():
    with building():
        a, b = Input((8,)), Input((8,))
        dense = Dense(8, use_bias=False)
        dense(b)
        graph = Graph(a, dense(a))
    assert graph.totals.macs == 64
    (call,) = graph.calls_of(dense)
    assert call.inputs == (a,)
    assert graph.get_config()["layers"][1]["inbound_nodes"][0]["args"][0]["config"][
        "keras_history"
    ] == ["input_layer", 0, 0]


def test_batch_scales_macs_and_flops_but_not_params():
    import archi

    one, eight = archi.load("wrn-16-1").totals, archi.load("wrn-16-1", batch=8).totals
    assert (eight.macs, eight.flops, eight.params) == (8 * one.macs, 8 * one.flops, one.params)


def test_unknown_sizes_are_uncounted_and_named():
    with building():
        inputs = Input((None, None, 3))
        graph = Graph(inputs, Conv2D(4, 3)(inputs))
    data = graph.summary().data
    assert data["uncounted"] == [
        {"layer": "conv2d", "class": "Conv2D", "why": "the size of its output is unknown"}
    ]
    assert data["layers"][1]["macs"] is None
    assert data["layers"][1]["output_shape"] == (None, None, None, 4)
    assert "Not counted: conv2d" in str(graph.summary())


def test_unknown_flops_are_named_even_where_there_are_no_macs():
    with building():
        inputs = Input((None, None, 3))
        graph = Graph(inputs, Activation("relu")(inputs))
    data = graph.summary().data
    assert [each["layer"] for each in data["uncounted"]] == ["activation"]
    assert data["layers"][1]["macs"] == 0
    assert data["layers"][1]["flops"] is None


def test_scopes_group_into_stages_and_blocks():
    graph = small_network()
    rows = count(graph).layers
    assert [(g.name, len(g.rows)) for g in stages(graph, rows)] == [
        ("stage1", 3),  # the input belongs to the stage that reads it
        ("stage2", 1),
        ("vector", 2),
    ]
    assert stages(graph, rows)[0].kinds == [("conv", 2)]
    folded = [[group.name for group in same] for same in fold_repeats(blocks(rows))]
    assert ["stage1/a", "stage1/b"] in folded


def test_without_scopes_stages_are_runs_of_one_resolution():
    with building():
        x = inputs = Input((8, 8, 3))
        x = Conv2D(4, 3, padding="same")(x)
        x = Conv2D(4, 3, strides=2, padding="same")(x)
        graph = Graph(inputs, Dense(2)(Flatten()(x)))
    names = [group.name for group in stages(graph, count(graph).layers)]
    assert names == ["8×8", "4×4", "vector"]


def test_two_layers_of_one_name_are_refused():
    with building():
        x = Input((4,))
        y = Dense(4, name="twin")(Dense(4, name="twin")(x))
        with pytest.raises(GraphError, match="two layers are named 'twin'"):
            Graph(x, y)


@pytest.mark.parametrize("dtype", sorted(DTypePolicy.names))
def test_weight_bytes_follow_the_dtype_policy(dtype):
    """Every dtype a layer takes has a size, but text, which no weight is made of."""
    with building():
        inputs = Input((4,), dtype=dtype.removeprefix("mixed_"))
        totals = Graph(inputs, Activation("relu", dtype=dtype)(inputs)).totals
        assert totals.weight_bytes == 0
        if dtype == "string":
            return
        dense = Dense(3, use_bias=False, dtype=dtype)
        bits = 32 if dtype.startswith("mixed") else int("".join(filter(str.isdigit, dtype)) or 8)
        assert Graph(inputs, dense(inputs)).totals.weight_bytes == 12 * bits // 8


def test_a_forgotten_input_is_refused():
    with building():
        a, b = Input((4,)), Input((4,), name="other")
        with pytest.raises(GraphError, match="input 'other' is used but is not among the inputs"):
            Graph(a, Add()([a, b]))


def test_calling_a_layer_on_something_else_is_refused():
    with pytest.raises(LayerError, match=r"is called on one tensor\. Received: 3"):
        Activation("relu")(3)


def test_a_shared_layer_refuses_another_shape():
    with building():
        dense = Dense(4, name="d")
        dense(Input((4,)))
        with pytest.raises(LayerError, match=r"d \(Dense\): is shared and was first called on"):
            dense(Input((5,)))


def test_networks_have_a_stated_limit(monkeypatch):
    monkeypatch.setattr("archi.graph.MAX_LAYERS", 100)
    import archi

    with pytest.raises(GraphError, match="more than 100 layers, archi's limit"):
        archi.load("resnet50")


def test_deep_networks_need_no_deep_stack():
    import archi

    assert archi.load("wrn-10000-4").totals.depth == 9998


def test_names_are_counted_anew_for_every_network():
    import archi

    assert functional_json(archi.load("xception")) == functional_json(archi.load("xception"))
