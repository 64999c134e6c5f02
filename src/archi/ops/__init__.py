"""The static twins of `keras.ops`: the operations that are nodes of functional models.

`ops.reshape(x, (-1, 32))` is called as `keras.ops.reshape` is and adds the node that Keras
adds; `operation("Reshape")` is the class of such nodes. Classes are looked up in the group
files of this folder; adding a class to one of them is all it takes to add an operation.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from archi.twin.lookup import operation, operation_classes, operation_names
from archi.twin.operation import Operation

__all__ = ["Operation", "operation", "operation_classes"]


def __getattr__(name: str) -> Any:
    try:
        found = operation(_class_name(name))
    except KeyError:
        raise AttributeError(f"archi.ops has no operation {name!r}") from None
    return getattr(found, name) if name in _METHODS else found.function


# Functions that are not called as their classes are.
_CLASSES = {
    "abs": "Absolute",
    "conj": "Conjugate",
    "batch_normalization": "BatchNorm",
    "layer_normalization": "LayerNorm",
    "rms_normalization": "RMSNorm",
    "extract_patches_3d": "ExtractPatches",
}
_METHODS = {"extract_patches_3d"}  # functions that differ from that of their class


@cache
def _class_name(function: str) -> str:
    """Return the class that a function makes: `true_divide` → `TrueDivide`."""
    if function in _CLASSES:
        return _CLASSES[function]
    plain = function.replace("_", "")
    return next((name for name in operation_names() if name.lower() == plain), function)
