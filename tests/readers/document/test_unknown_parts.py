"""What of a file can't be known leaves the rest known, and nothing is left out of the totals."""

from __future__ import annotations

import json

import pytest
from support.saved_by_keras2 import FORMATS, assert_read, keras2, save

import archi
from archi.analysis.counts import count
from archi.bridge.config import functional_json

OWN = {
    "function": {
        "module": "builtins", "class_name": "function", "config": "mypkg>mish",
        "registered_name": "function",
    },
    "object": {
        "module": "mypkg", "class_name": "Mish", "config": {"a": [1]},
        "registered_name": "mypkg>Mish",
    },
    "name": "mish_of_mine",
    "lambda": {"class_name": "__lambda__", "config": {"code": "4wEAAAAAAAAA"}},
    "activation": {"value": ["4wEAAAAAAAAA", None, None]},
}  # fmt: skip
NAMES = {
    "function": "mypkg>mish", "object": "mypkg>Mish", "name": "mish_of_mine", "lambda": "lambda",
    "activation": "lambda",
}  # fmt: skip


def edited(model, name, folder, **arguments):
    """Write a Keras 3 model with other arguments for one of its layers, and read it."""
    document = json.loads(model.to_json())
    for layer in document["config"]["layers"]:
        if layer["config"]["name"] == name:
            layer["config"] |= arguments
    path = folder / "model.json"
    path.write_text(json.dumps(document))
    return archi.load(str(path)), document


def layers_with_functions(keras):
    """By name: a layer, the shape it is called on, and its arguments that are functions."""
    layers = keras.layers
    weights = ("kernel_initializer", "kernel_regularizer", "kernel_constraint")
    return {
        "conv": (layers.Conv2D(4, 3), (8, 8, 3), ("activation", *weights)),
        "separable": (layers.SeparableConv2D(4, 3), (8, 8, 3), ("activation",)),
        "dense": (layers.Dense(4), (5,), ("activation", "bias_initializer", *weights)),
        "einsum": (layers.EinsumDense("ab,bc->ac", 4), (5,), ("activation", *weights)),
        "lstm": (layers.LSTM(4), (6, 5), ("activation", "recurrent_activation", *weights)),
        "gru": (layers.GRU(4), (6, 5), ("recurrent_activation", "recurrent_initializer")),
        "activation": (layers.Activation("relu"), (5,), ("activation",)),
        "norm": (layers.BatchNormalization(), (5,), ("gamma_initializer", "beta_regularizer")),
        "embedding": (layers.Embedding(9, 4), (5,), ("embeddings_initializer",)),
        "prelu": (layers.PReLU(), (5,), ("alpha_initializer", "alpha_constraint")),
    }


@pytest.mark.parametrize("form", OWN)
@pytest.mark.parametrize(
    "name", ["conv", "separable", "dense", "einsum", "lstm", "gru", "activation", "norm",
             "embedding", "prelu"],
)  # fmt: skip
def test_functions_of_people_s_own_leave_a_layer_known(keras, tmp_path, name, form):
    layer, shape, arguments = layers_with_functions(keras)[name]
    x = keras.Input(shape)
    model = keras.Model(x, layer(x))
    (tmp_path / "plain.json").write_text(model.to_json())
    plain = archi.load(str(tmp_path / "plain.json"))
    for argument in arguments:
        graph, document = edited(model, layer.name, tmp_path, **{argument: OWN[form]})
        twin, was = graph.layers[-1], plain.layers[-1]
        assert twin.class_name == was.class_name
        assert twin.weights == was.weights
        assert graph.outputs[0].shape == model.output.shape
        assert graph.totals.params == model.count_params()
        assert graph.totals.macs == plain.totals.macs
        uncounted = count(graph).uncounted
        if "activation" in argument:
            assert [row.layer.name for row in uncounted] == [layer.name]
            assert (
                uncounted[0].why == f"its {argument.replace('_', ' ')} {NAMES[form]!r} is unknown"
            )
        else:
            assert uncounted == []
            assert graph.totals.flops == plain.totals.flops
        written = json.loads(functional_json(graph))["config"]["layers"][-1]["config"]
        assert written[argument] == document["config"]["layers"][-1]["config"][argument]


