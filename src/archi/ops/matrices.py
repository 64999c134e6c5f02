"""Diagonals and the like, of `keras/src/ops/numpy.py`."""

from __future__ import annotations

from archi.graph import Inference, Shape
from archi.ops._elementwise import Unary
from archi.ops._reduction import summed
from archi.twin.arguments import Boolean, Integer, arg
from archi.twin.layer import product
from archi.twin.operation import BOTH, NOTHING, OUTPUTS, Array, Operation

HOME = "numpy"


def diagonal(rows: int | None, columns: int | None, offset: int) -> int | None:
    """Return how many elements a diagonal of a matrix has."""
    if rows is None or columns is None:
        return None
    return max(0, min(columns - offset if offset > 0 else rows + offset, rows, columns))


class Diag(Operation):
    """A vector as a diagonal of zeros' matrix, or the diagonal of a matrix; no arithmetic."""

    keeps = NOTHING
    k: int = arg(Integer(), 0)

    def infer(self, x: Array) -> Inference:
        if len(x.shape) == 1:
            size = x.shape[0] if x.shape[0] is None else x.shape[0] + abs(self.k)
            return self.free((size, size), x.dtype)
        if len(x.shape) == 2:
            return self.free((diagonal(*x.shape, self.k),), x.dtype)
        raise self.refuse("wants a vector or a matrix", x.shape)


class Diagflat(Operation):
    """All elements as a diagonal of zeros' matrix; no arithmetic."""

    keeps = NOTHING
    k: int = arg(Integer(), 0)

    def infer(self, x: Array) -> Inference:
        count = product(*x.shape)
        size = None if count is None else count + abs(self.k)
        return self.free((size, size), x.dtype)


class _OnDiagonal(Operation):
    """An operation on a diagonal of the matrices of two axes."""

    keeps = NOTHING
    offset: int = arg(Integer(), 0)
    axis1: int = arg(Integer(), 0)
    axis2: int = arg(Integer(), 1)

    def split(self, x: Array) -> tuple[Shape, int | None]:
        """Return a shape without the two axes, and the diagonal's length. Raises LayerError."""
        one, other = self.axes_of((self.axis1, self.axis2), len(x.shape))
        if one == other:
            raise self.refuse("wants two axes that differ", (self.axis1, self.axis2))
        length = diagonal(x.shape[one], x.shape[other], self.offset)
        return self.without(x.shape, (one, other)), length


class Diagonal(_OnDiagonal):
    """A diagonal; no arithmetic."""

    def infer(self, x: Array) -> Inference:
        others, length = self.split(x)
        return self.free((*others, length), x.dtype)


class Trace(_OnDiagonal):
    """The sum of a diagonal: one FLOP for each element of it."""

    def infer(self, x: Array) -> Inference:
        others, length = self.split(x)
        return self.counted([(others, summed(x.dtype))], product(*others, length))


class _Triangle(Unary):
    """Zeros on one side of a diagonal; no arithmetic."""

    keeps = NOTHING
    cost = 0
    k: int = arg(Integer(), 0)


class Tril(_Triangle):
    """The elements on and below a diagonal."""


class Triu(_Triangle):
    """The elements on and above a diagonal."""


class Vander(Operation):
    """The powers of each element: one product for each."""

    keeps = OUTPUTS
    # `N` is what Keras calls it.
    N: int | None = arg(Integer(0, optional=True), None)
    increasing: bool = arg(Boolean(), False)

    def infer(self, x: Array) -> Inference:
        if len(x.shape) != 1:
            raise self.refuse("wants a vector", x.shape)
        return self.elementwise((*x.shape, x.shape[0] if self.N is None else self.N), x.dtype)


class Corrcoef(Operation):
    """How rows go together; its shape is what Keras says, not that of the rows' pairs."""

    keeps = BOTH

    def infer(self, x: Array) -> Inference:
        dtype = "float64" if x.dtype == "int64" else self.promoted(x.dtype, "float")
        why = "Keras does not know how many rows there are"
        return self.counted([(x.shape, dtype)], None, why=why)


class Slogdet(Operation):
    """The sign of the determinant and the logarithm of the rest."""

    keeps = BOTH

    def infer(self, x: Array) -> Inference:
        why = "the arithmetic of a decomposition is up to the algorithm"
        return self.counted([((), x.dtype), (x.shape[:-2], x.dtype)], None, why=why)
