"""Core layers (`keras/src/layers/core`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from archi.graph import Inference, Shape, Tensor, Weight
from archi.layers._quantized import (
    QUANTIZATION,
    Layout,
    Quantizable,
    layer_weights,
    lora_alpha,
    lora_rank,
)
from archi.twin.arguments import Activation, Boolean, DType, Integer, Number, arg
from archi.twin.arguments import Shape as ShapeArgument
from archi.twin.layer import (
    ITSELF,
    Elementwise,
    Kept,
    Layer,
    Reach,
    product,
    scaled,
    total,
)
from archi.twin.objects import CONSTRAINT, INITIALIZER, REGULARIZER
from archi.twin.policies import MODES


class InputLayer(Layer):
    """Where data enters; its one node has no inputs."""

    batch_shape: Shape = arg(ShapeArgument(1))
    dtype: str = arg(DType(), None)
    sparse: bool = arg(Boolean(), False)
    ragged: bool = arg(Boolean(), False, omit=True)
    optional: bool = arg(Boolean(), False, omit=True)

    has_build_config = False
    wrappable = False

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
        weights = layer_weights(self, layout, *bias)
        return Inference((output,), weights, macs, scaled(after, output))

    def kept(self) -> Kept:
        return Kept(inputs=True, outputs=self.activation != "linear")

    def reach(self, shapes: list[Shape], spatial: tuple[int, ...]) -> tuple[Reach, ...] | None:
        return None if len(shapes[0]) - 1 in spatial else ITSELF