def test_functions_inside_of_wrappers_are_named(keras, tmp_path):
    layers = keras.layers
    x = keras.Input((6, 5))
    y = layers.Bidirectional(layers.LSTM(3), name="both")(x)
    document = json.loads(keras.Model(x, y).to_json())
    for key in ("layer", "backward_layer"):
        document["config"]["layers"][1]["config"][key]["config"]["activation"] = OWN["function"]
    (tmp_path / "model.json").write_text(json.dumps(document))
    graph = archi.load(str(tmp_path / "model.json"))
    (row,) = count(graph).uncounted
    assert (row.layer.name, row.why) == ("both", "its activation 'mypkg>mish' is unknown")
    assert row.macs == 2 * 6 * (5 + 3) * 4 * 3
    assert row.params == 2 * ((5 + 3) * 12 + 12)


def test_a_mistake_in_one_s_own_code_is_still_refused():
    from archi.errors import LayerError
    from archi.layers import Dense

    with pytest.raises(LayerError, match="activation must be the name of a Keras activation"):
        Dense(3, activation="rellu")


def sequence_to_sequence(keras):
    layers = keras.layers
    source, target = keras.Input((6, 10)), keras.Input((7, 12))
    _, *states = layers.LSTM(4, return_state=True)(source)
    y = layers.LSTM(4, return_sequences=True)(target, initial_state=states)
    return keras.Model([source, target], layers.Dense(3)(y))


def bidirectional(keras):
    layers = keras.layers
    source, target = keras.Input((6, 10)), keras.Input((7, 12))
    _, *states = layers.Bidirectional(layers.GRU(4, return_state=True))(source)
    y = layers.Bidirectional(layers.GRU(4))(target, initial_state=states)
    return keras.Model([source, target], y)


def convolutional(keras):
    frames = keras.Input((3, 8, 8, 2))
    states = [keras.Input((7, 7, 4)), keras.Input((7, 7, 4))]
    y = keras.layers.ConvLSTM2D(4, 2)(frames, initial_state=states)
    return keras.Model([frames, *states], y)


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("build", [sequence_to_sequence, bidirectional, convolutional])
def test_initial_states_of_keras_2(build, format, tmp_path):
    keras = keras2()
    assert_read(build(keras), tmp_path, format)


def sequential_as_a_list(layers):
    return {"class_name": "Sequential", "config": layers, "keras_version": "2.1.6"}


def test_a_sequential_whose_config_is_a_list(tmp_path):
    """Keras 1 and Keras 2 before 2.2; also as a layer of another."""
    dense = {"class_name": "Dense", "config": {"name": "a", "units": 4,
             "batch_input_shape": [None, 3]}}  # fmt: skip
    inner = sequential_as_a_list([{"class_name": "Dense", "config": {"name": "b", "units": 2}}])
    for layers, params in (([dense], 16), ([dense, inner], 16 + 10)):
        (tmp_path / "model.json").write_text(json.dumps(sequential_as_a_list(layers)))
        assert archi.load(str(tmp_path / "model.json")).totals.params == params


@pytest.mark.parametrize("format", ["h5", "json"])
@pytest.mark.parametrize(
    ("given", "shape"), [((4, 4, 12), (None, 4, 4, 12)), ((None, 2, 2), (None, None, 2, 2))]
)
def test_a_lambda_gives_what_it_is_said_to_give(given, shape, format, tmp_path):
    keras = keras2()
    x = keras.Input((8, 8, 3))
    y = keras.layers.Lambda(lambda x: x, output_shape=given, name="mine")(x)
    model = keras.Model(x, y)
    counts = count(archi.load(save(model, tmp_path, format)))
    assert counts.layers[-1].output_shapes == [shape]
    assert [row.layer.name for row in counts.uncounted] == ["mine"]


