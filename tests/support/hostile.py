"""A corpus of hostile and broken model files, each made when it is asked for.

`FINDINGS` has files in which a scan finds a rule, `BROKEN` files that can't be read, with
words of the message. Nothing here runs anything: payloads are named, never made to work.
"""

from __future__ import annotations

import base64
import io
import json
import marshal
import os
import stat
import struct
import warnings
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import h5py
import numpy as np


class Case(NamedTuple):
    """A file: how it is made, and what is expected of it."""

    name: str
    suffix: str
    make: Callable[[Path], None]
    rule: str = ""
    severity: str = ""
    where: str = ""
    says: str = ""

    def write(self, folder: Path) -> Path:
        path = folder / f"{self.name}{self.suffix}"
        self.make(path)
        return path


FINDINGS: list[Case] = []
BROKEN: list[Case] = []


def finds(rule: str, severity: str, where: str, suffix: str = ".keras"):
    def register(make):
        FINDINGS.append(Case(make.__name__, suffix, make, rule, severity, where))
        return make

    return register


def breaks(says: str, suffix: str = ".keras"):
    def register(make):
        BROKEN.append(Case(make.__name__, suffix, make, says=says))
        return make

    return register


# --- parts ------------------------------------------------------------------------------


def layer(class_name: str, name: str, module: str = "keras.layers", **config: Any) -> dict:
    return {
        "module": module,
        "class_name": class_name,
        "config": {"name": name, "trainable": True, **config},
        "registered_name": None,
    }


def function(name: str, module: str = "builtins") -> dict:
    return {
        "module": module,
        "class_name": "function",
        "config": name,
        "registered_name": "function",
    }


def model(*layers: dict, **more: Any) -> dict:
    first = layer("InputLayer", "input", batch_shape=[None, 8], dtype="float32")
    config = {"name": "net", "layers": [first, *layers]}
    return {
        "module": "keras",
        "class_name": "Sequential",
        "config": config,
        "registered_name": None,
        **more,
    }


def dense(name: str = "dense", **config: Any) -> dict:
    return layer("Dense", name, **{"units": 4, "activation": "linear", **config})


def weights(fill: Callable[[h5py.File], None] | None = None) -> bytes:
    """An HDF5 file as Keras writes it, with the weights of `dense` and what `fill` adds."""
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        variables = file.create_group("layers/dense/vars")
        variables["0"] = np.ones((8, 4), "float32")
        variables["1"] = np.zeros(4, "float32")
        file.create_group("vars")
        if fill:
            fill(file)
    return buffer.getvalue()


def archive(path: Path, document: Any, *, h5: bytes | None = None, more: Any = ()) -> None:
    """A .keras file: the members Keras writes, and `more` as (name or ZipInfo, content)."""
    with zipfile.ZipFile(path, "w") as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # duplicates are meant
        file.writestr("metadata.json", json.dumps({"keras_version": "3.15.1"}))
        text = document if isinstance(document, (str, bytes)) else json.dumps(document)
        file.writestr("config.json", text)
        file.writestr("model.weights.h5", weights() if h5 is None else h5)
        for name, content in more:
            file.writestr(name, content)


def legacy(path: Path, document: Any, training: Any = None) -> None:
    """A file as Keras 2 writes it: the config in attributes of HDF5."""
    with h5py.File(path, "w") as file:
        text = document if isinstance(document, str) else json.dumps(document)
        file.attrs["model_config"] = text.encode()
        file.attrs["keras_version"] = "2.12.0"
        if training is not None:
            file.attrs["training_config"] = json.dumps(training).encode()
        group = file.create_group("model_weights/dense/dense")
        group["kernel:0"] = np.ones((8, 4), "float32")


def bytecode() -> str:
    return base64.b64encode(marshal.dumps((lambda x: x).__code__)).decode()


def as_lambda() -> dict:
    config = {"code": bytecode(), "defaults": None, "closure": None}
    return {"class_name": "__lambda__", "config": config}


