"""Layers as arguments of other layers: what is wrapped, and the cells that recur."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from archi.graph import Graph, Inference, Shape, Weight, is_list
from archi.twin.arguments import Kind, Own, constructor_code
from archi.twin.layer import Layer, is_shape
from archi.twin.serial import read_layer

DEEPEST = 32  # layers in layers; they are built recursively, here as in Keras


class LayerArgument(Kind):
    """A layer, or the document Keras writes of one; optionally None."""

    def __init__(self, *, optional: bool = False) -> None:
        self.optional = optional

    def parse(self, value: Any, layer: type[Layer]) -> Any:
        return None if value is None and self.optional else inner_layer(value)

    def write(self, value: Any) -> Any:
        return write_layer(value) if isinstance(value, Layer) else value

    def code(self, value: Any) -> str:
        return "None" if value is None else _code(value)


class LayersArgument(Kind):
    """A list of layers."""

    def parse(self, value: Any, layer: type[Layer]) -> tuple[Layer, ...]:
        if not isinstance(value, (list, tuple)):
            raise ValueError("a list of layers")
        layers = tuple([inner_layer(item) for item in value])
        if len(set(layers)) < len(layers):
            raise ValueError("a list of layers, each of them once")
        return layers

    def write(self, value: Any) -> Any:
        return [write_layer(item) if isinstance(item, Layer) else item for item in value]

    def code(self, value: Any) -> str:
        return f"[{', '.join(map(_code, value))}]"


def inner_layer(value: Any) -> Layer:
    """Return a layer that another is to hold, from a document where it is none yet.

    It is built on the shape that the document notes. Raises ValueError with what was wanted,
    or LayerError for a document of which no layer can be made.
    """
    if not isinstance(value, (Layer, dict)):
        raise ValueError("a layer, or its class_name and config")
    layer = read_layer(value)
    if layer.nodes:
        raise ValueError("a layer that is not called by itself as well")
    if depth(layer) >= DEEPEST:
        raise ValueError(f"a layer that holds fewer than {DEEPEST} in each other")
    noted: Any = value.get("build_config") if isinstance(value, dict) else None
    shape: Any = noted.get("input_shape") if isinstance(noted, dict) else None
    if is_list(shape) and is_shape(tuple(shape)):
        layer.build(tuple(shape))
    return layer


def held(layer: Layer) -> Iterator[Layer]:
    """Yield a layer and those inside it, of a model there not its own."""
    yield layer
    if isinstance(layer, Holder) and not isinstance(layer, Model):
        for inner in layer.inner:
            yield from held(inner)


def depth(layer: Layer) -> int:
    """Return how many layers are in each other inside a layer."""
    return layer.depth if isinstance(layer, Holder) else 0


def _code(layer: Layer) -> str:
    if isinstance(layer, Model):
        return f"{layer.function}()"
    made = f"layers.{layer.class_name}" if layer.module == "keras.layers" else layer.class_name
    return f"{made}({', '.join(constructor_code(layer))})"


def write_layer(layer: Layer) -> dict[str, Any]:
    """Return the document Keras writes of a layer inside another's config."""
    document = {
        "module": layer.module,
        "class_name": layer.class_name,
        "config": layer.get_config(),
        "registered_name": layer.registered_name,
    }
    if layer.has_build_config and layer.built_on is not None:
        document["build_config"] = {"input_shape": layer.built_on}
    return document


def owned(layer: Layer, weights: tuple[Weight, ...] | None) -> tuple[Weight, ...]:
    """Return the weights of an inner layer as they are among those of the outer one."""
    return tuple(
        [
            weight._replace(
                trainable=weight.trainable and layer.trainable,
                dtype=weight.dtype or layer.weight_dtype,
            )
            for weight in weights or ()
        ]
    )


class Holder(Layer):
    """A layer with others among its arguments."""

    composed = True
    depth = 1  # how many layers are in each other inside

    @property
    def inner(self) -> tuple[Layer, ...]:
        """The layers it holds, in the order of their weights."""
        raise NotImplementedError

    def validate(self) -> None:
        self.depth = 1 + max(map(depth, self.inner), default=0)

    def values(self) -> dict[str, Any]:
        """The layers it holds as what they are made with, which compares as they do not."""
        return {key: _described(value) for key, value in super().values().items()}

    @property
    def keeps_state(self) -> bool:
        return any(layer.keeps_state for layer in self.inner)

    def own_functions(self) -> list[str]:
        return [*super().own_functions(), *(o for i in self.inner for o in i.own_functions())]

    def weighing(self) -> list[Own]:
        return [*super().weighing(), *(own for layer in self.inner for own in layer.weighing())]

    def infer_inner(self, layer: Layer, x: Shape) -> Inference:
        """Return what an inner layer says of one tensor, if it takes one and gives one.

        Raises LayerError.
        """
        if layer.merges or not layer.wrappable:
            raise self.refuse("holds layers that are called on one tensor", layer.class_name)
        inference = layer.infer(x)
        if len(inference.outputs) != 1:
            raise self.refuse("holds layers that give one tensor", layer.class_name)
        return inference


class Model(Holder):
    """A model that another layer holds, called on one tensor and giving one.

    `function` is the function that makes it where the network is written as code.
    """

    function = ""

    def network(self) -> Graph:
        """Return it as a network by itself."""
        raise NotImplementedError


def _described(value: Any) -> Any:
    if isinstance(value, Layer):
        return {"class_name": value.class_name, "config": value.values()}
    if isinstance(value, tuple) and value and isinstance(value[0], Layer):
        return [_described(item) for item in value]
    return value
