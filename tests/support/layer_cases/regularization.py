"""Noise of all kinds, and the regularizer that is a layer."""

from __future__ import annotations

from support.layer_cases._table import first, full, last, refuses, takes

full("ActivityRegularization", (None, 5), l1=0.1, l2=0.2)
takes("ActivityRegularization", (None, 5))
takes("ActivityRegularization", (None, None, 5), (None, 4), l1=1)
takes("ActivityRegularization", (None, 5), l2=None)
refuses("ActivityRegularization", (None, 5), l1=-0.1)
refuses("ActivityRegularization", (None, 5), l1="much")
refuses("ActivityRegularization", (None, 5), l1=0.1, activity_regularizer="l2")

full("AlphaDropout", (None, 4, 5), rate=0.5, noise_shape=(None, 1, 5), seed=3)
takes("AlphaDropout", (None, 5), rate=0.5, noise_shape=[2, 1])
full("GaussianDropout", (None, 4, 5), rate=0.5, seed=3)
full("GaussianNoise", (None, 4, 5), stddev=0.5, seed=3)
STRENGTHS = {"AlphaDropout": "rate", "GaussianDropout": "rate", "GaussianNoise": "stddev"}
SPATIAL = {f"SpatialDropout{rank}D": rank for rank in (1, 2, 3)}
for _layer, _rank in SPATIAL.items():
    _shape = last(_rank) if _rank == 1 else first(_rank)
    _format = {} if _rank == 1 else {"data_format": "channels_first"}
    full(_layer, _shape, rate=0.5, seed=3, dtype="float16", **_format)
    STRENGTHS[_layer] = "rate"
    takes(_layer, last(_rank, sizes=(None,) * 3), rate=0.5)
    takes(_layer, last(_rank, channels=None), rate=0.5)
    refuses(_layer, last(_rank)[:-1], rate=0.5)
    refuses(_layer, (None, *last(_rank)), rate=0.5)
    refuses(_layer, last(_rank), rate=0.5, trainable=False)
    refuses(_layer, last(_rank), rate=0.5, activity_regularizer="l2")
    refuses(_layer, last(_rank), rate=0.5, noise_shape=(1, 1))
    if _rank > 1:
        refuses(_layer, last(_rank), rate=0.5, data_format="NHWC")

for _layer, _strength in STRENGTHS.items():
    _shape = last(SPATIAL.get(_layer, 2))
    takes(_layer, _shape, **{_strength: 0})
    takes(_layer, _shape, **{_strength: 1})
    takes(_layer, _shape, _shape, **{_strength: 0.25}, seed=0)
    refuses(_layer, _shape)
    refuses(_layer, _shape, **{_strength: -0.1})
    refuses(_layer, _shape, **{_strength: 1.1})
    refuses(_layer, _shape, **{_strength: None})
    refuses(_layer, _shape, **{_strength: "half"})
    refuses(_layer, _shape, **{_strength: 0.5}, seed=1.5)
