"""What the families of vision transformers share.

All is made of Keras's own layers and operations. A learned table, such as that of position
embeddings, is an `Embedding` whose rows are looked up. Keras takes a layer for a part of the
network only where it is called on the network's tensors, so the numbers of the rows are
constants that are added to a zero made from one.

Inside the blocks of windows the channels come last, whatever the data format of the images:
tensors are (batch, height, width, channels), or (batch, windows, positions, channels).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from archi.errors import LayerError
from archi.families._blocks import image_size
from archi.families.options import OneOf
from archi.graph import Tensor, current_build
from archi.layers import (
    Add,
    Dense,
    Dropout,
    Embedding,
    LayerNormalization,
    Permute,
    Reshape,
    Softmax,
)
from archi.ops import arithmetic, linear, making, shaping
from archi.twin.values import Constant

SIZES = {
    "ti": "tiny",
    "t": "tiny",
    "s": "small",
    "b": "base",
    "l": "large",
    "xl": "xlarge",
    "h": "huge",
}


TRUNCATED = {
    "class_name": "TruncatedNormal",
    "config": {"mean": 0.0, "stddev": 0.02, "seed": None},
}


class Letter(OneOf):
    """A network's size by its first letters; names write the word too."""

    def parse(self, text: str) -> str:
        words = {SIZES.get(letter, letter): letter for letter in self.values}
        letter: str = super().parse(words.get(text.lower(), text))
        return letter


def rates(last: float, blocks: int) -> list[float]:
    """Return how often each of so many blocks is left out: from never to `last`, by a line."""
    return [last * block / max(blocks - 1, 1) for block in range(blocks)]


def multiple_of(x: Tensor, pixels: int, why: str) -> None:
    """Raise LayerError for an image that is no multiple of so many pixels."""
    height, width = (size or 0 for size in image_size(x))
    if height % pixels or width % pixels:
        raise LayerError(
            f"height and width must be multiples of {pixels}, {why}. Received: {height}×{width}"
        )


def known(x: Tensor) -> tuple[int, ...]:
    """Return the sizes behind the batch; those of a network with a spec all are known."""
    return tuple(size or 0 for size in x.shape[1:])


def channels_last(x: Tensor) -> Tensor:
    """Return an image with its channels behind its positions."""
    if current_build().data_format == "channels_last":
        return x
    return Permute((2, 3, 1), name=f"{x.node.layer.name}_channels_last")(x)


def channels_back(x: Tensor) -> Tensor:
    """Return an image whose channels come last in the data format of the network."""
    if current_build().data_format == "channels_last":
        return x
    return Permute((3, 1, 2), name=f"{x.node.layer.name}_channels_first")(x)


def zero(x: Tensor, name: str, dtype: str = "int32") -> Tensor:
    """The number 0 as a tensor of the network, made from its first number."""
    first = shaping.GetItem(name=f"{name}_first")(x, (0,) * len(x.shape))
    return making.ZerosLike(dtype, name=f"{name}_zero")(first)


def plus(x: Tensor, numbers: Sequence[object], name: str) -> Tensor:
    """Add an array of numbers, given as nested lists, of the tensor's dtype."""
    return arithmetic.Add(name=name)(x, Constant(numbers, x.dtype))


def normalize(x: Tensor, name: str, epsilon: float = 1e-5) -> Tensor:
    """Layer normalisation over the channels, with PyTorch's epsilon."""
    return LayerNormalization(epsilon=epsilon, name=name)(x)


def mlp(x: Tensor, width: int, name: str, dropout: float = 0) -> Tensor:
    """Two dense layers on each position alone, of `width` units and as many as enter."""
    entering = known(x)[-1]
    x = Dense(width, activation="gelu", name=f"{name}_mlp_1")(x)
    if dropout:
        x = Dropout(dropout, name=f"{name}_mlp_1_drop")(x)
    x = Dense(entering, name=f"{name}_mlp_2")(x)
    return Dropout(dropout, name=f"{name}_mlp_2_drop")(x) if dropout else x


