"""The static layer twins against real Keras, and their counts against counting one by one."""

from __future__ import annotations

import inspect
import json
from collections import Counter
from contextlib import nullcontext
from itertools import product, takewhile
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support import (
    layer_cases,  # noqa: F401  (declares the cases of every group)
    parity,
)
from support.layer_cases._table import (
    ACTIVATION_NAMES,
    CONSTRAINT_NAMES,
    ELEMENTWISE,
    FORMATS,
    FULL,
    HE,
    INITIALIZER_NAMES,
    L1,
    L2,
    MAX_NORM,
    NON_NEG,
    NORMAL,
    NOT_TAKEN,
    REGULARIZER_NAMES,
    TAKEN,
    WITH_MACS,
    first,
    full,
    has_macs,
    last,
    refuses,
    takes,
)
from support.parity import ACCEPTED, REFUSED, Built, Call, Case, Refused, Shape
from support.sliding import places

from archi.bridge.code import keras_code
from archi.graph import Inference
from archi.layers import layer_classes
from archi.twin.arguments import Choice, Kind

# ---------------------------------------------------------------------------------------------
# The table: what each layer takes and what it refuses, chosen by hand.
# Left out on purpose, for there the twin is narrower than Keras:
# - callables and objects for activations, initializers and policies; ints for True and False,
#   True and False for numbers, whole floats for ints, strings for tuples;
# - sizes of 0 in an input, a Reshape to 0 of an input of unknown size, and a single negative
#   int for ZeroPadding2D and 3D: Keras takes them, and has nothing to compute on real data;
# - merges of inputs of different ranks and Concatenate with an axis that only some inputs
#   have: Keras takes some that fail on real data;
# - a Reshape to what is neither a number nor None: for Keras a size known at run time only;
# - what is inside the config of an initializer, regularizer or constraint: their classes may
#   be anyone's;
# - DTypePolicyMap, and `weights` of an Embedding, which no config holds;
# - what is seen on real data alone: axes out of range for Softmax, sizes that do not fit a
#   shared normalisation, ellipses that an equation lacks, inputs of the wrong rank for
#   adaptive pooling, a list of tensors for a layer that works on each element;
# - InputLayer's `shape`, `batch_size` and `input_tensor`, which no config holds, and
#   `activity_regularizer`, which it takes and forgets.
# ---------------------------------------------------------------------------------------------

CONVOLUTIONS = {
    **{f"Conv{rank}D": rank for rank in (1, 2, 3)},
    **{f"DepthwiseConv{rank}D": rank for rank in (1, 2)},
    **{f"SeparableConv{rank}D": rank for rank in (1, 2)},
}
POOLINGS = {f"{kind}Pooling{rank}D": rank for kind in ("Max", "Average") for rank in (1, 2, 3)}
GLOBAL_POOLINGS = {f"Global{name}": rank for name, rank in POOLINGS.items()}
PADDINGS = {f"ZeroPadding{rank}D": rank for rank in (1, 2, 3)}
CROPPINGS = {f"Cropping{rank}D": rank for rank in (1, 2, 3)}
MERGES = ("Add", "Average", "Maximum", "Minimum", "Multiply", "Subtract")


def kernels(layer: str) -> list[str]:
    """What a convolution calls its kernels in the names of its arguments."""
    if layer.startswith("Separable"):
        return ["depthwise", "pointwise"]
    return ["depthwise"] if layer.startswith("Depthwise") else ["kernel"]


def required(layer: str) -> dict[str, Any]:
    """The arguments a convolution can't do without."""
    own = {} if layer.startswith("Depthwise") else {"filters": 6}
    return {**own, "kernel_size": 3}


def convolution_cases(layer: str, rank: int) -> None:
    base = required(layer)
    one_each = tuple(range(1, rank + 1))
    full(
        layer,
        first(rank),
        **base,
        strides=2,
        padding="same",
        data_format="channels_first",
        dilation_rate=1,
        activation="relu",
        use_bias=False,
        bias_initializer="ones",
        bias_regularizer=L2,
        activity_regularizer=L2,
        bias_constraint=NON_NEG,
        **{f"{kernel}_initializer": HE for kernel in kernels(layer)},
        **{f"{kernel}_regularizer": L1 for kernel in kernels(layer)},
        **{f"{kernel}_constraint": MAX_NORM for kernel in kernels(layer)},
        **({"groups": 2} if layer.startswith("Conv") else {"depth_multiplier": 3}),
    )
    takes(layer, last(rank), **base)
    takes(layer, last(rank), **base, padding="SAME", activation="softmax")
    takes(layer, last(rank), **base, padding="same", strides=2)
    takes(layer, last(rank), **base, strides=3)
    takes(layer, last(rank), **base, dilation_rate=2)
    takes(layer, last(rank), **base, dilation_rate=one_each, padding="same")
    takes(layer, first(rank), **base, data_format="channels_first", strides=one_each)
    takes(layer, first(rank), **base, data_format="Channels_First", bias_initializer=None)
    takes(layer, last(rank, sizes=(None,) * 3), **base, strides=2)
    takes(layer, last(rank, sizes=(None, 5, None)), **base, padding="same", strides=2)
    takes(layer, last(rank, sizes=(3, 3, 3)), **base)
    takes(layer, last(rank, sizes=(1, 1, 1)), **base, padding="same", strides=2)
    takes(layer, last(rank, channels=1), **{**base, "kernel_size": one_each})
    takes(layer, last(rank), **{**base, "kernel_size": [2] * rank}, strides=(1,) * rank)
    takes(layer, last(rank), last(rank, sizes=(7, 5, 12)), **base)
    takes(layer, last(rank), last(rank, sizes=(None, 5, None)), last(rank), **base)
    takes(layer, (5, *last(rank)[1:]), **base)
    refuses(layer, last(rank, sizes=(2, 9, 9)), **base)
    refuses(layer, last(rank, sizes=(4, 4, 4)), **base, dilation_rate=2)
    refuses(layer, last(rank)[:-1], **base)
    refuses(layer, (None, 5, *last(rank)[1:]), **base)
    refuses(layer, last(rank, channels=None), **base)
    refuses(layer, last(rank), last(rank, channels=6), **base)
    refuses(layer, last(rank), (None, *last(rank)), **base)
    refuses(layer, [last(rank), last(rank)], **base)
    refuses(layer, [last(rank)], **base)
    refuses(layer, last(rank), **{**base, "kernel_size": 0})
    refuses(layer, last(rank), **{**base, "kernel_size": -1})
    refuses(layer, last(rank), **{**base, "kernel_size": (3,) * (rank + 1)})
    refuses(layer, last(rank), **{**base, "kernel_size": "wide"})
    refuses(layer, last(rank), **{**base, "kernel_size": None})
    refuses(layer, last(rank), **{key: base[key] for key in base if key != "kernel_size"})
    refuses(layer, last(rank), **base, strides=0)
    refuses(layer, last(rank), **base, strides=-2)
    refuses(layer, last(rank), **base, strides=(1,) * (rank + 1))
    refuses(layer, last(rank), **base, dilation_rate=0)
    refuses(layer, last(rank), **base, dilation_rate=-1)
    refuses(layer, last(rank), **base, padding="full")
    refuses(layer, last(rank), **base, padding=1)
    refuses(layer, last(rank), **base, data_format="NHWC")
    refuses(layer, last(rank), **base, activation="relux")
    refuses(layer, last(rank), **base, activation=0)
    refuses(layer, last(rank), **base, bias_initializer="nonsense")
    refuses(layer, last(rank), **base, bias_regularizer="nonsense")
    refuses(layer, last(rank), **base, bias_constraint="nonsense")
    refuses(layer, last(rank), **base, kernel=3)
    refuses(layer, first(rank, sizes=(2, 9, 9)), **base, data_format="channels_first")


def plain_convolution_cases(layer: str, rank: int) -> None:
    takes(layer, last(rank), filters=8, kernel_size=2, groups=4)
    takes(layer, last(rank, channels=6), filters=3, kernel_size=2, groups=3, padding="same")
    refuses(layer, last(rank), filters=8, kernel_size=2, groups=3)
    refuses(layer, last(rank, channels=6), filters=8, kernel_size=2, groups=4)
    refuses(layer, last(rank), filters=8, kernel_size=2, groups=0)
    refuses(layer, last(rank), filters=8, kernel_size=2, groups=-1)
    refuses(layer, last(rank), filters=8, kernel_size=3, strides=2, dilation_rate=2)


