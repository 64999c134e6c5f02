"""Documents of Keras 2, and of Keras 3's legacy formats, in the words of Keras 3.

Keras 2 (keras/src/engine/functional.py of 2.x) wrote the calls of a layer as lists of
`[layer, call, output, kwargs]`, and some arguments under other names.
"""

from __future__ import annotations

from typing import Any

from archi.errors import ReadError, quote
from archi.readers.document._tensorflow import is_function

# Arguments that other versions have and that change neither shapes nor weights, with the
# values of which that is so; None for any.
DROPPED = {
    "ragged": (False, None),
    "time_major": (False,),
    "implementation": (0, 1, 2),
    "input_length": None,
    "input_dtype": None,
    "input_dim": None,
    "virtual_batch_size": (None,),
    "fused": None,
    "adjustment": (None,),
    "batch_input_shape": None,
    "num_constants": (None, 0),
    "rng_type": None,
    "groups": (1,),
    "noise_shape": (None,),
    "trainable": None,
    "softmax_robust_masking": None,
    "robust_masking": None,
    "causal": None,
    "sparse": None,
    "dynamic": None,
    "autocast": None,
    # Shapes that MultiHeadAttention was built on.
    "query_shape": None,
    "key_shape": None,
    "value_shape": None,
}
# Names that Keras 3 changed: by class, the one there was.
RENAMED: dict[str, dict[str, str]] = {"LeakyReLU": {"alpha": "negative_slope"}}
# Layers that are called on a sequence and their states.
RECURRENT = (
    "RNN", "SimpleRNN", "GRU", "LSTM", "CuDNNGRU", "CuDNNLSTM", "Bidirectional",
    "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D",
)  # fmt: skip
# Arguments that are layers' documents themselves, or lists of such.
HELD = ("layer", "backward_layer", "cell", "cells")
# Arguments that Keras 2's depthwise and separable convolutions inherited and did not use.
INHERITED = ("groups", "kernel_initializer", "kernel_regularizer", "kernel_constraint")
INHERITING = ("DepthwiseConv1D", "DepthwiseConv2D", "SeparableConv1D", "SeparableConv2D")


def is_legacy(layers: list[dict[str, Any]]) -> bool:
    """Whether a model's layers are of Keras 2 or a legacy format.

    Layers have no module then, or inputs another name of their shape, or calls are lists.
    """
    return any(
        "module" not in layer
        or _has(layer.get("config"), "batch_input_shape")
        or any(isinstance(node, list) for node in _calls(layer))
        for layer in layers
    )


def _has(config: Any, key: str) -> bool:
    return isinstance(config, dict) and key in config


def _calls(layer: dict[str, Any]) -> list[Any]:
    calls = layer.get("inbound_nodes")
    return calls if isinstance(calls, list) else []


def with_layers(document: Any) -> Any:
    """Return a model's document with its layers in its config.

    Keras 1 and Keras 2 before 2.2 wrote the layers of a Sequential model as its config, and
    its name nowhere.
    """
    if not isinstance(document, dict) or document.get("class_name") != "Sequential":
        return document
    layers = document.get("config")
    if not isinstance(layers, list):
        return document
    name = document.get("name")
    return {**document, "config": {"name": name or "sequential", "layers": layers}}