# --- rules: what Keras would run -----------------------------------------------------------


@finds("lambda-bytecode", "high", "evil: function")
def lambda_in_keras(path):
    archive(path, model(layer("Lambda", "evil", function=as_lambda(), arguments={})))


@finds("lambda-bytecode", "high", "evil: function", ".json")
def lambda_in_json(path):
    path.write_text(json.dumps(model(layer("Lambda", "evil", function=as_lambda()))))


@finds("lambda-bytecode", "high", "evil", ".h5")
def lambda_of_keras_2(path):
    evil = {"name": "evil", "function": [bytecode(), None, None], "function_type": "lambda"}
    layers = [{"class_name": "Lambda", "config": evil}]
    legacy(path, {"class_name": "Sequential", "config": {"name": "net", "layers": layers}})


@finds("lambda-bytecode", "high", "outer/inner/evil: output_shape")
def lambda_deep_inside(path):
    evil = layer("Lambda", "evil", function=function("relu"), output_shape=as_lambda())
    inner = layer("TimeDistributed", "inner", layer=evil)
    archive(path, model(layer("Bidirectional", "outer", layer=inner)))


@finds("lambda-bytecode", "high", "config.json: compile_config.loss[0]")
def lambda_as_a_loss(path):
    archive(path, model(dense(), compile_config={"optimizer": "sgd", "loss": [as_lambda()]}))


@finds("lambda-bytecode", "high", "training_config: loss", ".h5")
def lambda_as_a_loss_of_keras_2(path):
    legacy(path, model(dense()), {"loss": as_lambda(), "optimizer_config": {}})


@finds("lambda-layer", "medium", "named")
def lambda_of_a_named_function(path):
    archive(path, model(layer("Lambda", "named", function=function("my_function"))))


@finds("foreign-module", "high", "evil")
def module_of_python(path):
    archive(path, model(layer("Popen", "evil", module="subprocess", args=["true"])))


@finds("foreign-module", "high", "evil")
def module_within_python(path):
    archive(path, model(layer("Popen", "evil", module="multiprocessing.popen_fork")))


@finds("foreign-module", "medium", "mine")
def module_of_a_custom_layer(path):
    mine = layer("Mine", "mine", module="mypackage.layers")
    archive(path, model({**mine, "registered_name": "mypackage>Mine"}))


@finds("foreign-module", "medium", "dense: kernel_initializer")
def module_of_an_initializer(path):
    archive(path, model(dense(kernel_initializer=layer("Init", "", module="their.package"))))


@finds("foreign-module", "high", "dense: dtype")
def module_of_a_type(path):
    archive(path, model(dense(dtype=layer("DTypePolicy", "float32", module="ctypes"))))


@finds("foreign-module", "high", "config.json")
def module_of_the_whole_model(path):
    archive(path, {**model(dense()), "module": "os"})


@finds("foreign-function", "high", "dense: activation")
def function_of_python(path):
    archive(path, model(dense(activation=function("system", "os"))))


@finds("foreign-function", "high", "dense: activation")
def function_built_into_python(path):
    archive(path, model(dense(activation=function("eval"))))


@finds("foreign-function", "medium", "dense: activation")
def function_of_a_custom_module(path):
    archive(path, model(dense(activation=function("mine", "mypackage.activations"))))


@finds("foreign-function", "high", "config.json: compile_config.metrics[0][1]")
def function_as_a_metric(path):
    metrics = [["mae", function("load", "numpy")]]
    archive(path, model(dense(), compile_config={"metrics": metrics}))


@finds("non-modeling-api", "high", "download: function")
def download_by_keras(path):
    arguments = {"origin": "http://127.0.0.1/x", "cache_dir": "/tmp"}
    get = function("get_file", "keras.utils")
    archive(path, model(layer("Lambda", "download", function=get, arguments=arguments)))


