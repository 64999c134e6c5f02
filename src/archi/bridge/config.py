"""Graph → the config that Keras writes of a functional model, and its JSON."""

from __future__ import annotations

import json
from typing import Any

from archi.bridge._flat import flat
from archi.graph import Graph, Node, Tensor, map_tensors
from archi.layers.core import InputLayer
from archi.twin.layer import Layer
from archi.twin.nested import Sequential, members
from archi.twin.values import write_values


def functional_config(graph: Graph) -> dict[str, Any]:
    """Return the config of the functional model, as its `get_config()` gives it.

    Models inside it are opened up, see `flat`. Raises ArchiError for unknown layers.
    """
    graph = flat(graph)
    writer = _ConfigWriter(graph)
    return {
        "name": graph.name,
        "trainable": True,
        "layers": [writer.member(member) for member in members(graph.layers)],
        "input_layers": writer.ends(graph.ends[0]),
        "output_layers": writer.ends(graph.ends[1]),
    }


def functional_json(graph: Graph) -> str:
    """Return what `keras.Model.to_json()` returns; `keras.models.model_from_json` reads it."""
    if graph.live is not None:
        with graph.live.running():
            return graph.live.to_json()
    document = {
        "module": "keras.src.models.functional",
        "class_name": "Functional",
        "config": functional_config(graph),
        "registered_name": "Functional",
        "build_config": {"input_shape": None},
        "compile_config": {},
    }
    return json.dumps(document)


class _ConfigWriter:
    """Writes layers and tensors as Keras's functional config has them."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.index = {
            node: index
            for layer in graph.layers
            for index, node in enumerate(graph.calls_of(layer))
        }

    def member(self, member: Layer | Sequential) -> dict[str, Any]:
        return self.layer(member) if isinstance(member, Layer) else self.sequential(member)

    def sequential(self, model: Sequential) -> dict[str, Any]:
        """Write a model inside the network; within it only the order of the layers counts."""
        first = model.calls[0]
        (x,) = first.inputs
        source = InputLayer(batch_shape=x.shape, dtype=x.dtype, name=model.input_name)
        layers: list[dict[str, Any]] = [
            {
                "module": source.module,
                "class_name": source.class_name,
                "config": source.get_config(),
                "registered_name": source.registered_name,
            }
        ]
        for layer, name in zip(model.layers, model.inner_names, strict=True):
            document = {**self.layer(layer), "config": {**layer.get_config(), "name": name}}
            del document["name"], document["inbound_nodes"]
            layers.append(document)
        return {
            "module": "keras",
            "class_name": model.class_name,
            "config": {
                "name": model.name,
                "trainable": True,
                "dtype": layers[1]["config"]["dtype"],
                "layers": layers,
                "build_input_shape": x.shape,
            },
            "registered_name": None,
            "build_config": {"input_shape": x.shape},
            "name": model.name,
            "inbound_nodes": [{"args": [self._tensor(x)], "kwargs": {"mask": None}}],
        }

    def layer(self, layer: Layer) -> dict[str, Any]:
        calls = [node for node in self.graph.calls_of(layer) if node.inputs]
        config = {
            "module": layer.module,
            "class_name": layer.class_name,
            "config": layer.get_config(),
            "registered_name": layer.registered_name,
            "name": layer.name,
            "inbound_nodes": [self._call(node) for node in calls],
        }
        build_config = layer.build_config(calls[0]) if calls else None
        if build_config is not None:
            config["build_config"] = build_config
        return config

    def _call(self, node: Node) -> dict[str, Any]:
        return {
            "args": write_values(list(node.args), self._tensor),
            "kwargs": write_values(node.kwargs, self._tensor),
        }

    def _tensor(self, tensor: Tensor) -> dict[str, Any]:
        return {
            "class_name": "__keras_tensor__",
            "config": {
                "shape": tensor.shape,
                "dtype": tensor.dtype,
                "keras_history": self._history(tensor),
            },
        }

    def _history(self, tensor: Tensor) -> list[Any]:
        layer = tensor.node.layer
        return [(layer.owner or layer).name, self.index[tensor.node], tensor.index]

    def ends(self, tensors: Any) -> Any:
        return map_tensors(self._history, tensors)