def modern(config: dict[str, Any], layers: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a model's config, of these layers, as Keras 3 would write it.

    Raises ReadError for calls that are none.
    """
    tensors = _Tensors(layers)
    changed = {**config, "layers": [_modern_layer(layer, tensors) for layer in layers]}
    if "output_layers" in config:
        changed["output_layers"] = tensors.ends(config["output_layers"])
    return changed


def _modern_layer(layer: dict[str, Any], tensors: _Tensors) -> dict[str, Any]:
    result = modern_config(layer)
    if "inbound_nodes" not in layer:
        return result
    of_tensorflow = is_function(layer)
    nodes = [tensors.call(node, whole=of_tensorflow) for node in _calls(layer)]
    result = {**result, "inbound_nodes": [_with_states(layer, node) for node in nodes]}
    return result if of_tensorflow else _as_operation(result)


def _with_states(layer: dict[str, Any], call: dict[str, Any]) -> dict[str, Any]:
    """Return a call with a recurrent layer's states and constants by name.

    Keras 2 called it on the list of the sequence, the initial states and the constants
    (`RNN.__call__` of keras/src/layers/rnn/base_rnn.py of 2.x).
    """
    inputs = call["args"][0] if call["args"] else None
    if str(layer.get("class_name")) not in RECURRENT or not isinstance(inputs, list):
        return call
    config = layer.get("config")
    count = config.get("num_constants") if isinstance(config, dict) else None
    cut = len(inputs) - (count if type(count) is int and 0 < count < len(inputs) else 0)
    states, constants = inputs[1:cut], inputs[cut:]
    others = {"initial_state": states} if states else {}
    if constants:
        others["constants"] = constants
    return {"args": inputs[:1], "kwargs": {**others, **call["kwargs"]}}


def modern_config(document: dict[str, Any]) -> dict[str, Any]:
    """Return a layer's document with the arguments that Keras 3 has."""
    config = document.get("config")
    if not isinstance(config, dict) or isinstance(config.get("layers"), list):
        return document
    name = str(document.get("class_name"))
    own = _arguments(name)
    changed: dict[str, Any] = {}
    key: str
    for key, value in config.items():
        droppable = DROPPED.get(key, ()) if key not in own else ()
        if droppable is None or value in droppable:
            continue
        if name in INHERITING and key in INHERITED:
            continue
        now = RENAMED.get(name, {}).get(key, key)
        changed[now] = _modern_held(value) if key in HELD else value
    noted = config.get("batch_input_shape")
    if name == "InputLayer" and "batch_shape" not in changed:
        changed["batch_shape"] = noted
    _mend(changed)
    result = {**document, "config": changed}
    module = document.get("module")
    if isinstance(module, str):
        result["module"] = module.removeprefix("tf_")
    if isinstance(noted, list) and "build_config" not in document:
        result["build_config"] = {"input_shape": noted}
    return result


def _arguments(class_name: str) -> Any:
    """Return the arguments of a layer class; those of one without a twin are not known."""
    from archi.layers import layer_class

    try:
        return layer_class(class_name).arguments
    except KeyError:
        return DROPPED  # so that its config stays as it is


def _modern_held(value: Any) -> Any:
    """Return the documents of layers inside another as Keras 3 would write them."""
    if isinstance(value, list):
        return [_modern_held(item) for item in value]
    return modern_config(value) if isinstance(value, dict) else value


def _mend(config: dict[str, Any]) -> None:
    axis, dtype = config.get("axis"), config.get("dtype")
    if isinstance(axis, list) and len(axis) == 1:
        config["axis"] = axis[0]
    if isinstance(dtype, dict) and dtype.get("class_name") in ("Policy", "PolicyV1"):
        inner = dtype.get("config")
        config["dtype"] = inner.get("name") if isinstance(inner, dict) else None


def _as_operation(layer: dict[str, Any]) -> dict[str, Any]:
    """Return the document with its module where it is an operation's.

    Of layers a config has more than arguments; where a layer and an operation have one
    name, such as Add, that tells them apart.
    """
    config = layer.get("config")
    if not isinstance(config, dict) or "trainable" in config or "dtype" in config:
        return layer
    from archi.ops import operation

    try:
        return {**layer, "module": operation(str(layer.get("class_name"))).module}
    except KeyError:
        return layer


class _Tensors:
    """Reads the tensors in the calls of a model: `[layer, call, output]`, in any structure."""

    def __init__(self, layers: list[dict[str, Any]]) -> None:
        # Keras 2 counts the calls of a model from 1: its own inputs are the first.
        self.models = {
            name
            for layer in layers
            if isinstance(name := layer.get("name"), str)
            and _has(layer.get("config"), "layers")
            and any(isinstance(node, list) for node in _calls(layer))
        }
        self.names = {name for layer in layers if isinstance(name := layer.get("name"), str)}

    def call(self, node: Any, *, whole: bool = False) -> dict[str, Any]:
        """Return a call as Keras 3 writes it. Raises ReadError for what is none.

        A list of one tensor is that tensor, but where the `whole` is what is written.
        """
        if isinstance(node, dict) and isinstance(node.get("args"), list):
            return node
        if whole and node == []:  # an empty list, with which Keras 2 forgets the rest
            return {"args": [[]], "kwargs": {}}
        if not isinstance(node, (list, dict)) or not node:
            raise ReadError("a call in the file is neither an object nor a list")
        kwargs: dict[str, Any] = {}
        inputs = self._inputs(node, kwargs)
        if isinstance(inputs, list) and len(inputs) == 1 and not whole:
            inputs = inputs[0]
        return {"args": [inputs], "kwargs": {key: self._value(kwargs[key]) for key in kwargs}}

    def _inputs(self, entry: Any, kwargs: dict[str, Any]) -> Any:
        """Return the first argument of a call; the others are with the first tensor."""
        if isinstance(entry, dict):
            return {key: self._inputs(item, kwargs) for key, item in entry.items()}
        if not isinstance(entry, list):
            raise ReadError(f"a call in the file reads {quote(str(entry))}, which is no tensor")
        if not entry or not isinstance(entry[0], str):
            return [self._inputs(item, kwargs) for item in entry]
        if len(entry) not in (3, 4):
            raise ReadError(f"a call in the file reads {quote(str(entry))}, which is no tensor")
        if len(entry) == 4 and isinstance(entry[3], dict) and not kwargs:
            kwargs.update(entry[3])
        if entry[0] == "_CONSTANT_VALUE":
            return entry[2]
        return self._tensor(entry)

    def _tensor(self, entry: list[Any]) -> dict[str, Any]:
        history = {"keras_history": self._history(entry)}
        return {"class_name": "__keras_tensor__", "config": history}

    def _history(self, entry: list[Any]) -> list[Any]:
        name, index, output = entry[:3]
        if name in self.models and type(index) is int and index > 0:
            index -= 1
        return [name, index, output]

    def _value(self, value: Any) -> Any:
        """Return an argument, with the tensors in it as Keras 3 writes them."""
        if isinstance(value, dict):
            return {key: self._value(item) for key, item in value.items()}
        if not isinstance(value, list):
            return value
        if self._is_tensor(value):
            return self._tensor(value)
        return [self._value(item) for item in value]

    def _is_tensor(self, value: list[Any]) -> bool:
        return (
            len(value) == 3
            and isinstance(value[0], str)
            and value[0] in self.names
            and all(type(number) is int for number in value[1:])
        )

    def ends(self, value: Any) -> Any:
        """Return the outputs of a model, in any structure."""
        if isinstance(value, dict):
            return {key: self.ends(item) for key, item in value.items()}
        if not isinstance(value, list):
            return value
        if self._is_tensor(value):
            return self._history(value)
        return [self.ends(item) for item in value]
