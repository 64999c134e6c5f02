"""Which class of Keras a layer is of, by the weights that a file has of it.

A file of a model that is code says no classes. Weights tell where they are a class's own by
their names and how their sizes go together: `kernel` of i×o and `bias` of o are of a dense
layer. Keras 3 numbers weights, so that sizes alone tell there, and the name of the layer where
that is one Keras gives: a kernel of h×w×i×o without a bias may be of three classes.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from math import prod
from typing import NamedTuple

from archi.graph import Weight
from archi.layers import layer_names
from archi.twin.objects import snake_case

_STATISTICS = ("moving_mean", "moving_variance", "mean", "variance", "count")
_OUTPUT_OF_ATTENTION = ("output_dense", "attention_output")  # what MultiHeadAttention calls it
_DOUBTFUL = ("RMSNormalization", "PReLU")  # one weight, as many layers of people's own have
_CELLS = ("LSTMCell", "GRUCell", "SimpleRNNCell")  # which an RNN has as its `cell`


class Kind(NamedTuple):
    """A class and the names and sizes of its weights, in the order in which they are made.

    Sizes that have the same letter are equal; `4u` and `cm` are products.
    """

    class_name: str
    weights: dict[str, str]


_KINDS = (
    Kind("Dense", {"kernel": "i o", "bias": "o"}),
    Kind("Dense", {"kernel": "i o"}),
    Kind("Embedding", {"embeddings": "n d"}),
    Kind("EinsumDense", {"kernel": "a b c", "bias": "b c"}),
    Kind("EinsumDense", {"kernel": "a b c", "bias": "c"}),
    Kind("EinsumDense", {"kernel": "a b c"}),
    Kind("Conv1D", {"kernel": "k i o", "bias": "o"}),
    Kind("Conv1D", {"kernel": "k i o"}),
    Kind("Conv2D", {"kernel": "h w i o", "bias": "o"}),
    Kind("Conv2D", {"kernel": "h w i o"}),
    Kind("Conv3D", {"kernel": "d h w i o", "bias": "o"}),
    Kind("Conv3D", {"kernel": "d h w i o"}),
    Kind("Conv1DTranspose", {"kernel": "k o i", "bias": "o"}),
    Kind("Conv1DTranspose", {"kernel": "k o i"}),
    Kind("Conv2DTranspose", {"kernel": "h w o i", "bias": "o"}),
    Kind("Conv2DTranspose", {"kernel": "h w o i"}),
    Kind("Conv3DTranspose", {"kernel": "d h w o i", "bias": "o"}),
    Kind("Conv3DTranspose", {"kernel": "d h w o i"}),
    Kind("DepthwiseConv1D", {"kernel": "k c m", "bias": "cm"}),
    Kind("DepthwiseConv1D", {"kernel": "k c m"}),
    Kind("DepthwiseConv2D", {"kernel": "h w c m", "bias": "cm"}),
    Kind("DepthwiseConv2D", {"kernel": "h w c m"}),
    Kind("DepthwiseConv2D", {"depthwise_kernel": "h w c m", "bias": "cm"}),  # Keras 2
    Kind("DepthwiseConv2D", {"depthwise_kernel": "h w c m"}),
    Kind(
        "SeparableConv1D", {"depthwise_kernel": "k c m", "pointwise_kernel": "1 cm f", "bias": "f"}
    ),
    Kind("SeparableConv1D", {"depthwise_kernel": "k c m", "pointwise_kernel": "1 cm f"}),
    Kind(
        "SeparableConv2D",
        {"depthwise_kernel": "h w c m", "pointwise_kernel": "1 1 cm f", "bias": "f"},
    ),
    Kind("SeparableConv2D", {"depthwise_kernel": "h w c m", "pointwise_kernel": "1 1 cm f"}),
    Kind(
        "BatchNormalization",
        {"gamma": "c", "beta": "c", "moving_mean": "c", "moving_variance": "c"},
    ),
    Kind("BatchNormalization", {"gamma": "c", "moving_mean": "c", "moving_variance": "c"}),
    Kind("BatchNormalization", {"beta": "c", "moving_mean": "c", "moving_variance": "c"}),
    Kind("BatchNormalization", {"moving_mean": "c", "moving_variance": "c"}),
    Kind("LayerNormalization", {"gamma": "c", "beta": "c"}),
    Kind("LayerNormalization", {"gamma": "c"}),
    Kind("LayerNormalization", {"beta": "c"}),
    Kind("GroupNormalization", {"gamma": "c", "beta": "c"}),
    Kind("GroupNormalization", {"gamma": "c"}),
    Kind("GroupNormalization", {"beta": "c"}),
    Kind("RMSNormalization", {"scale": "c"}),
    Kind("Normalization", {"mean": "c", "variance": "c", "count": ""}),
    Kind("PReLU", {"alpha": "c"}),
    Kind("PReLU", {"alpha": "h w c"}),
    Kind("LSTMCell", {"kernel": "i 4u", "recurrent_kernel": "u 4u", "bias": "4u"}),
    Kind("LSTMCell", {"kernel": "i 4u", "recurrent_kernel": "u 4u"}),
    Kind("GRUCell", {"kernel": "i 3u", "recurrent_kernel": "u 3u", "bias": "2 3u"}),
    Kind("GRUCell", {"kernel": "i 3u", "recurrent_kernel": "u 3u", "bias": "3u"}),
    Kind("GRUCell", {"kernel": "i 3u", "recurrent_kernel": "u 3u"}),
    Kind("SimpleRNNCell", {"kernel": "i u", "recurrent_kernel": "u u", "bias": "u"}),
    Kind("SimpleRNNCell", {"kernel": "i u", "recurrent_kernel": "u u"}),
)


class Known(NamedTuple):
    """A class, None where it is not certain, and the weights as it names them."""

    class_name: str | None
    weights: tuple[Weight, ...]


def known(path: str, weights: tuple[Weight, ...]) -> Known:
    """Return the class of the layer at a path in a file, as far as it is certain."""
    named = not all(weight.name.rpartition("/")[2].isdigit() for weight in weights)
    fitting: dict[str, tuple[Weight, ...]] = {}
    for kind in _KINDS:
        found = _as(kind, weights, named)
        if found is not None:
            fitting.setdefault(kind.class_name, found)
    said = _class_by_name(path)
    if said in fitting:
        return Known(said, fitting[said])
    if said is not None and said not in _class_names():
        return Known(said, weights)
    doubtful = _DOUBTFUL if named else (*_DOUBTFUL, "SimpleRNNCell")
    if path.rpartition("/")[2] == "cell":
        sure = [name for name in fitting if name in _CELLS]
    else:
        sure = [name for name in fitting if name not in doubtful]
    return Known(sure[0], fitting[sure[0]]) if len(sure) == 1 else Known(None, weights)


def _as(kind: Kind, weights: tuple[Weight, ...], named: bool) -> tuple[Weight, ...] | None:
    """Return weights as those of a class, None where they can't be."""
    if len(weights) != len(kind.weights):
        return None
    if named:
        by_name = {weight.name.rpartition("/")[2]: weight for weight in weights}
        if by_name.keys() != kind.weights.keys():
            return None
        weights = tuple([by_name[name] for name in kind.weights])
    if not _agree(kind.weights.values(), [weight.shape for weight in weights]):
        return None
    return tuple(
        [
            weight._replace(name=name, trainable=weight.trainable and name not in _STATISTICS)
            for name, weight in zip(kind.weights, weights, strict=True)
        ]
    )


