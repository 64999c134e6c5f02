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


ARRAYS = (Tensor, Constant)  # what has a shape and a dtype


def write_values(value: Any, tensor: Callable[[Tensor], Any]) -> Any:
    """Return what a config holds for a value; `tensor` writes the tensors in it."""
    if isinstance(value, Tensor):
        return tensor(value)
    if isinstance(value, Constant):
        config: dict[str, Any] = {"value": value.value, "dtype": value.dtype}
        return {"class_name": f"__{value.kind}__", "config": config}
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
    return {key: read_values(item, tensor) for key, item in value.items()}


_BOUNDS = ("start", "stop", "step")
