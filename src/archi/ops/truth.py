"""`Any` and `All` of `keras/src/ops/numpy.py`."""

from __future__ import annotations

from archi.ops._reduction import Reduction
from archi.twin.operation import NOTHING

HOME = "numpy"


class _OfTruth(Reduction):
    keeps = NOTHING

    def output_of(self, dtype: str) -> str:
        return "bool"


class All(_OfTruth):
    """Whether all elements are true."""


class Any(_OfTruth):
    """Whether any element is true."""
