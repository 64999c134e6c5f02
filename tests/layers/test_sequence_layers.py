"""Attention, recurrence and layers that hold others: random ones against Keras, in networks,
in files, in memory, and what they refuse.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from support import parity
from support.layer_cases._table import FULL, inner, on
from support.parity import ACCEPTED, REFUSED, Case

import archi
from archi import Graph
from archi.analysis.counts import count
from archi.analysis.memory import Sizes, training
from archi.bridge.code import keras_code
from archi.bridge.model import to_keras
from archi.bridge.verify import compare, verify
from archi.diff.difference import difference
from archi.errors import LayerError
from archi.graph import building
from archi.layers import (
    LSTM,
    RNN,
    Attention,
    Bidirectional,
    Conv2D,
    ConvLSTM2D,
    Dense,
    Flatten,
    GroupQueryAttention,
    GRUCell,
    Input,
    Layer,
    LSTMCell,
    MultiHeadAttention,
    Pipeline,
    ReLU,
    SpectralNormalization,
    StackedRNNCells,
    TimeDistributed,
)
from archi.twin.serial import read_layer
from archi.twin.wrapping import DEEPEST, write_layer

# --- Random layers ----------------------------------------------------------------------------

SIZE = st.integers(1, 5)
LENGTH = SIZE | st.none()
FLAG = st.booleans()
ACTIVATION = st.sampled_from([None, "relu", "tanh", "hard_sigmoid"])


@st.composite
def recurrent(draw: Any) -> tuple[str, dict[str, Any]]:
    name = draw(st.sampled_from(["SimpleRNN", "GRU", "LSTM"]))
    settings_ = ["return_sequences", "return_state", "use_bias", "trainable"]
    optional = dict.fromkeys(settings_, FLAG) | {"activation": ACTIVATION}
    if name == "GRU":
        optional["reset_after"] = FLAG
    needed = {"units": st.integers(1, 4)}
    return name, draw(st.fixed_dictionaries(needed, optional=optional))


@st.composite
def recurrences(draw: Any) -> Case:
    name, kwargs = draw(recurrent())
    if draw(st.integers(0, 4)) == 0:
        key, value = draw(st.sampled_from([("units", 0), ("units", None), ("activation", "x")]))
        kwargs[key] = value
    features = draw(st.sampled_from([1, 2, 3, 4, 5, 6, None]))
    shape = (draw(st.sampled_from([None, 2])), draw(LENGTH), features)
    around = draw(st.sampled_from(["", "Bidirectional", "TimeDistributed"]))
    if not around:
        return Case(name, kwargs, (shape,))
    if around == "TimeDistributed":
        shape = (shape[0], draw(LENGTH), *shape[1:])
        if shape[2] is None:  # Keras would have to know how many steps to take
            shape = (*shape[:2], 3, shape[3])
    merge = draw(st.sampled_from(["concat", "sum", None])) if around == "Bidirectional" else ""
    extra = {} if merge == "" else {"merge_mode": merge}
    return Case(around, {"layer": inner(name, **kwargs), **extra}, (shape,))


@st.composite
def attentions(draw: Any) -> Case:
    between = tuple(draw(st.lists(SIZE, max_size=1)))
    features = draw(st.sampled_from([2, 3, 4, 5, 6, None]))
    query = (None, *between, draw(LENGTH), features)
    length = draw(SIZE)
    value = (None, *between, length, draw(SIZE))
    key = (None, *between, draw(st.sampled_from([length, length, length, 6])), draw(SIZE))
    optional = {
        "value_dim": SIZE,
        "use_bias": FLAG,
        "use_gate": FLAG,
        "output_shape": SIZE | st.lists(SIZE, min_size=1, max_size=2),
        "attention_axes": st.just(len(query) - 2),
        "dropout": st.sampled_from([0.0, 0.5, 2.0]),
    }
    needed = {"num_heads": SIZE, "key_dim": SIZE}
    kwargs = draw(st.fixed_dictionaries(needed, optional=optional))
    call = on(query, value, key) if draw(FLAG) else on(query, value)
    return Case("MultiHeadAttention", kwargs, (call,))


EXAMPLES = 60


@pytest.mark.parametrize("group", [recurrences(), attentions()], ids=["recurrence", "attention"])
def test_random_layers_are_those_of_keras(group: Any) -> None:
    parity.keras()
    outcomes: Counter[str] = Counter()

    @settings(
        max_examples=EXAMPLES,
        suppress_health_check=[HealthCheck.too_slow],
    )
    @given(group)
    def agrees(case: Case) -> None:
        outcomes[parity.check(case)] += 1

    agrees()
    assert min(outcomes[ACCEPTED], outcomes[REFUSED]) >= EXAMPLES // 8, "too one-sided a sample"


# --- A network of them all --------------------------------------------------------------------


def network(layers: Any, make_input: Any) -> tuple[list[Any], Any]:
    """The same calls with archi's layers and with Keras's."""
    words, frames, video = make_input((7, 8)), make_input((5, 3)), make_input((3, 8, 8, 2))
    y = layers.Bidirectional(layers.LSTM(4, return_sequences=True))(words)
    y = layers.MultiHeadAttention(2, 4)(y, y, use_causal_mask=True)
    y = layers.TimeDistributed(layers.Dense(6, activation="relu"))(y)
    y = layers.GroupQueryAttention(3, 4, 2, use_gate=True)(query=y, value=y)
    cells = layers.StackedRNNCells([layers.GRUCell(3), layers.SimpleRNNCell(2)])
    stacked = layers.RNN(cells, return_state=True)(y)
    state = layers.LSTM(4, return_state=True)(frames)
    decoded = layers.LSTM(4, return_sequences=True)(y, initial_state=[state[1], state[2]])
    projected = layers.SpectralNormalization(layers.Dense(4))(y)
    scored = layers.Attention(use_scale=True)([decoded, projected])
    scored = layers.AdditiveAttention()([scored, decoded, projected])
    seen = layers.ConvLSTM2D(3, 3, return_sequences=True)(video)
    seen = layers.TimeDistributed(layers.Conv2D(2, 3))(seen)
    seen = layers.TimeDistributed(layers.Flatten())(seen)
    seen = layers.Pipeline([layers.Dense(4), layers.ReLU()])(seen)
    ends = [
        *stacked,
        layers.GlobalAveragePooling1D()(scored),
        layers.GlobalMaxPooling1D()(layers.GRU(3, return_sequences=True)(seen)),
    ]
    return [words, frames, video], layers.Dense(1)(layers.Concatenate()(ends))


@pytest.fixture(scope="module")
def graph() -> Graph:
    import archi.layers

    with building():
        return Graph(*network(archi.layers, Input), name="sequences")


@pytest.fixture(scope="module")
def model() -> Any:
    keras = parity.keras()
    keras.backend.clear_session(free_memory=False)
    with keras.StatelessScope(initialize_variables=False):
        return keras.Model(*network(keras.layers, keras.Input), name="sequences")


def test_a_network_is_the_one_that_keras_builds(graph: Graph, model: Any) -> None:
    assert list(compare(graph, model)) == []
    assert to_keras(graph, initialize=False).to_json() == model.to_json()


def test_a_file_of_it_is_read_as_it(graph: Graph, model: Any, tmp_path: Any) -> None:
    file = tmp_path / "sequences.json"
    file.write_text(model.to_json())
    read = archi.load(str(file))
    assert list(compare(read, model)) == []
    assert read.totals == graph.totals
    assert count(read).uncounted == []
    assert [change.kind for change in difference(graph, read).changes] == []


def masked(layers: Any, make_input: Any) -> tuple[list[Any], Any]:
    """Keras makes operations that give the masks, and calls later layers with these."""
    words, frames = make_input((7,), dtype="int32"), make_input((5, 3))
    x = layers.Embedding(20, 8, mask_zero=True)(words)
    y = layers.Bidirectional(layers.LSTM(4, return_sequences=True))(x)
    y = layers.MultiHeadAttention(2, 4)(layers.Dropout(0.1)(y), x)
    y = layers.TimeDistributed(layers.Dense(8))(layers.LayerNormalization()(y))
    y = layers.Attention()([layers.Add()([y, layers.GRU(8, return_sequences=True)(y)]), x])
    z = layers.RNN(layers.LSTMCell(3))(layers.Masking(-1.0)(frames))
    ends = [layers.SimpleRNN(3)(y), layers.GlobalAveragePooling1D()(y), z]
    return [words, frames], layers.Concatenate()(ends)


def test_masks_in_a_file_are_inputs_of_later_calls(tmp_path: Any) -> None:
    keras = parity.keras()
    keras.backend.clear_session(free_memory=False)
    with keras.StatelessScope(initialize_variables=False):
        model = keras.Model(*masked(keras.layers, keras.Input), name="masked")
    file = tmp_path / "masked.json"
    file.write_text(model.to_json())
    read = archi.load(str(file))
    assert list(compare(read, model)) == []
    assert to_keras(read, initialize=False).to_json() == model.to_json()
    assert count(read).uncounted == []
    assert {"NotEqual", "Any"} <= {layer.class_name for layer in read.layers}


def test_code_of_it_builds_it(graph: Graph, model: Any) -> None:
    keras = parity.keras()
    scope: dict[str, Any] = {}
    exec(keras_code(graph), scope)
    keras.backend.clear_session(free_memory=False)
    with keras.StatelessScope(initialize_variables=False):
        built = scope["build"]()
    assert built.to_json() == model.to_json()


def test_its_every_output_is_known_and_counted(graph: Graph) -> None:
    assert graph.totals.activation_bytes is not None
    assert all(node.inference.macs is not None for node in graph.nodes)


def test_it_runs_and_trains(graph: Graph) -> None:
    parity.keras()
    verification = verify(graph)
    assert verification.ok, verification


# --- Whatever a layer is called with ------------------------------------------------------------

CALLED = [
    "MultiHeadAttention", "GroupQueryAttention", "Attention", "AdditiveAttention", "SimpleRNN",
    "GRU", "LSTM", "SimpleRNNCell", "GRUCell", "LSTMCell", "RNN", "StackedRNNCells",
    "ConvLSTM1D", "Bidirectional", "TimeDistributed", "SpectralNormalization", "Pipeline",
]  # fmt: skip
SHAPES = st.lists(st.integers(1, 4) | st.none(), max_size=4).map(tuple)
ANYTHING = st.recursive(
    SHAPES | SHAPES | st.none() | st.booleans() | st.integers(-1, 2) | st.text(max_size=2),
    lambda more: st.lists(more, max_size=3),
    max_leaves=5,
)


@pytest.mark.parametrize("layer", CALLED)
def test_no_call_raises_anything_but_a_layer_error(layer: str) -> None:
    names = ["value", "key", "initial_state", "states", "mask", "training", "inputs", "other"]
    names += ["return_attention_scores", "attention_mask"]
    kwargs = st.dictionaries(st.sampled_from(names), ANYTHING, max_size=3)

    @settings(max_examples=150)
    @given(st.lists(ANYTHING, min_size=1, max_size=4), kwargs)
    def holds(args: list[Any], kwargs: dict[str, Any]) -> None:
        call = on(*args, **kwargs)
        assume(any(isinstance(arg, (tuple, list)) and arg for arg in args))
        parity.build_twin(FULL[layer]._replace(calls=(call,)))

    holds()


# --- Documents of layers in layers ------------------------------------------------------------


def nested(depth: int) -> dict[str, Any]:
    document = write_layer(Dense(3, name="dense"))
    for level in range(depth):
        config = {"name": f"level{level}", "layer": document}
        document = {"module": "keras.layers", "class_name": "TimeDistributed", "config": config}
    return document


def test_layers_nest_to_a_limit() -> None:
    with building():
        layer = read_layer(nested(DEEPEST))
        x = layer(Input((2,) * DEEPEST + (5,)))
    assert x.shape == (None, *(2,) * DEEPEST, 3)
    with pytest.raises(LayerError, match="layer must be a layer that holds fewer than 32"):
        read_layer(nested(DEEPEST + 1))


WRONG = [
    ({"class_name": "Mine", "config": {}}, "its class 'Mine' is unknown"),
    ({"class_name": "Lambda", "config": {}}, "Lambda runs Python code"),
    ({"class_name": "Dense", "config": []}, "a layer is written as its class_name and config"),
    (
        {"module": "mine.layers", "class_name": "Dense", "config": {"units": 3}},
        "'Dense' is not Keras's: it is of 'mine.layers'",
    ),
    ({"class_name": "Dense", "config": {}}, "dense (Dense) needs units"),
    (3, "td (TimeDistributed): layer must be a layer, or its class_name and config. Received: 3"),
]


@pytest.mark.parametrize(("document", "message"), WRONG)
def test_a_wrong_inner_layer_is_refused(document: Any, message: str) -> None:
    with building(), pytest.raises(LayerError) as refused:
        TimeDistributed(layer=document, name="td")
    assert str(refused.value) == message


@pytest.mark.parametrize("shape", [3, "x", [None, "x"], [], [2.5], {"a": 1}, [None, -1, 4]])
def test_what_a_document_was_built_on_may_be_anything(shape: Any) -> None:
    document = {**nested(2), "build_config": {"input_shape": shape}}
    with building():
        assert TimeDistributed(document)(Input((2, 2, 2, 5))).shape == (None, 2, 2, 2, 3)


REFUSED_CALLS = [
    (
        lambda: TimeDistributed(Dense(3), name="td")(Input((5,))),
        "td (TimeDistributed): wants an input of at least 3 dimensions, batch first."
        " Received: (None, 5)",
    ),
    (
        lambda: TimeDistributed(LSTMCell(3), name="td")(Input((5, 4))),
        "td (TimeDistributed): holds layers that are called on one tensor. Received: 'LSTMCell'",
    ),
    (
        lambda: LSTM(3, name="rnn")(Input((5, 4)), initial_state=[Input((3,))]),
        "rnn (LSTM): wants states of (None, 3), (None, 3). Received: [(None, 3)]",
    ),
    (
        lambda: LSTM(3, stateful=True, name="rnn")(Input((5, 4))),
        "rnn (LSTM): keeps its state, and wants an input whose batch size is known."
        " Received: (None, 5, 4)",
    ),
    (
        lambda: Bidirectional(LSTM(3, go_backwards=True), name="both"),
        "both (Bidirectional): wants one layer that goes backwards. Received: True",
    ),
    (
        lambda: Bidirectional(LSTM(3), backward_layer=LSTM(4, go_backwards=True), name="both")(
            Input((5, 4))
        ),
        "both (Bidirectional): wants layers that give the same shape."
        " Received: ((None, 3), (None, 4))",
    ),
    (
        lambda: MultiHeadAttention(2, 3, name="mha")(Input((5, 4))),
        "mha (MultiHeadAttention): is called on a query, a value and perhaps a key."
        " Received: (None, None)",
    ),
    (
        lambda: MultiHeadAttention(2, 3, attention_axes=0, name="mha")(
            Input((5, 4)), Input((5, 4))
        ),
        "mha (MultiHeadAttention): wants an input with attention axes (0,). Received: (None, 5, 4)",
    ),
    (
        lambda: GroupQueryAttention(3, 4, 3, name="gqa"),
        "gqa (GroupQueryAttention): num_query_heads must be a multiple of its 3 heads of keys"
        " and values. Received: 4",
    ),
    (
        lambda: Attention(name="att")([Input((5, 4)), Input((6, 3))]),
        "att (Attention): wants as many keys as values, and of the query's size."
        " Received: [(None, 5, 4), (None, 6, 3)]",
    ),
    (
        lambda: Pipeline([], name="none")(Input((5,))),
        "none (Pipeline): holds at least one layer. Received: []",
    ),
]


@pytest.mark.parametrize(("call", "message"), REFUSED_CALLS, ids=[m[:50] for _, m in REFUSED_CALLS])
def test_refusals_say_who_wanted_what(call: Any, message: str) -> None:
    with building(), pytest.raises(LayerError) as refused:
        call()
    assert str(refused.value) == message


def test_a_layer_is_not_wrapped_and_called_as_well() -> None:
    with building():
        dense = Dense(3)
        dense(Input((4,)))
        with pytest.raises(LayerError, match="a layer that is not called by itself as well"):
            TimeDistributed(dense)
        other = ReLU()
        with pytest.raises(LayerError, match="each of them once"):
            Pipeline([other, other])


def test_files_of_keras_2_name_no_modules_inside_either(tmp_path: Any) -> None:
    recurrent = {"return_sequences": True, "time_major": False, "implementation": 2}
    layers = [
        ("InputLayer", {"batch_input_shape": [None, 7, 5], "name": "input_1"}),
        (
            "TimeDistributed",
            {
                "name": "each",
                "layer": {
                    "class_name": "Dense",
                    "config": {"name": "dense", "units": 4, "batch_input_shape": [None, 5]},
                },
            },
        ),
        (
            "Bidirectional",
            {
                "name": "both",
                "merge_mode": "concat",
                "layer": {"class_name": "LSTM", "config": {"name": "l", "units": 3, **recurrent}},
            },
        ),
        (
            "RNN",
            {
                "name": "stack",
                "time_major": False,
                "cell": {
                    "class_name": "StackedRNNCells",
                    "config": {
                        "name": "cells",
                        "cells": [
                            {
                                "class_name": "GRUCell",
                                "config": {"name": "g", "units": 3, "implementation": 2},
                            }
                        ],
                    },
                },
            },
        ),
    ]
    config = {
        "name": "old",
        "layers": [{"class_name": name, "config": config} for name, config in layers],
    }
    file = tmp_path / "old.json"
    file.write_text(json.dumps({"class_name": "Sequential", "config": config}))
    read = archi.load(str(file))
    with building():
        x = Input((7, 5))
        y = Bidirectional(LSTM(3, return_sequences=True))(TimeDistributed(Dense(4))(x))
        now = Graph(x, RNN([GRUCell(3)])(y))
    assert [layer.weights for layer in read.layers] == [layer.weights for layer in now.layers]
    assert read.totals.macs == now.totals.macs > 0


# --- Memory, bytes and receptive fields -------------------------------------------------------


def one(call: Any, *inputs: Any) -> Graph:
    return Graph(list(inputs), call)


def test_attention_makes_projections_scores_and_what_heads_give() -> None:
    with building():
        query, value = Input((5, 8)), Input((7, 6))
        graph = Graph([query, value], MultiHeadAttention(2, 3, value_dim=4)(query, value))
    projections = 5 * 2 * 3 + 7 * 2 * 3 + 7 * 2 * 4
    scores, heads, outputs = 2 * 5 * 7, 5 * 2 * 4, 5 * 8
    node = graph.nodes[-1]
    assert Sizes(graph).made(node) == 4 * (projections + scores + heads + outputs)
    assert Sizes(graph).kept(node) == 4 * (projections + scores + heads)


def test_dropped_scores_are_kept_beside_all() -> None:
    with building():
        x = Input((5, 8))
        plain, dropping = (MultiHeadAttention(2, 3, dropout=rate)(x, x) for rate in (0.0, 0.5))
        graph = Graph(x, [plain, dropping])
    sizes = Sizes(graph)
    assert sizes.kept(dropping.node) == sizes.kept(plain.node) + 4 * 2 * 5 * 5
    assert sizes.made(dropping.node) == sizes.made(plain.node)


def test_recurrence_makes_one_step_and_training_keeps_all() -> None:
    with building():
        x = Input((7, 3))
        graph = Graph(x, LSTM(4)(x))
    node = graph.nodes[-1]
    gates, states = 4 * 4, 2 * 4
    assert Sizes(graph).made(node) == 4 * (gates + states + 4)
    assert Sizes(graph).kept(node) == 4 * 7 * (gates + states)
    assert training(graph, "sgd").activation_bytes == 4 * (7 * 3 + 7 * (gates + states))


def test_both_directions_keep_both() -> None:
    with building():
        x = Input((7, 3))
        outputs = [
            LSTM(4)(x),
            Bidirectional(LSTM(4))(x),
            Bidirectional(LSTM(4), merge_mode="mul")(x),
        ]
        graph = Graph(x, outputs)
    once, both, product = (Sizes(graph).kept(output.node) for output in outputs)
    assert both == 2 * once
    assert product == both + 4 * 2 * 4  # what is multiplied


def test_every_step_of_a_layer_inside_is_kept() -> None:
    with building():
        x = Input((6, 7, 3))
        alone, every = Input((7, 3)), TimeDistributed(LSTM(4))(x)
        graph = Graph([x, alone], [every, LSTM(4)(alone)])
    sizes = Sizes(graph)
    assert sizes.kept(every.node) == 6 * sizes.kept(graph.outputs[1].node)


def test_weights_have_the_dtype_of_the_layer_they_are_in() -> None:
    with building():
        x = Input((7, 3))
        graph = Graph(x, RNN([GRUCell(4, dtype="float16"), GRUCell(5)])(x))
    half = 3 * 12 + 4 * 12 + 2 * 12
    full = 4 * 15 + 5 * 15 + 2 * 15
    assert Sizes(graph).weights(graph.layers[-1]) == 2 * half + 4 * full
    assert Sizes(graph, "float16").weights(graph.layers[-1]) == 2 * (half + full)


def test_frozen_layers_inside_have_no_gradients() -> None:
    with building():
        x = Input((7, 3))
        frozen = TimeDistributed(Dense(4, trainable=False))
        trained = TimeDistributed(Dense(5))
        graph = Graph(x, trained(frozen(x)))
    assert (frozen.params, frozen.trainable_params) == (16, 0)
    assert training(graph, "adam").gradient_bytes == 4 * trained.params


def field(layer: Layer, *shape: int) -> tuple[int, ...] | None:
    x = Input(shape)
    return Graph(x, layer(x)).totals.receptive_field


def test_a_layer_inside_sees_what_it_sees() -> None:
    with building():
        conv = {"filters": 2, "kernel_size": 3}
        assert field(SpectralNormalization(Conv2D(**conv)), 9, 9, 3) == (3, 3)
        assert field(Pipeline([ReLU(), Conv2D(**conv)]), 9, 9, 3) == (3, 3)
        assert field(Pipeline([Conv2D(**conv), Conv2D(**conv)]), 9, 9, 3) is None
        assert field(TimeDistributed(Conv2D(**conv)), 4, 9, 9, 3) == (1, 3, 3)
        assert field(TimeDistributed(ReLU()), 4, 9, 9, 3) == (1, 1, 1)
        assert field(TimeDistributed(Flatten()), 4, 9, 9, 3) is None
        assert field(ConvLSTM2D(**conv, return_sequences=True), 4, 9, 9, 3) is None
        assert field(LSTM(4, return_sequences=True), 7, 3) is None


def test_two_networks_differ_in_what_layers_inside_are_made_with() -> None:
    def built(units: int) -> Graph:
        with building():
            x = Input((7, 3))
            cells = StackedRNNCells([GRUCell(4), GRUCell(units)])
            return Graph(x, RNN(cells, name="rnn")(TimeDistributed(Dense(2), name="td")(x)))

    assert difference(built(5), built(5)).changes == []
    (change,) = difference(built(5), built(6)).changes
    assert [argument.name for argument in change.arguments] == ["cell"]
