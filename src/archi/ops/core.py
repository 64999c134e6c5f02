"""Operations of `keras/src/ops/core.py`."""

from __future__ import annotations

from archi.layers._arguments import DType, arg
from archi.ops._core import NOTHING
from archi.ops._elementwise import Unary

HOME = "core"


class Cast(Unary):
    """The elements in another dtype; no arithmetic."""

    keeps = NOTHING
    cost = 0
    dtype: str = arg(DType())

    def output_of(self, dtype: str) -> str:
        return self.dtype

    def is_view(self, training: bool = False) -> bool:
        return True  # where the dtype stays the same
