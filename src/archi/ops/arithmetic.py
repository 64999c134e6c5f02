"""Arithmetic and mathematical functions of `keras/src/ops/numpy.py`: one FLOP an element."""

from __future__ import annotations

from typing import Any

from archi.ops._elementwise import Binary, Floating, FloatingBinary, Unary
from archi.twin.arguments import Integer, Kind, Number, arg
from archi.twin.operation import BOTH, NOTHING, OUTPUTS, strong

HOME = "numpy"


class Add(Binary):
    """x1 + x2."""

    keeps = NOTHING


class Subtract(Binary):
    """x1 - x2."""

    keeps = NOTHING


class Multiply(Binary):
    """x1 × x2."""


class Divide(FloatingBinary):
    """x1 / x2."""


class TrueDivide(FloatingBinary):
    """x1 / x2."""


class DivideNoNan(FloatingBinary):
    """x1 / x2, 0 where x2 is 0."""


class FloorDivide(Binary):
    """x1 / x2, rounded down."""

    keeps = NOTHING


class _Remainder(Binary):
    def output_of(self, x1: Any, x2: Any) -> str:
        dtype = super().output_of(x1, x2)
        return "int32" if dtype == "bool" else dtype


class Mod(_Remainder):
    """What x1 / x2 leaves, with the sign of x2."""


class Fmod(_Remainder):
    """What x1 / x2 leaves, with the sign of x1."""


class Power(Binary):
    """x1 to the power of x2."""

    keeps = BOTH


class Maximum(Binary):
    """The larger of x1 and x2."""


class Minimum(Binary):
    """The smaller of x1 and x2."""


class Fmax(Binary):
    """The larger of x1 and x2, not NaN where one of them is."""


class Fmin(Binary):
    """The smaller of x1 and x2, not NaN where one of them is."""


class Arctan2(FloatingBinary):
    """The angle of the point (x2, x1)."""

    def output_of(self, x1: Any, x2: Any) -> str:
        return self.promoted(*(getattr(x, "dtype", "float32") for x in (x1, x2)), "float")


class Logaddexp(FloatingBinary):
    """log(exp(x1) + exp(x2))."""

    keeps = BOTH


class Logaddexp2(FloatingBinary):
    """log2(2^x1 + 2^x2)."""

    keeps = BOTH


class _StrongBinary(Binary):
    """An operation in which a number has a dtype of its own, as an array has."""

    keeps = NOTHING

    def output_of(self, x1: Any, x2: Any) -> str:
        return self.promoted(strong(x1), strong(x2))


class Gcd(_StrongBinary):
    """The greatest common divisor."""


class Lcm(_StrongBinary):
    """The least common multiple."""


class Ldexp(_StrongBinary):
    """x1 × 2^x2."""

    def output_of(self, x1: Any, x2: Any) -> str:
        return self.promoted(strong(x1), strong(x2), "float")


class Nextafter(Ldexp):
    """The next number after x1 towards x2."""


class _WideBinary(Binary):
    """An operation on two arrays that makes float64 of int64."""

    loose = ()

    def output_of(self, x1: Any, x2: Any) -> str:
        dtype = super().output_of(x1, x2)
        return {"int64": "float64"}.get(dtype, "float32" if "int" in dtype else dtype)


class Heaviside(_WideBinary):
    """0 below 0, 1 above, x2 at 0."""

    keeps = NOTHING


class Hypot(_WideBinary):
    """The length of the vector (x1, x2)."""


class Negative(Unary):
    """-x."""

    keeps = NOTHING


class Absolute(Unary):
    """x without its sign."""


class Abs(Absolute):
    """x without its sign."""


class Sign(Unary):
    """-1, 0 or 1."""

    keeps = NOTHING


class Square(Unary):
    """x × x."""

    def output_of(self, dtype: str) -> str:
        return "int32" if dtype == "bool" else dtype


class Reciprocal(Unary):
    """1 / x."""

    keeps = OUTPUTS

    def output_of(self, dtype: str) -> str:
        return "float32"  # Keras forgets the input's


