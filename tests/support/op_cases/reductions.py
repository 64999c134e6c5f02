"""Cases of reductions and of what accumulates along an axis."""

from support.op_cases._table import DTYPES, Constant, F, X, refuses, takes

AXES = (None, 1, -1, (1, 2), [-1, 0], ())
SEVERAL = """
    sum mean prod max min amax amin ptp any all var std nansum nanprod nanmean nanvar nanstd
    nanmax nanmin
""".split()  # noqa: SIM905
ONE = "argmax argmin nanargmax nanargmin".split()  # noqa: SIM905
CUMULATIVE = "cumsum cumprod nancumsum nancumprod".split()  # noqa: SIM905

for name in SEVERAL:
    for axis in AXES:
        takes(name, F, axis=axis)
        takes(name, F, axis=axis, keepdims=True)
    for dtype in DTYPES:
        takes(name, X((None, 4), dtype), 1)
    takes(name, X(()))
    refuses(name, F, axis=3)
    refuses(name, F, axis=(0, -4))
    refuses(name, F, axis="last")
    refuses(name, F, axis=1.5)
for name in ONE:
    for axis in (None, 1, -1):
        takes(name, F, axis=axis)
        takes(name, X((2, 3), "int32"), axis, True)
    refuses(name, F, axis=3)
for name in CUMULATIVE:
    for axis in (None, 1, -1):
        takes(name, F, axis=axis)
    takes(name, X((2, 3), "bool"), 1)
    takes(name, X((2, 3)), dtype="float16")
    takes(name, X((2, 3)))
refuses("cumsum", F, axis=3)
refuses("cumprod", F, axis=-4)
takes("max", F, initial=3.0)
takes("min", F, axis=1, initial=3)
takes("prod", F, dtype="float64")
for axis in AXES:
    takes("count_nonzero", F, axis)
refuses("count_nonzero", F, 5)
takes("average", F)
takes("average", F, axis=1)
takes("average", F, axis=1, weights=X((4,), "float64"))
takes("average", X((2, 3)), weights=Constant([[1, 2, 3], [4, 5, 6]], "int32"))
takes("average", X((None, 3), "int32"), 1, X((None, 3), "int32"))
refuses("average", F, axis=1, weights=X((5,)))
refuses("average", F, weights=X((5,)))
takes("diff", F)
takes("diff", F, 2, 1)
takes("diff", F, n=9, axis=1)
takes("diff", F, axis=0)
refuses("diff", F, axis=3)
takes("trapezoid", F)
takes("trapezoid", X((None, 4), "int32"), dx=0.5, axis=1)
takes("trapezoid", F, x=[1, 2, 3, 4], axis=1)
