"""Tables of rows that are looked up (`keras/src/layers/core`): free, but the way back."""

from __future__ import annotations

from typing import Any

from archi.graph import Inference, Shape, Weight
from archi.layers._quantized import QUANTIZATION, Quantizable, groups, lora_alpha, lora_rank
from archi.twin.arguments import Boolean, DType, Integer, Number, arg
from archi.twin.layer import ITSELF, Kept, Reach, product, scaled
from archi.twin.objects import CONSTRAINT, INITIALIZER, REGULARIZER


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
