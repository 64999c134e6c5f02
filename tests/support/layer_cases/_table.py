"""The table of layer cases: what each layer takes and what it refuses, chosen by hand.

A file of this folder declares the cases of a group of layers with `takes`, `refuses` and
`full`; `tests/layers/test_layers.py` reads every file and holds each case against real Keras.
"""

from __future__ import annotations

from typing import Any

from support.parity import Arguments, Call, Case, Inner, Shape

L2 = {"class_name": "L2", "config": {"l2": 1e-4}}
L1 = {"class_name": "L1", "config": {"l1": 0.01}}
HE = {"class_name": "HeNormal", "config": {"seed": 7}}
NORMAL = {"class_name": "RandomNormal", "config": {"mean": 0.0, "stddev": 0.02, "seed": None}}
MAX_NORM = {"class_name": "MaxNorm", "config": {"max_value": 2, "axis": 0}}
NON_NEG = {"class_name": "NonNeg", "config": {}}
FORMATS = ("channels_last", "channels_first")
# The names that `keras.activations.get`, `initializers.get` and so on know.
ACTIVATION_NAMES = """
    celu elu exponential gelu glu hard_shrink hard_sigmoid hard_silu hard_swish hard_tanh
    leaky_relu linear log_sigmoid log_softmax mish relu relu6 selu sigmoid silu soft_shrink
    softmax softplus softsign sparse_plus sparse_sigmoid sparsemax squareplus swish tanh
    tanh_shrink threshold
    """.split()  # noqa: SIM905
INITIALIZER_NAMES = """
    zeros ones zero one identity normal uniform orthogonal random_normal random_uniform
    truncated_normal variance_scaling glorot_normal glorot_uniform he_normal he_uniform
    lecun_normal lecun_uniform
    Zeros Ones Identity Orthogonal RandomNormal RandomUniform TruncatedNormal
    VarianceScaling GlorotNormal GlorotUniform HeNormal HeUniform LecunNormal LecunUniform
    """.split()  # noqa: SIM905
REGULARIZER_NAMES = "l1 l2 l1l2 orthogonal_regularizer L1 L2 L1L2 OrthogonalRegularizer".split()  # noqa: SIM905
CONSTRAINT_NAMES = """
    max_norm min_max_norm non_neg unit_norm MaxNorm MinMaxNorm NonNeg UnitNorm
    """.split()  # noqa: SIM905

TAKEN: list[Case] = []
NOT_TAKEN: list[Case] = []
FULL: dict[str, Case] = {}  # by layer: every argument of its own given, none at its default
ELEMENTWISE: list[tuple[int | None, str, Call, dict[str, Any]]] = []
# By layer that has MACs: a call whose MACs are unknown, None where none can be.
WITH_MACS: dict[str, Case | None] = {}

SIZES = (8, 9, 6)


def last(rank: int, channels: int | None = 4, sizes: Shape = SIZES) -> Shape:
    """An input of `rank` spatial dimensions, channels last."""
    return (None, *sizes[:rank], channels)


def first(rank: int, channels: int | None = 4, sizes: Shape = SIZES) -> Shape:
    """An input of `rank` spatial dimensions, channels first."""
    return (None, channels, *sizes[:rank])


def on(*args: Any, **kwargs: Any) -> Arguments:
    """A call with several arguments, shapes in place of tensors."""
    return Arguments(args, kwargs)


def inner(layer: str, /, **kwargs: Any) -> Inner:
    """A layer as an argument of another."""
    return Inner(layer, kwargs)


def takes(layer: str, /, *calls: Call, input_dtype: str = "float32", **kwargs: Any) -> None:
    TAKEN.append(Case(layer, kwargs, calls, dtype=input_dtype))


def refuses(layer: str, /, *calls: Call, input_dtype: str = "float32", **kwargs: Any) -> None:
    NOT_TAKEN.append(Case(layer, kwargs, calls, dtype=input_dtype))


def full(layer: str, /, *calls: Call, input_dtype: str = "float32", **kwargs: Any) -> None:
    """Declare a case with every argument; positional and common arguments are tried on it."""
    FULL[layer] = Case(layer, kwargs, calls, dtype=input_dtype)
    TAKEN.append(FULL[layer])


def costs(expected: int | None, layer: str, on: Call, /, **kwargs: Any) -> None:
    """Declare what a call takes in elementwise operations of one sample."""
    ELEMENTWISE.append((expected, layer, on, kwargs))


def has_macs(layer: str, unknown: Call | None, /, **kwargs: Any) -> None:
    """Declare that a layer has MACs, and a call of which they can't be known, if there is one."""
    WITH_MACS[layer] = None if unknown is None else Case(layer, kwargs, (unknown,))
