"""Python targets that are Keras models: what archi says of them is what they are."""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from support.machine import convolves

import archi as package
from archi.bridge.verify import _operations, _size, verify
from archi.twin.opaque import OpaqueLayer

pytestmark = pytest.mark.usefixtures("keras")

HERE = Path(__file__).parents[2] / "support" / "people"
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
# Of people/trained.py: builders that do more than build, and those that need values for it.
BUSY = [
    "compiled",
    "cleared",
    "weighed",
    "loaded",
    "vectors",
    "normalised",
    "words",
    "offset",
    "cut",
    "predicted",
    "of_two",
    "sets",
]
EAGER = ["fitted", "moments", "penalty", "fitted_net"]


@pytest.fixture(autouse=True)
def _here(monkeypatch):
    monkeypatch.chdir(HERE)
    monkeypatch.syspath_prepend(HERE)  # for tests that look into these modules


def load(text: str, **settings):
    name, _, size = text.partition(" --input ")
    module = "made" if name in MADE else "trained" if name in (*BUSY, *EAGER) else "models"
    return package.load(f"{module}:{name}", options={"input": size} if size else None, **settings)


@pytest.mark.parametrize("text", [*TARGETS, *BUSY, *EAGER])
def test_counts_are_the_model_s(text):
    graph = load(text)
    model = graph.live.model(graph, initialize=text.startswith("unbuilt"))
    assert graph.totals.params == model.count_params() > 0
    trainable = sum(_size(weight) for weight in model.trainable_weights)
    assert graph.totals.trainable_params == trainable
    assert graph.totals.weight_bytes == sum(
        _size(weight) * {"float64": 8, "float32": 4, "float16": 2, "int64": 8}[weight.dtype]
        for weight in model.weights
    )


@pytest.mark.parametrize("text", [*TARGETS, *BUSY, *EAGER])
def test_the_real_model_verifies(text):
    """Made again with weights: every layer's class, shapes and weights, a pass and a step."""
    found = verify(load(text))
    assert found.mismatches == []
    assert found.static == found.real
    if text == "sets" and not convolves("float16", "NCHW"):  # which not every processor can
        assert found.not_run
        return
    assert found.forward["ok"], found.forward
    if text != "keywords":  # which Keras can't train on a batch
        assert found.train_step["ok"], found.train_step


@pytest.mark.parametrize("text", [*TARGETS, *BUSY])
def test_no_weight_is_allocated(text):
    if text in MADE:
        pytest.skip("made by the import, which is the user's own affair")
    assert all(weight._value is None for weight in load(text).live.loaded.weights)


@pytest.mark.parametrize(
    "text", ["functional", "operations", "sequential", "nested", "FunctionalClass"]
)
def test_functional_models_list_as_keras_lists_them(text, keras):
    graph = load(text)
    names = [name for name, _ in _operations(graph.live.loaded)]
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


def test_code_that_wants_values_is_called_once_more_as_it_was_before():
    import trained

    trained.draws.clear()
    assert all(weight._value is not None for weight in load("fitted").live.loaded.weights)
    first, second = trained.draws
    assert first == second
    assert [layer.name for layer in load("fitted").layers] == ["input_layer", "dense", "dense_1"]


def test_of_arrays_that_a_model_was_tried_on_the_batch_is_left_open():
    for text in ("predicted", "fitted_net"):
        assert load(text).inputs[0].shape == (None, 8, 8, 3)
    assert load("of_two").inputs[0].shape == (2, 8, 8, 3)


def state(keras) -> list[object]:
    """What of Keras and Python code may change."""
    import numpy as np

    return [
        keras.config.dtype_policy().name,
        keras.config.floatx(),
        keras.config.epsilon(),
        keras.config.image_data_format(),
        keras.config.is_traceback_filtering_enabled(),
        keras.src.backend.common.global_state.GLOBAL_STATE_TRACKER.__dict__.get("stateless_scope"),
        keras.src.utils.rng_utils.get_random_seed(),
        vars(keras.Variable).get("__init__"),
        random.getstate(),
        np.random.get_state()[1].tolist(),
        list(sys.path),
        list(sys.meta_path),
    ]


def test_nothing_that_code_changes_stays(keras):
    load("own")  # what the import of a module changes stays
    import trained

    before, registered = state(keras), dict(keras.saving.get_custom_objects())
    with pytest.raises(package.ArchiError, match=r"raises RuntimeError: late, at trained.py:\d+$"):
        package.load("trained:sets_and_fails")
    assert state(keras) == before
    assert keras.saving.get_custom_objects() == registered
    graph = load("sets")
    assert graph.inputs[0].dtype == "float64"
    assert graph.data_format == "channels_first"
    assert state(keras) == before
    assert verify(graph).ok
    assert state(keras) == before
    for text in ("cleared", "fitted"):
        load(text)
        assert state(keras) == before
    assert trained.layers is keras.layers


