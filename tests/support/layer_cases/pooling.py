"""Pooling into a given number of windows."""

from __future__ import annotations

from support.layer_cases._table import first, full, last, refuses, takes

ADAPTIVE = {
    f"Adaptive{kind}Pooling{rank}D": rank for kind in ("Average", "Max") for rank in (1, 2, 3)
}

for _layer, _rank in ADAPTIVE.items():
    full(_layer, first(_rank), output_size=3, data_format="channels_first")
    takes(_layer, last(_rank), output_size=1)
    takes(_layer, last(_rank), output_size=tuple(range(1, _rank + 1)))
    takes(_layer, last(_rank), output_size=[4] * _rank)
    takes(_layer, last(_rank), output_size=20)
    takes(_layer, last(_rank, channels=None), last(_rank, sizes=(2, 3, 4)), output_size=2)
    takes(_layer, last(_rank, sizes=(None,) * 3), output_size=2)
    refuses(_layer, last(_rank))
    refuses(_layer, last(_rank), output_size=None)
    refuses(_layer, last(_rank), output_size=1.5)
    refuses(_layer, last(_rank), output_size=(2,) * 4)
    refuses(_layer, last(_rank), output_size=2, data_format="NHWC")
    refuses(_layer, last(_rank), output_size=2, data_format="Channels_First")
    refuses(_layer, last(_rank), output_size=2, pool_size=2)
    refuses(_layer, [last(_rank)], output_size=2)