def filter_cases(layer: str, rank: int) -> None:
    takes(layer, last(rank), last(rank, channels=None), filters=4, kernel_size=3)
    refuses(layer, last(rank), filters=0, kernel_size=3)
    refuses(layer, last(rank), filters=-4, kernel_size=3)
    refuses(layer, last(rank), filters=None, kernel_size=3)
    refuses(layer, last(rank), filters="many", kernel_size=3)
    refuses(layer, last(rank), kernel_size=3)


def multiplier_cases(layer: str, rank: int) -> None:
    base = required(layer)
    takes(layer, last(rank), **base, depth_multiplier=2)
    takes(layer, last(rank), **base, strides=2, dilation_rate=2)
    refuses(layer, last(rank), **base, depth_multiplier=0)
    refuses(layer, last(rank), **base, depth_multiplier=-1)
    refuses(layer, last(rank), **base, padding="causal")


for _layer, _rank in CONVOLUTIONS.items():
    convolution_cases(_layer, _rank)
    if _layer.startswith("Conv"):
        plain_convolution_cases(_layer, _rank)
    else:
        multiplier_cases(_layer, _rank)
    if "filters" in required(_layer):
        filter_cases(_layer, _rank)
takes("Conv1D", last(1), filters=2, kernel_size=5, padding="causal")
takes("Conv1D", last(1), filters=2, kernel_size=5, padding="causal", dilation_rate=4)
takes("Conv1D", first(1), filters=2, kernel_size=9, padding="causal", data_format=FORMATS[1])
refuses("Conv2D", last(2), filters=4, kernel_size=3, padding="causal")
refuses("Conv2D", last(2), filters=4, kernel_size=3, strides=(2, 1), dilation_rate=(1, 2))
refuses("Conv3D", last(3), filters=4, kernel_size=3, padding="causal")


def pooling_cases(layer: str, rank: int) -> None:
    one_each = tuple(range(1, rank + 1))
    full(layer, first(rank), pool_size=3, strides=2, padding="same", data_format="channels_first")
    takes(layer, last(rank), pool_size=2)
    takes(layer, last(rank), pool_size=3)
    takes(layer, last(rank), pool_size=3, strides=1)
    takes(layer, last(rank), pool_size=2, strides=3, padding="same")
    takes(layer, last(rank), pool_size=one_each, strides=one_each[::-1])
    takes(layer, last(rank), pool_size=[2] * rank, strides=[1] * rank, padding="same")
    takes(layer, first(rank), pool_size=2, data_format="channels_first")
    takes(layer, last(rank, sizes=(None,) * 3), pool_size=3, strides=2)
    takes(layer, last(rank, sizes=(None, 7, None)), pool_size=3, strides=2, padding="same")
    takes(layer, last(rank, channels=None), pool_size=2)
    takes(layer, last(rank, sizes=(1, 1, 1)), pool_size=2, padding="same")
    takes(layer, last(rank), last(rank, channels=9, sizes=(5, 4, 3)), pool_size=2)
    takes(layer, (5, *last(rank)[1:]), pool_size=2)
    refuses(layer, last(rank, sizes=(1, 9, 9)), pool_size=2)
    refuses(layer, last(rank)[:-1], pool_size=2)
    refuses(layer, (None, 5, *last(rank)[1:]), pool_size=2)
    refuses(layer, [last(rank), last(rank)], pool_size=2)
    refuses(layer, last(rank), pool_size=0)
    refuses(layer, last(rank), pool_size=-2)
    refuses(layer, last(rank), pool_size=None)
    refuses(layer, last(rank), pool_size=(2,) * (rank + 1))
    refuses(layer, last(rank), pool_size=2, strides=0)
    refuses(layer, last(rank), pool_size=2, strides=-1)
    refuses(layer, last(rank), pool_size=2, padding="causal")
    refuses(layer, last(rank), pool_size=2, padding="SAME")
    refuses(layer, last(rank), pool_size=2, data_format="NHWC")
    refuses(layer, last(rank), pool_size=2, pool=2)
    (takes if layer.startswith("Max") else refuses)(layer, last(rank))


def global_pooling_cases(layer: str, rank: int) -> None:
    full(layer, first(rank), data_format="channels_first", keepdims=True)
    takes(layer, last(rank))
    takes(layer, last(rank), keepdims=True)
    takes(layer, first(rank), data_format="channels_first")
    takes(layer, last(rank, sizes=(None,) * 3))
    takes(layer, last(rank, sizes=(None,) * 3), keepdims=True)
    takes(layer, last(rank, channels=None))
    takes(layer, last(rank), last(rank, channels=9, sizes=(5, 4, 3)))
    refuses(layer, last(rank)[:-1])
    refuses(layer, (None, 5, *last(rank)[1:]))
    refuses(layer, [last(rank), last(rank)])
    refuses(layer, last(rank), data_format="NHWC")
    refuses(layer, last(rank), pool_size=2)


for _layer, _rank in POOLINGS.items():
    pooling_cases(_layer, _rank)
for _layer, _rank in GLOBAL_POOLINGS.items():
    global_pooling_cases(_layer, _rank)


def margin_cases(layer: str, rank: int, margin: str) -> None:
    """What padding and cropping have in common."""
    pairs = (1, 2) if rank == 1 else tuple((size, 2) for size in range(rank))
    if layer == "Cropping1D":  # the one without a data format
        full(layer, last(rank), **{margin: pairs})
    else:
        full(layer, first(rank), **{margin: pairs}, data_format="channels_first")
        takes(layer, first(rank), **{margin: 2}, data_format="channels_first")
        takes(layer, first(rank, channels=1), **{margin: 2}, data_format="channels_first")
        refuses(layer, last(rank), data_format="NHWC")
    takes(layer, last(rank))
    takes(layer, last(rank), **{margin: 0})
    takes(layer, last(rank), **{margin: 2})
    takes(layer, last(rank), **{margin: [*pairs]})
    takes(layer, last(rank, sizes=(None,) * 3), **{margin: pairs})
    takes(layer, last(rank, sizes=(None, 7, None)), **{margin: 1})
    takes(layer, last(rank, channels=None))
    takes(layer, last(rank), last(rank, channels=9, sizes=(5, 6, 7)))
    refuses(layer, last(rank)[:-1])
    refuses(layer, (None, 5, *last(rank)[1:]))
    refuses(layer, [last(rank), last(rank)])
    refuses(layer, last(rank), **{margin: (1,) * (max(rank, 2) + 1)})
    refuses(layer, last(rank), **{margin: (-1, 0, 0)[: max(rank, 2)]})
    refuses(layer, last(rank), **{margin: None})
    refuses(layer, last(rank), **{margin: 1.5})
    refuses(layer, last(rank), size=1)


for _layer, _rank in PADDINGS.items():
    margin_cases(_layer, _rank, "padding")
for _layer, _rank in CROPPINGS.items():
    margin_cases(_layer, _rank, "cropping")
    takes(_layer, last(_rank, sizes=(5, 5, 5)), cropping=2)
    refuses(_layer, last(_rank, sizes=(4, 9, 9)), cropping=2)
    refuses(_layer, last(_rank, sizes=(3, 9, 9)), cropping=2)
    refuses(_layer, last(_rank), cropping=-1)
refuses("ZeroPadding1D", last(1), padding=-1)
takes("ZeroPadding2D", last(2), padding=(1, 3))
takes("ZeroPadding2D", last(2), padding=(1, (0, 3)))
takes("ZeroPadding3D", last(3), padding=(1, 0, 3))
takes("Cropping2D", last(2), cropping=(1, (0, 3)))
takes("Cropping3D", last(3), cropping=(1, 0, 2))
refuses("Cropping2D", last(2, sizes=(9, 3, 0)), cropping=((0, 0), (1, 2)))

full("Flatten", first(2), data_format="channels_first")
for _rank in range(5):
    takes("Flatten", (None, 2, 3, 4, 5)[: _rank + 1])
