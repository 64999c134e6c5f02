"""Python targets that are Keras models: what archi says of them is what they are."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import archi as package
from archi import bridge
from archi.layers._opaque import OpaqueLayer

pytestmark = pytest.mark.usefixtures("keras")

HERE = Path(__file__).parent / "people"
# Every model of people/models.py, with arguments, and what --input it needs.
TARGETS = [
    "functional",
    "functional,width=2",
    "with_lambda",
    "operations",
    "sequential",
    "unbuilt --input 7",
    "own",
    "net",
    "Net,width=4,depth=1 --input 16x16x3",
    "frozen",
    "half_frozen",
    "vit",
    "Vit --input 32x32x3",
    "pair",
    "pair_called",
    "keywords",
    "lora",
    "masked",
    "vae",
    "tied",
    "Tied --input 5",
    "shared",
    "nested",
    "mixed",
    "FunctionalClass,width=5",
    "SequentialClass",
    "no_config",
    "raw",
    "asks",
    "raw_net",
    "raw_loop",
    "looped",
    "live",
    "live_net",
    "around",
]
MADE = TARGETS[-3:]  # of people/made.py


@pytest.fixture(autouse=True)
def _here(monkeypatch):
    monkeypatch.chdir(HERE)


def load(text: str, **settings):
    name, _, size = text.partition(" --input ")
    module = "made" if name in MADE else "models"
    return package.load(f"{module}:{name}", options={"input": size} if size else None, **settings)


@pytest.mark.parametrize("text", TARGETS)
def test_counts_are_the_model_s(text):
    graph = load(text)
    model = graph.live.model(graph, initialize=text.startswith("unbuilt"))
    assert graph.totals.params == model.count_params() > 0
    trainable = sum(bridge._size(weight) for weight in model.trainable_weights)
    assert graph.totals.trainable_params == trainable
    assert graph.totals.weight_bytes == sum(
        bridge._size(weight) * {"float32": 4, "float16": 2}[weight.dtype]
        for weight in model.weights
    )


@pytest.mark.parametrize("text", TARGETS)
def test_the_real_model_verifies(text):
    """Made again with weights: every layer's class, shapes and weights, a pass and a step."""
    found = bridge.verify(load(text))
    assert found.mismatches == []
    assert found.static == found.real
    assert found.forward["ok"], found.forward
    if text != "keywords":  # which Keras can't train on a batch
        assert found.train_step["ok"], found.train_step


@pytest.mark.parametrize("text", TARGETS)
def test_no_weight_is_allocated(text):
    if text in MADE:
        pytest.skip("made by the import, which is the user's own affair")
    assert all(weight._value is None for weight in load(text).live.loaded.weights)


@pytest.mark.parametrize(
    "text", ["functional", "operations", "sequential", "nested", "FunctionalClass"]
)
def test_functional_models_list_as_keras_lists_them(text, keras):
    graph = load(text)
    names = [name for name, _ in bridge._operations(graph.live.loaded)]
    assert [layer.name for layer in graph.listed_layers] == names
    assert not any(isinstance(layer, OpaqueLayer) for layer in graph.layers)


def rows(text: str) -> dict[str, str]:
    return {layer.name: layer.class_name for layer in load(text).layers}


def test_layers_inside_people_s_own_are_shown():
    assert rows("own") == {
        "input_layer": "InputLayer",
        "own/w": "Variable",
        "own/dense": "Dense",
        "own/matmul": "Matmul",
        "own/add": "Add",
    }
    graph = load("own")
    assert graph.totals.macs == 2 * 4 * 8
    assert graph.totals.flops == 2 * 2 * 4 * 8 + 8 + 8
    assert {node.scope.path for node in graph.nodes if node.inputs} == {"own"}
    assert {node.scope.kind for node in graph.nodes if node.inputs} == {"Own"}


def test_layers_inside_a_list_have_names_of_their_own():
    names = rows("net")
    assert names["block/conv2d_1"] == names["block_1/conv2d_2"] == "Conv2D"
    assert names["scale"] == "Variable"
    assert names["multiply"] == "Multiply"


