"""Documents of Keras 2, and of Keras 3's legacy formats, in the words of Keras 3.

Keras 2 (keras/src/engine/functional.py of 2.x) wrote the calls of a layer as lists of
`[layer, call, output, kwargs]`, and some arguments under other names.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from archi.errors import ReadError, quote

# Arguments that later versions dropped and that change neither shapes nor weights.
DROPPED = {
    "ragged": (False, None),
    "time_major": (False,),
    "implementation": (0, 1, 2),
    "input_length": None,
    "input_dtype": None,
    "virtual_batch_size": (None,),
    "fused": None,
    "adjustment": (None,),
    "batch_input_shape": None,
    "input_dim": None,
    "num_constants": (None, 0),
    # Shapes that MultiHeadAttention was built on.
    "query_shape": None,
    "key_shape": None,
    "value_shape": None,
}
# Arguments that are layers' documents themselves, or lists of such.
HELD = ("layer", "backward_layer", "cell", "cells")
# Arguments that Keras 2's depthwise and separable convolutions inherited and did not use.
INHERITED = ("groups", "kernel_initializer", "kernel_regularizer", "kernel_constraint")
INHERITING = ("DepthwiseConv1D", "DepthwiseConv2D", "SeparableConv1D", "SeparableConv2D")


def is_legacy(document: dict[str, Any]) -> bool:
    """Whether a layer's document is of Keras 2 or a legacy format: they name no module."""
    return "module" not in document


def modern(document: dict[str, Any]) -> dict[str, Any]:
    """Return a layer's document as Keras 3 would write it; as it is where it is modern."""
    config = document.get("config")
    if not isinstance(config, dict) or not is_legacy(document):
        return document
    changed = dict(config)
    noted = changed.get("batch_input_shape")
    if document.get("class_name") == "InputLayer" and "batch_shape" not in changed:
        changed["batch_shape"] = noted
    for key, droppable in DROPPED.items():
        value = changed.get(key)
        if key in changed and (droppable is None or value in droppable):
            del changed[key]
    if document.get("class_name") in INHERITING:
        changed = {key: value for key, value in changed.items() if key not in INHERITED}
    changed.update({key: _modern_held(changed[key]) for key in HELD if key in changed})
    _mend(changed)
    result = {**document, "config": changed}
    if isinstance(noted, list) and "build_config" not in document:
        result["build_config"] = {"input_shape": noted}
    return result


def _modern_held(value: Any) -> Any:
    """Return the documents of layers inside another as Keras 3 would write them."""
    if isinstance(value, list):
        return [_modern_held(item) for item in value]
    return modern(value) if isinstance(value, dict) else value


def _mend(config: dict[str, Any]) -> None:
    axis, dtype = config.get("axis"), config.get("dtype")
    if isinstance(axis, list) and len(axis) == 1:
        config["axis"] = axis[0]
    if isinstance(dtype, dict) and dtype.get("class_name") in ("Policy", "PolicyV1"):
        inner = dtype.get("config")
        config["dtype"] = inner.get("name") if isinstance(inner, dict) else None


def modern_call(node: Any, is_model: Callable[[str], bool]) -> tuple[list[Any], dict[str, Any]]:
    """Return the args and kwargs of a call, tensors in them as Keras 3 writes them.

    `is_model` says of a layer's name whether it is a model: Keras 2 counts the calls of
    models from 1. Raises ReadError for what is no call.
    """
    if isinstance(node, dict):
        args, kwargs = node.get("args"), node.get("kwargs")
        if not isinstance(args, list) or not isinstance(kwargs, dict):
            raise ReadError("a call in the file has no args and kwargs")
        return args, kwargs
    if not isinstance(node, list) or not node:
        raise ReadError("a call in the file is neither an object nor a list")
    entries = [node] if isinstance(node[0], str) else node
    tensors = [_tensor(entry, is_model) for entry in entries]
    kwargs = next((e[3] for e in entries if len(e) == 4 and isinstance(e[3], dict)), {})
    kwargs = {key: _kwarg(value, is_model) for key, value in kwargs.items()}
    return [tensors[0] if len(tensors) == 1 else tensors], kwargs


def _tensor(entry: Any, is_model: Callable[[str], bool]) -> dict[str, Any]:
    if not isinstance(entry, list) or len(entry) not in (3, 4) or not isinstance(entry[0], str):
        raise ReadError(f"a call in the file reads {quote(str(entry))}, which is no tensor")
    name, index, output = entry[:3]
    if is_model(name) and type(index) is int and index > 0:
        index -= 1
    return {
        "class_name": "__keras_tensor__",
        "config": {"keras_history": [name, index, output]},
    }


def _kwarg(value: Any, is_model: Callable[[str], bool]) -> Any:
    """A tensor among the keyword arguments, as operations of Keras 2 have them."""
    if (
        isinstance(value, list)
        and len(value) == 3
        and isinstance(value[0], str)
        and all(type(number) is int for number in value[1:])
    ):
        return _tensor(value, is_model)
    return value
