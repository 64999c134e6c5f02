"""A layer or an operation from the document that Keras writes of it: class, module, config.

Nothing is imported by the names in a document: they are looked up among the twins.
"""

from __future__ import annotations

from typing import Any

from archi.errors import LayerError, quote
from archi.twin.arguments import Function, Own
from archi.twin.layer import Elementwise, Layer
from archi.twin.lookup import layer_class, operation

# Keras writes "keras.layers" for its own layers, older versions the module of the file,
# and legacy formats no module at all.
KERAS_MODULES = ("keras.layers", "keras.src.layers", "keras.engine", "keras.src.engine")
KERAS_OPERATIONS = "keras.src.ops."
# Layers of Keras for which there can be no twin, and why.
FOREIGN = {
    "FlaxLayer": "runs code of Flax",
    "JaxLayer": "runs code of JAX",
    "Lambda": "runs Python code",
    "Layer": "is what other layers derive from",
    "TFSMLayer": "runs a TensorFlow SavedModel from elsewhere",
    "TorchModuleWrapper": "runs a module of PyTorch",
    "Wrapper": "is what layers around others derive from",
}


def read_layer(document: Any) -> Layer:
    """Return the twin of `{"module": …, "class_name": …, "config": {…}}`.

    Raises LayerError for a class that archi does not know, or a config it can't have.
    """
    if isinstance(document, Layer):
        return document
    if not isinstance(document, dict) or not isinstance(document.get("config"), dict):
        raise LayerError("a layer is written as its class_name and config")
    name, module = document.get("class_name"), document.get("module")
    if not isinstance(name, str):
        raise LayerError("a layer is written as its class_name and config")
    try:
        twin = layer_class(name)
    except KeyError:
        why = (
            f"{name} {FOREIGN[name]}" if name in FOREIGN else f"its class {quote(name)} is unknown"
        )
        raise LayerError(why) from None
    if module is not None and not _is_home(module, twin):
        raise LayerError(f"{quote(name)} is not Keras's: it is of {quote(str(module))}")
    return twin(**with_own(twin, document["config"]))


def with_own(twin: type[Layer], config: dict[str, Any]) -> dict[str, Any]:
    """Return a config in which functions that are none of Keras's are people's own."""
    found: dict[str, Own] = {}
    for key, value in config.items():
        kind = twin.arguments[key].kind if key in twin.arguments else None
        if isinstance(kind, Function) and not kind.takes(value, twin):
            own = Own.of(value)
            if own is not None:
                found[key] = own
                _note_layer(own)
    return {**config, **found} if found else config


def _note_layer(own: Own) -> None:
    """Note of a function that is a layer, such as `LeakyReLU(0.1)`, what is known of it.

    Layers have `trainable` in their configs. Those of Keras 2 have a plain dtype there, or
    a `Policy`, and their weights are the layer's; Keras 3 does not track them.
    """
    document = own.document
    config = document.get("config") if isinstance(document, dict) else None
    if not isinstance(config, dict) or "trainable" not in config:
        return
    dtype = config.get("dtype")
    kind = dtype.get("class_name") if isinstance(dtype, dict) else None
    try:
        layer = read_layer(document)
    except LayerError:
        layer = None
    own.layer = layer if isinstance(layer, Elementwise) else None
    if own.layer is None or own.layer.has_build_config:  # of Keras's, PReLU alone is built
        own.weighs = isinstance(dtype, str) or kind in ("Policy", "PolicyV1")


def _is_home(module: Any, twin: type[Layer]) -> bool:
    if not isinstance(module, str):
        return False
    moved = twin.module == "keras.layers" and module.startswith(KERAS_MODULES)
    return moved or module == twin.module


def read_node(document: dict[str, Any]) -> Layer:
    """Return the twin of a layer's or an operation's document.

    Raises LayerError for a class that archi does not know, or a config it can't have.
    """
    if not str(document.get("module")).startswith(KERAS_OPERATIONS):
        return read_layer(document)
    name, config = document.get("class_name"), document.get("config")
    try:
        twin = operation(str(name))
    except KeyError:
        raise LayerError(f"archi does not know the operation {quote(str(name))}") from None
    if not isinstance(config, dict):
        raise LayerError("an operation is written as its class_name and config")
    return twin(**config)