takes("Flatten", (None, 3, None))
takes("Flatten", (None, None))
takes("Flatten", (4, 3, 3))
takes("Flatten", (None, 3, 4), (None, 5))
refuses("Flatten", (None, 3), data_format="NHWC")
refuses("Flatten", [(None, 3), (None, 3)])
refuses("Flatten", (None, 3), axis=1)

full("Reshape", (None, 24), target_shape=(2, 3, 4))
takes("Reshape", (None, 24), target_shape=[4, 6])
takes("Reshape", (None, 24), target_shape=(-1,))
takes("Reshape", (None, 2, 12), target_shape=(3, -1, 4))
takes("Reshape", (None, 2, 12), target_shape=(24, -1))
takes("Reshape", (None, 2, 12), target_shape=(24, 1, 1, 1))
takes("Reshape", (None, 1), target_shape=())
takes("Reshape", (None,), target_shape=(1, 1))
takes("Reshape", (None, None, 12), target_shape=(3, -1, 4))
takes("Reshape", (None, None, 12), target_shape=(5, 7))
takes("Reshape", (None, None), target_shape=(-1,))
takes("Reshape", (6, 4), target_shape=(2, 2))
takes("Reshape", (None, 24), (None, 2, 12), target_shape=(4, 6))
takes("Reshape", (None, 24), (None, 36), target_shape=(4, -1))
takes("Reshape", (None, 6), target_shape=(None, 3))
refuses("Reshape", (None, 24))
refuses("Reshape", (None, 24), target_shape=24)
refuses("Reshape", (None, 24), target_shape=None)
refuses("Reshape", (None, 24), target_shape=(5, 5))
refuses("Reshape", (None, 24), target_shape=(5, -1))
refuses("Reshape", (None, 24), target_shape=(-1, -1))
refuses("Reshape", (None, 24), target_shape=(-2, 12))
refuses("Reshape", (None, 24), target_shape=(0,))
refuses("Reshape", (None, 24), target_shape=(0, -1))
refuses("Reshape", (None, 24), target_shape=())
refuses("Reshape", (None, 24), (None, 23), target_shape=(4, 6))
refuses("Reshape", [(None, 24), (None, 24)], target_shape=(4, 6))

full(
    "BatchNormalization",
    (None, 8, 8, 6),
    axis=1,
    momentum=0.9,
    epsilon=1e-5,
    center=False,
    scale=False,
    beta_initializer="ones",
    gamma_initializer=NORMAL,
    moving_mean_initializer="ones",
    moving_variance_initializer=HE,
    beta_regularizer=L2,
    gamma_regularizer=L1,
    beta_constraint=MAX_NORM,
    gamma_constraint=NON_NEG,
    renorm=True,
    renorm_clipping={"rmax": 3.0, "rmin": 0.3, "dmax": 5.0},
    renorm_momentum=0.8,
    synchronized=True,
)
for _shape in [(None, 5), (None, 7, 5), last(2), last(3)]:
    takes("BatchNormalization", _shape)
takes("BatchNormalization", (None, 8, 8, 6), center=False)
takes("BatchNormalization", (None, 8, 8, 6), scale=False)
takes("BatchNormalization", (None, 3, 8, 8), axis=1)
takes("BatchNormalization", (None, 3, 8, 7), axis=-2)
takes("BatchNormalization", (4, 3), axis=0)
takes("BatchNormalization", (4, 3), axis=-2)
takes("BatchNormalization", (None, None, None, 6), momentum=1)
takes("BatchNormalization", (None, 6), renorm=True)
takes("BatchNormalization", (None, 6), renorm_clipping={"rmax": 1.0})
takes("BatchNormalization", (None, 5, 6), (None, 9, 6))
takes("BatchNormalization", (None, 5, 6), (None, 9, None))
refuses("BatchNormalization", (None, 6), axis=2)
refuses("BatchNormalization", (None, 6), axis=-3)
refuses("BatchNormalization", (None, 6), axis=0)
refuses("BatchNormalization", (None, 6, None))
refuses("BatchNormalization", (None, 6, 6), axis="last")
refuses("BatchNormalization", (None, 6, 6), axis=[1, 2])
refuses("BatchNormalization", (None, 6), momentum="fast")
refuses("BatchNormalization", (None, 6), epsilon=None)
refuses("BatchNormalization", (None, 6), gamma_initializer="nonsense")
refuses("BatchNormalization", (None, 6), beta_regularizer="nonsense")
refuses("BatchNormalization", (None, 6), renorm=True, renorm_clipping={"max": 1.0})
for _clipping in ([{}], 5, {"rmax": 0.1, "rmin": 0.5}, {"dmax": -1.0}):
    refuses("BatchNormalization", (None, 6), renorm=True, renorm_clipping=_clipping)
refuses("BatchNormalization", (None, 6), fused=True)
refuses("BatchNormalization", (None, 6), (None, 7))
refuses("BatchNormalization", (None, 4, 3), (None, 4, 3, 3), axis=1)
refuses("BatchNormalization", [(None, 6), (None, 6)])

for _layer in MERGES:
    full(_layer, [(None, 4, 3), (None, 4, 3)])
    takes(_layer, [(None, 4), (None, 4)])
    takes(_layer, [(None, 4, 1), (None, 1, 3)])
    takes(_layer, [(None, None, 3), (None, 4, 3)])
    takes(_layer, [(None, None, 3), (None, 1, 3)])
    takes(_layer, [(None, None), (None, None)])
    takes(_layer, [(2, 4), (None, 4)])
    takes(_layer, [(2, 4), (2, 4)])
    takes(_layer, [(None, 4), (None, 4)], [(None, 5, 3), (None, 5, 1)])
    refuses(_layer, [(None, 4), (None, 3)])
    refuses(_layer, [(None, 4, 3), (None, 3, 4)])
    refuses(_layer, [(None, 4, 3), (None, 4, 2)])
    refuses(_layer, [(2, 4), (3, 4)])
    refuses(_layer, (None, 4))
    refuses(_layer, [])
    refuses(_layer, [(None, 4), (None, 4)], axis=1)
for _layer in MERGES[:-1]:
    takes(_layer, [(None, 4)])
    takes(_layer, [(None, 4, 3)] * 3)
    takes(_layer, [(None, 1, 3), (None, 4, 1), (None, 4, 3), (None, 1, 1)])
    takes(_layer, [(None, 4), (None, 4)], [(None, 4)] * 3)
    refuses(_layer, [(None, 4), (None, 1), (None, 3)])
refuses("Subtract", [(None, 4)])
refuses("Subtract", [(None, 4)] * 3)

full("Concatenate", [(None, 4, 3), (None, 5, 3)], axis=1)
takes("Concatenate", [(None, 4), (None, 5)])
takes("Concatenate", [(None, 4, 3), (None, 4, 5), (None, 4, 1)])
takes("Concatenate", [(None, 4, 3), (None, 6, 3)], axis=-2)
takes("Concatenate", [(None, 4, 3)])
takes("Concatenate", [(2, 4), (3, 4)], axis=0)
takes("Concatenate", [(None, 4), (3, 4)], axis=0)
takes("Concatenate", [(None, 4, None), (None, 4, 5)])
takes("Concatenate", [(None, 4, 5), (None, 4, None)])
takes("Concatenate", [(None, 4, 3), (None, None, 3)])
takes("Concatenate", [(None, None, 3), (None, 4, 3)])
takes("Concatenate", [(None, 4), (2, 4)])
takes("Concatenate", [(2, 4), (None, 4)])
takes("Concatenate", [(None, 4), (None, 5)], [(None, 3, 2), (None, 3, 4)])
refuses("Concatenate", [(None, 4, 3), (None, 5, 3)])
refuses("Concatenate", [(None, 1, 3), (None, 5, 3)])
refuses("Concatenate", [(None, 4, 3), (None, None, 3), (None, 5, 3)])
refuses("Concatenate", [(2, 4), (3, 4)])
refuses("Concatenate", [(None, 4), (None, 4, 3)])
refuses("Concatenate", [(None, 4), (None, 4)], axis=2)
refuses("Concatenate", [(None, 4), (None, 4)], axis=-3)
refuses("Concatenate", [(None, 4), (None, 4)], axis=None)
refuses("Concatenate", [(None, 4), (None, 4)], axis="last")
refuses("Concatenate", (None, 4))
refuses("Concatenate", [])