@pytest.mark.parametrize("inner", ["functional", "sequential"])
def test_a_model_behind_something_unknown_knows_its_own_input(keras, inner, tmp_path):
    layers = keras.layers
    stack = [layers.Conv2D(8, 3, name="conv"), layers.GlobalAveragePooling2D(name="pool")]
    if inner == "functional":
        image = y = keras.Input((32, 32, 3))
        for layer in stack:
            y = layer(y)
        base = keras.Model(image, y, name="base")
    else:
        base = keras.Sequential([keras.Input((32, 32, 3)), *stack], name="base")
    x = keras.Input((32, 32, 3))
    y = layers.Lambda(lambda x: x / 2, name="half")(x)
    model = keras.Model(x, layers.Dense(2, name="head")(base(y)))
    document = json.loads(model.to_json())
    strip_shapes(document)
    (tmp_path / "model.json").write_text(json.dumps(document))
    graph = archi.load(str(tmp_path / "model.json"))
    assert graph.totals.params == model.count_params()
    assert graph.totals.macs == 30 * 30 * 9 * 3 * 8 + 8 * 2
    assert graph.outputs[0].shape == (None, 2)


def strip_shapes(value):
    """Take away what a call notes of the shapes it reads, as Keras 2 did not note it."""
    if isinstance(value, dict):
        if value.get("class_name") == "__keras_tensor__":
            value["config"] = {"keras_history": value["config"]["keras_history"]}
        value.pop("build_config", None)
        for item in value.values():
            strip_shapes(item)
    elif isinstance(value, list):
        for item in value:
            strip_shapes(item)


def test_weights_say_what_comes_in(tmp_path):
    """Behind a Lambda: a convolution's and a dense layer's channels, as their kernels have them."""
    keras = keras2()
    layers = keras.layers
    x = keras.Input((8, 8, 3))
    y = layers.Lambda(lambda x: x, name="mine")(x)
    y = layers.BatchNormalization(name="norm")(layers.Conv2D(4, 3, name="conv")(y))
    model = keras.Model(x, layers.Dense(2, name="head")(layers.GlobalMaxPooling2D()(y)))
    counts = count(archi.load(save(model, tmp_path, "h5")))
    shapes = {row.layer.name: row.output_shapes[0] for row in counts.layers}
    assert shapes["conv"] == shapes["norm"] == (None, None, None, 4)
    assert shapes["head"] == (None, 2)
    assert counts.totals.params == model.count_params()
    assert {row.layer.name: row.macs for row in counts.layers}["head"] == 8


def test_what_nothing_calls_is_shown_with_its_weights(keras, tmp_path):
    layers = keras.layers
    x = keras.Input((4,))
    document = json.loads(keras.Model(x, layers.Dense(2, name="head")(x)).to_json())
    spare = {**document["config"]["layers"][1], "name": "spare", "inbound_nodes": []}
    spare["config"] = {**spare["config"], "name": "spare"}
    document["config"]["layers"].append(spare)
    (tmp_path / "model.json").write_text(json.dumps(document))
    counts = count(archi.load(str(tmp_path / "model.json")))
    assert [row.layer.name for row in counts.layers[1:]] == ["head", "spare"]
    assert [(r.layer.name, r.why) for r in counts.uncounted] == [
        ("spare", "nothing in the file calls it")
    ]


@pytest.mark.parametrize(
    ("document", "says"),
    [
        ({"class_name": "Functional", "config": {"layers": {"a": 1}}}, "are not a list"),
        ({"class_name": "Sequential", "config": {"name": "m", "layers": 7}}, "are not a list"),
        ({"class_name": "Functional", "config": {"name": "m"}}, "lists no layers"),
        ({"class_name": 5, "config": {"name": "m"}}, "a class_name in the file is no text"),
        ({"class_name": ["Sequential"], "config": []}, "describes no Keras model"),
    ],
)
def test_broken_documents_are_called_broken(document, says, tmp_path):
    (tmp_path / "model.json").write_text(json.dumps(document))
    with pytest.raises(archi.ArchiError, match=says):
        archi.load(str(tmp_path / "model.json"))


@pytest.mark.parametrize("text", ["-Infinity", "Infinity", "NaN"])
def test_numbers_that_are_no_json_are_read_where_keras_writes_them(keras, text, tmp_path):
    x = keras.Input((8, 8, 3))
    y = keras.ops.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)), constant_values=float(text))
    y = keras.layers.MaxPooling2D(3, 2)(y)
    (tmp_path / "model.json").write_text(keras.Model(x, y).to_json())
    assert text in (tmp_path / "model.json").read_text("utf-8")
    graph = archi.load(str(tmp_path / "model.json"))
    assert count(graph).uncounted == []
    assert graph.outputs[0].shape == (None, 4, 4, 3)
