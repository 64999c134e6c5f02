"""Files that archi does not read say what they are, by their bytes and by their names."""

from __future__ import annotations

import io
import json
import pickle
import zipfile

import h5py
import numpy as np
import pytest
from support import hostile
from support.protobuf import field, saved_model

import archi
from archi.containers.foreign import FORMATS, by_name
from archi.errors import ReadError
from archi.scanning import scan
from archi.target import is_file


def onnx_bytes():
    """The start of a ModelProto of onnx.proto: version, producer, graph."""
    return field(1, 8) + field(2, "pytorch") + field(3, "2.1") + field(7, b"\x0a\x00") * 9


def safetensors_bytes():
    header = json.dumps({"w": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}).encode()
    return len(header).to_bytes(8, "little") + header + bytes(8)


def zipped(*names):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for name in names:
            file.writestr(name, b"x")
    return buffer.getvalue()


def array_bytes():
    buffer = io.BytesIO()
    np.save(buffer, np.ones(3))
    return buffer.getvalue()


def arrays_bytes():
    buffer = io.BytesIO()
    np.savez(buffer, a=np.ones(3), b=np.ones(2))
    return buffer.getvalue()


INDEX = bytes(40) + b"\x57\xfb\x80\x8b\x24\x75\x47\xdb"
TORCH = pickle.dumps(0x1950A86A20F9469CFC6C, 2) + pickle.dumps(1001, 2)

# Ending, content of such a file, words of what is said.
CASES = [
    (".onnx", onnx_bytes(), "is an ONNX model"),
    (".tflite", b"\x1c\0\0\0TFL3" + bytes(40), "is a TensorFlow Lite model"),
    (".gguf", b"GGUF\3\0\0\0" + bytes(40), "holds weights alone, of a language model"),
    (".safetensors", safetensors_bytes(), "holds weights alone, in the safetensors format"),
    (".ckpt.index", INDEX, "holds weights alone: it is the index of a TensorFlow checkpoint"),
    (".pt", zipped("archive/data.pkl", "archive/data/0", "archive/version"), "of PyTorch"),
    (".pth", TORCH, "is a file of PyTorch, a pickle"),
    (".pkl", pickle.dumps({"a": [1, 2]}), "is a Python pickle"),
    (".pickle", pickle.dumps([1, 2], 2), "is a Python pickle"),
    (".npz", arrays_bytes(), "holds weights alone, as arrays of NumPy"),
    (".npy", array_bytes(), "holds weights alone, as arrays of NumPy"),
    (".gz", b"\x1f\x8b\x08" + bytes(40), "is a compressed file"),
    (
        ".yaml",
        b"backend: tensorflow\nclass_name: Functional\nconfig:\n",
        "is a Keras config in YAML",
    ),
    (".pb", saved_model(), "is a graph of TensorFlow without Keras's config"),
    (".html", b"<!DOCTYPE html><html>", "is a web page"),
]
# What the name alone tells.
NAMED = [
    (".pb", b"\x0a\x20" + bytes(40), "is a graph of TensorFlow without Keras's config"),
    (".ckpt", b"\0" * 40, "holds weights alone, as a checkpoint"),
    (".data-00000-of-00001", b"\0" * 40, "holds weights alone, as a checkpoint"),
    (".bin", b"\1" * 40, "holds weights alone, as a checkpoint"),
    (".mlmodel", b"\1" * 40, "is a model in another framework's format"),
    (".onnx", b"junk", "is an ONNX model"),
    (".yml", b"- a list\n", "is a Keras config in YAML"),
]


@pytest.mark.parametrize(("ending", "content", "says"), [*CASES, *NAMED])
def test_a_file_says_what_it_is(tmp_path, ending, content, says):
    path = tmp_path / f"model{ending}"
    path.write_bytes(content)
    for look in (archi.load, scan):
        if look is scan and content.startswith(b"PK"):
            continue  # a scan looks at the members of an archive first
        with pytest.raises(ReadError) as error:
            look(str(path))
        assert says in error.value.message
        assert error.value.hint


@pytest.mark.parametrize("suffix", [".keras", ".h5", ".json", ".model", ""])
@pytest.mark.parametrize(("ending", "content", "says"), CASES)
def test_bytes_tell_whatever_the_name_is(tmp_path, ending, content, says, suffix):
    path = tmp_path / f"model{suffix}"
    path.write_bytes(content)
    with pytest.raises(ReadError) as error:
        archi.load(str(path))
    assert says in error.value.message


@pytest.mark.parametrize(("ending", "content", "says"), [*CASES, *NAMED])
def test_a_file_that_is_not_there_is_no_unknown_network(archi, ending, content, says):
    for command in ("summary", "plot", "scan"):
        told = archi(command, f"model{ending}")
        assert told.exit_code == 2
        assert f"there is no file 'model{ending}'" in told.stderr
        assert "by its name it " in told.stderr