@finds("non-modeling-api", "high", "off: function")
def safe_mode_switched_off(path):
    off = function("enable_unsafe_deserialization", "keras.config")
    archive(path, model(layer("Lambda", "off", function=off)))


@finds("non-modeling-api", "high", "off: function")
def safe_mode_switched_off_from_within(path):
    off = function("set_global_attribute", "keras.src.backend.common.global_state")
    archive(path, model(layer("Lambda", "off", function=off)))


@finds("non-modeling-api", "high", "again")
def a_function_as_a_class(path):
    archive(path, model(layer("load_model", "again", module="keras.models")))


@finds("non-modeling-api", "medium", "dense: activation")
def any_other_function_of_keras(path):
    archive(path, model(dense(activation=function("print_msg", "keras.src.utils.io_utils"))))


@finds("torch-module-pickle", "high", "wrapped")
def pickle_of_torch(path):
    pickled = {"class_name": "__bytes__", "config": {"value": "gASVAA=="}}
    archive(path, model(layer("TorchModuleWrapper", "wrapped", module=pickled)))


@finds("external-savedmodel", "high", "saved")
def savedmodel_elsewhere(path):
    archive(path, model(layer("TFSMLayer", "saved", filepath="/tmp/x", call_endpoint="serve")))


@finds("external-savedmodel", "medium", "hub", ".h5")
def savedmodel_on_a_hub(path):
    hub = {"class_name": "KerasLayer", "config": {"name": "hub", "handle": "https://a.test/x"}}
    legacy(path, {"class_name": "Sequential", "config": {"name": "net", "layers": [hub]}})


@finds("external-file", "medium", "lookup")
def vocabulary_elsewhere(path):
    archive(path, model(layer("StringLookup", "lookup", vocabulary="/etc/passwd")))


@finds("path-in-name", "medium", "../../evil")
def name_leads_out(path):
    archive(path, model(dense("../../evil")))


@finds("path-in-name", "medium", "/evil")
def name_is_absolute(path):
    archive(path, model(dense("/evil")))


@finds("path-in-name", "medium", "C:\\evil")
def name_is_a_drive(path):
    archive(path, model(dense("C:\\evil")))


@finds("registered-name-mismatch", "medium", "dense")
def registered_as_another(path):
    archive(path, model({**dense(), "registered_name": "evil>Other"}))


# --- rules: archives -----------------------------------------------------------------------


@finds("duplicate-key", "medium", "dense")
def key_twice(path):
    text = json.dumps(model(dense()))
    archive(path, text.replace('"units": 4', '"units": 4000, "units": 4'))


@finds("duplicate-key", "medium", "config.json")
def key_twice_at_the_root(path):
    archive(path, '{"class_name": "Other", ' + json.dumps(model(dense()))[1:])


@finds("duplicate-member", "medium", "config.json")
def config_twice(path):
    archive(path, model(dense()), more=[("config.json", json.dumps(model()))])


@finds("zip-traversal", "high", "../../evil.txt")
def member_leads_out(path):
    archive(path, model(dense()), more=[("../../evil.txt", "x")])


@finds("zip-traversal", "high", "/evil.txt")
def member_is_absolute(path):
    archive(path, model(dense()), more=[("/evil.txt", "x")])


@finds("zip-traversal", "high", "C:evil.txt")
def member_is_on_a_drive(path):
    archive(path, model(dense()), more=[("C:evil.txt", "x")])


@finds("zip-traversal", "high", "assets\\..\\..\\evil.txt")
def member_leads_out_on_windows(path):
    archive(path, model(dense()), more=[("assets\\..\\..\\evil.txt", "x")])


@finds("zip-traversal", "high", "assets/link")
def member_is_a_link(path):
    info = zipfile.ZipInfo("assets/link")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    archive(path, model(dense()), more=[(info, "/etc/passwd")])