def residual(x: Tensor, branch: Tensor, name: str, rate: float = 0) -> Tensor:
    """Add a branch, which training leaves out at this rate (Huang et al. 2016)."""
    if rate:
        shape = (None, *(1 for _ in branch.shape[1:]))  # of a whole sample at a time
        branch = Dropout(rate, noise_shape=shape, name=f"{name}_drop")(branch)
    return Add(name=f"{name}_add")([x, branch])


def partition(x: Tensor, size: int, name: str, *, grid: bool = False) -> Tensor:
    """Cut an image into windows of size × size positions that attend to each other.

    They are neighbours or, of a `grid`, as far from each other as the image allows.
    """
    height, width, channels = known(x)
    down, across = height // size, width // size
    if grid:
        x = Reshape((size, down, size, across, channels), name=f"{name}_cut")(x)
        x = Permute((2, 4, 1, 3, 5), name=f"{name}_sort")(x)
    else:
        x = Reshape((down, size, across, size, channels), name=f"{name}_cut")(x)
        x = Permute((1, 3, 2, 4, 5), name=f"{name}_sort")(x)
    return Reshape((down * across, size * size, channels), name=f"{name}_windows")(x)


def join(x: Tensor, height: int, width: int, size: int, name: str, *, grid: bool = False) -> Tensor:
    """Put the windows that `partition` makes together again."""
    channels = known(x)[-1]
    x = Reshape((height // size, width // size, size, size, channels), name=f"{name}_uncut")(x)
    x = Permute((3, 1, 4, 2, 5) if grid else (1, 3, 2, 4, 5), name=f"{name}_unsort")(x)
    return Reshape((height, width, channels), name=f"{name}_joined")(x)


def offsets(x: Tensor, size: int, name: str) -> Tensor:
    """Return, for each pair of positions in a window, the number of their offset: (1, N, N).

    The offset of (i, j) from (k, l) has the number (i - k + size - 1) · (2 size - 1)
    + j - l + size - 1; the sum is over two constants, one of rows and one of columns.
    """
    steps = range(size)
    apart = [[one - other + size - 1 for other in steps] for one in steps]
    rows = [[[[[row * (2 * size - 1)] for row in each]] for each in apart]]  # (1, i, 1, k, 1)
    columns = [[[[each] for each in apart]]]  # (1, 1, j, 1, l)
    number = plus(zero(x, name), rows, f"{name}_rows")
    number = plus(number, columns, f"{name}_columns")
    return shaping.Reshape((1, size**2, size**2), name=f"{name}_numbers")(number)


def position_bias(x: Tensor, size: int, heads: int, name: str) -> Tensor:
    """Return a learned number for each head and offset, (1, heads, N, N): Swin's B."""
    table = Embedding(
        (2 * size - 1) ** 2,
        heads,
        embeddings_initializer=TRUNCATED,
        name=f"{name}_table",
    )
    return Permute((3, 1, 2), name=f"{name}_heads")(table(offsets(x, size, name)))


def project(x: Tensor, heads: int, name: str, **dense: Any) -> Tensor:
    """Return a projection of what windows hold, its channels in so many heads."""
    windows, positions, channels = known(x)
    x = Dense(channels, name=name, **dense)(x)
    return Reshape((windows, positions, heads, channels // heads), name=f"{name}_heads")(x)


def attend(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    bias: Tensor,
    name: str,
    mask: Tensor | None = None,
) -> Tensor:
    """Attention within windows: softmax(Q K^T + B) V, and a projection of what the heads give.

    A `mask` is added to the scores too. Queries, keys and values are (batch, windows,
    positions, heads, channels).
    """
    windows, positions, heads, channels = known(query)
    scores = linear.Einsum("bwqhc,bwkhc->bwhqk", name=f"{name}_scores")(query, key)
    scores = arithmetic.Add(name=f"{name}_biased")(scores, bias)
    if mask is not None:
        scores = arithmetic.Add(name=f"{name}_masked")(scores, mask)
    weights = Softmax(name=f"{name}_softmax")(scores)
    x = linear.Einsum("bwhqk,bwkhc->bwqhc", name=f"{name}_values")(weights, value)
    x = Reshape((windows, positions, heads * channels), name=f"{name}_merge")(x)
    return Dense(heads * channels, name=f"{name}_project")(x)
