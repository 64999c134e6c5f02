"""How calls of TensorFlow's functions are read: parameters by name, whatever their version."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from archi.errors import LayerError, quote
from archi.graph import Tensor, is_list, tensors_in
from archi.twin.values import Constant

# Parameters that change neither shapes nor counts.
IGNORED = frozenset(
    (
        "a_is_sparse",
        "adjoint_a_is_sparse",
        "alg",
        "b_is_sparse",
        "bad_indices_policy",
        "back_prop",
        "dtype_hint",
        "grad_a",
        "grad_b",
        "layout",
        "name",
        "optimize",
        "parallel_iterations",
        "preferred_dtype",
        "seed",
        "seed2",
        "stable",
        "swap_memory",
        "synchronized",
        "use_cudnn_on_gpu",
        "validate_args",
        "validate_indices",
        "var",
    )
)
# What parameters are called in `compat.v1` and in the graph: the name of today.
RENAMED = {
    "keep_dims": ("keepdims",),
    "reduction_indices": ("axis", "axes"),
    "reduction_dims": ("axis",),
    "squeeze_dims": ("axis",),
    "dimension": ("axis",),
    "dim": ("axis",),
    "axis": ("axes",),
    "axes": ("axis",),
    "depthwise_kernel": ("filter", "depthwise_filter"),
    "filter": ("filters",),
    "kernel": ("filters",),
    "num_classes": ("depth",),
    "pointwise_kernel": ("pointwise_filter",),
    "pool_mode": ("pooling_type",),
    "pool_size": ("window_shape",),
    "filters": ("filter",),
    "rate": ("dilations", "rates"),
    "dilation_rate": ("dilations",),
    "rates": ("dilations",),
    "stride": ("strides",),
    "ksizes": ("sizes",),
    "box_ind": ("box_indices",),
    "output_dtype": ("output_type", "dtype"),
    "dtype": ("output_type",),
    "targets": ("labels",),
    "m": ("mean",),
    "q": ("y",),
    "var": ("variance",),
    "v": ("variance",),
}
SILENT = (None, False)  # values that ask for nothing beside the function itself


def named(
    function: str, names: Sequence[str], args: Sequence[Any], kwargs: Mapping[str, Any]
) -> dict[str, Any]:
    """Return a call's arguments by the names of its parameters.

    Raises LayerError for more than there are, and for those that are not known.
    """
    if len(args) > len(names):
        raise LayerError(f"tf.{function} takes at most {len(names)} arguments, not {len(args)}")
    given = dict(zip(names, args, strict=False))
    for key, value in kwargs.items():
        name = _name(key, names, given)
        if name is not None:
            given[name] = value
        elif key not in IGNORED and not is_silent(value):
            raise LayerError(f"archi does not know the argument {quote(key)} of tf.{function}")
    return given


def _name(key: str, names: Sequence[str], given: Mapping[str, Any]) -> str | None:
    """Return the parameter that an argument is for, None where there is none."""
    for name in (key, *RENAMED.get(key, ())):
        if name in names and name not in given:
            return name
    # The first one is mostly the tensor, which is `x`, `input`, `value`, `features` …
    first = names[0] if names and names[0] not in given else None
    return first if first and key not in IGNORED and key in TENSORS else None


TENSORS = frozenset(
    (
        "a",
        "data",
        "features",
        "image",
        "images",
        "input",
        "input_",
        "input_tensor",
        "inputs",
        "logits",
        "tensor",
        "value",
        "values",
        "x",
    )
)


def is_silent(value: Any) -> bool:
    """Whether a value asks for nothing beside the function itself."""
    return any(value is silent for silent in SILENT)


def as_array(value: Any, others: Any = ()) -> Any:
    """Return nested lists of numbers as a constant, of the dtype of the tensors beside it."""
    if not is_list(value) or tensors_in(value):
        return value
    kinds = [tensor.dtype for tensor in tensors_in(others) if tensor.dtype != "bool"]
    return Constant(_lists(value), kinds[0] if kinds else own_dtype(value))


def _lists(value: Any) -> Any:
    return [_lists(item) for item in value] if is_list(value) else value


def own_dtype(value: Any) -> str:
    """Return the dtype that TensorFlow gives numbers, or nested lists of them."""
    while is_list(value):
        value = next(iter(value), 0.0)
    if isinstance(value, (Tensor, Constant)):
        return value.dtype
    kinds = {bool: "bool", int: "int32", str: "string"}
    return kinds.get(type(value), "float32")


def read_key(key: Any) -> Any:
    """Return the key of `x[key]`, slices in it written as Keras 2 writes them."""
    if is_list(key):
        return [read_key(item) for item in key]
    if isinstance(key, dict) and key.keys() == {"start", "stop", "step"}:
        return slice(key["start"], key["stop"], key["step"])
    if isinstance(key, dict) and key.get("class_name") == "__ellipsis__":
        return Ellipsis
    return key