def test_a_module_that_fails_leaves_nothing(keras, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = state(keras)
    (tmp_path / "fails.py").write_text(
        "import keras, random\n"
        "keras.mixed_precision.set_global_policy('mixed_float16')\n"
        "random.seed(3)\n"
        "keras.layers.Dense(3, color=2)\n"
    )
    with pytest.raises(package.ArchiError) as caught:
        package.load("fails:model")
    assert str(caught.value) == (
        "can't import 'fails': ValueError: Unrecognized keyword arguments passed to Dense: "
        "{'color': 2}, at fails.py:4"
    )
    assert state(keras) == before
    assert "fails" not in sys.modules


def test_what_code_prints_is_no_result(capfd):
    graph = load("fitted_net")
    verify(graph)
    out, err = capfd.readouterr()
    assert out == ""
    assert "in the call" in err
    assert "Total params" in err


def test_layers_of_a_module_have_the_names_that_keras_gives_them():
    assert [layer.name for layer in load("around").layers] == ["input_layer_2", "dense", "dense_4"]


def test_one_that_is_compiled_in_its_own_way_is_not_trained():
    found = verify(package.load("trained:gan"))
    assert found.ok
    assert found.train_step is None


def test_a_layer_alone_is_a_network():
    graph = package.load("models:Own", options={"input": "4"})
    assert graph.totals.macs == 2 * 4 * 8
    assert verify(graph).ok


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Unready", "'trained:Unready' does not call super().__init__(), at trained.py:LINE"),
        (
            "wrong",
            "'wrong' can't be called on its input: AttributeError: 'Wrong' object has no "
            "attribute 'dens', at trained.py:LINE",
        ),
        (
            "Endless",
            "'endless' can't be called on its input: RecursionError: maximum recursion depth "
            "exceeded, at trained.py:LINE",
        ),
        (
            "later",
            "'trained:later' is of class coroutine\n"
            "  it is to be a keras.Model or an archi.Graph, or a function that returns one",
        ),
        ("table.a", "'trained' has no 'a'\n  a target is module:attribute"),
        (
            "holder.broken",
            "'trained:holder.broken' raises ValueError: no such thing, at trained.py:LINE",
        ),
        ("holder.insid", "'trained' has no 'insid'\n  did you mean inside?"),
        ("randon", "'trained' has no 'randon'\n  a target is module:attribute"),  # random: a module
    ],
)
def test_what_is_wrong_is_one_message(archi, text, message):
    done = archi("summary", f"trained:{text}", *(["--input", "4"] if text == "Endless" else []))
    assert done.exit_code == 2
    assert done.stdout == ""
    error = re.sub(r"trained\.py:\d+", "trained.py:LINE", done.stderr)
    error = re.sub(r"(?<=depth exceeded)[\w ]+", "", error)  # Python says where it happened to be
    assert error == f"Error: {message}\n"


def test_a_file_that_is_not_there_is_the_user_s_own_line(archi):
    done = archi("summary", "trained:no_file")
    assert done.exit_code == 2
    assert "raises FileNotFoundError: " in done.stderr
    assert re.search(r", at trained\.py:\d+$", done.stderr)


def test_one_made_for_a_size_of_batch_is_explained(archi):
    done = archi("verify", "trained:Eights", "--input", "4")
    assert done.exit_code == 2
    assert done.stdout == ""
    assert "'Eights' can't be called on zeros: InvalidArgumentError: " in done.stderr
    assert "\n  where it is made for one size of batch, give that with --batch\n" in done.stderr
    assert run(archi, "verify", "trained:Eights", "--input", "4", "--batch", "8")


LAZY = """
    def build():
        import tensorflow as tf

        class Net(tf.keras.Model):
            def __init__(self):
                super().__init__()
                self.dense = tf.keras.layers.Dense(3)

            def call(self, x):
                return self.dense(x)

        model = Net()
        model(tf.zeros((2, 4)))
        calls.append(model)
        return model

    calls = []
"""


def test_keras_may_be_imported_by_the_function(tmp_path):
    """In a fresh process: it is called anew once Keras is there, without values."""
    (tmp_path / "lazy.py").write_text(textwrap.dedent(LAZY))
    code = """
import sys, archi
graph = archi.load("lazy:build")
import lazy
print(len(lazy.calls), [w._value for w in lazy.calls[0].weights], graph.inputs[0].shape)
print([layer.name for layer in graph.layers])
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=120,
        check=True,
    )  # fmt: skip
    assert done.stdout.splitlines() == [
        "1 [None, None] (None, 4)", "['input_layer', 'dense']",
    ]  # fmt: skip


def run(archi, *args: str):
    done = archi(*args)
    assert done.exit_code == 0, done.stderr
    return done


@pytest.mark.parametrize(
    "text", ["functional", "sequential", "own", "net", "vit", "pair", "raw", "looped", "weighed"]
)
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
    module = "trained" if text in BUSY else "models"
    run(archi, name, f"{module}:{text}", *options)


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
        again = keras.models.model_from_json(config.read_text("utf-8"), custom_objects=classes)
        assert type(again) is type(real)
    path = tmp_path / "net.py"
    run(archi, "export", "models:functional", "-o", str(path))
    names: dict[str, object] = {}
    exec(path.read_text("utf-8"), names)
    assert names["build"]().count_params() == load("functional").totals.params


def test_export_says_what_it_cannot(archi, tmp_path):
    done = archi("export", "models:no_config", "-o", str(tmp_path / "net.json"))
    assert done.exit_code == 2
    assert done.stderr.startswith("Error: Keras can't write the config of 'functional': ")
    assert "NotImplementedError: there is none, at models.py:" in done.stderr
    done = archi("export", "models:own", "-o", str(tmp_path / "net.py"))
    assert done.exit_code == 2
    assert done.stderr.startswith("Error: own/w (Variable) can't be written as Keras code")
