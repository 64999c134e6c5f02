"""Activations, normalisations, losses and attention of `keras/src/ops/nn.py`.

An activation or a loss is one FLOP an element, a normalisation two, as in layers.
"""

from __future__ import annotations

from typing import Any

from archi.graph import Inference, Shape
from archi.ops._arguments import Axes, Known, OptionalBoolean
from archi.ops._elementwise import Elementwise, Unary
from archi.twin.arguments import Boolean, DType, Integer, Number, arg
from archi.twin.layer import ITSELF, Reach, product
from archi.twin.operation import BOTH, INPUTS, NOTHING, OUTPUTS, Array, Operation

HOME = "nn"


class _Activation(Unary):
    """The slope of an activation follows from its value."""

    keeps = OUTPUTS


class Relu(_Activation):
    """max(x, 0)."""


class Relu6(_Activation):
    """x between 0 and 6."""


class Sigmoid(_Activation):
    """1 / (1 + exp(-x))."""


class SparseSigmoid(_Activation):
    """A sigmoid made of straight lines."""


class Softplus(_Activation):
    """log(1 + exp(x))."""


class Softsign(_Activation):
    """x / (1 + |x|)."""


class SoftShrink(_Activation):
    """x nearer to 0 by `threshold`."""

    threshold: float = arg(Number(), 0.5)


class SparsePlus(_Activation):
    """A softplus that is 0 below -1."""


class Silu(_Activation):
    """x × sigmoid(x)."""


class Squareplus(_Activation):
    """(x + √(x² + b)) / 2."""

    b: float = arg(Number(), 4)


class LogSigmoid(_Activation):
    """log(sigmoid(x))."""


class LeakyRelu(_Activation):
    """x, with a slope below 0."""

    negative_slope: float = arg(Number(), 0.2)


class HardSigmoid(_Activation):
    """A sigmoid made of straight lines."""


class HardSilu(_Activation):
    """x × hard_sigmoid(x)."""


class Elu(_Activation):
    """x, exp(x) - 1 below 0."""

    alpha: float = arg(Number(), 1.0)


class Selu(_Activation):
    """The ELU, scaled."""


class Gelu(_Activation):
    """x × Φ(x)."""

    approximate: bool = arg(Boolean(), True)


class Celu(_Activation):
    """The ELU of one slope."""

    alpha: float = arg(Number(), 1.0)


class TanhShrink(_Activation):
    """x - tanh(x)."""


class HardTanh(_Activation):
    """x between -1 and 1."""


class HardShrink(_Activation):
    """x, 0 within `threshold` of 0."""

    threshold: float = arg(Number(), 0.5)


class Threshold(_Activation):
    """x above `threshold`, else `default_value`."""

    threshold: float = arg(Number())
    default_value: float = arg(Number())


class _OverAxis(Unary):
    """An operation for each element that all along `axis` have a part in."""

    keeps = OUTPUTS
    axis: Any = arg(Axes(), -1)

    def infer(self, x: Array) -> Inference:
        self.axes_of(self.axis, len(x.shape))
        return super().infer(x)

    def sees(self, shapes: list[Shape], spatial: tuple[int, ...]) -> tuple[Reach, ...] | None:
        over = self.axes_of(self.axis, len(shapes[0]))
        return None if set(over) & set(spatial) else super().sees(shapes, spatial)


class Softmax(_OverAxis):
    """exp(x) divided by its sum along `axis`."""


class LogSoftmax(_OverAxis):
    """The logarithm of the softmax."""


class Sparsemax(_OverAxis):
    """A softmax with zeros."""

    axis: int = arg(Integer(), -1)


class Glu(Operation):
    """One half along `axis` times the sigmoid of the other: two FLOPs an element."""

    axis: int = arg(Integer(), -1)

    def infer(self, x: Array) -> Inference:
        axis = self.axis_of(self.axis, len(x.shape))
        size = x.shape[axis]
        if size is not None and size % 2:
            raise self.refuse("wants two halves", x.shape)
        half = None if size is None else size // 2
        return self.elementwise((*x.shape[:axis], half, *x.shape[axis + 1 :]), x.dtype, 2)

    def sees(self, shapes: list[Shape], spatial: tuple[int, ...]) -> tuple[Reach, ...] | None:
        return None if self.axis % len(shapes[0]) in spatial else ITSELF


class _Normalization(_OverAxis):
    """A scale and a shift: two FLOPs an element."""

    keeps = INPUTS
    cost = 2


class Normalize(_Normalization):
    """x divided by its norm along `axis`."""

    order: int = arg(Integer(), 2)
    epsilon: float | None = arg(Number(optional=True), None)

    def output_of(self, dtype: str) -> str:
        return "float32"  # Keras forgets the input's


