"""Models that Keras 2 builds and saves, and what archi reads of them."""

from __future__ import annotations

import os
from pathlib import Path
from types import ModuleType
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from support.tensorflow_cases import INPUTS


def tf_keras() -> Any:
    """Return Keras 2. TensorFlow itself stays with Keras 3."""
    import tf_keras

    return tf_keras


def built(expression: str, *, whole: bool = False) -> Any:
    """Return the model of a call on the inputs that it names. Raises what TensorFlow raises.

    Many functions are made of others, which is what Keras 2 makes layers of. Other versions
    saved other functions as `whole`: as the layers that they are asked for here.
    """
    keras = tf_keras()
    made: dict[str, Any] = {}

    class Names(dict):  # type: ignore[type-arg]
        def __missing__(self, name: str) -> Any:
            if name not in INPUTS:
                raise KeyError(name)
            shape, dtype = INPUTS[name]
            made[name] = self[name] = keras.Input(batch_shape=shape, dtype=dtype, name=f"in_{name}")
            return made[name]

    names = namespace()
    if whole:
        names.update({name: _Whole(names[name]) for name in ("tf", "K", "tf_keras")})
    outputs = eval(expression, names, Names())
    keep = [t for t in _flat(outputs) if keras.backend.is_keras_tensor(t) and _is_dense(t)]
    return keras.Model([*made.values()], keep)


def namespace() -> dict[str, Any]:
    """Return what expressions may name."""
    import numpy as np
    import tensorflow as tf

    keras = tf_keras()

    def kernel(*shape: int) -> Any:
        return tf.constant(np.full(shape, 0.5, "float32"))

    return {"tf": tf, "tf_keras": keras, "K": keras.backend, "np": np, "kernel": kernel}


class _Whole:
    """A module whose functions become a layer each."""

    def __init__(self, module: Any) -> None:
        self.module = module

    def __getattr__(self, name: str) -> Any:
        from tensorflow.python.util.dispatch import FALLBACK_DISPATCH_ATTR
        from tf_keras.src.layers.core.tf_op_layer import TFOpLambda

        found = getattr(self.module, name)
        if isinstance(found, ModuleType):
            return _Whole(found)
        if not hasattr(found, FALLBACK_DISPATCH_ATTR):
            return found

        def call(*args: Any, **kwargs: Any) -> Any:
            if any(hasattr(each, "_keras_history") for each in _flat([args, kwargs])):
                return TFOpLambda(found)(*args, **kwargs)
            return found(*args, **kwargs)

        return call


def _is_dense(tensor: Any) -> bool:
    """Whether it is a tensor, and not a None that an operation gave."""
    return hasattr(tensor.type_spec, "shape")


def _flat(value: Any) -> list[Any]:
    import tensorflow as tf

    return tf.nest.flatten(value)


def shapes_in_keras(model: Any) -> dict[str, list[tuple[Any, ...]]]:
    """Return the shapes of the outputs of each layer's first call."""
    found = {}
    for layer in model.layers:
        outputs = layer._inbound_nodes[0].outputs
        found[layer.name] = [_shape(tensor) for tensor in _flat(outputs) if _is_dense(tensor)]
    return found


def _shape(tensor: Any) -> tuple[Any, ...]:
    """Return the shape; of a number of axes that Keras does not know, that of one open axis."""
    shape = tensor.shape
    return (None,) if shape.rank is None else tuple(shape.as_list())


def shapes_in_archi(graph: Any) -> dict[str, list[tuple[Any, ...]]]:
    """Return the shapes of the outputs of each layer's first call."""
    return {
        layer.name: [tuple(tensor.shape) for tensor in graph.calls_of(layer)[0].outputs]
        for layer in graph.layers
    }


def saved(model: Any, folder: Path, suffix: str) -> str:
    """Save a model as Keras 2 does; return the path."""
    path = folder / f"model{suffix}"
    if suffix == ".json":
        path.write_text(model.to_json(), encoding="utf-8")
    else:
        model.save(path)
    return str(path)


def node_document(expression: str, *, as_text: bool) -> tuple[Any, list[tuple[Any, ...]]]:
    """Return a model's document with the last node of a call as its layer, and its shapes.

    As `TensorFlowOpLayer.get_config` had it: the node as JSON, or the text of its protocol
    buffer, and the constants among its inputs. None where the protocol buffer is no text.
    """
    import tensorflow as tf
    from google.protobuf import json_format

    with tf.Graph().as_default():
        made: dict[str, Any] = {}

        class Names(dict):  # type: ignore[type-arg]
            def __missing__(self, name: str) -> Any:
                if name not in INPUTS:
                    raise KeyError(name)
                shape, dtype = INPUTS[name]
                made[name] = self[name] = tf.compat.v1.placeholder(dtype, shape, name)
                return made[name]

        result = eval(expression, namespace(), Names())
        operation = _flat(result)[0].op
        constants, sources = {}, []
        for place, tensor in enumerate(operation.inputs):
            value = tf.get_static_value(tensor)
            if value is None:
                sources.append(tensor)
            else:
                constants[str(place)] = value.tolist()
        shapes = [tuple(each.shape.as_list()) for each in operation.outputs]
        node: Any = json_format.MessageToDict(operation.node_def)
        if as_text:
            try:
                node = operation.node_def.SerializeToString().decode("utf-8")
            except UnicodeDecodeError:
                return None, shapes
        config = {"name": "node", "trainable": True, "dtype": "float32"}
        layers: list[dict[str, Any]] = [
            {
                "class_name": "InputLayer",
                "name": f"in_{place}",
                "config": {
                    "name": f"in_{place}",
                    "batch_input_shape": tensor.shape.as_list(),
                    "dtype": tensor.dtype.name,
                },
                "inbound_nodes": [],
            }
            for place, tensor in enumerate(sources)
        ]
    ends = [[layer["name"], 0, 0] for layer in layers]
    call = [[*end, {}] for end in ends]
    layers.append(
        {
            "class_name": "TensorFlowOpLayer",
            "name": "node",
            "config": {**config, "node_def": node, "constants": constants},
            "inbound_nodes": [call],
        }
    )
    document = {
        "class_name": "Functional",
        "config": {
            "name": "model",
            "layers": layers,
            "input_layers": ends,
            "output_layers": [["node", 0, 0]],
        },
    }
    return document, shapes


def profiled_macs(expression: str) -> int:
    """Return the MACs that TensorFlow's profiler counts in a call on one sample."""
    import tensorflow as tf

    profiler = tf.compat.v1.profiler
    with tf.Graph().as_default() as graph:

        class Names(dict):  # type: ignore[type-arg]
            def __missing__(self, name: str) -> Any:
                if name not in INPUTS:
                    raise KeyError(name)
                (_, *shape), dtype = INPUTS[name]
                self[name] = tf.compat.v1.placeholder(dtype, [1, *shape], name)
                return self[name]

        eval(expression, namespace(), Names())
    options = profiler.ProfileOptionBuilder(profiler.ProfileOptionBuilder.float_operation())
    options.with_empty_output()
    options.account_displayed_op_only(True).with_node_names(show_name_regexes=[PRODUCTS])
    found = profiler.profile(graph, cmd="scope", options=options.build())
    return found.total_float_ops // 2


PRODUCTS = ".*(MatMul|Conv|conv|depthwise|Tensordot).*"
