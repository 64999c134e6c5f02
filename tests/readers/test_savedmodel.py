"""SavedModel folders: what Keras 2 left in them, what others did, and hostile ones."""

from __future__ import annotations

import json
import time

import pytest
from support.hostile import bytecode
from support.protobuf import (
    field,
    holder,
    keras_object,
    saved_metadata,
    saved_model,
    variable,
    varint,
)

import archi
from archi.containers import protobuf, savedmodel
from archi.errors import ArchiError, ReadError
from archi.scanning import quick_scan, scan

NETWORK, LAYER, METRIC = "_tf_keras_network", "_tf_keras_layer", "_tf_keras_metric"
SEQUENTIAL, MODEL = "_tf_keras_sequential", "_tf_keras_model"
BEYOND = (
    "saved_model.pb and the variables: the graph in there, which TensorFlow runs, can read and "
    "write files"
)


def tuple_of(*items):
    return {"class_name": "__tuple__", "items": list(items)}


def layer(class_name, name, **config):
    return {"class_name": class_name, "name": name, "config": {"name": name, **config}}


def sequential(*layers):
    start = {"batch_input_shape": tuple_of(None, 8), "dtype": "float32", "name": "in"}
    first = {"class_name": "InputLayer", "config": start}
    config = {"name": "net", "layers": [first, *layers]}
    return {"name": "net", "class_name": "Sequential", "config": config}


def write(folder, *objects, graph=b""):
    folder.mkdir(exist_ok=True)
    (folder / "keras_metadata.pb").write_bytes(saved_metadata(*objects))
    (folder / "saved_model.pb").write_bytes(graph or saved_model())
    return str(folder)


def small(folder, *more):
    dense = layer("Dense", "dense", units=4)
    return write(folder, keras_object(0, "root", SEQUENTIAL, sequential(dense)), *more)


# --- hand-made folders ----------------------------------------------------------------------


@pytest.mark.parametrize("target", ["", "/", "/saved_model.pb", "/keras_metadata.pb"])
def test_the_folder_and_the_files_in_it_are_targets(tmp_path, target):
    graph = archi.load(small(tmp_path / "net") + target)
    assert graph.totals.params == 8 * 4 + 4
    assert [each.name for each in graph.layers] == ["in", "dense"]
    assert graph.source["kind"] == "file"


def test_a_bare_name_of_a_folder_is_a_target(archi, tmp_path, monkeypatch):
    small(tmp_path / "saved")
    monkeypatch.chdir(tmp_path)
    assert "36" in archi("summary", "saved").stdout
    assert archi("check", "saved", "--params", "36").exit_code == 0
    assert archi("compare", "saved", "saved/saved_model.pb").exit_code == 0


def test_a_folder_does_not_hide_a_network(archi, tmp_path, monkeypatch):
    small(tmp_path / "resnet50")
    monkeypatch.chdir(tmp_path)
    assert archi("check", "resnet50", "--params", "25636712").exit_code == 0
    assert archi("check", "./resnet50", "--params", "36").exit_code == 0


def test_a_class_made_from_sequential_is_read_as_one(tmp_path):
    document = {**sequential(layer("Dense", "dense", units=4)), "class_name": "Mine"}
    path = write(tmp_path / "net", keras_object(0, "root", SEQUENTIAL, document))
    assert archi.load(path).totals.params == 36


def coded(folder):
    """A model of its own code: a custom layer with a statistic, and a Keras layer in a list."""
    objects = [
        keras_object(0, "root", MODEL, {"name": "m", "class_name": "Mine", "config": {}}),
        keras_object(1, "root.gate", LAYER, layer("Gate", "gate")),
        keras_object(2, "root.blocks.0", LAYER, layer("Dense", "dense")),
        keras_object(9, "root.keras_api.metrics.0", METRIC, layer("Mean", "loss")),
    ]
    graph = saved_model(
        holder({"gate": 1, "blocks": 8, "variables": 7}),
        holder({"variables": 3}),
        holder({"variables": 4}),
        holder({"0": 5, "1": 6}),
        holder({"0": 10}),
        variable("gate/scale:0", [3]),
        variable("gate/mean:0", [3], trainable=False),
        holder({"0": 5, "1": 6, "2": 10, "3": 11}),
        holder({"0": 2}),
        holder({}),
        variable("dense/kernel:0", [3, 5]),
        variable("own:0", []),
    )
    return write(folder, *objects, graph=graph)