class _Scaled(Elementwise):
    """A normalisation over `axis` of every sample by itself."""

    keeps = INPUTS
    cost = 2
    axis: Any = arg(Axes(), -1)
    epsilon: float | None = arg(Number(optional=True), None)

    def normalized(self, x: Array) -> Inference:
        """Return the inference of what has the shape of `x`."""
        return self.elementwise(x.shape, x.dtype, self.cost)

    def sees(self, shapes: list[Shape], spatial: tuple[int, ...]) -> tuple[Reach, ...] | None:
        over = self.axes_of(self.axis, len(shapes[0]))
        return None if set(over) & set(spatial) else ITSELF


class RMSNorm(_Scaled):
    """x divided by its root mean square, then scaled."""

    operands = ("x", "scale")
    optional = {"scale": None}
    by_name = ("scale",)

    def infer(self, x: Array, scale: Array | None = None) -> Inference:
        return self.normalized(x)


class LayerNorm(_Scaled):
    """x without its mean, divided by its deviation, then scaled and shifted."""

    rms_scaling: bool = arg(Boolean(), False)
    operands = ("x", "gamma", "beta")
    optional = {"gamma": None, "beta": None}

    def infer(self, x: Array, gamma: Array | None = None, beta: Array | None = None) -> Inference:
        return self.normalized(x)


class BatchNorm(Elementwise):
    """A scale and a shift of each feature on `axis`."""

    keeps = INPUTS
    cost = 2
    axis: int = arg(Integer())
    epsilon: float = arg(Number(), 0.001)
    operands = ("x", "mean", "variance", "offset", "scale")
    optional = {"offset": None, "scale": None}
    signature = ("x", "mean", "variance", "axis", "offset", "scale", "epsilon")

    def infer(
        self,
        x: Array,
        mean: Array,
        variance: Array,
        offset: Array | None = None,
        scale: Array | None = None,
    ) -> Inference:
        features = (x.shape[self.axis_of(self.axis, len(x.shape))],)
        for vector in (mean, variance, offset, scale):
            if vector is not None and vector.shape != features:
                raise self.refuse(f"wants vectors of shape {features}", vector.shape)
        if scale is None and offset is not None:
            raise self.refuse("wants a scale where it has an offset", None)
        return self.elementwise(x.shape, x.dtype, self.cost)

    def sees(self, shapes: list[Shape], spatial: tuple[int, ...]) -> tuple[Reach, ...] | None:
        return ITSELF  # what it knows of the batch comes from elsewhere


class Moments(Operation):
    """Mean and variance: two FLOPs for each element of the input."""

    axes: Any = arg(Axes())
    keepdims: bool = arg(Boolean(), False)
    synchronized: bool = arg(Boolean(), False)

    def infer(self, x: Array) -> Inference:
        output = (self.without(x.shape, self.axes, self.keepdims), x.dtype)
        return self.counted([output, output], product(2, *x.shape))

    def sees(self, shapes: list[Shape], spatial: tuple[int, ...]) -> tuple[Reach, ...] | None:
        return self.reach_without(shapes[0], self.axes, self.keepdims, spatial)


class OneHot(Operation):
    """Ones at the places that x names, zeros elsewhere; no arithmetic."""

    keeps = NOTHING
    num_classes: int = arg(Integer())
    axis: int = arg(Integer(), -1)
    dtype: str = arg(DType(), None)
    sparse: bool = arg(Boolean(), False)

    def infer(self, x: Array) -> Inference:
        return self.free(self.wider(x.shape), self.dtype)

    def wider(self, shape: Shape) -> Shape:
        """Return a shape with the classes put in at `axis`. Raises LayerError."""
        if self.axis != -1 and not 0 <= self.axis < len(shape):
            raise self.refuse("axis is -1 or one of the input's", self.axis)
        at = len(shape) if self.axis == -1 else self.axis
        return (*shape[:at], self.num_classes, *shape[at:])


class MultiHot(OneHot):
    """Ones at all the places that the elements of a sample name."""

    num_classes: int = arg(Integer())
    axis: int = arg(Integer(), -1)
    operands = ("inputs",)

    def infer(self, inputs: Array) -> Inference:
        shape = self.wider(inputs.shape)
        output = shape[-1:] if len(shape) == 2 else (*shape[:1], *shape[2:])
        return self.free(output, inputs.dtype)


class _Loss(Operation):
    """A loss: one FLOP for each element of the output of a network."""

    keeps = BOTH
    from_logits: bool = arg(Boolean(), False)
    operands = ("target", "output")

    def alike_in_all(self, target: Array, output: Array) -> None:
        """Raise LayerError where target and output differ in shape."""
        if target.shape != output.shape:
            raise self.refuse("wants operands of one shape", [target.shape, output.shape])


class BinaryCrossentropy(_Loss):
    """How far each output is from a truth value."""

    def infer(self, target: Array, output: Array) -> Inference:
        self.alike_in_all(target, output)
        return self.elementwise(output.shape, output.dtype)


