"""Products and decompositions of matrices."""

from __future__ import annotations

from typing import Any

from archi.graph import Inference, Shape, is_list
from archi.tensorflow.function import Function, as_shape, rule
from archi.twin.layer import product

DECOMPOSED = "the arithmetic of a decomposition is up to the algorithm"


def _turned(x: Any, *flags: Any) -> Any:
    """Return an operand with rows for columns where a flag says so."""
    if not any(flags):
        return x
    return as_shape(x, (*x.shape[:-2], x.shape[-1], x.shape[-2]))


@rule("linalg.matmul")
def matmul(
    op: Function,
    a: Any,
    b: Any,
    transpose_a: Any = False,
    transpose_b: Any = False,
    adjoint_a: Any = False,
    adjoint_b: Any = False,
    a_is_sparse: Any = False,
    b_is_sparse: Any = False,
    output_type: Any = None,
) -> Inference:
    """The matrix product of the last two axes, of the one or the other turned first."""
    one = _turned(op.array(a, a, b), transpose_a, adjoint_a)
    other = _turned(op.array(b, a, b), transpose_b, adjoint_b)
    found = op.like("Matmul", {}, one, other)
    return found if output_type is None else found._replace(dtypes=(output_type,))


@rule("linalg.matvec")
def matvec(
    op: Function, a: Any, b: Any, transpose_a: Any = False, adjoint_a: Any = False
) -> Inference:
    """Matrices times vectors."""
    matrix, vector = _turned(op.array(a), transpose_a, adjoint_a), op.array(b)
    found = op.like("Matmul", {}, matrix, as_shape(vector, (*vector.shape, 1)))
    return found._replace(outputs=(found.outputs[0][:-1],))


@rule("einsum")
def einsum(op: Function, equation: Any, *inputs: Any) -> Inference:
    """Einstein's sum. Of Keras 2's files, none says what it is called on."""
    return op.like("Einsum", {"subscripts": equation.replace(" ", "")}, *inputs)


@rule("keras.backend.dot")
def backend_dot(op: Function, x: Any, y: Any) -> Inference:
    """The sum over the last axis of x and the last but one of y."""
    return op.like("Dot", {}, x, y)


@rule("keras.backend.batch_dot")
def batch_dot(op: Function, x: Any, y: Any, axes: Any = None) -> Inference:
    """A product for each sample, over an axis of each; vectors give one number."""
    one, other = op.array(x), op.array(y)
    ranks = len(one.shape), len(other.shape)
    if min(ranks) < 2:
        raise op.refuse("wants batches", list(ranks))
    if axes is None:
        axes = (ranks[0] - 1, 1 if ranks[1] == 2 else ranks[1] - 2)
    first, second = axes if is_list(axes) else (axes, axes)
    first, second = op.axis_of(first, ranks[0]), op.axis_of(second, ranks[1])
    summed = {one.shape[first], other.shape[second]} - {None}
    if len(summed) > 1:
        raise op.refuse("wants sizes that are equal on the axes it sums", [one.shape, other.shape])
    batch = one.shape[0] if other.shape[0] is None else other.shape[0]
    left = tuple(n for i, n in enumerate(one.shape) if i not in (0, first))
    right = tuple(n for i, n in enumerate(other.shape) if i not in (0, second))
    shape: Shape = (batch, *left, *right)
    macs = product(*shape, *(summed or [None]))
    return op.multiplies([(shape if len(shape) > 1 else (batch, 1), one.dtype)], macs)


@rule("compat.v1.nn.xw_plus_b", "nn.relu_layer")
def xw_plus_b(op: Function, x: Any, weights: Any, biases: Any) -> Inference:
    """A matrix product and a bias."""
    found = op.like("Matmul", {}, x, weights)
    return found._replace(elementwise=product(*found.outputs[0]))


@rule("tensordot")
def tensordot(op: Function, a: Any, b: Any, axes: Any) -> Inference:
    return op.like("Tensordot", {"axes": op.axes(axes)}, a, b)


@rule("linalg.trace")
def trace(op: Function, x: Any) -> Inference:
    """The sum of the diagonals."""
    x = op.array(x)
    return op.counted([(x.shape[:-2], x.dtype)], product(*x.shape[:-1]))


@rule("linalg.cross")
def cross(op: Function, a: Any, b: Any) -> Inference:
    """The cross product: six products and three sums a vector."""
    one = op.array(a)
    return op.maps(one.shape, one.dtype, 3)


def _decomposed(op: Function, x: Any, *shapes: Shape, dtype: str | None = None) -> Inference:
    """Return the inference of what an algorithm makes of matrices."""
    kind = dtype or x.dtype
    return op.counted([(shape, kind) for shape in shapes], None, why=DECOMPOSED)


@rule("linalg.inv", "linalg.expm", "linalg.sqrtm", "linalg.lu_matrix_inverse")
def inv(op: Function, input: Any, adjoint: Any = False, perm: Any = None) -> Inference:
    x = op.array(input)
    return _decomposed(op, x, x.shape)


@rule("linalg.pinv")
def pinv(op: Function, a: Any, rcond: Any = None) -> Inference:
    x = op.array(a)
    return _decomposed(op, x, (*x.shape[:-2], x.shape[-1], x.shape[-2]))


