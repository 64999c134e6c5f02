"""Core layers that stand beside `Dense` and `InputLayer`."""

from __future__ import annotations

from typing import Any

from support.layer_cases._table import (
    HE,
    L1,
    L2,
    MAX_NORM,
    NON_NEG,
    full,
    has_macs,
    last,
    refuses,
    takes,
)

has_macs("EinsumDense", (None, None, 5), equation="...b,bc->...c", output_shape=6)

full("Identity", (None, 4, 5))
takes("Identity", (None,))
takes("Identity", (None, None, 5), (None, 4))
takes("Identity", (None, 5), input_dtype="int32")
takes("Identity", (None, 5), input_dtype="bfloat16")
refuses("Identity", (None, 5), units=3)

full("Masking", (None, 4, 5), mask_value=1.5)
takes("Masking", (None, 4, 5))
takes("Masking", (None, None, 5), (None, 4, 3), mask_value=-1)
refuses("Masking", (None, 4, 5), mask=0)

ADAPTED = {"lora_rank": 2}
CONFIG = {
    "module": "keras.quantizers",
    "class_name": "Int8QuantizationConfig",
    "config": {"weight_quantizer": None, "activation_quantizer": None},
    "registered_name": None,
}


def adapter_cases(layer: str, on: Any, needed: dict[str, Any], kernel: str) -> None:
    """Low-rank adapters."""
    takes(layer, on, **needed, lora_rank=2)
    takes(layer, on, **needed, lora_rank=3, lora_alpha=8)
    takes(layer, on, **needed, lora_rank=3, lora_alpha=0.5, trainable=False)
    takes(layer, on, **needed, lora_rank=1, dtype="float16")
    takes(layer, on, **needed, lora_rank=0)
    takes(layer, on, **needed, lora_alpha=2)
    refuses(layer, on, **needed, lora_rank=-1)
    refuses(layer, on, **needed, lora_rank="two")
    refuses(layer, on, **needed, lora_rank=2, **{f"{kernel}_constraint": NON_NEG})


adapter_cases("Dense", (None, 5), {"units": 3}, "kernel")
takes("Dense", (None, 4, 5), units=3, lora_rank=2, use_bias=False)
takes("Dense", (None, 5), units=3, quantization_config=CONFIG)
refuses("Dense", (None, 5), units=3, dtype="int8_from_float16")
refuses("Dense", (None, 5), units=3, dtype="int4/0_from_float32")
refuses("Dense", (None, 5), units=3, dtype="gptq_from_float32")
refuses("Dense", (None, 5), units=3, dtype="awq/8/4_from_float32")
refuses("Dense", (None, 5), units=3, dtype="int2_from_float32")
for _rank in (1, 2, 3):
    _needed = {"filters": 4, "kernel_size": 3}
    adapter_cases(f"Conv{_rank}D", last(_rank), _needed, "kernel")
    takes(f"Conv{_rank}D", last(_rank), **_needed, groups=2, lora_rank=2)

full(
    "EinsumDense",
    (None, 4, 5),
    equation="abc,cd->abd",
    output_shape=(None, 6),
    activation="relu",
    bias_axes="d",
    kernel_initializer=HE,
    bias_initializer="ones",
    kernel_regularizer=L2,
    bias_regularizer=L1,
    kernel_constraint=MAX_NORM,
    bias_constraint=NON_NEG,
)
EINSUMS: list[tuple[str, tuple[Any, ...], Any]] = [  # equation, input, output_shape
    ("ab,bc->ac", (None, 5), 6),
    ("abc,cd->abd", (None, 4, 5), (4, 6)),
    ("abc,cd->abd", (None, None, 5), (None, 6)),
    ("abc,cde->abde", (None, 4, 6), [None, 2, 3]),
    ("abcd,cde->abe", (None, 4, 2, 3), (None, 6)),
    ("abc,bd->acd", (None, 4, 5), (5, 6)),
    ("abc,bce->ae", (None, 4, 5), 6),
    ("abc,bc->abc", (None, 4, 5), (4, 5)),
    ("abc,b->ac", (None, 4, 5), (5,)),
    ("...x,xy->...y", (None, 5), 6),
    ("...x,xy->...y", (None, 4, 5), 6),
    ("...x,xy->...y", (None, 2, 3, 5), 6),
    ("...x,xy->...y", (None, 2, 3, None, 5), 6),
    ("...bx,xy->...by", (None, 5), 6),
    ("...bx,xy->...by", (None, 3, 4, 5), (4, 6)),
    ("abc...,cd->abd...", (None, 4, 5), (None, 6)),
    ("ab...,bc->ac...", (None, 5, 2, 3), 6),
    ("ab...,bc->ac...", (4, 5, None), 6),
]
for _equation, _shape, _output in EINSUMS:
    takes("EinsumDense", _shape, equation=_equation, output_shape=_output)