class CategoricalCrossentropy(_Loss):
    """How far outputs are from a class, written as ones and zeros."""

    axis: int = arg(Integer(), -1)

    def infer(self, target: Array, output: Array) -> Inference:
        self.alike_in_all(target, output)
        if not target.shape:
            raise self.refuse("wants operands of at least rank 1", output.shape)
        return self.counted([(output.shape[:-1], output.dtype)], product(*output.shape))


class SparseCategoricalCrossentropy(_Loss):
    """How far outputs are from a class, written as its number."""

    axis: int = arg(Integer(), -1)

    def infer(self, target: Array, output: Array) -> Inference:
        self.axis_of(self.axis, len(output.shape))
        given, classes = target.shape, self.without(output.shape, self.axis)
        if len(given) == len(output.shape) and given[-1] == 1:
            given = given[:-1]
        if given != classes:
            raise self.refuse("wants a target for each output", [target.shape, output.shape])
        return self.counted([(classes, output.dtype)], product(*output.shape))


class CTCLoss(Operation):
    """The loss of sequences that are not aligned."""

    mask_index: int = arg(Integer(), 0)
    operands = ("target", "output", "target_length", "output_length")

    def infer(
        self, target: Array, output: Array, target_length: Array, output_length: Array
    ) -> Inference:
        shapes = [x.shape for x in (target, output, target_length, output_length)]
        if () in shapes or len({shape[0] for shape in shapes}) > 1:
            raise self.refuse("wants operands of one batch size", shapes)
        dtype = self.promoted(output.dtype, "float32")
        why = "how many alignments there are is up to the lengths"
        return self.counted([(target.shape[:1], dtype)], None, why=why)


class CTCDecode(Operation):
    """The likeliest sequences of a network's output."""

    strategy: str = arg(Known(), "greedy")
    beam_width: int = arg(Integer(), 100)
    top_paths: int = arg(Integer(), 1)
    merge_repeated: bool = arg(Boolean(), True)
    mask_index: int | None = arg(Integer(optional=True), 0)
    keeps = NOTHING
    operands = ("inputs", "sequence_lengths")

    def infer(self, inputs: Array, sequence_lengths: Array) -> Inference:
        if len(inputs.shape) < 2:
            raise self.refuse("wants a batch of sequences", inputs.shape)
        paths = 1 if self.strategy == "greedy" else self.top_paths
        batch, length = inputs.shape[:2]
        scores = ((batch, paths), self.promoted(inputs.dtype, "float32"))
        why = "how many sequences it compares is up to their scores"
        return self.counted([((paths, batch, length), "int32"), scores], None, why=why)


class PSNR(Operation):
    """The signal-to-noise ratio of two images: difference, square and sum of each element."""

    max_val: float = arg(Number())
    operands = ("x1", "x2")

    def infer(self, x1: Array, x2: Array) -> Inference:
        if len(x1.shape) != len(x2.shape):
            raise self.refuse("wants operands of one rank", [x1.shape, x2.shape])
        return self.counted([((), "float32")], product(3, *x1.shape))


class DotProductAttention(Operation):
    """softmax(scale × query · key) · value, of heads side by side.

    MACs are the two products; scale, softmax, bias and mask are one FLOP a score each.
    """

    is_causal: bool = arg(Boolean(), False)
    flash_attention: bool | None = arg(OptionalBoolean(), None)
    attn_logits_soft_cap: float | None = arg(Number(optional=True), None)
    operands = ("query", "key", "value", "bias", "mask", "scale")
    loose = ("scale",)
    optional = {"bias": None, "mask": None, "scale": None}
    by_name = ("bias", "mask", "scale")
    keeps = BOTH

    def infer(
        self,
        query: Array,
        key: Array,
        value: Array,
        bias: Array | None = None,
        mask: Array | None = None,
        scale: Any = None,
    ) -> Inference:
        shapes = [query.shape, key.shape, value.shape]
        if any(len(shape) != 4 for shape in shapes):
            raise self.refuse("wants (batch, length, heads, features) of all three", shapes)
        batch, length, heads, features = query.shape
        scores = (batch, heads, length, key.shape[1])
        steps = 2 + (bias is not None) + (mask is not None or self.is_causal)
        products = [product(*scores, width) for width in (features, value.shape[3])]
        macs = None if None in products else sum(count or 0 for count in products)
        flops = None if macs is None else product(steps, *scores)
        dtype = self.dtype_of(query, key, value)
        return self.counted([(query.shape, dtype)], flops, macs, inner=(scores,))


class Polar(Elementwise):
    """A complex number of a length and an angle: cosine, sine and two products."""

    cost = 4
    operands = ("abs_", "angle")

    def infer(self, abs_: Array, angle: Array) -> Inference:
        return self.elementwise(abs_.shape, "float32", self.cost)  # Keras says no other dtype