full(
    "Dense",
    (None, 5),
    units=3,
    activation="relu",
    use_bias=False,
    kernel_initializer=HE,
    bias_initializer="ones",
    kernel_regularizer=L2,
    bias_regularizer=L1,
    activity_regularizer=L2,
    kernel_constraint=MAX_NORM,
    bias_constraint=NON_NEG,
)
takes("Dense", (None, 5), units=1)
takes("Dense", (None, 7, 5), units=4)
takes("Dense", (None, 2, 3, 5), units=4, activation="tanh")
takes("Dense", (None, None, 5), units=4)
takes("Dense", (9, 5), units=4)
takes("Dense", (None, 5), (None, 7, 5), units=4)
takes("Dense", (None, 5), (None, None), units=4)
refuses("Dense", (None, 5))
refuses("Dense", (None, 5), units=0)
refuses("Dense", (None, 5), units=-1)
refuses("Dense", (None, 5), units=2.5)
refuses("Dense", (None, 5), units=None)
refuses("Dense", (None, 5), units=(3,))
refuses("Dense", (None,), units=3)
refuses("Dense", (None, None), units=3)
refuses("Dense", (None, 5, None), units=3)
refuses("Dense", (None, 5), (None, 4), units=3)
refuses("Dense", (None, 5), units=3, activation="relux")
refuses("Dense", (None, 5), units=3, activation="")
refuses("Dense", (None, 5), units=3, activation=0)
refuses("Dense", (None, 5), units=3, kernel_initializer="nonsense")
refuses("Dense", (None, 5), units=3, kernel_initializer=5)
refuses("Dense", (None, 5), units=3, kernel_regularizer="nonsense")
refuses("Dense", (None, 5), units=3, kernel_constraint=5)
refuses("Dense", (None, 5), units=3, dtype="float31")
refuses("Dense", (None, 5), units=3, dtype="mixed_float64")
refuses("Dense", (None, 5), units=3, dtype="int8")
refuses("Dense", (None, 5), units=3, dtype="float8_e4m3fn")
refuses("Dense", (None, 5), units=3, dtype=32)
refuses("Dense", (None, 5), units=3, name="a/b")
refuses("Dense", (None, 5), units=3, name=5)
refuses("Dense", (None, 5), units=3, filters=3)
refuses("Dense", [(None, 5)], units=3)
refuses("Dense", [(None, 5), (None, 5)], units=3)
takes("Dense", (None, 5), units=3, name="")
takes("Dense", (None, 5), units=3, name="a b-c.d_1")
for _dtype in ("float16", "bfloat16", "float32", "float64", "mixed_float16", "mixed_bfloat16"):
    takes("Dense", (None, 5), units=3, dtype=_dtype)
takes(
    "Dense", (None, 5), units=3, dtype={"class_name": "DTypePolicy", "config": {"name": "float16"}}
)
CONSTANT = {"class_name": "Constant", "config": {"value": 0.5}}
takes("Dense", (None, 5), units=3, kernel_initializer=CONSTANT)
for _name in INITIALIZER_NAMES:
    takes("Dense", (None, 5), units=3, kernel_initializer=_name)
for _name in REGULARIZER_NAMES:
    takes("Dense", (None, 5), units=3, kernel_regularizer=_name)
for _name in CONSTRAINT_NAMES:
    takes("Dense", (None, 5), units=3, kernel_constraint=_name)

full("Activation", (None, 5), activation="relu")
for _name in ACTIVATION_NAMES:
    takes("Activation", (None, 4, 6), activation=_name)
takes("Activation", (None, None, 6), activation=None)
takes("Activation", (None, 4), (None, 5, 6), activation="relu")
refuses("Activation", (None, 5))
refuses("Activation", (None, 5), activation="ReLU")
refuses("Activation", (None, 5), activation="nonsense")
refuses("Activation", (None, 5), activation=1)
refuses("Activation", (None, 5), activation="relu", alpha=0.1)

full("ReLU", (None, 5), max_value=6.0, negative_slope=0.1, threshold=0.5)
takes("ReLU", (None, 5))
takes("ReLU", (None, None, 5), max_value=6)
takes("ReLU", (None, 5), max_value=0)
takes("ReLU", (None, 5), (None, 4, 3), negative_slope=1)
refuses("ReLU", (None, 5), max_value=-1)
refuses("ReLU", (None, 5), max_value="high")
refuses("ReLU", (None, 5), negative_slope=-0.1)
refuses("ReLU", (None, 5), negative_slope=None)
refuses("ReLU", (None, 5), threshold=-1.0)
refuses("ReLU", (None, 5), threshold=None)
refuses("ReLU", (None, 5), alpha=0.1)

full("Dropout", (None, 4, 5), rate=0.5, noise_shape=(None, 1, 5), seed=3)
takes("Dropout", (None, 5), rate=0)
takes("Dropout", (None, None), rate=1)
takes("Dropout", (None, 5), (None, 4, 3), rate=0.25)
takes("Dropout", (None, 5), rate=0.5, noise_shape=[2, 1])
takes("Dropout", (None, 5), rate=0.5, seed=0)
refuses("Dropout", (None, 5))
refuses("Dropout", (None, 5), rate=-0.1)
refuses("Dropout", (None, 5), rate=1.1)
refuses("Dropout", (None, 5), rate=None)
refuses("Dropout", (None, 5), rate="half")
refuses("Dropout", (None, 5), rate=0.5, noise_shape=4)
refuses("Dropout", (None, 5), rate=0.5, noise_shape=(None, 0))
refuses("Dropout", (None, 5), rate=0.5, noise_shape=(None, -1))
refuses("Dropout", (None, 5), rate=0.5, noise_shape="all")
refuses("Dropout", (None, 5), rate=0.5, seed="x")
refuses("Dropout", (None, 5), rate=0.5, seed=1.5)
refuses("Dropout", (None, 5), rate=0.5, p=0.5)

FULL["InputLayer"] = Case(
    "InputLayer",
    {"batch_shape": (4, None, 3), "dtype": "int32", "sparse": True, "optional": True},
    (),
)
TAKEN.append(FULL["InputLayer"])
takes("InputLayer", batch_shape=(None, 224, 224, 3), name="image")
takes("InputLayer", batch_shape=[None])
takes("InputLayer", batch_shape=(None, 3), ragged=True)
takes("InputLayer", batch_shape=(None, 3), trainable=False)
takes("InputLayer", batch_shape=(None, 3), dtype=None)
refuses("InputLayer")
refuses("InputLayer", batch_shape=(None, -1))
refuses("InputLayer", batch_shape=4)
refuses("InputLayer", batch_shape=(None, "x"))
refuses("InputLayer", batch_shape=(None, 2.5))
refuses("InputLayer", batch_shape=(None, 3), dtype="float31")
refuses("InputLayer", batch_shape=(None, 3), sparse=True, ragged=True)
refuses("InputLayer", batch_shape=(None, 3), name="a/b")


def with_common_arguments(case: Case) -> Case:
    """The case with the arguments that every layer has, none at its default."""
    if case.layer == "InputLayer":  # has no weights, and no policy but a dtype
        return case._replace(kwargs={**case.kwargs, "name": "mine", "dtype": "float16"})
    common = {"trainable": False, "dtype": "mixed_float16", "activity_regularizer": L2}
    taken = {k: v for k, v in common.items() if k in layer_classes()[case.layer].arguments}
    return case._replace(kwargs={**taken, "name": "mine", **case.kwargs})


def with_default_format(case: Case) -> Case:
    """The case with channels first because nothing else is said."""
    kwargs = {key: value for key, value in case.kwargs.items() if key != "data_format"}
    return case._replace(kwargs=kwargs, default_format="channels_first")


def by_position(case: Case, order: list[str]) -> Case:
    """The case with its arguments given by position, as far as they follow on each other."""
    names = [name for name in order if name in case.kwargs or name == "name"]
    assert names == order[: len(names)], "a case needs every argument before its last one"
    kwargs = {**case.kwargs, "name": "mine"}
    args = tuple(kwargs.pop(name) for name in names)
    kwargs.pop("name", None)
    return case._replace(args=args, kwargs=kwargs)


def ids(cases: list[Case]) -> list[str]:
    return [str(case)[:110] for case in cases]


EVERY_LAYER = sorted(layer_classes())