def test_a_head_for_training_counts_but_is_not_run():
    graph = load("net")
    head = next(layer for layer in graph.layers if layer.name == "dense_1")
    assert head.params == 110
    assert head.nodes[0].inference.macs == 0
    assert head.nodes[0].inference.why == "no call at inference reads them"
    depth, width = 2, 8
    convolutions = 32 * 32 * 9 * (3 * width + depth * width * width)
    assert graph.totals.macs == convolutions + width * 10


def test_a_weight_in_a_loop_is_counted_and_its_macs_are_unknown():
    graph = load("looped")
    (row,) = [row for row in graph.summary().data["uncounted"] if row["class"] == "Dense"]
    assert row["why"] == "its call reads them in a way that archi can't follow"
    assert graph.totals.params == 15


def test_of_a_layer_that_cannot_be_followed_the_layers_inside_are_shown():
    graph = load("raw")
    assert [(layer.name, layer.class_name) for layer in graph.layers] == [
        ("input_layer", "InputLayer"),
        ("raw/dense_1", "Dense"),
        ("raw", "Raw"),
        ("raw/dense_2", "Dense"),
        ("raw/own/dense_3", "Dense"),
        ("dense", "Dense"),
    ]
    between = graph.layers[2]
    assert [weight.name for weight in between.weights] == ["w", "w"]  # its own, and Own's
    assert between.params == 4 + 4 * 4
    (uncounted,) = graph.summary().data["uncounted"]
    assert uncounted["layer"] == "raw"
    assert uncounted["why"].startswith("its call can't be followed: ")
    assert ", at models.py:" in uncounted["why"]
    assert graph.totals.macs == 3 * 4 * 4 + 4 * 3
    reads = {each.name: [t.node.layer.name for t in each.nodes[0].inputs] for each in graph.layers}
    assert reads["raw/dense_1"] == ["input_layer"]
    assert reads["raw/dense_2"] == ["raw"]
    assert reads["dense"] == ["raw"]


def test_one_without_layers_is_one_row_with_its_weights_and_shape():
    graph = load("asks")
    row = graph.layers[1]
    assert (row.name, row.class_name, row.params) == ("asks", "Asks", 24)
    assert [tensor.shape for tensor in row.nodes[0].outputs] == [(None, 4)]
    assert [weight.shape for weight in row.weights] == [(6, 4)]
    assert row.nodes[0].inference.macs is None


def test_a_model_that_cannot_be_followed_shows_its_layers():
    graph = load("raw_net")
    assert [layer.name for layer in graph.layers] == ["input_layer", "dense", "raw_net", "dense_1"]
    assert graph.totals.macs == 6 * 4 + 4 * 4
    assert [tensor.shape for tensor in graph.outputs] == [(None, 4)]


def test_calls_in_a_loop_of_the_backend_are_not_counted_as_one():
    graph = load("raw_loop")
    assert [layer.name for layer in graph.layers] == ["input_layer", "raw_loop"]
    assert graph.layers[1].params == 28
    assert graph.layers[1].nodes[0].inference.macs is None


def test_code_that_needs_the_batch_gets_one_sample():
    graph = load("vit")
    assert [tensor.shape for tensor in graph.inputs] == [(1, 32, 32, 3)]
    assert load("vit", batch=4).outputs[0].shape == (4, 10)
    assert load("net").inputs[0].shape == (None, 32, 32, 3)


def test_a_batch_multiplies_macs():
    assert load("vit", batch=4).totals.macs == 4 * load("vit").totals.macs
    assert load("own", batch=4).totals.macs == 4 * load("own").totals.macs


def test_inputs_keep_their_names_and_structure():
    graph = load("pair")
    assert sorted(graph.ends[0]) == ["p", "q"]
    assert sorted(graph.ends[1]) == ["p", "sum"]
    assert [layer.name for layer in graph.layers[:2]] == ["p", "q"]


def test_names_count_from_the_start_however_often_it_is_loaded():
    first, second = (load("net").summary().data for _ in range(2))
    assert first == second


def test_keras_is_as_it_was_before(keras):
    call, symbolic = keras.layers.Layer.__call__, keras.Operation.symbolic_call
    multiply = keras.Variable.__mul__
    for text in ("net", "raw", "raw_net", "live_net"):
        load(text)
    assert keras.layers.Layer.__call__ is call
    assert keras.Operation.symbolic_call is symbolic
    assert keras.Variable.__mul__ is multiply
    model = load("live_net").live.loaded
    assert isinstance(model.scale, keras.Variable)
    assert model.stem._inbound_nodes == []


