"""Transposing, repeating and enlarging."""

from __future__ import annotations

from layer_cases._table import first, full, last, refuses, takes

full("Permute", (None, 4, 5, 3), dims=(2, 3, 1))
takes("Permute", (None, 4, 5), dims=[2, 1])
takes("Permute", (None, None, 5), dims=(2, 1))
takes("Permute", (None, 4), dims=(1,))
takes("Permute", (None,), dims=())
takes("Permute", (None, 4, 5), (None, 6, None), dims=(2, 1))
refuses("Permute", (None, 4, 5))
refuses("Permute", (None, 4, 5), dims=(1,))
refuses("Permute", (None, 4, 5), dims=(0, 1))
refuses("Permute", (None, 4, 5), dims=(1, 1))
refuses("Permute", (None, 4, 5), dims=(1, 3))
refuses("Permute", (None, 4, 5), dims=(2, 1, 3))
refuses("Permute", (None, 4, 5), dims=None)
refuses("Permute", (None, 4, 5), dims=2)

full("RepeatVector", (None, 5), n=3)
takes("RepeatVector", (None, None), n=1)
takes("RepeatVector", (2, 5), (None, 4), n=2)
refuses("RepeatVector", (None, 5))
refuses("RepeatVector", (None, 5), n=0)
refuses("RepeatVector", (None, 5), n=-1)
refuses("RepeatVector", (None, 5), n=2.0)
refuses("RepeatVector", (None, 5), n=(2,))
refuses("RepeatVector", (None, 4, 5), n=2)

full("UpSampling1D", last(1), size=3)
refuses("UpSampling1D", last(1), size=(2,))
refuses("UpSampling1D", last(1), data_format="channels_first")
full("UpSampling2D", first(2), size=3, data_format="channels_first", interpolation="bilinear")
full("UpSampling3D", first(3), size=(1, 2, 3), data_format="channels_first")
for _rank in (1, 2, 3):
    _layer = f"UpSampling{_rank}D"
    takes(_layer, last(_rank))
    takes(_layer, last(_rank), size=1)
    takes(_layer, last(_rank, sizes=(None, 5, None)))
    takes(_layer, last(_rank, channels=None), last(_rank, sizes=(2, 3, 4)))
    refuses(_layer, last(_rank), size=0)
    refuses(_layer, last(_rank), size=-1)
    refuses(_layer, last(_rank), size=1.5)
    refuses(_layer, last(_rank), size=None)
    refuses(_layer, last(_rank), size=(2,) * 4)
    refuses(_layer, last(_rank)[:-1])
    refuses(_layer, (None, *last(_rank)))
for _interpolation in ("nearest", "bicubic", "lanczos3", "lanczos5", "area", "BILINEAR"):
    takes("UpSampling2D", last(2), size=[2, 3], interpolation=_interpolation)
refuses("UpSampling2D", last(2), interpolation=None)
refuses("UpSampling2D", last(2), data_format="NHWC")
refuses("UpSampling3D", last(3), interpolation="bilinear")
