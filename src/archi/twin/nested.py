"""A model inside a network: layers that Keras holds together as one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from archi.graph import Node, Tensor, Weight, current_build, scope
from archi.twin.arguments import Argument
from archi.twin.layer import Layer


class Sequential:
    """Layers one after another, as `keras.Sequential([...], name=...)` is part of a network.

    To archi they are layers of the network like all others, named `outer/inner`. It is
    called once, on one tensor.
    """

    class_name: ClassVar[str] = "Sequential"
    arguments: ClassVar[dict[str, Argument]] = {}  # none of a layer's
    trainable: ClassVar[bool] = True

    def __init__(self, layers: list[Layer], name: str) -> None:
        self.layers = layers
        self.name = name
        self.input_name = ""
        self.inner_names = [layer.name for layer in layers]
        for layer in layers:
            layer.owner = self
            layer.name = f"{name}/{layer.name}"

    def __call__(self, x: Tensor) -> Tensor:
        """Add the layers to the network and return what the last one makes."""
        self.input_name = current_build().unique_name("input_layer")
        with scope(self.name, self.class_name):
            for layer in self.layers:
                x = layer(x)
        return x

    @property
    def calls(self) -> list[Node]:
        """The calls of the layers, in order."""
        return [layer.nodes[0] for layer in self.layers]

    @property
    def weights(self) -> list[Weight]:
        """The weights of all layers."""
        return [weight for layer in self.layers for weight in layer.weights]


def members(layers: Iterable[Layer]) -> list[Layer | Sequential]:
    """Return layers as Keras lists them: those of a model inside are that one model."""
    return list(dict.fromkeys(layer.owner or layer for layer in layers))