def test_a_model_of_its_own_code_shows_what_it_has(tmp_path):
    report = archi.load(coded(tmp_path / "net")).summary().data
    rows = {row["name"]: (row["class"], row["params"]) for row in report["layers"]}
    assert rows["gate"] == ("Gate", 6)
    assert rows["blocks/0"] == ("Dense", 15)
    assert report["totals"]["params"] == 22
    assert report["totals"]["non_trainable_params"] == 3


def test_before_tensorflow_2_5_the_config_is_in_the_graph(tmp_path):
    text = json.dumps(sequential(layer("Dense", "dense", units=4)))
    graph = saved_model(holder({"layer-0": 1}, SEQUENTIAL, text), holder({}))
    (tmp_path / "saved_model.pb").write_bytes(graph)
    assert archi.load(str(tmp_path)).totals.params == 36


def test_a_layer_without_a_rule_has_its_variables(tmp_path):
    document = sequential(layer("Gate", "gate"))
    objects = [
        keras_object(0, "root", SEQUENTIAL, document),
        keras_object(1, "root.layer_with_weights-0", LAYER, layer("Gate", "gate")),
    ]
    graph = saved_model(
        holder({"layer_with_weights-0": 1}), holder({"variables": 2}), holder({"0": 3}),
        variable("gate/scale", [8]),
    )  # fmt: skip
    assert archi.load(write(tmp_path / "net", *objects, graph=graph)).totals.params == 8


# --- what no Keras 2 wrote -------------------------------------------------------------------


def test_a_graph_of_tensorflow_alone_says_so(tmp_path):
    (tmp_path / "saved_model.pb").write_bytes(saved_model(holder({"f": 1}), holder({})))
    with pytest.raises(ReadError, match="is a SavedModel without Keras's config") as error:
        archi.load(str(tmp_path))
    assert "export()" in error.value.hint
    with pytest.raises(ReadError, match="is a SavedModel without Keras's config"):
        scan(str(tmp_path))


def test_a_folder_of_something_else_says_what_archi_reads(tmp_path):
    with pytest.raises(ReadError, match="it is a folder") as error:
        archi.load(f"{tmp_path}/")
    assert "saved_model.pb" in error.value.hint


