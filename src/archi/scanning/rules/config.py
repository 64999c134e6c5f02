"""Rules over the objects of a config: what Keras would import, call or read for them.

What Keras does is read off its source (3.8 to 3.15: `saving/serialization_lib.py`, and
Keras 2's `saving/legacy`). Versions up to 3.8 import the `module` of any object and take
the class or function of that name; from 3.9 on only Keras's own packages are imported,
and custom objects must be registered by the program that loads the file.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator

from archi.errors import quote
from archi.scanning._objects import HDF5_CONFIGS, Object
from archi.scanning.findings import Found, rule

# Packages that Keras, in any version, looks its own objects up in.
KERAS = {"keras", "tf_keras", "keras_core", "keras_hub", "keras_nlp", "keras_cv"}
# Packages that have no Keras objects, but functions that run or load what they are given.
NO_KERAS_OBJECTS = {
    "cloudpickle", "dill", "joblib", "numpy", "pandas", "pip", "pkg_resources", "requests",
    "scipy", "setuptools", "torch", "yaml",
}  # fmt: skip
DANGEROUS_BUILTINS = {
    "__import__", "breakpoint", "compile", "delattr", "eval", "exec", "exit", "getattr", "globals",
    "help", "input", "locals", "open", "quit", "setattr", "vars",
}  # fmt: skip
# Functions of these parts of Keras are what models are made of.
MODELING = {
    "activations", "constraints", "initializers", "layers", "legacy", "losses", "metrics",
    "models", "ops", "optimizers", "quantizers", "random", "regularizers", "dtype_policies",
}  # fmt: skip
# Functions of Keras that do something else, as Keras 3.15 itself lists them
# (NON_MODELING_APIS), and three more that undo its checks, run bytecode or unpack.
NON_MODELING = {
    "audio_dataset_from_directory", "clear_session", "deserialize_keras_object",
    "enable_unsafe_deserialization", "get_file",
    "image_dataset_from_directory", "load_img", "load_model", "load_weights", "model_from_json",
    "register_keras_serializable", "save_img", "save_model", "save_weights",
    "serialize_keras_object", "text_dataset_from_directory", "set_global_attribute", "func_load",
    "extract_archive",
}  # fmt: skip
UNSAFE = {"enable_unsafe_deserialization", "set_global_attribute"}

# Base64 of Python bytecode, as keras.utils.func_dump writes it, with line ends.
BYTECODE = re.compile(r"[A-Za-z0-9+/=\s]{40,}")
# An absolute path, a drive, or a way up; "conv1/bn" is an ordinary name of Keras 2.
LEADS_OUT = re.compile(r"^[/\\]|^[A-Za-z]:[/\\]|(^|[/\\])\.\.([/\\]|$)")
VOCABULARIES = ("vocabulary", "vocabulary_file", "vocab_file", "merges")


def _is_foreign(node: Object) -> bool:
    if not node.module or node.root in KERAS or node.root == "builtins":
        return False
    # A type of TensorFlow's, which Keras writes where a layer has an input that is no
    # plain tensor.
    return not (node.class_name == "__typespec__" and node.root == "tensorflow")


def _has_no_keras_objects(root: str) -> bool:
    return root in sys.stdlib_module_names or root in NO_KERAS_OBJECTS


def _severity(node: Object) -> str:
    return "high" if _has_no_keras_objects(node.root) else "medium"


@rule(
    "lambda-bytecode",
    looks_at="object",
    severity="high",
    cve=("CVE-2024-3660",),
    fixed_in="2.13.0",
)
def lambda_bytecode(node: Object) -> Iterator[Found]:
    """Python bytecode in the file.

    A Lambda made from a Python lambda holds its compiled code. Loading it runs marshal.loads,
    and using or even building the layer runs the code. Keras 2.13 and later refuse it in
    .keras files under safe_mode, Keras 3.11.3 and later in .h5 files too (CVE-2025-9905).
    Replace the lambda by a registered function or layer.
    """
    legacy = (("CVE-2025-9905",), "3.11.3") if node.container in HDF5_CONFIGS else (None, None)
    if node.class_name == "__lambda__":
        yield Found("Python bytecode is unmarshalled and run", "", "", *legacy)
    elif node.class_name == "Lambda":
        for key in ("function", "output_shape", "mask"):
            code = node.config.get(key)
            kind = node.config.get(f"{key}_type")
            # Keras 2 writes [code, defaults, closure].
            first = code[0] if isinstance(code, list) and code else None
            if isinstance(first, str) and (kind == "lambda" or BYTECODE.fullmatch(first)):
                what = f"its {key} is Python bytecode, which is unmarshalled and run"
                yield Found(what, "", "", *legacy)


@rule(
    "lambda-layer",
    looks_at="object",
    severity="medium",
)
def lambda_layer(node: Object) -> Iterator[Found]:
    """A Lambda layer that calls a function.

    The layer calls a function by name on everything that passes through it. Keras takes it
    from what the loading program has registered and from its own modules; which one that is,
    the file decides.
    """
    if node.class_name != "Lambda":
        return
    function = node.config.get("function")
    if isinstance(function, dict):
        if function.get("class_name") == "__lambda__":
            return
        function = function.get("config")
    if isinstance(function, str):
        yield Found(f"the function {quote(function)} is called on what passes through")
    elif not any(lambda_bytecode(node)):
        yield Found("a function is called on what passes through")


@rule(
    "foreign-module",
    looks_at="object",
    severity="medium",
    worst="high",
    cve=("CVE-2025-1550",),
    fixed_in="3.9.0",
)
def foreign_module(node: Object) -> Iterator[Found]:
    """A class from outside Keras.

    Keras up to 3.8 imports the module that the file names, which runs that module's code, and
    makes an object of any class in it. Later versions need the class to be registered by the
    loading program. That is what a custom layer looks like, so look at which module it is: of
    high severity are the standard library and packages that have no Keras objects.
    """
    if _is_foreign(node) and not node.is_function:
        shown = quote(f"{node.module}.{node.name}", 80)
        yield Found(f"{quote(node.module)} is imported for {shown}", severity=_severity(node))


@rule(
    "foreign-function",
    looks_at="object",
    severity="medium",
    worst="high",
    cve=("CVE-2025-1550",),
    fixed_in="3.9.0",
)
def foreign_function(node: Object) -> Iterator[Found]:
    """A function from outside Keras.

    Keras up to 3.8 imports the module that the file names and takes any function of it, which
    a Lambda layer, an activation or a loss then calls with arguments from the file. Later
    versions need the function to be registered by the loading program. Of high severity are
    functions of the standard library and of packages that have no Keras objects.
    """
    if not node.is_function:
        return
    shown = quote(f"{node.module}.{node.name}", 80)
    if _is_foreign(node):
        yield Found(f"the function {shown} is imported, to be called", severity=_severity(node))
    elif node.module == "builtins" and node.name in DANGEROUS_BUILTINS:
        yield Found(f"the function {shown} is taken from Python, to be called", severity="high")


@rule(
    "non-modeling-api",
    looks_at="object",
    severity="high",
    cve=("CVE-2025-8747",),
    fixed_in="3.11.0",
)
def non_modeling_api(node: Object) -> Iterator[Found]:
    """A function of Keras that is no part of a model.

    Keras's own functions can be called from a config, and some of them download files, load
    other models or switch the checks off that keep a file from running code. Keras 3.11 and
    later refuse them. What get_file unpacked before Keras 3.12 could be written anywhere
    (CVE-2025-12060, CVE-2025-12638).
    """
    if node.root not in KERAS or not node.is_function:
        return
    shown = quote(f"{node.module}.{node.name}", 80)
    if node.name in UNSAFE:
        what = f"{shown} is called, which can switch safe_mode off"
        yield Found(what, cve=("CVE-2025-9906",), fixed_in="3.11.0")
    elif node.name in NON_MODELING:
        yield Found(f"{shown} is called, which is no part of a model")
    elif not MODELING.intersection(node.module.split(".")):
        yield Found(f"{shown} is called, which is no part of a model", severity="medium")


@rule(
    "torch-module-pickle",
    looks_at="object",
    severity="high",
    cve=("CVE-2025-49655",),
    fixed_in="3.11.3",
)
def torch_module_pickle(node: Object) -> Iterator[Found]:
    """A pickled PyTorch module in the file.

    A TorchModuleWrapper holds its module as a pickle, which torch.load runs. Keras 3.11.3 and
    later refuse it under safe_mode.
    """
    if node.class_name == "TorchModuleWrapper":
        yield Found("torch.load unpickles what the file holds, which can run any code")


@rule(
    "external-savedmodel",
    looks_at="object",
    severity="high",
    cve=("CVE-2026-1462",),
    fixed_in="3.13.2",
)
def external_savedmodel(node: Object) -> Iterator[Found]:
    """A SavedModel from elsewhere.

    The layer loads a TensorFlow SavedModel from a path or an address that the file gives, and
    runs the graph in it. Keras 3.13.2 and later refuse it under safe_mode.
    """
    if node.class_name == "TFSMLayer":
        path = str(node.config.get("filepath"))
        yield Found(f"the SavedModel {quote(path, 80)} is loaded and run")
    handle = node.config.get("handle")
    if node.class_name == "KerasLayer" and isinstance(handle, str):  # tensorflow_hub's
        what = f"the SavedModel {quote(handle, 80)} is loaded and run, given tensorflow_hub"
        yield Found(what, severity="medium", cve=())


@rule(
    "external-file",
    looks_at="object",
    severity="medium",
    cve=("CVE-2025-12058",),
    fixed_in="3.12.0",
)
def external_file(node: Object) -> Iterator[Found]:
    """A file from elsewhere is read.

    A vocabulary can be given as a path, which is read when the layer is made, also from other
    machines where TensorFlow has a file system for them; its lines are then part of the model.
    Keras 3.12 and later refuse it under safe_mode.
    """
    for key in VOCABULARIES:
        value = node.config.get(key)
        if isinstance(value, str) and value:
            yield Found(f"the file {quote(value, 80)} is read as its {key}")


@rule(
    "path-in-name",
    looks_at="object",
    severity="medium",
    cve=("CVE-2026-12479",),
    fixed_in="3.15.0",
)
def path_in_name(node: Object) -> Iterator[Found]:
    """A name that is a path.

    Keras makes folder names from the names of layers when a model is saved. Keras 3.15 and
    later refuse those that lead out of the folder.
    """
    names = [node.raw.get("name"), node.config.get("name")]
    for name in dict.fromkeys(name for name in names if isinstance(name, str)):
        if LEADS_OUT.search(name):
            yield Found(f"its name {quote(name)} leads out of the folder it is saved into")


@rule(
    "registered-name-mismatch",
    looks_at="object",
    severity="medium",
    fixed_in="3.15.0",
)
def registered_name_mismatch(node: Object) -> Iterator[Found]:
    """A class of Keras under another registered name.

    The object says that it is of Keras, but Keras looks for its registered name first among
    what the loading program has registered, and takes that. Keras 3.15 and later refuse it.
    """
    registered = node.raw.get("registered_name")
    if not registered or node.root != "keras" or node.module.startswith("keras.src"):
        return
    if isinstance(registered, str) and registered not in (node.name, node.class_name):
        shown = quote(f"{node.module}.{node.name}", 80)
        yield Found(f"{shown} is registered as {quote(registered)}, which is taken instead")
