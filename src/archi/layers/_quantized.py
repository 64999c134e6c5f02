"""What quantisation and low-rank adapters (LoRA) put in the place of a layer's kernel.

The weights are those of `build`, `quantized_build` and `enable_lora` in
`keras/src/layers/core/dense.py`, `einsum_dense.py`, `embedding.py`, `reversible_embedding.py`
and `keras/src/layers/convolutional/base_conv.py`, as a layer has them that was built under a
quantised dtype policy or that `quantize` was called on.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from archi.graph import Weight
from archi.twin.arguments import Integer, Number, arg
from archi.twin.layer import Layer
from archi.twin.objects import KerasObject
from archi.twin.policies import Quantization, quantization

QUANTIZATION = KerasObject("keras.quantizers", {}, {})


class Adaptable(Layer):
    """A layer whose kernel can have a low-rank adapter: `lora_rank` columns and rows."""

    keeps_alpha = True  # whether Keras scales the adapter by `lora_alpha`, or by the rank

    lora_rank: int | None
    lora_alpha: float | None

    def validate(self) -> None:
        if not self.lora_rank:
            self.lora_rank = self.lora_alpha = None
        elif self.lora_alpha is None or not self.keeps_alpha:
            self.lora_alpha = self.lora_rank

    def adapter(self, name: str, shape: tuple[int, ...]) -> list[Weight]:
        """Return the adapter's two weights for a kernel of `shape`, none without one."""
        if not self.lora_rank:
            return []
        if getattr(self, f"{name}_constraint") is not None:
            raise self.refuse(f"has a low-rank adapter and so no {name}_constraint", self.lora_rank)
        return [
            Weight(f"lora_{name}_a", (*shape[:-1], self.lora_rank), dtype="float32"),
            Weight(f"lora_{name}_b", (self.lora_rank, shape[-1]), dtype="float32"),
        ]


def lora_rank() -> Any:
    """Declare the argument `lora_rank`."""
    return arg(Integer(0, optional=True), None, omit=True)


def lora_alpha() -> Any:
    """Declare the argument `lora_alpha`."""
    return arg(Number(optional=True), None, omit=True)


class Quantizable(Adaptable):
    """A layer whose kernel can also be quantised."""

    quantization_config: Any

    @property
    def quantized(self) -> Quantization | None:
        """How the kernel is quantised: by the policy, and what the layer's own config says."""
        found = quantization(self.dtype)
        if found is None or self.quantization_config is None:
            return found
        name, config = self.quantization_config
        if (name, found.mode) == ("Int4QuantizationConfig", "int4"):
            return found._replace(group=_whole(config.get("block_size"), -1))
        if (name, found.mode) in (("GPTQConfig", "gptq"), ("AWQConfig", "awq")):
            bits = _whole(config.get("weight_bits"), found.bits)
            return found._replace(group=_whole(config.get("group_size"), found.group), bits=bits)
        return found

    def adapts_inputs(self) -> bool:
        """Whether the adapter is applied to the inputs, and not added to the kernel first."""
        return bool(self.lora_rank) and quantization(self.dtype) is not None


def _whole(value: Any, default: int) -> int:
    """Return a whole number of at least 1, the default for anything else."""
    return value if type(value) is int and value > 0 else default


class Layout(NamedTuple):
    """A kernel as quantisation sees it: a sum over `rows` for each of `columns`.

    `scale` is the shape of int8's scales, `zero` the name of what gptq and awq call zero.
    """

    shape: tuple[int, ...]
    rows: int
    columns: int
    scale: tuple[int, ...]
    zero: str


def layer_weights(layer: Quantizable, layout: Layout, *bias: Weight) -> tuple[Weight, ...]:
    """Return the weights that are the layer's kernel, its bias, and its adapter.

    Raises LayerError for an adapter beside a kernel that can't have one.
    """
    how = layer.quantized
    plain = Weight("kernel", layout.shape, trainable=not layer.lora_rank)
    if how is None:
        weights = [plain]
    elif how.mode == "int8":
        scale = Weight("kernel_scale", layout.scale, trainable=False)
        weights = [Weight("kernel", layout.shape, trainable=False, dtype="int8"), scale]
    elif how.mode == "int4":
        weights = _int4(layout, how)
    elif how.mode == "float8":
        weights = [*_float8(how), plain]
    else:
        weights = _calibrated(layout, how)
    adapter = layer.adapter("kernel", layout.shape)
    if adapter and how and how.mode in ("gptq", "awq"):
        raise layer.refuse(f"has no low-rank adapter under {how.mode}", layer.lora_rank)
    # Keras lists what was made to be trained first; a plain kernel stays there when an
    # adapter freezes it.
    every = [*weights, *bias, *adapter]
    return tuple(sorted(every, key=lambda weight: not weight.trainable and weight is not plain))


def groups(rows: int, how: Quantization) -> int:
    """Return how many scales the rows of one column have."""
    return 1 if how.group == -1 else -(-rows // how.group)


def _int4(layout: Layout, how: Quantization) -> list[Weight]:
    """Two columns a byte; in groups, a zero point besides the scale, and each row's group."""
    kernel = Weight("kernel", (layout.rows, -(-layout.columns // 2)), False, "int8")
    if how.group == -1:
        return [kernel, Weight("kernel_scale", (layout.columns,), trainable=False)]
    each = (groups(layout.rows, how), layout.columns)
    return [
        kernel,
        Weight("kernel_scale", each, trainable=False),
        Weight("kernel_zero", each, trainable=False, dtype="int8"),
        Weight("g_idx", (layout.rows,), trainable=False, dtype="float32"),
    ]


def _float8(how: Quantization) -> list[Weight]:
    """A scale and the largest values of late, each of inputs, kernel and gradients."""
    return [
        Weight(f"{what}_{kind}", shape, dtype="float32")
        for what in ("inputs", "kernel", "outputs_grad")
        for kind, shape in (("scale", ()), ("amax_history", (how.history,)))
    ]


def _calibrated(layout: Layout, how: Quantization) -> list[Weight]:
    """What gptq and awq keep: the kernel on its side, two columns a byte with 4 bits."""
    packed = -(-layout.columns // 2) if how.bits == 4 else layout.columns
    each = (layout.columns, groups(layout.rows, how))
    scales = [Weight("awq_scales", (layout.rows,), trainable=False)] * (how.mode == "awq")
    return [
        Weight("kernel", (packed, layout.rows), trainable=False, dtype="uint8"),
        Weight("kernel_scale", each, trainable=False),
        Weight(layout.zero, each, trainable=False, dtype="uint8"),
        *scales,
        Weight("g_idx", (layout.rows,), trainable=False, dtype="float32"),
    ]
