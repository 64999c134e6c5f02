"""Operations of `keras/src/ops/core.py`."""

from __future__ import annotations

from typing import Any

from archi.graph import Inference, Shape, Tensor, is_list
from archi.ops._arguments import Known, Lengths, OptionalBoolean, OptionalDType
from archi.ops._elementwise import Unary
from archi.twin.arguments import DType, Integer, arg
from archi.twin.layer import Reach, product
from archi.twin.operation import NOTHING, Array, Operation
from archi.twin.values import Constant

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


class SaturateCast(Unary):
    """The elements in another dtype, within its bounds."""

    keeps = NOTHING
    dtype: str = arg(DType())

    def output_of(self, dtype: str) -> str:
        return self.dtype


class ConvertToTensor(Unary):
    """The tensor itself, in another dtype if one is named."""

    keeps = NOTHING
    cost = 0
    dtype: Any = arg(OptionalDType(), None)
    sparse: bool | None = arg(OptionalBoolean(), None)
    ragged: bool | None = arg(OptionalBoolean(), None)

    def output_of(self, dtype: str) -> str:
        return self.dtype or dtype

    def is_view(self, training: bool = False) -> bool:
        return True  # where the dtype stays the same


class StopGradient(Unary):
    """The tensor itself; its gradient goes no further."""

    keeps = NOTHING
    cost = 0
    operands = ("variable",)

    def infer(self, variable: Array) -> Inference:
        return super().infer(variable)

    def is_view(self, training: bool = False) -> bool:
        return True


class Unstack(Operation):
    """The tensors that lie side by side along `axis`."""

    gives_list = True
    keeps = NOTHING
    num: int | None = arg(Integer(0, optional=True), None)
    axis: int = arg(Integer(), 0)

    def infer(self, x: Array) -> Inference:
        axis = self.axis_of(self.axis, len(x.shape))
        count = x.shape[axis] if self.num is None else self.num
        if count is None:
            raise self.refuse(f"wants num, or an input whose axis {axis} is known", x.shape)
        return self.counted(self.several((self.without(x.shape, axis), x.dtype), count), 0)

    def sees(self, shapes: list[Shape], spatial: tuple[int, ...]) -> tuple[Reach, ...] | None:
        return self.reach_without(shapes[0], self.axis, False, spatial)


class Slice(Operation):
    """A part of `shape` that begins at `start_indices`; -1 is all that is left."""

    keeps = NOTHING
    shape: Shape = arg(Lengths())
    operands = ("inputs", "start_indices")
    loose = ("start_indices",)

    def infer(self, inputs: Array, start_indices: Any) -> Inference:
        rank = len(inputs.shape)
        if len(self.shape) != rank:
            raise self.refuse(f"wants an input of rank {len(self.shape)}", inputs.shape)
        starts: Any = [None] * rank
        if not isinstance(start_indices, Tensor):
            starts = start_indices.value if isinstance(start_indices, Constant) else start_indices
            if not is_list(starts) or len(starts) != rank:
                raise self.refuse(f"wants {rank} indices to start at", start_indices)
        return self.free(tuple(map(self._length, self.shape, inputs.shape, starts)), inputs.dtype)

    def _length(self, length: int | None, size: int | None, start: Any) -> int | None:
        if length != -1:
            return length
        if start is None or size is None:
            return None
        if type(start) is not int:
            raise self.refuse("wants whole numbers to start at", start)
        return size - start


class SliceUpdate(Operation):
    """The input with a part in place of what is there."""

    keeps = NOTHING
    operands = ("inputs", "start_indices", "updates")
    loose = ("start_indices",)

    def infer(self, inputs: Array, start_indices: Any, updates: Array) -> Inference:
        return self.free(inputs.shape, inputs.dtype)


class Scatter(Operation):
    """Zeros but for values at some places, summed: one FLOP a value."""

    keeps = NOTHING
    shape: Shape = arg(Lengths())
    operands = ("indices", "values")
    loose = ("indices",)

    def infer(self, indices: Any, values: Array) -> Inference:
        return self.counted([(self.shape, values.dtype)], product(*values.shape))


class ScatterUpdate(Operation):
    """The input with other values at some places; one FLOP a value where they are combined."""

    reduction: str | None = arg(Known(), None)
    operands = ("inputs", "indices", "updates")
    loose = ("indices",)

    def infer(self, inputs: Array, indices: Any, updates: Array) -> Inference:
        words = (None, "add", "max", "min", "mul")
        if self.reduction not in words:
            raise self.refuse("reduction is None, 'add', 'max', 'min' or 'mul'", self.reduction)
        count = product(*updates.shape) if self.reduction else 0
        return self.counted([(inputs.shape, inputs.dtype)], count)
