"""TensorFlow's functions in models of Keras 2: the layers that it made of their calls.

Keras 2 made a `TFOpLambda` layer of each function of TensorFlow called on its tensors, a
`SlicingOpLambda` of each slice, and a `ClassMethod` of what only ragged tensors have
(keras/src/layers/core/tf_op_layer.py of 2.x). Which twin a call is depends on its
arguments, so a `FunctionLayer` stands for it until it is called.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from archi.errors import LayerError, quote
from archi.graph import Node, is_list
from archi.readers.document._nodes import read_node_def
from archi.twin.layer import Layer
from archi.twin.opaque import OpaqueLayer
from archi.twin.operation import Operation

# Functions of any number of tensors: Keras 2 writes the arguments that it has names for
# (`Node.serialize` of keras/src/engine/node.py), and so just the first of these.
FORGETFUL = ("__operators__.eq", "__operators__.ne", "einsum", "meshgrid")
FORGOTTEN = "what else it is called on is not in the file"
NODE = "TensorFlowOpLayer"
CLASSES = ("TFOpLambda", "SlicingOpLambda", NODE)
# What only ragged and sparse tensors have.
METHODS = ("ClassMethod", "InstanceMethod", "InstanceProperty")


def is_function(document: dict[str, Any]) -> bool:
    """Whether a layer's document is a function of TensorFlow."""
    return document.get("class_name") in CLASSES


class FunctionLayer(OpaqueLayer):
    """A function of TensorFlow in a document, before it is called.

    `twins` are what its calls are of: one, unless it is called with arguments that differ.
    """

    def __init__(self, document: dict[str, Any]) -> None:
        super().__init__(document, "")
        self.function = self.config.get("function")
        node = self.config.get("node_def")
        self.node = read_node_def(node) if document.get("class_name") == NODE else None
        if self.node is not None:
            self.function = f"raw_ops.{self.node.get('op')}"
        self.why = f"archi does not know the function {quote(f'tf.{self.function}')}"
        self.twins: list[Operation] = []

    @property
    def layers(self) -> list[Layer]:
        """The layers that it is in the graph."""
        return [*self.twins, *([self] if self.nodes or not self.twins else [])]

    def call(self, args: Sequence[Any], kwargs: dict[str, Any]) -> Node | None:
        """Call its twin, None where archi does not know the function. Raises LayerError."""
        from archi.tensorflow import is_known, node_arguments, twin_call

        if not is_known(self.function):
            return None
        if self.node is not None:
            inputs = _with_constants(args[0] if args else [], self.config.get("constants"))
            args, kwargs = node_arguments(self.node, inputs) or ([], {})
        if self.function in FORGETFUL and len(args) < 2 and not kwargs:
            raise LayerError(FORGOTTEN)
        found = twin_call(str(self.function), args, kwargs)
        same = [twin for twin in self.twins if _config(twin) == _config(found.twin)]
        twin = same[0] if same else found.twin
        if not same:
            number = len(self.twins)
            twin.name = f"{self.name}.{number}" if number else self.name
        node = twin.add_call(found.args, found.kwargs)
        if not same:
            self.twins.append(twin)
        return node


def _with_constants(inputs: Any, constants: Any) -> list[Any]:
    """Return the inputs of a node, with the constants at their places among them."""
    merged = list(inputs) if is_list(inputs) else [inputs]
    found = constants if isinstance(constants, dict) else {}
    places = {int(key): value for key, value in found.items() if str(key).isdecimal()}
    for place in sorted(places):
        merged.insert(place, places[place])
    return merged


def _config(twin: Operation) -> tuple[str, dict[str, Any]]:
    return twin.class_name, {**twin.get_config(), "name": None}