takes("EinsumDense", (None, 4, 5), equation="abc,cde->abde", output_shape=(4, 2, 3), bias_axes="e")
takes("EinsumDense", (None, 4, 5), equation="abc,cde->abde", output_shape=(4, 2, 3), bias_axes="de")
takes("EinsumDense", (None, 4, 5), equation="abc,cde->abde", output_shape=(4, 2, 3), bias_axes="d")
takes("EinsumDense", (None, 5, 2, 3), equation="ab...,bc->ac...", output_shape=6, bias_axes="c")
takes("EinsumDense", (None, 2, 5), equation="...x,xy->...y", output_shape=6, bias_axes="y")
takes("EinsumDense", (None, 5), (None, 5), equation="ab,bc->ac", output_shape=6)
takes("EinsumDense", (None, 5), equation="ab,bc->ac", output_shape=6, gptq_unpacked_column_size=6)
takes("EinsumDense", (None, 5), equation="ab,bc->ac", output_shape=6, quantization_config=CONFIG)
adapter_cases("EinsumDense", (None, 5), {"equation": "ab,bc->ac", "output_shape": 6}, "kernel")
takes("EinsumDense", (None, 4, 5), equation="abc,cde->abde", output_shape=(4, 2, 3), lora_rank=2)
for _equation, _shape, _output in [
    ("ab,bc", (None, 5), 6),
    ("ab,bc->", (None, 5), 6),
    ("ab->ac", (None, 5), 6),
    ("...ab,bc->ac", (None, 5), 6),
    ("ab,bc->acd", (None, 5), (6, 7)),
    ("ab,bcd->ac", (None, 5), 6),
    ("abc,cd->abd", (None, 5), (4, 6)),
    ("abc,cd->abd", (None, 4, 5), (3, 6)),
    ("abc,cd->abd", (None, None, 5), (4, 6)),
    ("ab,bc->ac", (None, 5), None),
    ("ab,bc->ac", (None, 5), "6"),
    ("ab,bc->ac", (None, 5), (None,)),
    ("ab,bc->ac", (None, None), 6),
    ("abc,cd->abd", (None, 4, 5), (4,)),
]:
    refuses("EinsumDense", _shape, equation=_equation, output_shape=_output)
refuses("EinsumDense", (None, 5), equation="ab,bc->ac")
refuses("EinsumDense", (None, 5), output_shape=6)
refuses("EinsumDense", (None, 5), equation="ab,bc->ac", output_shape=6, bias_axes="d")
refuses("EinsumDense", (None, 5), equation="ab,bc->ac", output_shape=6, bias_axes="")
refuses("EinsumDense", (None, 5), equation="ab,bc->ac", output_shape=6, activation="relux")
refuses("EinsumDense", (None, 5), (None, 4, 5), equation="ab,bc->ac", output_shape=6)
refuses("EinsumDense", (None, 5), equation="ab,bc->ac", output_shape=6, units=3)

TABLE: dict[str, Any] = {"input_dim": 9, "output_dim": 4}
full(
    "Embedding",
    (None, 5),
    **TABLE,
    embeddings_initializer=HE,
    embeddings_regularizer=L2,
    embeddings_constraint=MAX_NORM,
    mask_zero=True,
)
full(
    "ReversibleEmbedding",
    (None, 5),
    **TABLE,
    tie_weights=False,
    embeddings_initializer=HE,
    embeddings_regularizer=L2,
    embeddings_constraint=MAX_NORM,
    mask_zero=True,
    reverse_dtype="float32",
    logit_soft_cap=3.5,
)
for _layer in ("Embedding", "ReversibleEmbedding"):
    takes(_layer, (None,), **TABLE)
    takes(_layer, (None, None), **TABLE, input_dtype="int32")
    takes(_layer, (None, 3, 5), (None, 4), **TABLE)
    takes(_layer, (None, 5), **TABLE, dtype="mixed_float16")
    takes(_layer, (None, 5), **TABLE, quantization_config=CONFIG)
    adapter_cases(_layer, (None, 5), TABLE, "embeddings")
    refuses(_layer, (None, 5))
    refuses(_layer, (None, 5), input_dim=9)
    refuses(_layer, (None, 5), input_dim=0, output_dim=4)
    refuses(_layer, (None, 5), input_dim=9, output_dim=-1)
    refuses(_layer, (None, 5), input_dim=9.0, output_dim=4)
    refuses(_layer, (None, 5), input_dim=9, output_dim=None)
    refuses(_layer, (None, 5), **TABLE, embeddings_initializer="nonsense")
    refuses(_layer, (None, 5), **TABLE, units=3)
refuses("ReversibleEmbedding", (None, 5), **TABLE, tie_weights=False, lora_rank=2)