@finds("zip-traversal", "high", "model.weights.h6\0x")
def member_has_a_hidden_end(path):
    archive(path, model(dense()), more=[("model.weights.h6_x", "x")])
    path.write_bytes(path.read_bytes().replace(b"model.weights.h6_x", b"model.weights.h6\0x"))


def deflated(size: int) -> bytes:
    """`size` zeros, deflated without being made."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = bytes(1 << 20)
    parts = [packer.compress(block) for _ in range(size >> 20)]
    return b"".join([*parts, packer.flush()])


def add_member(path: Path, name: str, packed: bytes, size: int, crc: int = 0) -> None:
    """Add a deflated member with any declared size; its checksum is not right."""
    with zipfile.ZipFile(path, "a") as file:
        info = zipfile.ZipInfo(name)
        info.compress_type = zipfile.ZIP_STORED
        file.writestr(info, packed)
    data = bytearray(path.read_bytes())
    at = data.rindex(b"PK\1\2", 0, data.rindex(b"PK\5\6"))
    struct.pack_into("<H", data, at + 10, zipfile.ZIP_DEFLATED)
    struct.pack_into("<L", data, at + 16, crc)
    struct.pack_into("<L", data, at + 24, size)
    path.write_bytes(data)


@finds("zip-bomb", "medium", "assets/zeros.txt")
def member_unpacks_to_much(path):
    archive(path, model(dense()))
    add_member(path, "assets/zeros.txt", deflated(65 << 20), 65 << 20)


@finds("zip-bomb", "medium", "config.json")
def config_unpacks_to_much(path):
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("metadata.json", "{}")
    add_member(path, "config.json", deflated(65 << 20), 65 << 20)


@finds("zip-bomb", "medium", "b")
def members_share_their_bytes(path):
    """The quoted overlap of https://www.bamsoftware.com/hacks/zipbomb/, of two files."""
    archive(path, model(dense()), more=[("a", "x" * 200), ("b", "y" * 100)])
    data = bytearray(path.read_bytes())
    first = data.index(b"PK\3\4", data.index(b"PK\3\4") + 1)  # the second header, config.json's
    last = data.rindex(b"PK\1\2", 0, data.rindex(b"PK\5\6"))
    (start,) = struct.unpack_from("<L", data, last + 42)
    assert start > first
    before = data.rindex(b"PK\1\2", 0, last)
    (packed,) = struct.unpack_from("<L", data, before + 20)
    struct.pack_into("<L", data, before + 20, packed + 60)  # reaches into the next one
    path.write_bytes(data)


@finds("unexpected-member", "low", "setup.py")
def member_is_code(path):
    archive(path, model(dense()), more=[("setup.py", "raise SystemExit")])


@finds("unexpected-member", "low", "assets/hook.pkl")
def asset_is_a_pickle(path):
    archive(path, model(dense()), more=[("assets/hook.pkl", b"\x80\4N.")])


def object_array() -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, np.array([None], dtype=object), allow_pickle=True)
    return buffer.getvalue()


@finds("npz-pickle", "high", "model.weights.npz/layers.npy")
def pickle_in_weights(path):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as inner:
        inner.writestr("layers.npy", object_array())
    archive(path, model(dense()), more=[("model.weights.npz", buffer.getvalue())])


@finds("npz-pickle", "high", "assets/table.npy")
def pickle_in_an_asset(path):
    archive(path, model(dense()), more=[("assets/table.npy", object_array())])


@finds("npz-pickle", "high", "assets/table.npy")
def pickle_as_an_asset(path):
    archive(path, model(dense()), more=[("assets/table.npy", b"\x80\4N.")])


@finds("npz-pickle", "high", "assets/table.npy")
def pickle_in_a_field(path):
    buffer = io.BytesIO()
    array = np.array([(1, None)], dtype=[("number", "<i4"), ("thing", "O")])
    np.save(buffer, array, allow_pickle=True)
    archive(path, model(dense()), more=[("assets/table.npy", buffer.getvalue())])