HOSTILE = {
    "not_a_message": b"\xff" * 50,
    "group": varint(1 << 3 | 3),
    "cut": saved_metadata(keras_object(0, "root", SEQUENTIAL, sequential()))[:-20],
    "endless_number": b"\x80" * 30,
    "length_beyond_the_end": varint(1 << 3 | 2) + varint((1 << 64) - 1) + b"x",
    "no_json": saved_metadata(keras_object(0, "root", SEQUENTIAL, "{")),
    "deep": saved_metadata(keras_object(0, "root", SEQUENTIAL, '{"a":' * 500 + "1" + "}" * 500)),
    "no_object": saved_metadata(keras_object(0, "root", SEQUENTIAL, "[1]")),
    "no_unicode": saved_metadata(keras_object(0, "root", SEQUENTIAL, b"\xff\xfe")),
    "no_root": saved_metadata(keras_object(1, "root.a", LAYER, layer("Dense", "a"))),
    "empty": b"",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_damaged_one_is_one_message(tmp_path, name):
    (tmp_path / "keras_metadata.pb").write_bytes(HOSTILE[name])
    with pytest.raises(ReadError):
        archi.load(str(tmp_path))
    if name not in ("no_root", "no_object"):  # which a scan has nothing against
        with pytest.raises(ReadError):
            scan(str(tmp_path))


def test_very_many_fields_end_in_time(tmp_path):
    (tmp_path / "keras_metadata.pb").write_bytes(b"\x08\1" * (protobuf.FIELDS + 1))
    began = time.process_time()
    with pytest.raises(ReadError, match="more fields than archi reads"):
        archi.load(str(tmp_path))
    assert time.process_time() - began < 5


def test_a_large_one_is_refused(tmp_path):
    with (tmp_path / "keras_metadata.pb").open("wb") as file:
        file.truncate(savedmodel.FILES + 1)
    with pytest.raises(ReadError, match="larger than"):
        archi.load(str(tmp_path))


def test_a_pipe_is_not_opened(tmp_path):
    import os

    (tmp_path / "saved_model.pb").write_bytes(saved_model())
    os.mkfifo(tmp_path / "keras_metadata.pb")
    with pytest.raises(ReadError, match="it is a pipe"):
        archi.load(str(tmp_path))


def test_objects_that_hold_each_other_end(tmp_path):
    text = json.dumps(sequential(layer("Gate", "gate")))
    graph = saved_model(
        holder({"a": 1, "self": 0, "variables": 0}, SEQUENTIAL, text),
        holder({"up": 0, "variables": 1}, LAYER, json.dumps(layer("Gate", "gate"))),
    )
    (tmp_path / "saved_model.pb").write_bytes(graph)
    assert [each.name for each in archi.load(str(tmp_path)).layers] == ["in", "gate"]


def test_a_broken_graph_leaves_the_config(tmp_path):
    document = sequential(layer("Gate", "gate"), layer("Dense", "dense", units=4))
    root = keras_object(0, "root", SEQUENTIAL, document)
    path = write(tmp_path / "net", root, graph=b"\x08\1" + b"\xff" * 99)
    assert archi.load(path).summary().data["layers"][-2]["params"] is None


# --- scan ------------------------------------------------------------------------------------


def test_a_scan_says_what_it_did_not_look_at(archi, tmp_path):
    path = small(tmp_path / "net")
    found = scan(path)
    assert (found.findings, found.unread, found.ok) == ([], [BEYOND], False)
    assert quick_scan(path) == []
    told = archi("scan", path, "--format", "json")
    assert (told.exit_code, json.loads(told.stdout)["unread"]) == (1, [BEYOND])


def evil(name):
    code = tuple_of(bytecode(), None, None)
    return layer("Lambda", name, function=code, function_type="lambda")


def test_a_lambda_is_told_of_once(tmp_path):
    root = keras_object(0, "root", SEQUENTIAL, sequential(evil("evil")))
    path = write(tmp_path / "net", root, keras_object(1, "root.layer-0", LAYER, evil("evil")))
    found = scan(path).findings
    assert [(each.rule, each.severity, each.where) for each in found] == [
        ("lambda-bytecode", "high", "evil")
    ]
    assert found[0].fixed_in is None  # nothing refuses it
    assert quick_scan(path) == found


@pytest.mark.parametrize("number", [1, -1, 5])
def test_what_the_objects_say_apart_from_the_model_is_looked_at(tmp_path, number):
    path = small(tmp_path / "net", keras_object(number, "root.layer-7", LAYER, evil("other")))
    (found,) = quick_scan(path)
    assert (found.rule, found.where) == ("lambda-bytecode", "other")


def test_a_command_warns_of_it(archi, tmp_path):
    root = keras_object(0, "root", SEQUENTIAL, sequential(evil("evil")))
    told = archi("summary", write(tmp_path / "net", root))
    assert "is not safe to load with Keras: lambda-bytecode" in told.stderr


def test_a_scan_of_very_many_objects_ends_in_time(tmp_path):
    inner = '{"class_name":"Lambda","config":{"function":"x"}},' * 400_000
    text = '{"class_name":"Sequential","config":[' + inner + "1]}"
    parts = [keras_object(n, f"root.{n}", LAYER, text[:8_000_000] or text) for n in range(3)]
    began = time.process_time()
    with pytest.raises(ArchiError):
        scan(write(tmp_path / "net", *parts))
    assert time.process_time() - began < 5


# --- what Keras 2 writes ----------------------------------------------------------------------


def functional(keras, tf):
    image = keras.Input((8, 8, 3), name="image")
    x = keras.layers.Conv2D(4, 3, padding="same", activation="relu")(image)
    x = keras.layers.BatchNormalization()(x)
    x = tf.nn.relu(x) + 1.0
    x = keras.layers.GlobalAveragePooling2D()(x)
    return keras.Model(image, keras.layers.Dense(2)(x), name="functional")


def nested(keras, tf):
    image = keras.Input((8, 8, 3))
    x = functional(keras, tf)(image)
    return keras.Model(image, keras.layers.Dense(3)(x), name="nested")


def recurrent(keras, tf):
    words = keras.Input((5, 3))
    x = keras.layers.Bidirectional(keras.layers.LSTM(4, return_sequences=True))(words)
    x = keras.layers.TimeDistributed(keras.layers.Dense(4))(x)
    return keras.Model(words, keras.layers.GRU(3)(x), name="recurrent")


def in_a_row(keras, tf):
    dense = [keras.layers.Dense(4, input_shape=(3,)), keras.layers.Dense(2)]
    return keras.Sequential([dense[0], keras.layers.Dropout(0.5), dense[1]], name="row")


def several(keras, tf):
    left, right = keras.Input((4,), name="left"), keras.Input((4,), name="right")
    shared = keras.layers.Dense(3, name="shared")
    joined = keras.layers.Concatenate()([shared(left), shared(right)])
    return keras.Model({"left": left, "right": right}, [joined, shared(left)], name="several")


@pytest.mark.parametrize("make", [functional, nested, recurrent, in_a_row, several])
def test_what_keras_2_saves_is_what_its_h5_says(make, tmp_path):
    keras = pytest.importorskip("tf_keras")
    tf = pytest.importorskip("tensorflow")
    keras.backend.clear_session()
    model = make(keras, tf)
    if make is functional:
        model.compile("adam", "mse", metrics=["mae"])
    folder, file = str(tmp_path / "net"), str(tmp_path / "net.h5")
    model.save(folder, save_format="tf")
    model.save(file)
    rows = archi.load(folder).summary().data
    assert rows["layers"] == archi.load(file).summary().data["layers"]
    assert rows["totals"]["params"] == model.count_params()
    assert rows["uncounted"] == []
    assert (scan(folder).findings, scan(folder).unread) == ([], [BEYOND])


def test_a_subclassed_model_of_keras_2_has_its_weights(tmp_path):
    keras = pytest.importorskip("tf_keras")
    tf = pytest.importorskip("tensorflow")

    class Scale(keras.layers.Layer):
        def build(self, shape):
            self.scale = self.add_weight("scale", shape[-1:])

        def call(self, x):
            return x * self.scale

    class Mine(keras.Model):
        def __init__(self):
            super().__init__()
            self.first = keras.layers.LSTM(4)
            self.blocks = [keras.layers.Dense(3), keras.layers.BatchNormalization(), Scale()]
            self.inner = keras.Sequential([keras.layers.Dense(2)])

        def call(self, x):
            x = self.first(x)
            for block in self.blocks:
                x = block(x)
            return self.inner(x)

    model = Mine()
    model(tf.zeros((1, 5, 3)))
    model.save(str(tmp_path / "net"), save_format="tf")
    report = archi.load(str(tmp_path / "net")).summary().data
    assert report["totals"]["params"] == model.count_params()
    trainable = sum(int(tf.size(each)) for each in model.trainable_weights)
    assert report["totals"]["trainable_params"] == trainable
    classes = {row["name"]: row["class"] for row in report["layers"]}
    assert classes["first"] == "LSTM"
    assert classes["blocks/2"] == "Scale"


def test_an_export_of_keras_3_says_what_it_is(keras, tmp_path):
    if keras.backend.backend() != "tensorflow":
        pytest.skip("export writes a SavedModel with TensorFlow")
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    model.export(str(tmp_path / "net"), verbose=False)
    with pytest.raises(ReadError, match="is a SavedModel without Keras's config"):
        archi.load(str(tmp_path / "net"))


def test_messages_are_read_as_protobuf_reads_them():
    wire = protobuf.Wire("it")
    message = field(1, 300) + field(2, "text") + b"\x1d\1\2\3\4" + b"\x21" + bytes(8) + field(1, 7)
    found = [
        (n, v if isinstance(v, int) else bytes(v)) for n, v in wire.fields(memoryview(message))
    ]
    assert found == [(1, 300), (2, b"text"), (3, b"\1\2\3\4"), (4, bytes(8)), (1, 7)]


def test_what_a_file_calls_its_objects_reaches_no_terminal_as_it_is(tmp_path):
    """Found by fuzzing: the path of an object whose JSON is none was in the message."""
    path = write(tmp_path / "net", keras_object(0, "ro\x01t", SEQUENTIAL, '{"a": \x02}'))
    with pytest.raises(archi.ArchiError) as caught:
        scan(path)
    assert caught.value.message.isprintable()
