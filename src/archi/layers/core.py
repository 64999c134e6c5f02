"""Core layers (`keras/src/layers/core`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from archi.graph import Inference, Shape, Tensor, Weight
from archi.layers._arguments import Activation, Boolean, DType, Integer, Number, arg
from archi.layers._arguments import Shape as ShapeArgument
from archi.layers._core import (
    ITSELF,
    OVER_LAST_AXIS,
    Elementwise,
    Kept,
    Layer,
    Reach,
    product,
    scaled,
    total,
)
from archi.layers._einsum import Applied, Equation, EquationText, Letters, OutputShape, apply
from archi.layers._objects import CONSTRAINT, INITIALIZER, REGULARIZER
from archi.layers._policies import MODES
from archi.layers._quantized import (
    QUANTIZATION,
    Layout,
    Quantizable,
    groups,
    kernel_weights,
    lora_alpha,
    lora_rank,
)


class InputLayer(Layer):
    """Where data enters; its one node has no inputs."""

    batch_shape: Shape = arg(ShapeArgument(1))
    dtype: str = arg(DType(), None)
    sparse: bool = arg(Boolean(), False)
    ragged: bool = arg(Boolean(), False, omit=True)
    optional: bool = arg(Boolean(), False, omit=True)

    has_build_config = False

    def validate(self) -> None:
        if self.sparse and self.ragged:
            raise self.refuse("can't be both sparse and ragged", True)

    def infer(self) -> Inference:
        return Inference((self.batch_shape,), (), macs=0, elementwise=0)

    def rule(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Inference:
        if not args:
            return self.infer()
        # The input of a model that is called inside another: what it is called on.
        (tensor,) = args
        if len(tensor.shape) != len(self.batch_shape):
            raise self.refuse(f"wants an input of {len(self.batch_shape)} dimensions", tensor.shape)
        shape = tuple(
            own if size is None else size
            for size, own in zip(tensor.shape, self.batch_shape, strict=True)
        )
        return Inference((shape,), (), macs=0, elementwise=0, dtypes=(tensor.dtype,))

    def kept(self) -> Kept:
        return Kept(inputs=False, outputs=False)

    def is_view(self, training: bool = False) -> bool:
        return True

    def reach(self, shapes: list[Shape], spatial: tuple[int, ...]) -> tuple[Reach, ...] | None:
        return ITSELF

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        del config["trainable"]
        return config


def Input(
    shape: Shape,
    batch_size: int | None = None,
    dtype: str | None = None,
    name: str | None = None,
) -> Tensor:
    """Return a tensor for samples of `shape` (batch axis left out)."""
    layer = InputLayer(batch_shape=(batch_size, *shape), dtype=dtype, name=name)
    return layer.add_call((), {}).outputs[0]


class _Constant(Number):
    """A number, or the config of a tensor."""

    def parse(self, value: Any, layer: type[Layer]) -> Any:
        return value if isinstance(value, dict) else super().parse(value, layer)


class Identity(Elementwise):
    """Its input."""

    keeps_dtype = True

    def is_view(self, training: bool = False) -> bool:
        return True

    def kept(self) -> Kept:
        return Kept(inputs=False, outputs=False)


class Masking(Elementwise):
    """Zeroes the steps that hold nothing but `mask_value`, and marks them to be skipped."""

    mask_value: Any = arg(_Constant(), 0.0)

    def kept(self) -> Kept:
        return Kept(inputs=True, outputs=False)

    def reach(self, shapes: list[Shape], spatial: tuple[int, ...]) -> tuple[Reach, ...] | None:
        return None if len(shapes[0]) - 1 in spatial else ITSELF


class Dense(Quantizable):
    """A matrix product over the last axis, with bias and activation."""

    quantizes = MODES
    keeps_alpha = False

    units: int = arg(Integer(1))
    activation: str = arg(Activation(), None)
    use_bias: bool = arg(Boolean(), True)
    kernel_initializer: Any = arg(INITIALIZER, "glorot_uniform")
    bias_initializer: Any = arg(INITIALIZER, "zeros")
    kernel_regularizer: Any = arg(REGULARIZER, None)
    bias_regularizer: Any = arg(REGULARIZER, None)
    activity_regularizer: Any = arg(REGULARIZER, None, omit=True)
    kernel_constraint: Any = arg(CONSTRAINT, None)
    bias_constraint: Any = arg(CONSTRAINT, None)
    lora_rank: int | None = lora_rank()
    lora_alpha: float | None = lora_alpha()
    quantization_config: Any = arg(QUANTIZATION, None, omit=True)

    def infer(self, x: Shape) -> Inference:
        if len(x) < 2:
            raise self.refuse("wants an input of at least 2 dimensions, batch first", x)
        rows, columns = self.known(x, -1), self.units
        layout = Layout((rows, columns), rows, columns, (columns,), "kernel_zero")
        bias = (Weight("bias", (columns,)),) if self.use_bias else ()
        output = (*x[:-1], columns)
        macs = product(rows, *x[1:-1], columns)
        if self.adapts_inputs():
            macs = total(macs, product(self.lora_rank, rows + columns, *x[1:-1]))
        after = self.use_bias + (self.activation != "linear")
        weights = (*kernel_weights(self, layout), *bias)
        return Inference((output,), weights, macs, scaled(after, output))

    def kept(self) -> Kept:
        return Kept(inputs=True, outputs=self.activation != "linear")

    def reach(self, shapes: list[Shape], spatial: tuple[int, ...]) -> tuple[Reach, ...] | None:
        return None if len(shapes[0]) - 1 in spatial else ITSELF


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
        weights = kernel_weights(self, self._layout(applied.equation, shape))
        if self.bias_axes is not None:
            weights.append(Weight("bias", self._known(applied.bias(self.bias_axes), x)))
        macs = applied.macs()
        if self.adapts_inputs():
            rank, last = self.lora_rank or 0, applied.equation.kernel[-1]
            macs = total(macs, applied.macs(**{last: rank}), product(rank, applied.elements()))
        after = (self.bias_axes is not None) + (self.activation != "linear")
        elementwise = product(after, applied.elements()) if after else 0
        return Inference((applied.output,), tuple(weights), macs, elementwise)

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


class _Embedding(Quantizable):
    """Rows of a table, looked up: no product, but for an adapter beside a quantised table."""

    quantizes = frozenset(("int8", "int4"))
    keeps_alpha = False

    input_dim: int
    output_dim: int

    def infer(self, x: Shape) -> Inference:
        output = (*x, self.output_dim)
        macs = product(self.lora_rank, *output[1:]) if self.adapts_inputs() else 0
        table = (self.input_dim, self.output_dim)
        weights = [*self.table(), *self.adapter("embeddings", table)]
        return Inference((output,), tuple(weights), macs, elementwise=0)

    def table(self) -> list[Weight]:
        """Return the weights of the table: with int4 two columns a byte."""
        how, rows, columns = self.quantized, self.input_dim, self.output_dim
        if how is None:
            return [Weight("embeddings", (rows, columns), trainable=not self.lora_rank)]
        each = (rows,) if how.group == -1 else (rows, groups(columns, how))
        packed = columns if how.mode == "int8" else -(-columns // 2)
        weights = [
            Weight("embeddings", (rows, packed), trainable=False, dtype="int8"),
            Weight("embeddings_scale", each, trainable=False),
        ]
        if len(each) > 1:
            weights += [
                Weight("embeddings_zero", each, trainable=False, dtype="int8"),
                Weight("g_idx", (columns,), trainable=False, dtype="float32"),
            ]
        return weights

    def kept(self) -> Kept:
        return Kept(inputs=True, outputs=False)

    def reach(self, shapes: list[Shape], spatial: tuple[int, ...]) -> tuple[Reach, ...] | None:
        return ITSELF


class Embedding(_Embedding):
    """A row of a table for each whole number."""

    input_dim: int = arg(Integer(1))
    output_dim: int = arg(Integer(1))
    embeddings_initializer: Any = arg(INITIALIZER, "uniform")
    embeddings_regularizer: Any = arg(REGULARIZER, None)
    embeddings_constraint: Any = arg(CONSTRAINT, None)
    mask_zero: bool = arg(Boolean(), False)
    lora_rank: int | None = lora_rank()
    lora_alpha: float | None = lora_alpha()
    quantization_config: Any = arg(QUANTIZATION, None, omit=True)
    activity_regularizer: Any = arg(REGULARIZER, None)


class ReversibleEmbedding(_Embedding):
    """An embedding that called with `reverse` goes back: a product of rows with the table."""

    call_arguments = ("reverse",)

    input_dim: int = arg(Integer(1))
    output_dim: int = arg(Integer(1))
    tie_weights: bool = arg(Boolean(), True)
    embeddings_initializer: Any = arg(INITIALIZER, "uniform")
    embeddings_regularizer: Any = arg(REGULARIZER, None)
    embeddings_constraint: Any = arg(CONSTRAINT, None)
    mask_zero: bool = arg(Boolean(), False)
    reverse_dtype: str | None = arg(DType(optional=True), None)
    logit_soft_cap: float | None = arg(Number(optional=True), None)
    lora_rank: int | None = lora_rank()
    lora_alpha: float | None = lora_alpha()
    quantization_config: Any = arg(QUANTIZATION, None)
    activity_regularizer: Any = arg(REGULARIZER, None)

    def infer(self, x: Shape, reverse: Any = False) -> Inference:
        if not reverse:
            return super().infer(x)
        if not x or x[-1] not in (None, self.output_dim):
            raise self.refuse(f"wants rows of {self.output_dim} to go back from", x)
        output = (*x[:-1], self.input_dim)
        macs = product(*x[1:-1], self.output_dim, self.input_dim)
        capped = scaled(self.logit_soft_cap is not None, output)
        return super().infer(x)._replace(outputs=(output,), macs=macs, elementwise=capped)

    def table(self) -> list[Weight]:
        return super().table() + ([] if self.tie_weights else self._way_back())

    def _way_back(self) -> list[Weight]:
        how, rows, columns = self.quantized, self.output_dim, self.input_dim
        if how is None:
            if self.lora_rank:  # Keras adds the adapter first, and then takes no more weights
                raise self.refuse("has an adapter only where its weights are tied", False)
            return [Weight("reverse_embeddings", (rows, columns))]
        each = (columns,) if how.group == -1 else (groups(rows, how), columns)
        packed = rows if how.mode == "int8" else -(-rows // 2)
        weights = [
            Weight("reverse_embeddings", (packed, columns), trainable=False, dtype="int8"),
            Weight("reverse_embeddings_scale", each, trainable=False),
        ]
        if len(each) > 1:
            weights.append(Weight("reverse_embeddings_zero", each, trainable=False))
        return weights