@rule("linalg.logdet")
def logdet(op: Function, matrix: Any) -> Inference:
    x = op.array(matrix)
    return _decomposed(op, x, x.shape[:-2])


@rule("linalg.slogdet")
def slogdet(op: Function, input: Any) -> Inference:
    x = op.array(input)
    return _decomposed(op, x, x.shape[:-2], x.shape[:-2])


@rule("linalg.eigvals", "linalg.eigvalsh")
def eigvals(op: Function, tensor: Any) -> Inference:
    x = op.array(tensor)
    return _decomposed(op, x, x.shape[:-1], dtype=_complex(op, x))


@rule("linalg.eig", "linalg.eigh")
def eig(op: Function, tensor: Any) -> Inference:
    x = op.array(tensor)
    return _decomposed(op, x, x.shape[:-1], x.shape, dtype=_complex(op, x))


def _complex(op: Function, x: Any) -> str:
    """Return the dtype of eigenvalues: of matrices that are not symmetric they are complex."""
    if op.function_name in ("linalg.eigh", "linalg.eigvalsh") or "complex" in x.dtype:
        return str(x.dtype)
    return "complex128" if x.dtype == "float64" else "complex64"


@rule("linalg.eigh_tridiagonal")
def eigh_tridiagonal(
    op: Function,
    alpha: Any,
    beta: Any,
    eigvals_only: Any = True,
    select: Any = "a",
    select_range: Any = None,
    tol: Any = None,
) -> Inference:
    x = op.array(alpha)
    vectors = () if eigvals_only else ((*x.shape, x.shape[-1]),)
    return _decomposed(op, x, x.shape, *vectors)


@rule("linalg.svd")
def svd(op: Function, tensor: Any, full_matrices: Any = False, compute_uv: Any = True) -> Inference:
    """Singular values, and orthogonal matrices if they are asked for."""
    x = op.array(tensor)
    *outer, rows, columns = x.shape
    inner = None if None in (rows, columns) else min(rows, columns)
    if not compute_uv:
        return _decomposed(op, x, (*outer, inner))
    left, right = (rows, columns) if full_matrices else (inner, inner)
    return _decomposed(op, x, (*outer, inner), (*outer, rows, left), (*outer, columns, right))


@rule("linalg.qr")
def qr(op: Function, input: Any, full_matrices: Any = False) -> Inference:
    x = op.array(input)
    *outer, rows, columns = x.shape
    inner = None if None in (rows, columns) else min(rows, columns)
    inner = rows if full_matrices else inner
    return _decomposed(op, x, (*outer, rows, inner), (*outer, inner, columns))


@rule("linalg.lu")
def lu(op: Function, input: Any, output_idx_type: Any = "int32") -> Inference:
    x = op.array(input)
    found = _decomposed(op, x, x.shape, x.shape[:-1])
    return found._replace(dtypes=(x.dtype, output_idx_type))


@rule("linalg.lu_reconstruct")
def lu_reconstruct(op: Function, lower_upper: Any, perm: Any) -> Inference:
    x = op.array(lower_upper)
    return _decomposed(op, x, x.shape)


@rule("linalg.lu_solve")
def lu_solve(op: Function, lower_upper: Any, perm: Any, rhs: Any) -> Inference:
    x = op.array(rhs)
    return _decomposed(op, x, x.shape)


@rule("linalg.solve", "linalg.triangular_solve", "linalg.cholesky_solve")
def solve(
    op: Function, matrix: Any, rhs: Any, adjoint: Any = False, lower: Any = True
) -> Inference:
    """The x for which a matrix times x is the other side."""
    a, x = op.array(matrix), op.array(rhs)
    outer = op.broadcast(a.shape[:-2], x.shape[:-2])
    return _decomposed(op, x, (*outer, a.shape[-1], x.shape[-1]))


@rule("linalg.lstsq")
def lstsq(
    op: Function, matrix: Any, rhs: Any, l2_regularizer: Any = 0.0, fast: Any = True
) -> Inference:
    a, x = op.array(matrix), op.array(rhs)
    return _decomposed(op, x, (*a.shape[:-2], a.shape[-1], x.shape[-1]))


@rule("linalg.matrix_rank")
def matrix_rank(op: Function, a: Any, tol: Any = None) -> Inference:
    x = op.array(a)
    return _decomposed(op, x, x.shape[:-2], dtype="int32")


@rule("linalg.tridiagonal_solve")
def tridiagonal_solve(
    op: Function,
    diagonals: Any,
    rhs: Any,
    diagonals_format: Any = "compact",
    transpose_rhs: Any = False,
    conjugate_rhs: Any = False,
    partial_pivoting: Any = True,
    perturb_singular: Any = False,
) -> Inference:
    x = op.array(rhs)
    return _decomposed(op, x, x.shape)


@rule("linalg.tridiagonal_matmul")
def tridiagonal_matmul(
    op: Function, diagonals: Any, rhs: Any, diagonals_format: Any = "compact"
) -> Inference:
    """Three diagonals times matrices: three MACs an element."""
    x = op.array(rhs)
    return op.multiplies([(x.shape, x.dtype)], product(3, *x.shape))
