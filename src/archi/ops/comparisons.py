"""Comparisons, logic, bits and selection of `keras/src/ops/numpy.py`: one FLOP an element."""

from __future__ import annotations

from typing import Any

from archi.graph import Inference
from archi.ops._elementwise import Comparison, Elementwise, Truth, Unary
from archi.twin.arguments import Boolean, Number, arg
from archi.twin.layer import product
from archi.twin.operation import NOTHING, Array

HOME = "numpy"


class Equal(Comparison):
    """x1 = x2."""


class NotEqual(Comparison):
    """x1 ≠ x2."""


class Greater(Comparison):
    """x1 > x2."""


class GreaterEqual(Comparison):
    """x1 ≥ x2."""


class Less(Comparison):
    """x1 < x2."""


class LessEqual(Comparison):
    """x1 ≤ x2."""


class LogicalAnd(Comparison):
    """Whether both are true."""


class LogicalOr(Comparison):
    """Whether either is true."""


class LogicalXor(Comparison):
    """Whether one of them is true."""


class LogicalNot(Truth):
    """Whether x is false."""


class Isclose(Elementwise):
    """Whether x1 and x2 are nearly equal."""

    keeps = NOTHING
    equal_nan: bool = arg(Boolean(), False)
    operands = ("x1", "x2", "rtol", "atol")
    loose = operands
    optional = {"rtol": 1e-05, "atol": 1e-08}

    def infer(self, x1: Any, x2: Any, rtol: Any = None, atol: Any = None) -> Inference:
        return self.elementwise(self.broadcast(self.shape_of(x1), self.shape_of(x2)), "bool")


class AllClose(Elementwise):
    """Whether all of x1 and x2 are nearly equal: one FLOP for each pair."""

    keeps = NOTHING
    rtol: float = arg(Number(), 1e-05)
    atol: float = arg(Number(), 1e-08)
    equal_nan: bool = arg(Boolean(), False)
    operands = ("x1", "x2")
    loose = operands

    def infer(self, x1: Any, x2: Any) -> Inference:
        pairs = self.broadcast(self.shape_of(x1), self.shape_of(x2))
        return self.counted([((), "bool")], product(*pairs))


class IsIn(Elementwise):
    """Whether each of x1 is among x2: one FLOP for each pair."""

    keeps = NOTHING
    assume_unique: bool = arg(Boolean(), False)
    invert: bool = arg(Boolean(), False)
    operands = ("x1", "x2")
    loose = ("x2",)

    def infer(self, x1: Array, x2: Any) -> Inference:
        pairs = product(*x1.shape, *self.shape_of(x2))
        return self.counted([(x1.shape, "bool")], pairs)


class Isfinite(Truth):
    """Whether x is neither infinite nor NaN."""


class Isinf(Truth):
    """Whether x is infinite."""


class Isnan(Truth):
    """Whether x is NaN."""


class Isneginf(Truth):
    """Whether x is -∞."""


class Isposinf(Truth):
    """Whether x is +∞."""


class Isreal(Truth):
    """Whether x has no imaginary part."""


class Signbit(Truth):
    """Whether x has a minus sign."""


class _Bits(Elementwise):
    """An operation on the bits of two whole numbers; it has the shape of the first."""

    keeps = NOTHING
    operands = ("x", "y")

    def infer(self, x: Array, y: Any) -> Inference:
        return self.elementwise(x.shape, self.output_of(x, y))

    def output_of(self, x: Array, y: Any) -> str:
        """Return the dtype of the output."""
        return self.dtype_of(x, y)


class BitwiseAnd(_Bits):
    """The bits that both have."""


class BitwiseOr(_Bits):
    """The bits that either has."""


class BitwiseXor(_Bits):
    """The bits that one of them has."""


class _Shift(_Bits):
    loose = ("y",)

    def output_of(self, x: Array, y: Any) -> str:
        return x.dtype if type(y) is int else super().output_of(x, y)


class BitwiseLeftShift(_Shift):
    """x × 2^y."""


class LeftShift(_Shift):
    """x × 2^y."""


class BitwiseRightShift(_Shift):
    """x / 2^y."""


class RightShift(_Shift):
    """x / 2^y."""


class BitwiseInvert(Unary):
    """The bits that x has not."""

    keeps = NOTHING


class BitwiseNot(Unary):
    """The bits that x has not."""

    keeps = NOTHING


class Where(Elementwise):
    """x1 where a condition holds, x2 elsewhere."""

    operands = ("condition", "x1", "x2")
    loose = operands
    optional = {"x1": None, "x2": None}

    def infer(self, condition: Any, x1: Any = None, x2: Any = None) -> Inference:
        shape = self.broadcast(*map(self.shape_of, (condition, x1, x2)))
        if (x1 is None) != (x2 is None):
            raise self.refuse("wants both x1 and x2, or neither", [x1, x2])
        dtype = "int64" if x1 is None else self.dtype_of(x1, x2)
        return self.elementwise(shape, dtype)
