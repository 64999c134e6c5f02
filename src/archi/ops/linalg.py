"""Operations of `keras/src/ops/linalg.py`: shapes; their arithmetic is the algorithm's."""

from __future__ import annotations

from typing import Any

from archi.graph import Inference, Shape
from archi.ops._arguments import Axes, Known
from archi.twin.arguments import Boolean, Choice, Number, arg
from archi.twin.layer import Reach, product
from archi.twin.operation import BOTH, INPUTS, Array, Operation

HOME = "linalg"
DECOMPOSED = "the arithmetic of a decomposition is up to the algorithm"


class _OnMatrix(Operation):
    """An operation on the matrices of the last two axes."""

    keeps = BOTH
    square = True

    def infer(self, x: Array) -> Inference:
        if len(x.shape) < 2 or (self.square and x.shape[-1] != x.shape[-2]):
            raise self.refuse(f"wants {'square ' * self.square}matrices", x.shape)
        outputs = self.outputs_of(x.shape[:-2], *x.shape[-2:])
        return self.counted(
            [(shape, self.output_of(x.dtype)) for shape in outputs], None, why=DECOMPOSED
        )

    def outputs_of(self, batch: Shape, rows: int | None, columns: int | None) -> list[Shape]:
        """Return the shapes of the outputs. Raises LayerError."""
        return [(*batch, rows, columns)]

    def output_of(self, dtype: str) -> str:
        """Return the dtype of the outputs."""
        return dtype

    def shorter(self, rows: int | None, columns: int | None) -> int:
        """Return the smaller of two sizes. Raises LayerError where one is unknown."""
        if rows is None or columns is None:
            raise self.refuse("wants matrices of known size", (rows, columns))
        return min(rows, columns)


class Cholesky(_OnMatrix):
    """The triangle that, times itself, is x."""

    upper: bool = arg(Boolean(), False)


class CholeskyInverse(_OnMatrix):
    """The inverse of what a triangle is, times itself."""

    upper: bool = arg(Boolean(), False)


class Inv(_OnMatrix):
    """The inverse."""


class Det(_OnMatrix):
    """The determinant."""

    def outputs_of(self, batch: Shape, rows: int | None, columns: int | None) -> list[Shape]:
        return [batch]


class Eig(_OnMatrix):
    """Eigenvalues and eigenvectors."""

    def outputs_of(self, batch: Shape, rows: int | None, columns: int | None) -> list[Shape]:
        return [(*batch, rows), (*batch, rows, columns)]


class Eigh(Eig):
    """Eigenvalues and eigenvectors of symmetric matrices."""


class LuFactor(_OnMatrix):
    """Two triangles, and the order of the rows."""

    square = False

    def outputs_of(self, batch: Shape, rows: int | None, columns: int | None) -> list[Shape]:
        return [(*batch, rows, columns), (*batch, self.shorter(rows, columns))]


class Qr(_OnMatrix):
    """An orthogonal matrix and a triangle."""

    square = False
    mode: str = arg(Choice("reduced", "complete"), "reduced")

    def outputs_of(self, batch: Shape, rows: int | None, columns: int | None) -> list[Shape]:
        inner = self.shorter(rows, columns) if self.mode == "reduced" else rows
        self.shorter(rows, columns)
        return [(*batch, rows, inner), (*batch, inner, columns)]


class SVD(_OnMatrix):
    """Singular values, between two orthogonal matrices if they are asked for."""

    square = False
    full_matrices: bool = arg(Boolean(), True)
    compute_uv: bool = arg(Boolean(), True)

    def outputs_of(self, batch: Shape, rows: int | None, columns: int | None) -> list[Shape]:
        inner = self.shorter(rows, columns)
        if not self.compute_uv:
            return [(*batch, inner)]
        left, right = (rows, columns) if self.full_matrices else (inner, inner)
        return [(*batch, rows, left), (*batch, inner), (*batch, right, columns)]


class MatrixRank(_OnMatrix):
    """How many rows are independent."""

    square = False
    tol: float | None = arg(Number(optional=True), None)

    def outputs_of(self, batch: Shape, rows: int | None, columns: int | None) -> list[Shape]:
        return [batch]

    def output_of(self, dtype: str) -> str:
        return "int32"


class Pinv(_OnMatrix):
    """The pseudo-inverse."""

    square = False
    rcond: float | None = arg(Number(optional=True), None)

    def outputs_of(self, batch: Shape, rows: int | None, columns: int | None) -> list[Shape]:
        return [(*batch, columns, rows)]


class Norm(Operation):
    """A norm of vectors or matrices: one FLOP for each element, but for singular values."""

    ord: Any = arg(Known(), None)
    axis: Any = arg(Axes(), None)
    keepdims: bool = arg(Boolean(), False)

    def validate(self) -> None:
        if isinstance(self.ord, str) and self.ord not in ("fro", "nuc"):
            raise self.refuse("ord is a number, 'fro' or 'nuc'", self.ord)

    def infer(self, x: Array) -> Inference:
        axes = self.axes_of(self.axis, len(x.shape))
        if len(axes) == 1 and isinstance(self.ord, str):
            raise self.refuse("wants a number as the ord of vectors", self.ord)
        infinity = float("inf")
        known = (None, "fro", "nuc", infinity, -infinity, 1, -1, 2, -2)
        if len(axes) == 2 and self.ord not in known:
            raise self.refuse(f"wants the ord of a matrix to be one of {known}", self.ord)
        singular = len(axes) == 2 and self.ord in ("nuc", 2, -2)
        count = None if singular else product(*x.shape)
        why = DECOMPOSED if singular else "the size of its input is unknown"
        dtype = "float32" if "int" in x.dtype or x.dtype == "bool" else x.dtype
        output = (self.without(x.shape, self.axis, self.keepdims), dtype)
        return self.counted([output], count, why=why)

    def sees(self, shapes: list[Shape], spatial: tuple[int, ...]) -> tuple[Reach, ...] | None:
        return self.reach_without(shapes[0], self.axis, self.keepdims, spatial)


class Solve(Operation):
    """The x for which a · x is b."""

    keeps = INPUTS
    operands = ("a", "b")

    def infer(self, a: Array, b: Array) -> Inference:
        one, other = a.shape, b.shape
        if len(one) < 2 or one[-1] != one[-2] or not other:
            raise self.refuse("wants square matrices and vectors or matrices", [one, other])
        rows = {len(one): -2, len(one) - 1: -1}.get(len(other))
        if rows is not None and other[rows] != one[rows]:
            raise self.refuse("wants a row of b for each of a", [one, other])
        return self.counted([(other, b.dtype)], None, why=DECOMPOSED)


class SolveTriangular(Solve):
    """The x for which a · x is b, where a is a triangle."""

    lower: bool = arg(Boolean(), False)


class Lstsq(Operation):
    """The x for which a · x is nearest to b."""

    rcond: float | None = arg(Number(optional=True), None)
    operands = ("a", "b")

    def infer(self, a: Array, b: Array) -> Inference:
        one, other = a.shape, b.shape
        if len(one) != 2 or len(other) not in (1, 2) or one[0] != other[0]:
            raise self.refuse("wants a matrix, and a row of b for each of a", [one, other])
        return self.counted([((one[1], *other[1:]), a.dtype)], None, why=DECOMPOSED)