def test_a_name_is_enough_for_every_command(archi, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "model.onnx").write_bytes(onnx_bytes())
    for words in (
        ("summary", "model.onnx"),
        ("compare", "resnet50", "model.onnx"),
        ("diff", "model.onnx", "resnet50"),
        ("check", "model.onnx", "--params", "1"),
        ("export", "model.onnx", "-o", "a.json"),
        ("plot", "model.onnx", "-o", "a.svg"),
        ("verify", "model.onnx"),
        ("scan", "model.onnx"),
    ):
        told = archi(*words)
        assert told.exit_code == 2, words
        assert "is an ONNX model, which archi does not read" in told.stderr, words
        assert "archi reads .keras, .h5 and .json files of Keras" in told.stderr, words


@pytest.mark.parametrize("name", ["model.h5", "model.weights.h5", "model.hdf5"])
def test_weights_alone_in_hdf5(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(hostile.weights())
    with pytest.raises(ReadError, match="holds weights alone") as error:
        archi.load(str(path))
    assert "the code or config says what the network is" in error.value.hint
    assert scan(str(path)).findings == []  # there may be something in it all the same


def test_hdf5_with_nothing_in_it_holds_no_model(tmp_path):
    with h5py.File(tmp_path / "model.h5", "w"):
        pass
    with pytest.raises(ReadError, match="holds no model: it has no model_config"):
        archi.load(str(tmp_path / "model.h5"))


def test_a_file_of_any_name_is_read_for_what_it_is(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = json.dumps(hostile.model(hostile.dense()))
    for name in ("net.txt", "net.onnx", "net.pt", "net"):
        (tmp_path / name).write_text(text)
        assert archi.load(name).totals.params == 36
    hostile.archive(tmp_path / "net.zip", hostile.model(hostile.dense()))
    assert archi.load("net.zip").totals.params == 36


def test_a_saved_model_in_a_zip_archive_is_to_be_unpacked(tmp_path):
    path = tmp_path / "net.zip"
    path.write_bytes(zipped("net/saved_model.pb", "net/keras_metadata.pb"))
    with pytest.raises(ReadError, match="is a SavedModel in a zip archive") as error:
        archi.load(str(path))
    assert error.value.hint.startswith("unpack it first")


def test_a_scan_of_pytorch_s_archive_says_what_it_is(tmp_path):
    path = tmp_path / "model.keras"
    path.write_bytes(zipped("model/data.pkl", "model/version"))
    found = scan(str(path))
    assert {each.rule for each in found.findings} == {"unexpected-member"}
    assert "it has no config.json; it is a file of PyTorch" in found.unread[0]


def test_a_pointer_of_git_lfs_says_how_to_get_the_file(tmp_path):
    path = tmp_path / "model.keras"
    path.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n")
    with pytest.raises(ReadError, match="is a pointer of Git LFS") as error:
        archi.load(str(path))
    assert "git lfs pull" in error.value.hint


def test_networks_are_still_networks(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "resnet50").write_text("{}")
    assert not is_file("resnet50")
    assert not is_file("nasnet-a-7@1920")
    assert is_file("./resnet50")


def test_every_ending_has_one_format():
    endings = [ending for each in FORMATS for ending in each.endings]
    assert len(endings) == len(set(endings))
    assert all(by_name(f"MODEL{ending.upper()}") for ending in endings)
    assert not any(by_name(f"model{ending}") for ending in (".keras", ".json", ".h5", ".hdf5"))


@pytest.mark.parametrize("save", ["save", "script", "old"])
def test_what_pytorch_writes(tmp_path, save):
    torch = pytest.importorskip("torch")
    path = tmp_path / "model.pt"
    if save == "script":
        torch.jit.save(torch.jit.script(torch.nn.Linear(2, 2)), str(path))
    else:
        state = torch.nn.Linear(2, 2).state_dict()
        torch.save(state, path, _use_new_zipfile_serialization=save == "save")
    with pytest.raises(ReadError, match="is a file of PyTorch"):
        archi.load(str(path))


def test_what_tensorflow_writes(keras, tmp_path):
    tf = pytest.importorskip("tensorflow")
    tf.train.Checkpoint(a=tf.Variable([1.0])).write(str(tmp_path / "model"))
    with pytest.raises(ReadError, match="it is the index of a TensorFlow checkpoint"):
        archi.load(str(tmp_path / "model.index"))
    call = tf.function(lambda x: x * 2.0).get_concrete_function(tf.TensorSpec([1], tf.float32))
    lite = tf.lite.TFLiteConverter.from_concrete_functions([call]).convert()
    (tmp_path / "model.bin").write_bytes(lite)
    with pytest.raises(ReadError, match="is a TensorFlow Lite model"):
        archi.load(str(tmp_path / "model.bin"))


def test_what_keras_writes_of_weights(keras, tmp_path):
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    model.save_weights(str(tmp_path / "model.weights.h5"))
    with pytest.raises(ReadError, match="holds weights alone"):
        archi.load(str(tmp_path / "model.weights.h5"))
