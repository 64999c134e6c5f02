"""Values in a layer call, as Keras writes them into a config and reads them back.

Keras's `serialize_keras_object` (keras/src/saving/serialization_lib.py) writes what JSON
has no word for as `{"class_name": "__slice__", "config": {…}}` and the like.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from archi.graph import Shape, Tensor, is_list


class Constant:
    """An array of numbers in a call; `kind` is "numpy" or "tensor", by what it was."""

    __slots__ = ("dtype", "kind", "value")

    def __init__(self, value: Any, dtype: str, kind: str = "numpy") -> None:
        self.value = value
        self.dtype = dtype
        self.kind = kind

    def __repr__(self) -> str:
        return f"Constant({self.value!r}, {self.dtype!r})"

    @property
    def shape(self) -> Shape:
        """The lengths of the nested lists, outermost first."""
        lengths: list[int] = []
        value: Any = self.value
        while isinstance(value, list):
            lengths.append(len(value))
            value = value[0] if value else None
        return tuple(lengths)


class Variable:
    """A weight that a call reads beside its inputs, as operations in people's own layers do.

    `counted` says that it is the first call that reads it, so that its parameters count once.
    Keras's configs have none; archi makes them of models that are there.
    """

    __slots__ = ("counted", "dtype", "name", "shape", "trainable")

    def __init__(self, name: str, shape: Shape, dtype: str, trainable: bool, counted: bool) -> None:
        self.name = name
        self.shape = shape
        self.dtype = dtype
        self.trainable = trainable
        self.counted = counted

    def config(self) -> dict[str, Any]:
        """Return what `read_variable` makes one of again."""
        return {key: getattr(self, key) for key in self.__slots__}


def read_variable(config: Mapping[str, Any]) -> Variable | None:
    """Return the weight that a config holds, None where it holds none."""
    shape: Any = config.get("shape")
    kinds = {"name": str, "dtype": str, "trainable": bool, "counted": bool}
    if not is_list(shape) or not all(size is None or type(size) is int for size in shape):
        return None
    if any(type(config.get(key)) is not kind for key, kind in kinds.items()):
        return None
    return Variable(**{key: config[key] for key in kinds}, shape=tuple(shape))


ARRAYS = (Tensor, Constant, Variable)  # what has a shape and a dtype


def write_values(value: Any, tensor: Callable[[Tensor], Any]) -> Any:
    """Return what a config holds for a value; `tensor` writes the tensors in it."""
    if isinstance(value, Tensor):
        return tensor(value)
    if isinstance(value, Constant):
        config: dict[str, Any] = {"value": value.value, "dtype": value.dtype}
        return {"class_name": f"__{value.kind}__", "config": config}
    if isinstance(value, Variable):
        return {"class_name": "__weight__", "config": value.config()}
    if isinstance(value, slice):
        bounds = {key: write_values(getattr(value, key), tensor) for key in _BOUNDS}
        return {"class_name": "__slice__", "config": bounds}
    if value is Ellipsis:
        return {"class_name": "__ellipsis__", "config": {}}
    if is_list(value):
        return [write_values(item, tensor) for item in value]
    if isinstance(value, Mapping):
        return {key: write_values(item, tensor) for key, item in value.items()}
    return value


def read_values(value: Any, tensor: Callable[[dict[str, Any]], Tensor]) -> Any:
    """Return the value that a config holds; `tensor` finds a tensor by its config.

    What is of no known class stays the dict it is: nothing is ever looked up or run.
    """
    if isinstance(value, list):
        return [read_values(item, tensor) for item in value]
    if not isinstance(value, dict):
        return value
    config = value.get("config")
    kind = value.get("class_name")
    if kind == "__keras_tensor__" and isinstance(config, dict):
        return tensor(config)
    if kind == "__slice__" and isinstance(config, dict):
        return slice(*(read_values(config.get(key), tensor) for key in _BOUNDS))
    if kind == "__ellipsis__":
        return Ellipsis
    if kind in ("__numpy__", "__tensor__") and isinstance(config, dict):
        numbers, dtype = config.get("value"), config.get("dtype")
        if isinstance(numbers, list) and isinstance(dtype, str):
            return Constant(numbers, dtype, kind.strip("_"))
    if kind == "__weight__" and isinstance(config, dict):
        weight = read_variable(config)
        if weight is not None:
            return weight
    return {key: read_values(item, tensor) for key, item in value.items()}


_BOUNDS = ("start", "stop", "step")
