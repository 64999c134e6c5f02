"""Which dtype operands of several dtypes have together.

The lattice of JAX, which Keras has taken over (keras/src/backend/common/dtypes.py):
docs.jax.dev/en/latest/type_promotion.html. `int` and `float` are Python numbers, which
take the dtype of what they meet.
"""

from __future__ import annotations

from functools import cache

_HIGHER = {  # each dtype and those just above it
    "bool": ("int",),
    "uint8": ("int16", "uint16"),
    "uint16": ("int32", "uint32"),
    "uint32": ("int64", "uint64"),
    "uint64": ("float",),
    "int": ("uint8", "int8", "complex64"),
    "int8": ("int16",),
    "int16": ("int32",),
    "int32": ("int64",),
    "int64": ("float",),
    "float": ("bfloat16", "float16"),
    "bfloat16": ("float32",),
    "float16": ("float32",),
    "float32": ("float64", "complex64"),
    "float64": ("complex128",),
    "complex64": ("complex128",),
    "complex128": (),
}
_STRONG = {"int": "int64", "float": "float32"}  # of numbers among themselves, on TensorFlow
_AS_KERAS = {"uint64": "uint32", "complex128": "complex64"}  # dtypes that Keras narrows


@cache
def result_type(*dtypes: str) -> str:
    """Return the dtype of an operation on these. Raises ValueError where there is none."""
    if len(set(dtypes)) == 1:
        (only,) = set(dtypes)
        return _narrow({"int": "int32"}.get(only, only) if len(dtypes) > 1 else _strong(only))
    bounds = set.intersection(*(_above(dtype) for dtype in dtypes))
    least = [dtype for dtype in bounds if bounds <= _above(dtype)]
    if not least:
        raise ValueError(" and ".join(sorted(set(dtypes))))
    if all(dtype in _STRONG for dtype in dtypes):
        return "float32"
    return _narrow({"int": "int32", "float": "float32"}.get(least[0], least[0]))


@cache
def _above(dtype: str) -> set[str]:
    if dtype not in _HIGHER:
        raise ValueError(f"{dtype} with others")
    return {dtype}.union(*map(_above, _HIGHER[dtype]))


def _strong(dtype: str) -> str:
    return _STRONG.get(dtype, dtype)


def _narrow(dtype: str) -> str:
    return _AS_KERAS.get(dtype, dtype)
