"""Calls of layers, and the ends and shapes of a model, as documents describe them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from archi.errors import ReadError, quote
from archi.graph import Shape, Tensor, is_countable, is_list, tensors_in

Key = tuple[str, int]  # a layer of a model and which call of it
Outputs = tuple[Tensor, ...]
History = tuple[str, int, int]  # a layer, which call of it, which of its outputs


class Call(NamedTuple):
    """A call in a document: the layer's name, which call of it, and what it is called with.

    `reads` are the tensors among that: layer, which call of it, and which output.
    """

    name: str
    number: int
    args: list[Any]
    kwargs: dict[str, Any]
    reads: list[History]

    @property
    def key(self) -> Key:
        """The layer and which call of it."""
        return self.name, self.number


def read_call(name: str, index: int, node: Any) -> Call:
    """Read a call, `{"args": […], "kwargs": {…}}`. Raises ReadError."""
    args, kwargs = (node.get("args"), node.get("kwargs")) if isinstance(node, dict) else (None, {})
    if not isinstance(args, list) or not isinstance(kwargs, dict):
        raise ReadError(f"call {index} of {quote(name)} has no args and kwargs")
    reads = [history(config, name) for config in tensor_configs((args, kwargs))]
    return Call(name, index, args, kwargs, reads)


def read_keys(call: Call) -> Iterator[Key]:
    for name, index, _ in call.reads:
        yield name, index


def history(config: Mapping[str, Any], reader: str) -> History:
    """Return the layer, call and output that a tensor in a document is. Raises ReadError."""
    found = config.get("keras_history")
    if isinstance(found, list) and len(found) == 3:
        name, index, place = found
        if isinstance(name, str) and type(index) is type(place) is int and min(index, place) >= 0:
            return name, index, place
    raise ReadError(f"{quote(reader)} reads a tensor that is no layer's output")


def tensor_configs(value: Any) -> Iterator[dict[str, Any]]:
    """Yield the configs of the tensors in the arguments of a call, in order."""
    pending = [value]
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            config = value.get("config")
            if value.get("class_name") == "__keras_tensor__" and isinstance(config, dict):
                yield config
            else:
                pending += reversed(value.values())
        elif is_list(value):
            pending += reversed(value)


def output(made: Mapping[Key, Outputs], key: Key, place: int) -> Tensor:
    outputs = made.get(key)
    if outputs is None or place >= len(outputs):
        name, index = key
        raise ReadError(f"there is no output {place} of call {index} of {quote(name)}")
    return outputs[place]


def read_ends(value: Any, leaf: Any) -> Any:
    """Read `["name", 0, 0]`, or lists and dicts of such. Raises ReadError."""
    if isinstance(value, list):
        if len(value) == 3 and isinstance(value[0], str):
            name, index, tensor = history({"keras_history": value}, "the model")
            return End(leaf(name, index, tensor))
        return [read_ends(item, leaf) for item in value]
    if isinstance(value, dict):
        return {key: read_ends(item, leaf) for key, item in value.items()}
    raise ReadError("the inputs and outputs of the model are not layers' tensors")


class End(NamedTuple):
    """An input or output of a model: a layer's call and which of its outputs."""

    place: tuple[Key, int]


def leaves(ends: Any) -> list[tuple[Key, int]]:
    """Return the ends in the order in which Keras flattens them."""
    if isinstance(ends, End):
        return [ends.place]
    if isinstance(ends, list):
        return [leaf for item in ends for leaf in leaves(item)]
    return [leaf for key in sorted(ends) for leaf in leaves(ends[key])]


def map_ends(ends: Any, function: Any) -> Any:
    if isinstance(ends, End):
        return function(*ends.place)
    if isinstance(ends, list):
        return [map_ends(item, function) for item in ends]
    return {key: map_ends(item, function) for key, item in ends.items()}


def match(inputs: Any, ends: Any, name: str) -> Outputs:
    """Return the tensors for a model's inputs, in the order of its ends. Raises ReadError."""
    if isinstance(inputs, dict) and isinstance(ends, dict):
        inputs = {key: inputs.get(key) for key in ends}
    tensors, wanted = tensors_in(inputs), len(leaves(ends))
    if len(tensors) != wanted:
        raise ReadError(f"{quote(name)} has {wanted} inputs and is called on {len(tensors)}")
    return tensors


def read_shape(value: Any) -> Shape | None:
    """Return a shape in a document, None where it is none."""
    if isinstance(value, dict):  # a tuple, as some versions write it
        value = value.get("items")
    if not isinstance(value, list):
        return None
    if not all(size is None or (type(size) is int and size >= 0) for size in value):
        return None
    return tuple(value) if is_countable(tuple(value)) else None


def build_shape(document: Mapping[str, Any]) -> Shape | None:
    """Return the shape of the one input that a layer was built on, where that is noted."""
    noted = document.get("build_config")
    return read_shape(noted.get("input_shape")) if isinstance(noted, dict) else None


def first_shape(model: Mapping[str, Any], first: Mapping[str, Any]) -> Shape | None:
    """Return the input shape of a Sequential model, from wherever it is noted."""
    config = first.get("config")
    own = config.get("batch_input_shape") if isinstance(config, dict) else None
    noted = model["config"].get("build_input_shape")
    return read_shape(own) or read_shape(noted) or build_shape(model) or build_shape(first)