@pytest.mark.parametrize("layer", EVERY_LAYER)
def test_the_table_has_cases_of_every_layer(layer: str) -> None:
    assert layer in FULL
    assert any(case.layer == layer for case in TAKEN)
    assert any(case.layer == layer for case in NOT_TAKEN)


def has_one_value(kind: Kind) -> bool:
    return isinstance(kind, Choice) and len(kind.values) == 1


@pytest.mark.parametrize("layer", EVERY_LAYER)
def test_the_table_varies_every_argument(layer: str) -> None:
    twin = layer_classes()[layer]
    varied = {
        key
        for case in [*TAKEN, with_common_arguments(FULL[layer])]
        if case.layer == layer
        for key, value in case.kwargs.items()
        if key not in twin.defaults or value != twin.defaults[key]
    }
    forgotten = {"activity_regularizer"} if layer == "InputLayer" else set()
    forgotten |= {k for k, a in twin.arguments.items() if has_one_value(a.kind)}
    assert twin.arguments.keys() - varied == forgotten


@pytest.mark.parametrize("case", TAKEN, ids=ids(TAKEN))
def test_twin_says_what_keras_says(case: Case) -> None:
    assert parity.check(case) == ACCEPTED


@pytest.mark.parametrize("case", NOT_TAKEN, ids=ids(NOT_TAKEN))
def test_twin_refuses_what_keras_refuses(case: Case) -> None:
    assert parity.check(case) == REFUSED


@pytest.mark.parametrize("layer", EVERY_LAYER)
def test_common_arguments_are_those_of_keras(layer: str) -> None:
    assert parity.check(with_common_arguments(FULL[layer])) == ACCEPTED


@pytest.mark.parametrize("layer", [name for name in FULL if "data_format" in FULL[name].kwargs])
def test_default_data_format_is_the_one_around(layer: str) -> None:
    assert parity.check(with_default_format(FULL[layer])) == ACCEPTED