# --- rules: HDF5 ------------------------------------------------------------------------------


KERNEL = "/layers/dense/vars/0"


def in_place_of_the_kernel(make):
    def fill(file):
        del file[KERNEL]
        make(file)

    return fill


@in_place_of_the_kernel
def external_storage(file):
    file.create_dataset(KERNEL, (8, 4), "float32", external=[("/etc/passwd", 0, 128)])


@in_place_of_the_kernel
def external_link(file):
    file[KERNEL] = h5py.ExternalLink("/etc/secret.h5", "/layers")


@in_place_of_the_kernel
def soft_link(file):
    file[KERNEL] = h5py.SoftLink("/layers/dense")


@in_place_of_the_kernel
def virtual(file):
    layout = h5py.VirtualLayout((8, 4), "float32")
    layout[:] = h5py.VirtualSource("/etc/secret.h5", "data", (8, 4))
    file.create_virtual_dataset(KERNEL, layout)


@in_place_of_the_kernel
def shape_bomb(file):
    file.create_dataset(KERNEL, (1 << 20, 1 << 20), "float32", chunks=(1024, 1024))


@in_place_of_the_kernel
def shape_of_many_digits(file):
    file.create_dataset(KERNEL, (1 << 40,) * 20, "float32", chunks=(1,) * 20)


@in_place_of_the_kernel
def unwritten(file):
    """In one piece, as Keras writes them, but never written."""
    file.create_dataset(KERNEL, (1 << 31,), "float32")


@finds("h5-external-storage", "high", "model.weights.h5: /layers/dense/vars/0")
def values_of_another_file(path):
    archive(path, model(dense()), h5=weights(external_storage))


@finds("h5-external-link", "high", "model.weights.h5: /layers/dense/vars/0")
def link_to_another_file(path):
    archive(path, model(dense()), h5=weights(external_link))


@finds("h5-soft-link", "low", "model.weights.h5: /layers/dense/vars/0")
def link_within_the_file(path):
    archive(path, model(dense()), h5=weights(soft_link))


@finds("h5-virtual", "high", "model.weights.h5: /layers/dense/vars/0")
def values_of_other_files(path):
    archive(path, model(dense()), h5=weights(virtual))


@finds("h5-shape-bomb", "medium", "model.weights.h5: /layers/dense/vars/0")
def values_without_end(path):
    archive(path, model(dense()), h5=weights(shape_bomb))


@finds("h5-shape-bomb", "medium", "model.weights.h5: /layers/dense/vars/0")
def more_values_than_can_be_counted(path):
    archive(path, model(dense()), h5=weights(shape_of_many_digits))


@finds("h5-shape-bomb", "medium", "model.weights.h5: /layers/dense/vars/0")
def values_never_written(path):
    archive(path, model(dense()), h5=weights(unwritten))


@finds("h5-external-link", "high", "/model_weights", ".h5")
def link_in_a_legacy_file(path):
    legacy(path, model(dense()))
    with h5py.File(path, "a") as file:
        del file["model_weights"]
        file["model_weights"] = h5py.ExternalLink("/dev/zero", "/")


@finds("h5-external-link", "high", "model.weights.h5: " + "/g" * 40 + "/evil")
def link_deep_inside(path):
    def fill(file):
        file["/g" * 40 + "/evil"] = h5py.ExternalLink("x.h5", "/")

    archive(path, model(dense()), h5=weights(fill))


@finds("h5-external-link", "high", "model.weights.h5: /layers/dense/vars/0")
def link_in_deflated_weights(path):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("config.json", json.dumps(model(dense())))
        file.writestr("model.weights.h5", weights(external_link))


@finds("h5-external-link", "high", "model.weights_00001.h5: /layers/dense/vars/0")
def link_in_a_part_of_the_weights(path):
    more = [("model.weights_00001.h5", weights(external_link))]
    archive(path, model(dense()), more=more)


# --- rules: files that would take long to look at -------------------------------------------


