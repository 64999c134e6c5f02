"""Making tensors in the likeness of others, of `keras/src/ops/numpy.py`: free."""

from __future__ import annotations

from typing import Any

from archi.graph import Inference
from archi.layers._arguments import arg
from archi.ops._arguments import OptionalDType
from archi.ops._core import NOTHING, Array
from archi.ops._elementwise import Elementwise

HOME = "numpy"


class _Like(Elementwise):
    """A tensor of the input's shape, and its dtype if none is named."""

    keeps = NOTHING
    dtype: Any = arg(OptionalDType(), None)

    def infer(self, x: Array) -> Inference:
        return self.free(x.shape, self.dtype or x.dtype)


class ZerosLike(_Like):
    """Zeros."""


class OnesLike(_Like):
    """Ones."""


class EmptyLike(_Like):
    """Whatever the memory holds."""


class FullLike(Elementwise):
    """`fill_value` everywhere."""

    keeps = NOTHING
    dtype: Any = arg(OptionalDType(), None)
    operands = ("x", "fill_value")
    loose = ("fill_value",)
    signature = ("x", "fill_value", "dtype")

    def infer(self, x: Array, fill_value: Any) -> Inference:
        return self.free(x.shape, self.dtype or x.dtype)