@pytest.mark.parametrize("layer", [name for name in EVERY_LAYER if name != "InputLayer"])
def test_positional_arguments_are_in_the_order_of_keras(layer: str) -> None:
    parity.keras()
    parameters = inspect.signature(parity.real_class(layer)).parameters.values()
    named = [p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
    order = list(takewhile(lambda name: name != "name", named))  # archi takes it by name
    assert parity.check(by_position(FULL[layer], order)) == ACCEPTED


@pytest.mark.parametrize("layer", [name for name in EVERY_LAYER if name != "InputLayer"])
def test_exported_code_makes_the_same_layer(layer: str) -> None:
    """In Python that Keras runs, whatever is given by position and whatever by name."""
    real_keras = parity.keras()
    if parity.real_class(layer).__module__.startswith("keras.src.applications"):
        pytest.skip("Keras has it for models it builds itself")
    case = with_common_arguments(FULL[layer])
    case.kwargs.pop("activity_regularizer", None)  # an object, which not all of Keras's can write
    twin = parity.build_twin(case)
    assert isinstance(twin, Built), twin
    names: dict[str, Any] = {}
    exec(keras_code(twin.model), names)
    no_weights = real_keras.StatelessScope(initialize_variables=False)
    with nullcontext() if twin.layer.keeps_state else no_weights:
        built = names["build"]().get_layer(twin.layer.name)
    again = type(built).from_config(twin.layer.get_config())
    assert json.dumps(built.get_config()) == json.dumps(again.get_config())


# ---------------------------------------------------------------------------------------------
# Random layers: a sound configuration with, now and then, one odd argument.
# ---------------------------------------------------------------------------------------------


@st.composite
def arguments(draw: Any, needed: dict, optional: dict, odd: dict) -> dict[str, Any]:
    kwargs = draw(st.fixed_dictionaries(needed, optional=optional))
    if draw(st.integers(0, 4)) == 0:
        key = draw(st.sampled_from(sorted(odd)))
        kwargs[key] = draw(st.sampled_from(odd[key]))
    return kwargs


@st.composite
def images(draw: Any, rank: int, channels: int | None, channels_first: bool) -> Shape:
    """An input of `rank` spatial dimensions; one in ten has a dimension too many or few."""
    batch = draw(st.sampled_from([None, None, None, 2]))
    rank += draw(st.sampled_from([0] * 8 + [-1, 1]))
    sizes = [draw(st.integers(1, 12) | st.none()) for _ in range(rank)]
    return (batch, channels, *sizes) if channels_first else (batch, *sizes, channels)


CHANNELS = st.sampled_from([1, 2, 3, 4, 6, 6, 8, None])
ACTIVATIONS = st.sampled_from([None, "linear", "relu", "softmax", "swish", "relu6"])
INITIALIZERS = st.sampled_from([None, "zeros", "he_normal", "glorot_uniform", HE, NORMAL])
REGULARIZERS = st.sampled_from([None, L1, L2])
CONSTRAINTS = st.sampled_from([None, MAX_NORM, NON_NEG])
COMMON = {
    "name": st.sampled_from(["a", "b1_conv"]),
    "trainable": st.booleans(),
    "dtype": st.sampled_from(["float32", "float16"]),
    "activity_regularizer": REGULARIZERS,
}
IMAGE_FORMATS = {"data_format": st.sampled_from([None, *FORMATS])}


def windows(rank: int, largest: int) -> st.SearchStrategy[Any]:
    size = st.integers(1, largest)
    return size | st.tuples(*[size] * rank)


@st.composite
def spatial_cases(draw: Any, layer: str, rank: int, kwargs: st.SearchStrategy) -> Case:
    """A layer over images, called once or twice on the same number of channels."""
    chosen = draw(kwargs)
    shape = images(rank, draw(CHANNELS), chosen.get("data_format") == "channels_first")
    return Case(layer, chosen, tuple(draw(st.lists(shape, min_size=1, max_size=2))))


@st.composite
def convolutions(draw: Any) -> Case:
    layer = draw(st.sampled_from(sorted(CONVOLUTIONS)))
    rank = CONVOLUTIONS[layer]
    needed = {"kernel_size": windows(rank, 4)}
    if "filters" in required(layer):
        needed["filters"] = st.sampled_from([1, 4, 6, 12])
    many = "groups" if layer.startswith("Conv") else "depth_multiplier"
    optional = {
        "strides": windows(rank, 3),
        "dilation_rate": windows(rank, 3),
        "padding": st.sampled_from(["valid", "same"]),
        many: st.integers(1, 3),
        "activation": ACTIVATIONS,
        "use_bias": st.booleans(),
        "bias_initializer": INITIALIZERS,
        "bias_regularizer": REGULARIZERS,
        "bias_constraint": CONSTRAINTS,
        **{f"{kernel}_initializer": INITIALIZERS for kernel in kernels(layer)},
        **IMAGE_FORMATS,
        **COMMON,
    }
    odd = {
        "kernel_size": [0, (1,) * (rank + 1), None],
        "strides": [0, -1],
        "dilation_rate": [0, -2],
        "padding": ["causal", "full"],
        many: [0, -1, 5],
        "activation": ["nonsense"],
        "data_format": ["NCHW"],
    }
    return draw(spatial_cases(layer, rank, arguments(needed, optional, odd)))


@st.composite
def poolings(draw: Any) -> Case:
    layer = draw(st.sampled_from(sorted(POOLINGS | GLOBAL_POOLINGS)))
    if layer in GLOBAL_POOLINGS:
        rank = GLOBAL_POOLINGS[layer]
        needed = {}
        optional = {"keepdims": st.booleans(), **IMAGE_FORMATS, **COMMON}
        odd = {"pool_size": [2], "data_format": ["NCHW", 1]}
    else:
        rank = POOLINGS[layer]
        needed = {"pool_size": windows(rank, 4)}
        strides, padding = st.none() | windows(rank, 3), st.sampled_from(["valid", "same"])
        optional = {"strides": strides, "padding": padding, **IMAGE_FORMATS, **COMMON}
        odd = {"pool_size": [0, -1, (1,) * 4], "strides": [0, -1], "padding": ["causal", None]}
    return draw(spatial_cases(layer, rank, arguments(needed, optional, odd)))


@st.composite
def margins(draw: Any) -> Case:
    """Padding and cropping."""
    layer = draw(st.sampled_from(sorted(PADDINGS | CROPPINGS)))
    rank = (PADDINGS | CROPPINGS)[layer]
    size = st.integers(0, 3)
    one = size | st.tuples(size, size)
    several = one if rank == 1 else size | st.tuples(*[one] * rank)
    argument = "padding" if layer in PADDINGS else "cropping"
    formats = {} if layer == "Cropping1D" else IMAGE_FORMATS
    odd = {argument: [(1,) * 4, None, "x", (-1,) * max(rank, 2)], "data_format": ["NCHW"]}
    kwargs = arguments({}, {argument: several, **formats, **COMMON}, odd)
    return draw(spatial_cases(layer, rank, kwargs))


SIZE = st.integers(1, 6) | st.none()
BATCH = st.sampled_from([None, None, None, 4])


@st.composite
def normalizations(draw: Any) -> Case:
    shape = draw(st.tuples(BATCH, *[SIZE] * draw(st.integers(1, 4))))
    optional = {
        "axis": st.integers(-len(shape), len(shape) - 1),
        "momentum": st.floats(0, 1) | st.integers(0, 1),
        "epsilon": st.floats(1e-7, 1e-2),
        "center": st.booleans(),
        "scale": st.booleans(),
        "renorm": st.booleans(),
        "beta_initializer": INITIALIZERS,
        "moving_variance_initializer": INITIALIZERS,
        "gamma_regularizer": REGULARIZERS,
        "beta_constraint": CONSTRAINTS,
        **COMMON,
    }
    odd = {"momentum": ["x", None], "axis": [None, "x", len(shape), -len(shape) - 1]}
    kwargs = draw(arguments({}, optional, odd))
    return Case("BatchNormalization", kwargs, (shape,))


@st.composite
def merges(draw: Any) -> Case:
    """A merge of inputs of one rank, most of which agree in their sizes."""
    layer = draw(st.sampled_from([*MERGES, "Concatenate"]))
    axes = {"axis": st.integers(-4, 3)} if layer == "Concatenate" else {}
    kwargs = draw(arguments({}, {**axes, **COMMON}, {"axis": [9, None], "units": [3]}))
    base = [draw(BATCH), *draw(st.lists(SIZE, min_size=1, max_size=3))]
    fewest = 2 if layer == "Concatenate" else 1  # of one input, Keras does not look at the axis
    count = draw(st.sampled_from([2, 2, fewest, 3]))
    return Case(layer, kwargs, ([draw(variations(base)) for _ in range(count)],))


@st.composite
def variations(draw: Any, base: list[int | None]) -> Shape:
    """The shape, often with one size changed."""
    shape = list(base)
    if draw(st.booleans()):
        shape[draw(st.integers(0, len(shape) - 1))] = draw(st.sampled_from([1, 3, None]))
    return tuple(shape)


@st.composite
def dense_layers(draw: Any) -> Case:
    optional = {
        "activation": ACTIVATIONS,
        "use_bias": st.booleans(),
        "kernel_initializer": INITIALIZERS,
        "kernel_regularizer": REGULARIZERS,
        "bias_regularizer": REGULARIZERS,
        "kernel_constraint": CONSTRAINTS,
        **COMMON,
    }
    odd = {"units": [0, -1, None, 1.5], "activation": ["nonsense"], "data_format": [None]}
    kwargs = draw(arguments({"units": st.integers(1, 9)}, optional, odd))
    features = draw(st.integers(1, 6) | st.none())
    heads = st.lists(st.tuples(BATCH, *[SIZE] * draw(st.integers(0, 3))), min_size=1, max_size=2)
    return Case("Dense", kwargs, tuple((*head, features) for head in draw(heads)))


@st.composite
def reshapings(draw: Any) -> Case:
    """Flatten, or Reshape to sizes that are often those of the input in another order."""
    shape = (draw(BATCH), *draw(st.lists(st.integers(1, 6) | SIZE, max_size=4)))
    if draw(st.integers(0, 3)) == 0:
        kwargs = draw(arguments({}, {**IMAGE_FORMATS, **COMMON}, {"data_format": ["NCHW"]}))
        return Case("Flatten", kwargs, (shape,))
    target = [size or -1 for size in draw(st.permutations(shape[1:]))]
    if target and draw(st.booleans()):
        target[0] = draw(st.sampled_from([-1, -1, 1, 2, -2]))
    odd = {"target_shape": [None, 3, (-1, -1), (7, 7, 7)]}
    kwargs = draw(arguments({"target_shape": st.just(target)}, COMMON, odd))
    return Case("Reshape", kwargs, (shape,))


RANDOM = {
    "convolutions": convolutions(),
    "poolings": poolings(),
    "padding and cropping": margins(),
    "normalization": normalizations(),
    "merges": merges(),
    "dense": dense_layers(),
    "reshaping": reshapings(),
}
EXAMPLES = 100


@pytest.mark.parametrize("group", RANDOM)
def test_random_layers_are_those_of_keras(group: str) -> None:
    parity.keras()
    outcomes: Counter[str] = Counter()

    @settings(
        max_examples=EXAMPLES,
        suppress_health_check=[HealthCheck.too_slow],
    )
    @given(RANDOM[group])
    def agrees(case: Case) -> None:
        outcomes[parity.check(case)] += 1

    agrees()
    assert min(outcomes[ACCEPTED], outcomes[REFUSED]) >= EXAMPLES // 8, "too one-sided a sample"


# ---------------------------------------------------------------------------------------------
# Counts: MACs by walking over every output position, filter, tap and channel.
# ---------------------------------------------------------------------------------------------


def call(layer: str, on: Call, /, **kwargs: Any) -> Inference:
    """What a twin says of one call."""
    twin = parity.build_twin(Case(layer, kwargs, (on,)))
    assert isinstance(twin, Built), twin
    return twin.outputs[0].node.inference


class Sliding:
    """A convolution of one sample, small enough to walk through."""

    def __init__(
        self,
        sizes: tuple[int, ...],
        channels: int,
        kernel: tuple[int, ...],
        strides: tuple[int, ...],
        dilation: tuple[int, ...],
        padding: str,
    ) -> None:
        self.channels = channels
        dimensions = zip(sizes, kernel, strides, dilation, strict=True)
        self.positions = list(product(*[places(*each, padding) for each in dimensions]))
        self.taps = list(product(*map(range, kernel)))

    def plain(self, filters: int, groups: int) -> int:
        """MACs where a filter sees the input channels of its own group."""
        macs = 0
        for _position in self.positions:
            for filter_ in range(filters):
                for _tap in self.taps:
                    for channel in range(self.channels):
                        same_group = (
                            filter_ * groups // filters == channel * groups // self.channels
                        )
                        macs += same_group
        return macs

    def depthwise(self, multiplier: int) -> int:
        """MACs where each filter sees one input channel."""
        macs = 0
        for _position in self.positions:
            for _channel in range(self.channels):
                for _filter in range(multiplier):
                    for _tap in self.taps:
                        macs += 1
        return macs

    def separable(self, multiplier: int, filters: int) -> int:
        """MACs of a depthwise convolution and of one with a 1x1 kernel over what it gives."""
        macs = self.depthwise(multiplier)
        for _position in self.positions:
            for _filter in range(filters):
                for _channel in range(self.channels):
                    for _multiple in range(multiplier):
                        macs += 1
        return macs


WAYS = {  # how the window slides: kernel, strides, dilation by dimension; padding
    "plain": ((3, 2, 2), (1, 1, 1), (1, 1, 1), "valid"),
    "pointwise": ((1, 1, 1), (1, 1, 1), (1, 1, 1), "valid"),
    "strided": ((3, 2, 1), (2, 3, 2), (1, 1, 1), "valid"),
    "dilated": ((2, 2, 2), (1, 1, 1), (2, 3, 1), "valid"),
    "same": ((3, 2, 3), (1, 1, 1), (1, 1, 1), "same"),
    "same and strided": ((3, 3, 2), (2, 3, 2), (1, 1, 1), "same"),
    "same and dilated": ((3, 2, 2), (1, 1, 1), (2, 3, 2), "same"),
    "the input's size": ((6, 5, 3), (1, 1, 1), (1, 1, 1), "valid"),
    "larger than the input, same": ((7, 6, 4), (3, 2, 1), (1, 1, 1), "same"),
}
SMALL = (6, 5, 3)


def slide(way: str, rank: int, channels: int) -> tuple[Sliding, dict[str, Any]]:
    """A small convolution, and the arguments that ask for it."""
    kernel, strides, dilation, padding = WAYS[way]
    kernel, strides, dilation = kernel[:rank], strides[:rank], dilation[:rank]
    kwargs = {"kernel_size": kernel, "strides": strides, "dilation_rate": dilation}
    sliding = Sliding(SMALL[:rank], channels, kernel, strides, dilation, padding)
    return sliding, {**kwargs, "padding": padding}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize("groups", [1, 2, 4])
def test_macs_of_convolutions_are_those_counted(rank: int, way: str, groups: int) -> None:
    sliding, kwargs = slide(way, rank, channels=4)
    kwargs |= {"filters": 8, "groups": groups}
    macs = sliding.plain(filters=8, groups=groups)
    assert macs > 0
    assert call(f"Conv{rank}D", last(rank, 4, SMALL), **kwargs).macs == macs
    kwargs["data_format"] = "channels_first"
    assert call(f"Conv{rank}D", first(rank, 4, SMALL), **kwargs).macs == macs


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("rank", [1, 2])
@pytest.mark.parametrize("multiplier", [1, 3])
def test_macs_of_depthwise_convolutions_are_those_counted(
    rank: int, way: str, multiplier: int
) -> None:
    sliding, kwargs = slide(way, rank, channels=3)
    kwargs["depth_multiplier"] = multiplier
    macs = sliding.depthwise(multiplier)
    assert macs > 0
    assert call(f"DepthwiseConv{rank}D", last(rank, 3, SMALL), **kwargs).macs == macs
    kwargs["data_format"] = "channels_first"
    assert call(f"DepthwiseConv{rank}D", first(rank, 3, SMALL), **kwargs).macs == macs


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("rank", [1, 2])
@pytest.mark.parametrize("multiplier", [1, 3])
def test_macs_of_separable_convolutions_are_those_counted(
    rank: int, way: str, multiplier: int
) -> None:
    sliding, kwargs = slide(way, rank, channels=3)
    kwargs |= {"filters": 5, "depth_multiplier": multiplier}
    macs = sliding.separable(multiplier, filters=5)
    assert macs > 0
    assert call(f"SeparableConv{rank}D", last(rank, 3, SMALL), **kwargs).macs == macs
    kwargs["data_format"] = "channels_first"
    assert call(f"SeparableConv{rank}D", first(rank, 3, SMALL), **kwargs).macs == macs


def test_macs_of_a_causal_convolution_are_those_of_same() -> None:
    sliding = Sliding((7,), 2, (3,), (1,), (2,), "same")
    inference = call(
        "Conv1D", (None, 7, 2), filters=3, kernel_size=3, dilation_rate=2, padding="causal"
    )
    assert inference.macs == sliding.plain(filters=3, groups=1)


@pytest.mark.parametrize("shape", [(None, 5), (None, 3, 5), (None, 2, 3, 5)])
def test_macs_of_dense_layers_are_those_counted(shape: Shape) -> None:
    macs = 0
    for _position in product(*map(range, shape[1:-1])):
        for _unit in range(4):
            for _input in range(shape[-1]):
                macs += 1
    assert call("Dense", shape, units=4).macs == macs


def test_counts_are_per_sample() -> None:
    one = call("Conv2D", (None, 8, 8, 3), filters=4, kernel_size=3, activation="relu")
    many = call("Conv2D", (32, 8, 8, 3), filters=4, kernel_size=3, activation="relu")
    assert (one.macs, one.elementwise) == (many.macs, many.elementwise)


IMAGE = (None, 6, 5, 2)  # 60 elements
ELEMENTWISE += [  # of one sample; the layer, what it is called on, its arguments
    # A bias is 1 for each output element, an activation 1 more, "linear" none.
    (6 * 5 * 7, "Conv2D", IMAGE, {"filters": 7, "kernel_size": 1}),
    (0, "Conv2D", IMAGE, {"filters": 7, "kernel_size": 1, "use_bias": False}),
    (2 * 4 * 3 * 7, "Conv2D", IMAGE, {"filters": 7, "kernel_size": 3, "activation": "relu"}),
    (4 * 3 * 7, "Conv2D", IMAGE, {"filters": 7, "kernel_size": 3, "activation": "linear"}),
    (6 * 5 * 6, "DepthwiseConv2D", IMAGE, {"kernel_size": 1, "depth_multiplier": 3}),
    (6 * 5 * 7, "SeparableConv2D", IMAGE, {"filters": 7, "kernel_size": 1}),
    (2 * 9, "Conv1D", (None, 2, 4), {"filters": 9, "kernel_size": 1}),
    (8 * 9, "Conv3D", (None, 2, 2, 2, 4), {"filters": 9, "kernel_size": 1}),
    (9, "Dense", (None, 4), {"units": 9}),
    (2 * 9, "Dense", (None, 4), {"units": 9, "activation": "softmax"}),
    (3 * 9, "Dense", (None, 3, 4), {"units": 9, "activation": "softmax", "use_bias": False}),
    (0, "Dense", (None, 4), {"units": 9, "use_bias": False}),
    # An activation layer is 1 for each element.
    (60, "Activation", IMAGE, {"activation": "tanh"}),
    (0, "Activation", IMAGE, {"activation": "linear"}),
    (60, "ReLU", IMAGE, {"max_value": 6.0}),
    # A merge of n inputs is n - 1 for each output element; putting side by side is free.
    *[(60, merge, [IMAGE, IMAGE], {}) for merge in MERGES],
    *[(3 * 60, merge, [IMAGE] * 4, {}) for merge in MERGES[:-1]],
    (0, "Add", [IMAGE], {}),
    (60, "Multiply", [IMAGE, (None, 1, 1, 2)], {}),
    (60, "Add", [(None, 6, 1, 2), (None, 1, 5, 2)], {}),
    (0, "Concatenate", [IMAGE, IMAGE], {}),
    # A normalisation is a scale and a shift, whatever they are made of.
    (2 * 60, "BatchNormalization", IMAGE, {}),
    (2 * 60, "BatchNormalization", IMAGE, {"scale": False, "center": False}),
    # Pooling is the window for each output element; global pooling is every input element.
    *[
        (9 * 2 * 2 * 2, f"{kind}Pooling2D", IMAGE, {"pool_size": 3, "strides": 2})
        for kind in ("Max", "Average")
    ],
    (4 * 3 * 2 * 2, "MaxPooling2D", IMAGE, {"pool_size": 2}),
    (9 * 3 * 3 * 2, "MaxPooling2D", IMAGE, {"pool_size": 3, "strides": 2, "padding": "same"}),
    (3 * 2 * 4, "AveragePooling1D", (None, 6, 4), {"pool_size": 3}),
    (8 * 2 * 2 * 2 * 3, "MaxPooling3D", (None, 4, 4, 4, 3), {"pool_size": 2}),
    *[(60, f"Global{kind}Pooling2D", IMAGE, {"keepdims": True}) for kind in ("Max", "Average")],
    (6 * 4, "GlobalMaxPooling1D", (None, 6, 4), {}),
    (8 * 3, "GlobalAveragePooling3D", (None, 2, 2, 2, 3), {}),
    # Nothing is computed.
    (0, "Dropout", IMAGE, {"rate": 0.5}),
    (0, "ZeroPadding2D", IMAGE, {"padding": 2}),
    (0, "Cropping2D", IMAGE, {"cropping": 1}),
    (0, "Flatten", IMAGE, {}),
    (0, "Reshape", IMAGE, {"target_shape": (5, 12)}),
]


@pytest.mark.parametrize(("expected", "layer", "on", "kwargs"), ELEMENTWISE)
def test_elementwise_operations_are_the_convention(
    expected: int | None, layer: str, on: Call, kwargs: dict[str, Any]
) -> None:
    assert call(layer, on, **kwargs).elementwise == expected


has_macs("Dense", last(2, sizes=(None, 8, 6)), units=4)
for _layer, _rank in CONVOLUTIONS.items():
    has_macs(_layer, last(_rank, sizes=(None, 8, 6)), **required(_layer), padding="same")


@pytest.mark.parametrize("case", [case for case in WITH_MACS.values() if case], ids=str)
def test_macs_of_unknown_sizes_are_unknown_and_say_why(case: Case) -> None:
    twin = parity.build_twin(case)
    assert isinstance(twin, Built), twin
    inference = twin.outputs[0].node.inference
    assert inference.macs is None
    assert inference.why


def inferences(layer: str) -> list[Inference]:
    """What the twin says of every call in the table."""
    twins = [parity.build_twin(case) for case in TAKEN if case.layer == layer]
    return [x.node.inference for twin in twins if isinstance(twin, Built) for x in twin.outputs]


@pytest.mark.parametrize("layer", sorted(set(EVERY_LAYER) - WITH_MACS.keys()))
def test_macs_of_layers_without_a_kernel_are_zero(layer: str) -> None:
    assert {inference.macs for inference in inferences(layer)} == {0}


@pytest.mark.parametrize("layer", EVERY_LAYER)
def test_unknown_counts_say_why(layer: str) -> None:
    counts = [(x.macs, x.elementwise, x.why) for x in inferences(layer)]
    assert [count for count in counts if None in count[:2] and not count[2]] == []


# ---------------------------------------------------------------------------------------------
# Refusals: a LayerError that says which layer, what it wanted and what it got, and never
# another exception, whatever a file or a caller may hold.
# ---------------------------------------------------------------------------------------------

MESSAGES = [
    (
        "conv2d (Conv2D): wants an input of 4 dimensions, batch first. Received: (None, 8, 3)",
        Case("Conv2D", {"filters": 4, "kernel_size": 3}, ((None, 8, 3),)),
    ),
    (
        "conv1 (Conv2D): filters must be a whole number of at least 1. Received: 0",
        Case("Conv2D", {"name": "conv1", "filters": 0, "kernel_size": 3}, ()),
    ),
    (
        "conv2d (Conv2D): kernel_size must be a whole number of at least 1, or 2 of them."
        " Received: (3, 3, 3)",
        Case("Conv2D", {"filters": 4, "kernel_size": (3, 3, 3)}, ()),
    ),
    (
        "conv1d (Conv1D): padding must be 'valid' or 'same' or 'causal'. Received: 'full'",
        Case("Conv1D", {"filters": 4, "kernel_size": 3, "padding": "full"}, ()),
    ),
    (
        "conv1d (Conv1D): wants channels in multiples of its 4 groups. Received: (None, 8, 6)",
        Case("Conv1D", {"filters": 4, "kernel_size": 3, "groups": 4}, ((None, 8, 6),)),
    ),
    (
        "conv2d (Conv2D): wants an input whose axis -1 is known. Received: (None, 8, 8, None)",
        Case("Conv2D", {"filters": 4, "kernel_size": 3}, ((None, 8, 8, None),)),
    ),
    (
        "max_pooling2d (MaxPooling2D): wants an input of at least 3×3, its window."
        " Received: (None, 2, 8, 3)",
        Case("MaxPooling2D", {"pool_size": 3}, ((None, 2, 8, 3),)),
    ),
    (
        "conv1d (Conv1D): wants an input of at least 5, its window. Received: (None, 4, 3)",
        Case("Conv1D", {"filters": 4, "kernel_size": 3, "dilation_rate": 2}, ((None, 4, 3),)),
    ),
    (
        "dense (Dense): is shared and was first called on shape (None, 4). Received: (None, 5)",
        Case("Dense", {"units": 3}, ((None, 4), (None, 5))),
    ),
    (
        "dense (Dense): activation must be the name of a Keras activation, such as 'relu'."
        " Received: 'relux'",
        Case("Dense", {"units": 3, "activation": "relux"}, ()),
    ),
    (
        "add (Add): wants inputs of equal sizes. Received: (4, 5)",
        Case("Add", {}, ([(None, 4), (None, 5)],)),
    ),
    (
        "concatenate (Concatenate): wants inputs that differ on axis -1 alone."
        " Received: [(None, 4, 3), (None, 5, 3)]",
        Case("Concatenate", {}, ([(None, 4, 3), (None, 5, 3)],)),
    ),
    (
        "reshape (Reshape): wants an input of as many elements as (5, 5). Received: (None, 24)",
        Case("Reshape", {"target_shape": (5, 5)}, ((None, 24),)),
    ),
    (
        "cropping2d (Cropping2D): wants an input larger than what it crops."
        " Received: (None, 4, 9, 3)",
        Case("Cropping2D", {"cropping": 2}, ((None, 4, 9, 3),)),
    ),
    (
        "batch_normalization (BatchNormalization): wants an input that has axis 4."
        " Received: (None, 8, 8, 3)",
        Case("BatchNormalization", {"axis": 4}, ((None, 8, 8, 3),)),
    ),
    (
        "dropout (Dropout): rate must be a number from 0 to 1. Received: 2",
        Case("Dropout", {"rate": 2}, ()),
    ),
    ("dense (Dense) needs units", Case("Dense", {}, ())),
    ("dense (Dense) has no argument 'unit'", Case("Dense", {"unit": 3}, ())),
    ("dense (Dense) got units twice", Case("Dense", {"units": 3}, (), args=(3,))),
    ("add (Add) takes 0 arguments; 1 were given", Case("Add", {}, (), args=(1,))),
]


@pytest.mark.parametrize(("message", "case"), MESSAGES, ids=[m[:60] for m, _ in MESSAGES])
def test_refusals_say_who_wanted_what_and_got_what(message: str, case: Case) -> None:
    twin = parity.build_twin(case)
    assert isinstance(twin, Refused), twin
    assert str(twin.error) == message


def test_names_and_values_reach_messages_printable_and_short() -> None:
    escape = parity.build_twin(
        Case("Dense", {"units": 3, "name": "\x1b[31m", "activation": "q"}, ())
    )
    assert str(escape.error).startswith("\\x1b[31m (Dense): activation must be")
    long = parity.build_twin(Case("Dense", {"units": "9" * 5000}, ()))
    assert len(str(long.error)) < 300


POLICIES = [  # which Keras has no such layer for, or which take the dtype from elsewhere
    ("Conv2D", "QuantizedDTypePolicy", {"mode": "int8", "source_name": "float32"}),
    ("Dense", "QuantizedDTypePolicy", {"mode": "int2", "source_name": "float32"}),
    ("Dense", "GPTQDTypePolicy", {"mode": "gptq/5/1", "source_name": "float32"}),
    ("Dense", "Int4DTypePolicy", {"mode": ["int4"], "source_name": {}}),
    ("Embedding", "QuantizedFloat8DTypePolicy", {"mode": "float8", "source_name": "float32"}),
    ("Dense", "DTypePolicyMap", {"default_policy": None, "policy_map": {}}),
]


@pytest.mark.parametrize(("layer", "policy", "config"), POLICIES)
def test_policies_a_twin_does_not_have_are_refused(
    layer: str, policy: str, config: dict[str, Any]
) -> None:
    dtype = {"module": "keras", "class_name": policy, "config": config, "registered_name": None}
    case = FULL[layer]._replace(kwargs={**FULL[layer].kwargs, "dtype": dtype})
    refused = parity.build_twin(case)
    assert isinstance(refused, Refused)
    assert "dtype must be" in str(refused.error)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.floats() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["class_name", "config", "name"]), inner)
    ),
    max_leaves=4,
)
STATIC = settings(max_examples=50)


@pytest.mark.parametrize("layer", EVERY_LAYER)
def test_no_argument_raises_anything_but_a_layer_error(layer: str) -> None:
    @STATIC
    @given(st.sampled_from(["name", *layer_classes()[layer].arguments]), JSON)
    def holds(key: str, value: Any) -> None:
        case = FULL[layer]
        parity.build_twin(case._replace(kwargs={**case.kwargs, key: value}))

    holds()


@pytest.mark.parametrize("layer", [name for name in EVERY_LAYER if name != "InputLayer"])
def test_no_inputs_raise_anything_but_a_layer_error(layer: str) -> None:
    shape = st.lists(st.integers(1, 5) | st.none(), max_size=6).map(tuple)

    @STATIC
    @given(shape | st.lists(shape, max_size=3))
    def holds(inputs: Call) -> None:
        parity.build_twin(FULL[layer]._replace(calls=(inputs,)))

    holds()