@finds("duplicate-key", "medium", "config: config", ".json")
def very_many_keys_twice(path):
    keys = ",".join(f'"k{i}":1,"k{i}":2' for i in range(100_000))
    path.write_text('{"class_name":"x","config":{' + keys + "}}")


@finds("lambda-bytecode", "high", "x" * 200, ".json")
def very_long_name_of_very_many(path):
    inner = [{"class_name": "__lambda__", "config": 0}] * 50_000
    outer = {"class_name": "x", "name": "x" * (8 << 20), "config": inner}
    path.write_text(json.dumps([outer]))


@finds("path-in-name", "medium", "/" * 200, ".json")
def very_long_path(path):
    name = "/" * (12 << 20) + ".."
    path.write_text(json.dumps([{"class_name": "x", "name": name, "config": {}}]))


@finds("duplicate-member", "medium", "a.npz")
def very_many_arrays(path):
    """Thousands of members that are all one file of a thousand arrays."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as inner:
        for i in range(1000):
            inner.writestr(f"{i}.npy", b"\x93NUMPY")
    archive(path, model(dense()), more=[("a.npz", buffer.getvalue())])
    data = path.read_bytes()
    end = data.rindex(b"PK\5\6")
    last = data.rindex(b"PK\1\2", 0, end)
    more = data[last:end] * 9000
    record = bytearray(data[end:])
    (size,) = struct.unpack_from("<L", record, 12)
    struct.pack_into("<HHL", record, 8, 9004, 9004, size + len(more))
    path.write_bytes(data[:end] + more + record)


# --- what can't be read -------------------------------------------------------------------------


def as_json(path: Path, text: str | bytes) -> None:
    path.write_bytes(text.encode() if isinstance(text, str) else text)


@breaks("a pipe")
def pipe(path):
    os.mkfifo(path)


@breaks("a device")
def link_to_a_device(path):
    path.symlink_to("/dev/zero")


@breaks("a pipe", ".json")
def link_to_a_pipe(path):
    pipe = path.with_suffix(".pipe")
    os.mkfifo(pipe)
    path.symlink_to(pipe)


@breaks("a folder")
def folder(path):
    path.mkdir()


@breaks("No such file or directory")
def link_to_nothing(path):
    path.symlink_to(path.parent / "nothing")


@breaks("Too many levels of symbolic links")
def link_to_itself(path):
    path.symlink_to(path)


@breaks("it is empty")
def empty(path):
    path.touch()


@breaks("more values than archi reads", ".json")
def nested_ten_million_deep(path):
    as_json(path, '{"a":' * 10_000 + "[" * 10_000_000)


@breaks("nested more than 400 levels deep", ".json")
def nested_half_a_million_deep(path):
    as_json(path, "[" * 500_000 + "]" * 500_000)


@breaks("nested more than 400 levels deep", ".json")
def nested_a_little_too_deep(path):
    as_json(path, "[" * 401 + "]" * 401)


@breaks("larger than 16.8 MB", ".json")
def larger_than_read(path):
    as_json(path, " " * (17 << 20))


@breaks("larger than 16.8 MB", ".json")
def a_terabyte_of_nothing(path):
    with open(path, "wb") as file:
        file.truncate(1 << 40)
        file.write(b"{")


@breaks("more values than archi reads", ".json")
def millions_of_lists(path):
    as_json(path, "[" + "[]," * 5_000_000 + "0]")


@breaks("more values than archi reads", ".json")
def millions_of_objects(path):
    as_json(path, '["€",' + '{"a":1},' * 2_000_000 + "0]")


@breaks("an object of more than 500,000 keys", ".json")
def very_many_keys(path):
    as_json(path, "{" + ",".join(f'"{i:07}":1' for i in range(1_390_000)) + "}")


@breaks("a number of more than 100 digits", ".json")
def a_million_digits(path):
    as_json(path, '{"class_name": "Dense", "config": {"units": ' + "9" * 1_000_000 + "}}")


@breaks("a number too large for a float", ".json")
def larger_than_a_float(path):
    as_json(path, '{"rate": 1e999}')


@breaks("text that is no Unicode", ".json")
def half_a_pair(path):
    as_json(path, r'{"name": "\ud800"}')


@breaks("text that is no Unicode", ".json")
def half_a_pair_as_a_key(path):
    as_json(path, r'{"\uDFFF\uD83D": 1}')


@breaks("not UTF-8", ".json")
def latin_1(path):
    as_json(path, '{"name": "café"}'.encode("latin-1"))


@breaks("not UTF-8", ".json")
def utf_16(path):
    as_json(path, '{"name": "a"}'.encode("utf-16"))


@breaks("not JSON: Expecting property name", ".json")
def cut_short(path):
    as_json(path, '{"name": "a", ')


@breaks("no zip archive")
def text_called_keras(path):
    path.write_text("not a model")


@breaks("no config.json")
def without_a_config(path):
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("metadata.json", "{}")


@breaks("'config.json' is encrypted")
def encrypted(path):
    archive(path, model(dense()))
    data = bytearray(path.read_bytes())
    at = data.index(b"PK\1\2", data.index(b"PK\1\2") + 1)
    data[at + 8] |= 1
    path.write_bytes(data)


@breaks("neither stored nor deflated")
def another_method(path):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as file:
        file.writestr("config.json", json.dumps(model(dense())))


@breaks("its checksum is not the one noted")
def damaged_config(path):
    archive(path, model(dense()))
    path.write_bytes(path.read_bytes().replace(b"Sequential", b"Sequentiel", 1))


@breaks("more than archi reads|larger than 16.8 MB")
def config_larger_than_read(path):
    archive(path, b" " * (17 << 20))


@breaks("can't be inflated|larger than|checksum")
def config_declares_less_than_it_is(path):
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("metadata.json", "{}")
    add_member(path, "config.json", deflated(64 << 20), 1000)


@breaks("more members than archi reads")
def very_many_members(path):
    with zipfile.ZipFile(path, "w") as file:
        for i in range(10_001):
            file.writestr(f"m{i}", b"")


@breaks("more members than archi reads")
def huge_directory(path):
    with zipfile.ZipFile(path, "w") as file:
        info = zipfile.ZipInfo("config.json")
        for i in range(100):
            info = zipfile.ZipInfo(f"m{i}")
            info.comment = b"x" * 60_000
            file.writestr(info, b"")


@breaks("stand in front of the archive")
def data_in_front(path):
    archive(path, model(dense()))
    path.write_bytes(b"#!/bin/sh\nexit\n" + path.read_bytes())


@breaks("another name at its content")
def two_names(path):
    archive(path, model(dense()))
    path.write_bytes(path.read_bytes().replace(b"config.json", b"config.jsun", 1))


@breaks("HDF5 can't read it", ".h5")
def text_called_h5(path):
    path.write_text("not a model")


@breaks("HDF5 can't read it", ".h5")
def cut_hdf5(path):
    legacy(path, model(dense()))
    path.write_bytes(path.read_bytes()[:1000])


@breaks("is no text", ".h5")
def config_is_a_number(path):
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = 7


@breaks("larger than archi reads", ".h5")
def config_attribute_larger_than_read(path):
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = b" " * (17 << 20)


@breaks("more objects than archi reads|no answer within", ".h5")
def very_many_names(path):
    with h5py.File(path, "w", libver="latest") as file:
        file.attrs["model_config"] = b"{}"
        file.create_group("x")
        for i in range(100_001):
            file.id.links.create_hard(b"%d" % i, file.id, b"x")


@breaks("groups more than 100 deep", ".h5")
def groups_very_deep(path):
    with h5py.File(path, "w") as file:
        group = file
        for _ in range(200):
            group = group.create_group("g")