def test_input_resizes_and_says_so_where_it_cannot():
    assert load("live_net --input 16x16x3").inputs[0].shape == (None, 16, 16, 3)
    assert load("functional --input 20x20x3").inputs[0].shape == (None, 20, 20, 3)
    with pytest.raises(package.ArchiError, match="has 2 inputs; --input is for models with one"):
        load("pair --input 4")
    with pytest.raises(package.ArchiError, match=r"can't be called on its input: ValueError: .*"):
        load("own --input 5")


@pytest.mark.parametrize("text", ["unbuilt", "Net"])
def test_a_model_that_was_never_built_is_an_error(text):
    with pytest.raises(package.ArchiError) as caught:
        load(text)
    assert "was never built: its input is unknown" in str(caught.value)
    assert "--input 32x32x3" in str(caught.value)


def run(archi, *args: str):
    done = archi(*args)
    assert done.exit_code == 0, done.stderr
    return done


@pytest.mark.parametrize("text", ["functional", "own", "net", "vit", "pair", "raw", "looped"])
@pytest.mark.parametrize(
    "command",
    [
        ["summary"],
        ["summary", "--depth", "1"],
        ["summary", "--depth", "2", "--format", "json"],
        ["summary", "--optimizer", "adam", "--batch", "2"],
        ["plot", "-o", "net.svg"],
        ["plot", "-o", "net.svg", "--level", "stage"],
        ["plot", "-o", "net.svg", "--level", "layer"],
        ["plot", "-o", "net.dot", "--style", "keras"],
        ["plot", "-o", "net.html"],
        ["compare", "resnet18"],
        ["diff", "models:own"],
        ["diff", "models:net"],
        ["check", "--params", ">1"],
    ],
    ids=" ".join,
)
def test_commands_take_them(archi, text, command, tmp_path):
    name, *options = command
    options = [str(tmp_path / each) if each.startswith("net.") else each for each in options]
    run(archi, name, f"models:{text}", *options)


def test_json_is_the_contracts(archi):
    found = json.loads(run(archi, "summary", "models:own", "--format", "json").stdout)
    assert found["source"] == {"kind": "python", "target": "models:own"}
    layers = {layer["name"]: layer for layer in found["layers"]}
    assert layers["own/w"]["output_shape"] == [4, 8]
    assert layers["own/matmul"]["inputs"] == ["input_layer", "own/w"]
    assert layers["own/dense"]["block"] == "own"


def test_export_of_the_model_itself(archi, keras, tmp_path):
    """A `.keras` file with weights, and what `to_json` gives, which Keras reads back."""
    for text in ("functional", "own"):
        path, config = tmp_path / "net.keras", tmp_path / "net.json"
        run(archi, "export", f"models:{text}", "-o", str(path))
        run(archi, "export", f"models:{text}", "-o", str(config))
        layers = load(text).live.loaded._flatten_layers()
        classes = {each.__name__: each for each in map(type, layers)}
        real = keras.models.load_model(path, custom_objects=classes)
        assert real.count_params() == load(text).totals.params
        assert float(keras.ops.std(real.weights[0])) > 0
        again = keras.models.model_from_json(config.read_text(), custom_objects=classes)
        assert type(again) is type(real)
    path = tmp_path / "net.py"
    run(archi, "export", "models:functional", "-o", str(path))
    names: dict[str, object] = {}
    exec(path.read_text(), names)
    assert names["build"]().count_params() == load("functional").totals.params


def test_export_says_what_it_cannot(archi, tmp_path):
    done = archi("export", "models:no_config", "-o", str(tmp_path / "net.json"))
    assert done.exit_code == 2
    assert done.stderr.startswith("Error: Keras can't write the config of 'functional': ")
    assert "NotImplementedError: there is none, at models.py:" in done.stderr
    done = archi("export", "models:own", "-o", str(tmp_path / "net.py"))
    assert done.exit_code == 2
    assert done.stderr.startswith("Error: own/w (Variable) can't be written as Keras code")