class Conjugate(Unary):
    """The complex conjugate."""

    keeps = NOTHING


class Conj(Conjugate):
    """The complex conjugate."""


class Real(Unary):
    """The real part."""

    keeps = NOTHING
    cost = 0


class Imag(Unary):
    """The imaginary part."""

    keeps = NOTHING
    cost = 0


class Trunc(Unary):
    """x without its fraction."""

    keeps = NOTHING


class Round(Unary):
    """x rounded to `decimals` places."""

    keeps = NOTHING
    decimals: int = arg(Integer(), 0)


class Clip(Unary):
    """x within bounds."""

    x_min: Any = arg(Kind())
    x_max: Any = arg(Kind())

    def output_of(self, dtype: str) -> str:
        return "int32" if dtype == "bool" else dtype


class NanToNum(Unary):
    """x with numbers in place of NaN and the infinities."""

    nan: float = arg(Number(), 0.0)
    posinf: float | None = arg(Number(optional=True), None)
    neginf: float | None = arg(Number(optional=True), None)


class _IntsFloating(Unary):
    """An operation that makes float32 of whole numbers and keeps other dtypes."""

    def output_of(self, dtype: str) -> str:
        return "float32" if "int" in dtype or dtype == "bool" else dtype


class Fabs(_IntsFloating):
    """x without its sign, for real numbers."""

    def output_of(self, dtype: str) -> str:
        if "complex" in dtype:
            raise self.refuse("wants real numbers", dtype)
        return super().output_of(dtype)


class Exp(_IntsFloating):
    """e^x."""

    keeps = OUTPUTS


class Exp2(_IntsFloating):
    """2^x."""

    keeps = OUTPUTS


class Expm1(_IntsFloating):
    """e^x - 1."""

    keeps = OUTPUTS


class Cbrt(Unary):
    """The cube root."""

    keeps = OUTPUTS

    def output_of(self, dtype: str) -> str:
        if dtype == "int64":
            return "float64"
        return "float32" if dtype in _NARROW else dtype


_NARROW = ("bool", "int8", "int16", "int32", "uint8", "uint16", "uint32")


class _Wide(Unary):
    """An operation that makes float64 of int64 and float32 of what is no float."""

    def output_of(self, dtype: str) -> str:
        if dtype in ("int64", "float64"):
            return "float64"
        return dtype if dtype in ("bfloat16", "float16") else "float32"


class Deg2rad(_Wide):
    """Degrees as radians."""

    keeps = NOTHING


class Rad2deg(_Wide):
    """Radians as degrees."""

    keeps = NOTHING


class I0(_Wide):
    """The modified Bessel function of order 0."""


class Sqrt(Floating):
    """The square root."""

    keeps = OUTPUTS


class Log(Floating):
    """The natural logarithm."""


class Log10(Floating):
    """The logarithm to the base 10."""


class Log1p(Floating):
    """log(1 + x)."""


class Log2(Floating):
    """The logarithm to the base 2."""


class Sin(Floating):
    """The sine."""


class Sinc(Floating):
    """sin(πx) / πx."""


class Sinh(Floating):
    """The hyperbolic sine."""


class Cos(Floating):
    """The cosine."""


class Cosh(Floating):
    """The hyperbolic cosine."""


class Tan(Floating):
    """The tangent."""

    keeps = OUTPUTS


class Tanh(Floating):
    """The hyperbolic tangent."""

    keeps = OUTPUTS


class Arccos(Floating):
    """The inverse of the cosine."""


class Arccosh(Floating):
    """The inverse of the hyperbolic cosine."""


class Arcsin(Floating):
    """The inverse of the sine."""


class Arcsinh(Floating):
    """The inverse of the hyperbolic sine."""


class Arctan(Floating):
    """The inverse of the tangent."""


class Arctanh(Floating):
    """The inverse of the hyperbolic tangent."""


class Angle(Floating):
    """The angle of a complex number."""


class Ceil(Floating):
    """x rounded up."""

    keeps = NOTHING


class Floor(Floating):
    """x rounded down."""

    keeps = NOTHING
