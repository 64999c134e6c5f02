"""Merging (`keras/src/layers/merging`): n inputs cost n-1 FLOPs an output element."""

from __future__ import annotations

from functools import reduce
from typing import Any

from archi.graph import Inference, Shape
from archi.twin.arguments import Boolean, Integer, Kind, arg
from archi.twin.layer import ITSELF, Kept, Layer, Reach, product, scaled, total


class _Merge(Layer):
    """An elementwise operation over inputs that broadcast against each other."""

    merges = True
    keeps_inputs = False  # whether the gradient of one input depends on the others

    def infer(self, *inputs: Shape) -> Inference:
        batch = self.batch_size(inputs)
        output = (batch, *reduce(self._broadcast, (shape[1:] for shape in inputs)))
        return Inference((output,), (), macs=0, elementwise=scaled(len(inputs) - 1, output))

    def kept(self) -> Kept:
        return Kept(inputs=self.keeps_inputs, outputs=False)

    def reach(self, shapes: list[Shape], spatial: tuple[int, ...]) -> tuple[Reach, ...] | None:
        sizes = {tuple(shape[axis] for axis in spatial) for shape in shapes}
        return ITSELF if len(sizes) == 1 else None  # what is broadcast is read everywhere

    def batch_size(self, inputs: tuple[Shape, ...]) -> int | None:
        """Return the one batch size among the inputs. Raises LayerError where there are two."""
        if () in inputs:
            raise self.refuse("wants inputs with a batch axis", list(inputs))
        sizes = {shape[0] for shape in inputs} - {None}
        if len(sizes) > 1:
            raise self.refuse("wants inputs of one batch size", list(inputs))
        return sizes.pop() if sizes else None

    def _broadcast(self, a: Shape, b: Shape) -> Shape:
        if len(a) < len(b):
            a, b = b, a
        head = a[: len(a) - len(b)]
        return head + tuple(map(self._common, a[len(head) :], b))

    def _common(self, a: int | None, b: int | None) -> int | None:
        if a is None or b is None:
            return None
        if a != b and 1 not in (a, b):
            raise self.refuse("wants inputs of equal sizes", (a, b))
        return b if a == 1 else a


class Add(_Merge):
    """Sum of the inputs."""


class Subtract(_Merge):
    """First input minus the second."""

    def infer(self, *inputs: Shape) -> Inference:
        if len(inputs) != 2:
            raise self.refuse("wants two inputs", list(inputs))
        return super().infer(*inputs)


class Multiply(_Merge):
    """Product of the inputs."""

    keeps_inputs = True


class Average(_Merge):
    """Mean of the inputs."""


class Maximum(_Merge):
    """Largest of the inputs."""

    keeps_inputs = True


class Minimum(_Merge):
    """Smallest of the inputs."""

    keeps_inputs = True


class Concatenate(_Merge):
    """The inputs side by side along `axis`; no arithmetic."""

    axis: int = arg(Integer(), -1)

    def infer(self, *inputs: Shape) -> Inference:
        ranks = {len(shape) for shape in inputs}
        if len(ranks) != 1 or not -min(ranks) <= self.axis < min(ranks):
            raise self.refuse(f"wants inputs of one rank that have axis {self.axis}", list(inputs))
        axis = self.axis % ranks.pop()
        output = list(inputs[0])  # Keras takes the other sizes from the first input
        for i, sizes in enumerate(zip(*inputs, strict=True)):
            if i == axis:
                output[i] = None if None in sizes else sum(size or 0 for size in sizes)
            elif len(set(sizes) - {None}) > 1:
                raise self.refuse(
                    f"wants inputs that differ on axis {self.axis} alone", list(inputs)
                )
        return Inference((tuple(output),), (), macs=0, elementwise=0)

    def reach(self, shapes: list[Shape], spatial: tuple[int, ...]) -> tuple[Reach, ...] | None:
        return None if self.axis % len(shapes[0]) in spatial else ITSELF


class _AxisPair(Kind):
    """An axis of both inputs, or one of each."""

    def parse(self, value: Any, layer: type[Layer]) -> int | tuple[int, ...]:
        if type(value) is int:
            return value
        if isinstance(value, (list, tuple)) and [type(axis) for axis in value] == [int, int]:
            return tuple(value)
        raise ValueError("an axis, or a pair of axes")


class Dot(_Merge):
    """Products of two inputs, summed along `axes`, one of each; normalised first if asked."""

    keeps_inputs = True

    axes: Any = arg(_AxisPair())
    normalize: bool = arg(Boolean(), False)

    def infer(self, *inputs: Shape) -> Inference:
        if len(inputs) != 2:
            raise self.refuse("wants two inputs", list(inputs))
        batch = self.batch_size(inputs)
        first, second = self._axes(inputs)
        (one, other), summed = inputs, inputs[0][first]
        if summed != other[second]:
            raise self.refuse("wants inputs of one size along its axes", list(inputs))
        left = [*one[1:first], *one[first + 1 :], *other[1:second], *other[second + 1 :]]
        output = (batch if one[0] is None else one[0], *(left or [1]))
        norms = total(*(scaled(2 * self.normalize, shape) for shape in inputs))
        return Inference((output,), (), product(summed, *left), norms)

    def _axes(self, inputs: tuple[Shape, ...]) -> tuple[int, int]:
        pair = self.axes if isinstance(self.axes, tuple) else (self.axes, self.axes)
        found = []
        for axis, shape in zip(pair, inputs, strict=True):
            if not -len(shape) <= axis < len(shape) or axis % len(shape) == 0:
                raise self.refuse(f"wants inputs that have axes {pair}, batch first", list(inputs))
            found.append(axis % len(shape))
        return found[0], found[1]

    def reach(self, shapes: list[Shape], spatial: tuple[int, ...]) -> tuple[Reach, ...] | None:
        return None