def _agree(patterns: Iterable[str], shapes: list[tuple[int, ...]]) -> bool:
    """Whether shapes are as patterns say, a letter being one size everywhere."""
    letters: dict[str, int] = {}
    products: list[tuple[str, int]] = []
    for pattern, shape in zip(patterns, shapes, strict=True):
        terms = pattern.split()
        if len(terms) != len(shape):
            return False
        for term, size in zip(terms, shape, strict=True):
            if len(term) > 1 or term.isdigit():
                products.append((term, size))
            elif letters.setdefault(term, size) != size:
                return False
    return all(size == _value(term, letters) for term, size in products)


def _value(term: str, letters: dict[str, int]) -> int:
    return prod(int(each) if each.isdigit() else letters[each] for each in term)


def _class_by_name(path: str) -> str | None:
    """Return the class of which Keras gives a layer this name, `dense_1`, or None.

    It names what is in lists so; attributes, and layers that were given a name, have any.
    """
    base = path.rpartition("/")[2].lstrip("_")
    if base in _OUTPUT_OF_ATTENTION:
        return "EinsumDense"
    return _by_snake_case().get(base.rstrip("0123456789").rstrip("_")) or _by_snake_case().get(base)


@cache
def _by_snake_case() -> dict[str, str]:
    return {snake_case(name): name for name in layer_names()}


@cache
def _class_names() -> frozenset[str]:
    return frozenset(kind.class_name for kind in _KINDS)
