"""The dense layer of any equation (`keras/src/layers/core/einsum_dense.py`)."""

from __future__ import annotations

from typing import Any

from archi.graph import Inference, Shape, Weight
from archi.layers._einsum import Applied, Equation, EquationText, Letters, OutputShape, apply
from archi.layers._quantized import (
    QUANTIZATION,
    Layout,
    Quantizable,
    layer_weights,
    lora_alpha,
    lora_rank,
)
from archi.twin.arguments import Activation, Integer, arg
from archi.twin.layer import ITSELF, OVER_LAST_AXIS, Kept, Reach, product, total
from archi.twin.objects import CONSTRAINT, INITIALIZER, REGULARIZER
from archi.twin.policies import MODES


class EinsumDense(Quantizable):
    """A product with a kernel, summed as `equation` says, with bias and activation."""

    quantizes = MODES

    equation: str = arg(EquationText())
    output_shape: Shape = arg(OutputShape(1))
    activation: str = arg(Activation(), None)
    bias_axes: str | None = arg(Letters(), None)
    kernel_initializer: Any = arg(INITIALIZER, "glorot_uniform")
    bias_initializer: Any = arg(INITIALIZER, "zeros")
    kernel_regularizer: Any = arg(REGULARIZER, None)
    bias_regularizer: Any = arg(REGULARIZER, None)
    kernel_constraint: Any = arg(CONSTRAINT, None)
    bias_constraint: Any = arg(CONSTRAINT, None)
    lora_rank: int | None = lora_rank()
    lora_alpha: float | None = lora_alpha()
    gptq_unpacked_column_size: int | None = arg(Integer(1, optional=True), None, omit=True)
    quantization_config: Any = arg(QUANTIZATION, None, omit=True)
    activity_regularizer: Any = arg(REGULARIZER, None)

    def validate(self) -> None:
        super().validate()
        equation = Equation.parse(self.equation)
        inputs, kernel, outputs = map(set, equation[:3])
        if not outputs <= inputs | kernel or not kernel <= inputs | outputs:
            raise self.refuse("equation names an axis that is nowhere else", self.equation)
        if not set(self.bias_axes or "") <= outputs:
            raise self.refuse("bias_axes are axes of the output", self.bias_axes)

    def infer(self, x: Shape) -> Inference:
        if self.nodes and len(x) != len(self.nodes[0].inputs[0].shape):
            raise self.refuse("is shared and wants inputs of one rank", x)
        applied = self._applied(x)
        shape = tuple(self._size(applied, letter) for letter in applied.equation.kernel)
        bias = []
        if self.bias_axes is not None:
            bias.append(Weight("bias", self._known(applied.bias(self.bias_axes), x)))
        weights = layer_weights(self, self._layout(applied.equation, shape), *bias)
        macs = applied.macs()
        if self.adapts_inputs():
            rank, last = self.lora_rank or 0, applied.equation.kernel[-1]
            macs = total(macs, applied.macs(**{last: rank}), product(rank, applied.elements()))
        after = (self.bias_axes is not None) + (self.activation != "linear")
        elementwise = product(after, applied.elements()) if after else 0
        return Inference((applied.output,), weights, macs, elementwise)

    def _applied(self, x: Shape) -> Applied:
        try:
            return apply(Equation.parse(self.equation), self.output_shape, x)
        except ValueError as error:
            raise self.refuse(str(error), x) from None

    def _size(self, applied: Applied, letter: str) -> int:
        """Return the kernel's size along an axis: what the output says, else the input."""
        if letter not in applied.equation.outputs:
            return self.known(applied.x, applied.axis(letter))
        return self._known((applied.given(letter),), applied.x)[0]

    def _known(self, sizes: Shape, x: Shape) -> tuple[int, ...]:
        known = tuple(size for size in sizes if size is not None)
        if len(known) < len(sizes):
            raise self.refuse("wants the sizes of its weights in output_shape", x)
        return known

    def _layout(self, equation: Equation, shape: tuple[int, ...]) -> Layout:
        """Return the kernel as its quantisation sees it. Raises LayerError where it can't."""
        size = dict(zip(equation.kernel, shape, strict=True))
        rows = product(*(size[letter] for letter in equation.summed)) or 1
        columns = product(*shape) or 1
        scale = tuple(size.get(letter, 1) for letter in equation.outputs)
        layout = Layout(shape, rows, columns // rows, scale, "zero_point")
        mode = self.quantized.mode if self.quantized else ""
        if mode in ("", "float8"):
            return layout
        if equation.ellipsis:
            raise self.refuse(f"has no {mode} form with an ellipsis in its equation", equation)
        if mode not in ("gptq", "awq"):
            return layout
        if len(shape) not in (2, 3):
            raise self.refuse(f"wants a kernel of 2 or 3 axes for {mode}", shape)
        # Keras takes the largest axis for the model's width, and if it is the first for rows.
        rows = shape[0] if len(shape) == 2 or shape.index(max(shape)) == 0 else shape[0] * shape[1]
        return layout._replace(rows=rows, columns=columns // rows)

    def kept(self) -> Kept:
        return Kept(inputs=True, outputs=self.activation != "linear")

    def reach(self, shapes: list[Shape], spatial: tuple[int, ...]) -> tuple[Reach, ...] | None:
        applied = self._applied(shapes[0])
        mixes = self.activation in OVER_LAST_AXIS and len(applied.output) - 1 in spatial
        return ITSELF if all(map(applied.stays, spatial)) and not mixes else None
