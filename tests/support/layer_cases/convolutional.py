"""Transposed convolutions."""

from __future__ import annotations

from support.layer_cases._table import (
    FORMATS,
    HE,
    L1,
    L2,
    MAX_NORM,
    NON_NEG,
    first,
    full,
    has_macs,
    last,
    refuses,
    takes,
)

TRANSPOSED = {f"Conv{rank}DTranspose": rank for rank in (1, 2, 3)}
BASE = {"filters": 6, "kernel_size": 3}

for _layer, _rank in TRANSPOSED.items():
    _one_each = tuple(range(1, _rank + 1))
    has_macs(_layer, last(_rank, sizes=(None,) * 3), **BASE)
    full(
        _layer,
        first(_rank),
        **BASE,
        strides=2,
        padding="same",
        output_padding=1,
        data_format="channels_first",
        dilation_rate=1,
        activation="relu",
        use_bias=False,
        kernel_initializer=HE,
        bias_initializer="ones",
        kernel_regularizer=L1,
        bias_regularizer=L2,
        activity_regularizer=L2,
        kernel_constraint=MAX_NORM,
        bias_constraint=NON_NEG,
    )
    takes(_layer, last(_rank), **BASE)
    takes(_layer, last(_rank), **BASE, padding="SAME", activation="softmax")
    takes(_layer, last(_rank), **BASE, strides=2)
    takes(_layer, last(_rank), **BASE, strides=4)
    takes(_layer, last(_rank), **BASE, strides=2, padding="same")
    takes(_layer, last(_rank), **BASE, strides=3, padding="same", output_padding=2)
    takes(_layer, last(_rank), **BASE, strides=3, output_padding=0)
    takes(_layer, last(_rank), filters=2, kernel_size=4, strides=2, padding="same")
    takes(_layer, last(_rank), filters=2, kernel_size=4, padding="same", output_padding=0)
    takes(_layer, last(_rank), **BASE, dilation_rate=2)
    takes(_layer, last(_rank), **BASE, dilation_rate=_one_each, padding="same")
    takes(_layer, first(_rank), **BASE, data_format=FORMATS[1], strides=_one_each)
    takes(_layer, last(_rank, sizes=(None,) * 3), **BASE, strides=2)
    takes(_layer, last(_rank, sizes=(1, 1, 1)), filters=2, kernel_size=_one_each)
    takes(_layer, last(_rank), last(_rank, sizes=(7, 5, 12)), **BASE)
    takes(_layer, last(_rank), last(_rank, channels=None), **BASE)
    takes(_layer, (5, *last(_rank)[1:]), **BASE)
    refuses(_layer, last(_rank)[:-1], **BASE)
    refuses(_layer, (None, 5, *last(_rank)[1:]), **BASE)
    refuses(_layer, last(_rank, channels=None), **BASE)
    refuses(_layer, last(_rank), last(_rank, channels=6), **BASE)
    refuses(_layer, [last(_rank), last(_rank)], **BASE)
    refuses(_layer, last(_rank), kernel_size=3)
    refuses(_layer, last(_rank), filters=6)
    refuses(_layer, last(_rank), filters=0, kernel_size=3)
    refuses(_layer, last(_rank), filters=6, kernel_size=0)
    refuses(_layer, last(_rank), filters=6, kernel_size=(3,) * (_rank + 1))
    refuses(_layer, last(_rank), **BASE, strides=0)
    refuses(_layer, last(_rank), **BASE, strides=(1,) * (_rank + 1))
    refuses(_layer, last(_rank), **BASE, strides=2, dilation_rate=2)
    refuses(_layer, last(_rank), **BASE, dilation_rate=-1)
    refuses(_layer, last(_rank), **BASE, output_padding=1)
    refuses(_layer, last(_rank), **BASE, strides=2, output_padding=2)
    refuses(_layer, last(_rank), **BASE, strides=2, output_padding=-1)
    refuses(_layer, last(_rank), **BASE, strides=2, output_padding=(0,) * 4)
    refuses(_layer, last(_rank), **BASE, padding="causal")
    refuses(_layer, last(_rank), **BASE, groups=2)
    refuses(_layer, last(_rank), **BASE, activation="relux")
