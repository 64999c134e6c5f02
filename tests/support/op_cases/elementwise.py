"""Cases of arithmetic, comparisons and what else works on each element."""

from support.op_cases._table import DTYPES, Constant, F, X, cannot_run, refuses, takes

UNARY = """
    negative absolute abs sign square reciprocal conjugate conj real imag trunc round nan_to_num
    fabs exp exp2 expm1 cbrt deg2rad rad2deg i0 sqrt log log10 log1p log2 sin sinc sinh cos cosh
    tan tanh arccos arccosh arcsin arcsinh arctan arctanh angle ceil floor logical_not isfinite
    isinf isnan isneginf isposinf isreal signbit bitwise_invert bitwise_not copy
    zeros_like ones_like empty_like
""".split()  # noqa: SIM905
ARITHMETIC = """
    add subtract multiply divide true_divide divide_no_nan floor_divide mod fmod power maximum
    minimum fmax fmin arctan2 logaddexp logaddexp2 gcd lcm ldexp nextafter
""".split()  # noqa: SIM905
COMPARISONS = """
    equal not_equal greater greater_equal less less_equal logical_and logical_or logical_xor
    isclose allclose
""".split()  # noqa: SIM905
BITS = """
    bitwise_and bitwise_or bitwise_xor bitwise_left_shift left_shift bitwise_right_shift
    right_shift
""".split()  # noqa: SIM905
PAIRS = [(one, other) for one in DTYPES[::3] for other in DTYPES]

for name in UNARY:
    for dtype in DTYPES:
        takes(name, X((None, 4), dtype))
    takes(name, X((3,)))
    takes(name, X(()))
takes("fabs", X((None, 2), "float64"))
refuses("fabs", X((None, 2), "complex64"))
for name in ARITHMETIC + COMPARISONS:
    takes(name, F, F)
    takes(name, F, 2)
    takes(name, 2.5, F)
    takes(name, X((None, 1, 6)), X((4, 1)))
    takes(name, F, Constant([[1.0] * 6], "float32"))
    takes(name, X((None, 4), "int8"), True)
    takes(name, X((None, 4), "int32"), 1.5)
    takes(name, X((2, 4)), X((None, 4)))
    takes(name, F, X(()))
    (cannot_run if name == "allclose" else refuses)(name, F, X((None, 5, 6)))
    refuses(name, F)
    refuses(name, F, F, F, F, F, F)
for one, other in PAIRS:
    takes("add", X((None, 4), one), X((None, 4), other))
    takes("true_divide", X((None, 4), one), X((None, 4), other))
    takes("heaviside", X((None, 4), one), X((None, 4), other))
    takes("hypot", X((None, 4), one), X((None, 4), other))
    takes("mod", X((None, 4), one), X((None, 4), other))
    takes("where", X((None, 1), "bool"), X((None, 4), one), X((None, 4), other))
for dtype in DTYPES:
    for number in (True, 3, 2.5):
        takes("add", X((None, 4), dtype), number)
        takes("subtract", number, X((None, 4), dtype))
        takes("gcd", X((None, 4), dtype), number)
        takes("where", X((None, 4), "bool"), X((None, 4), dtype), number)
for name in ("add", "subtract", "power", "maximum", "floor_divide"):
    refuses(name, F, "float32")
    refuses(name, F, None)
    refuses(name, F, [1, 2])
refuses("add", X((None,), "float8_e4m3fn"), F)
for name in ("heaviside", "hypot"):
    refuses(name, F, 2)
    refuses(name, F, X((5,)))
for name in BITS:
    takes(name, X((None, 4), "int32"), X((None, 4), "int8"))
    takes(name, X((None, 4), "uint8"), X((4,), "int16"))
for name in BITS[3:]:
    takes(name, X((None, 4), "int8"), 2)
refuses("bitwise_and", X((None, 4), "int32"), 2)
takes("isclose", F, F, 0.1, 0.2, True)
takes("isclose", F, F, equal_nan=True)
takes("isclose", F, F, atol=1.0)
takes("allclose", F, 1.0, rtol=0.1, equal_nan=True)
takes("isin", F, F)
takes("isin", F, Constant([1.0, 2.0], "float32"), invert=True)
takes("isin", F, [1, 2], assume_unique=True)
takes("where", X((None, 4), "bool"))
takes("where", X((None, 4), "bool"), 1, 2.0)
takes("where", X((4,), "bool"), X((None, 3, 1)), 0)
refuses("where", X((None, 4), "bool"), F)
refuses("where", X((None, 5), "bool"), F, 1.0)
takes("round", F, 2)
takes("clip", F, 0, 1)
takes("clip", X((None, 4), "int8"), -1.5, 6)
takes("clip", X((None, 4), "bool"), 0, 1)
refuses("clip", F, 0)
takes("nan_to_num", F, nan=1.0, posinf=3.0, neginf=-3.0)
takes("full_like", F, 3)
takes("full_like", F, X(()), dtype="int8")
for dtype in DTYPES:
    takes("zeros_like", F, dtype=dtype)
    takes("cast", F, dtype)
takes("cast", X((None, 2), "int32"), "int32")
refuses("cast", F, "float31")
refuses("zeros_like", F, dtype="real")
