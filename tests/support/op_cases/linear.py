"""Cases of products."""

from support.op_cases._table import DTYPES, Constant, F, X, cannot_run, refuses, takes

takes("matmul", F, X((None, 6, 5)))
takes("matmul", F, X((6, 5)))
takes("matmul", F, X((6,)))
takes("matmul", X((4,)), F)
takes("matmul", X((4,)), X((4,)))
takes("matmul", X((None, None)), X((3, 2)))
takes("matmul", X((None, 1, 3, 4)), X((7, 4, 2)))
takes("matmul", F, Constant([[1.0]] * 6, "float32"))
for dtype in DTYPES:
    takes("matmul", X((2, 3), dtype), X((3, 2), "int8"))
    takes("einsum", "ij,jk->ik", X((2, 3), dtype), X((3, 2), "int8"))
    takes("dot", X((2, 3), dtype), X((3, 2), "int8"))
refuses("matmul", F, F)
refuses("matmul", F, X(()))
refuses("matmul", F, 2.0)
refuses("matmul", X((2, 3, 4)), X((3, 4, 5)))
takes("dot", F, X((None, 6, 5)))
takes("dot", F, X((6,)))
takes("dot", X((6,)), X((6,)))
takes("dot", F, 3.0)
takes("dot", X(()), F)
refuses("dot", F, X((5,)))
refuses("dot", F, X((4, 5)))
takes("inner", F, X((None, 6)))
takes("inner", F, X((6,)))
takes("inner", F, 2)
takes("inner", X(()), F)
refuses("inner", F, X((5,)))
takes("vdot", F, F)
takes("vdot", X((3,), "int8"), X((3,), "float16"))
takes("outer", X((3,)), X((4,)))
takes("outer", F, X((4, 2)))
takes("outer", X((3, 2)), 2.0)
takes("kron", X((2, 3)), X((4, 5)))
takes("kron", F, X((2, 2, 2)))
for axes in (0, 1, 2, ([1, 2], [0, 1]), [[2], [1]], ([-1], [-2])):
    takes("tensordot", F, X((4, 6, 5)) if axes != 1 else X((6, 4)), axes=axes)
refuses("tensordot", F, X((4, 6, 5)), axes=([1], [1]))
refuses("tensordot", F, X((4, 6, 5)), axes=([3], [1]))
takes("cross", X((None, 3)), X((None, 3)))
takes("cross", X((None, 2)), X((None, 3)))
takes("cross", X((None, 2)), X((None, 2)))
takes("cross", X((3, 5)), X((3, 5)), axis=0)
takes("cross", X((3, 5)), X((5, 3)), 0, 1, 0)
refuses("cross", X((None, 4)), X((None, 3)))
takes("correlate", X((5,)), X((3,)))
takes("correlate", X((3,)), X((5,), "float64"), "same")
takes("correlate", X((5,), "int32"), X((3,), "int8"), mode="full")
refuses("correlate", X((5,)), X((3,)), mode="wide")
refuses("correlate", X((5, 2)), X((3,)))
refuses("correlate", X((None,)), X((3,)))
for subscripts, *shapes in (
    ("bij,bjk->bik", (None, 4, 6), (None, 6, 3)),
    ("bij,jk", (None, 4, 6), (6, 3)),
    ("bij->bji", (None, 4, 6)),
    ("bij->b", (None, 4, 6)),
    ("bij", (None, 4, 6)),
    ("ii->i", (4, 4)),
    ("ii", (4, 4)),
    ("...ij,...jk->...ik", (None, 2, 4, 6), (None, 2, 6, 3)),
    ("...ij,jk->...ik", (None, 2, 4, 6), (6, 3)),
    ("b...,b...->b...", (None, 2, 3), (None, 2, 3)),
    ("...i,i", (None, 2, 3), (3,)),
    ("ij,kj,lj->ikl", (2, 3), (4, 3), (5, 3)),
    ("i,j->ij", (2,), (None,)),
    ("bhwC->bCwh", (None, 2, 3, 4)),
    ("ij,->ij", (2, 3), ()),
):
    takes("einsum", subscripts, *map(X, shapes))
refuses("einsum", "ij,jk->ik", F, X((6, 5)))
refuses("einsum", "bij,jk->bik", F)
refuses("einsum", "bhw,bHw->bhH", X((None, 2, 3)), X((None, 4, 3)))
refuses("einsum", "bij->b->i", F)
refuses("einsum", "bij,bjk->bik", F, X((5, 6, 3)), X((5, 6, 3)))
refuses("einsum", "bij,bkj->bik", X((2, 3, 4)), X((3, 3, 4)))
cannot_run("einsum", "ij,jk->ik", X((2, 3)), X((4, 5)))
cannot_run("einsum", "ij->ijk", X((2, 3)))
