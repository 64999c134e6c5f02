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
_STRONG = {"int": "int64", "float": "float32"}  # the dtypes numbers have by themselves
_RESOLVED = {"int": "int32", "float": "float32"}  # and those of results that remain numbers
_AS_KERAS = {"uint64": "uint32", "complex128": "complex64"}  # dtypes that Keras narrows


@cache
def result_type(*dtypes: str) -> str:
    """Return the dtype of an operation on these, as on the TensorFlow backend.

    Raises ValueError where they have none together.
    """
    if any(dtype.startswith("float8") for dtype in dtypes):
        raise ValueError("float8 and others only where they are cast")
    strong = {_STRONG.get(dtype, dtype) for dtype in dtypes}
    if _STRONG.keys() >= set(dtypes):
        (result,) = {_RESOLVED[dtype] for dtype in dtypes} if len(strong) == 1 else {"float32"}
    elif len(strong) == 1:
        (result,) = strong
    else:
        result = _least_upper_bound(frozenset(dtypes))
    return _AS_KERAS.get(result, result)


def _least_upper_bound(dtypes: frozenset[str]) -> str:
    bounds = frozenset.intersection(*map(_above, dtypes))
    least = [dtype for dtype in bounds if bounds <= _above(dtype)]
    if not least:
        raise ValueError(" and ".join(sorted(dtypes)))
    return _RESOLVED.get(least[0], least[0])


@cache
def _above(dtype: str) -> frozenset[str]:
    """Return a dtype and all those above it. Raises ValueError for one that has no place."""
    if dtype not in _HIGHER:
        raise ValueError(f"{dtype} with others")
    return frozenset({dtype}).union(*map(_above, _HIGHER[dtype]))
