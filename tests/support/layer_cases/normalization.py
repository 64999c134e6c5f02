"""Normalisations of each sample by itself."""

from __future__ import annotations

from typing import Any

from support.layer_cases._table import (
    HE,
    L1,
    L2,
    MAX_NORM,
    NON_NEG,
    NORMAL,
    full,
    last,
    refuses,
    takes,
)

WEIGHTED: dict[str, Any] = {
    "epsilon": 1e-5,
    "center": False,
    "scale": False,
    "beta_initializer": HE,
    "gamma_initializer": NORMAL,
    "beta_regularizer": L2,
    "gamma_regularizer": L1,
    "beta_constraint": MAX_NORM,
    "gamma_constraint": NON_NEG,
}

full("LayerNormalization", (None, 4, 6), axis=[1, -1], **WEIGHTED, rms_scaling=True)
full("GroupNormalization", (None, 6, 4), groups=2, axis=1, **WEIGHTED)
for _layer, _own in {"LayerNormalization": {}, "GroupNormalization": {"groups": 3}}.items():
    for _shape in [(None, 6), (None, 7, 6), last(2, channels=6), last(3, channels=6)]:
        takes(_layer, _shape, **_own)
    takes(_layer, (None, 6), **_own, center=False)
    takes(_layer, (None, 6), **_own, scale=False)
    takes(_layer, (None, 6), **_own, center=False, scale=False)
    takes(_layer, (None, 6, 5), **_own, axis=1)
    takes(_layer, (None, 6, 5), **_own, axis=-2)
    takes(_layer, (None, None, 6), **_own)
    takes(_layer, (None, 4, 6), (None, None, 6), **_own)
    takes(_layer, (None, 4, 6), (None, 4, None), **_own)
    takes(_layer, (None, 6), **_own, dtype="mixed_float16")
    refuses(_layer, (None, None), **_own)
    refuses(_layer, (None, 6), **_own, axis=2)
    refuses(_layer, (None, 6), **_own, axis=-3)
    refuses(_layer, (None, 6), **_own, axis=0)
    refuses(_layer, (None, 6), **_own, axis="last")
    refuses(_layer, (None, 6), **_own, axis=None)
    refuses(_layer, (None, 6), **_own, beta_initializer="nonsense")
    refuses(_layer, (None, 6), **_own, gamma_constraint="nonsense")
    refuses(_layer, (None, 6), **_own, momentum=0.9)
    refuses(_layer, [(None, 6)], **_own)

takes("LayerNormalization", (None, 4, 6), axis=(2, 1))
takes("LayerNormalization", (None, 4, 6), axis=[])
takes("LayerNormalization", (None, 6), rms_scaling=True)
takes("LayerNormalization", (None, 6), rms_scaling=True, scale=False)
takes("LayerNormalization", (None, 4, 6), (None, 6))
refuses("LayerNormalization", (None, None, 6), axis=[1, 2])
refuses("LayerNormalization", (None, 4, 6), axis=[1, 3])

takes("GroupNormalization", (None, 64))
takes("GroupNormalization", (None, 5, 6), groups=-1)
takes("GroupNormalization", (None, 5, 6), groups=1)
takes("GroupNormalization", (None, 6), groups=6)
refuses("GroupNormalization", (None, 6))
refuses("GroupNormalization", (None, 6), groups=4)
refuses("GroupNormalization", (None, 6), groups=0)
refuses("GroupNormalization", (None, 6), groups=-2)
refuses("GroupNormalization", (None, 6), groups=2.0)
refuses("GroupNormalization", (None, 6), groups=2, axis=[1])
refuses("GroupNormalization", (None, 6), (None, 4), groups=2)
refuses("GroupNormalization", (None, 6), (None, 4), groups=2, center=False, scale=False)
refuses("GroupNormalization", (None, 5, 6), (None, 6), groups=2)

full("RMSNormalization", (None, 4, 6), axis=[2, 1], epsilon=1e-5)
takes("RMSNormalization", (None, 6))
takes("RMSNormalization", (None, None, 6))
takes("RMSNormalization", (None, 4, 6), axis=1)
takes("RMSNormalization", (None, 4, 6), (None, None, 6))
refuses("RMSNormalization", (None, None))
refuses("RMSNormalization", (None, 6), axis=2)
refuses("RMSNormalization", (None, 6), axis=None)
refuses("RMSNormalization", (None, 6), scale=False)

full("UnitNormalization", (None, 4, 6), axis=[1, 2])
takes("UnitNormalization", (None, 6))
takes("UnitNormalization", (None, None), axis=1)
takes("UnitNormalization", (None, 4, 6), axis=(2, 1))
takes("UnitNormalization", (None, 4, 6), (None, 5))
refuses("UnitNormalization", (None, 6), axis=2)
refuses("UnitNormalization", (None, 6), axis=[1, 2])
refuses("UnitNormalization", (None, 6), axis=None)
refuses("UnitNormalization", (None, 6), axis="last")
refuses("UnitNormalization", (None, 6), order=2)
