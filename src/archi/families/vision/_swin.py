"""What both versions of the Swin Transformer share: stages, shifted windows, patch merging.

Liu, Lin, Cao, Hu, Wei, Zhang, Lin, Guo: Swin Transformer, ICCV 2021, Section 3.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from archi.errors import LayerError
from archi.families._blocks import classifier, image_size
from archi.families.vision._transformers import (
    channels_back,
    channels_last,
    join,
    known,
    normalize,
    partition,
    plus,
    rates,
    zero,
)
from archi.graph import Tensor, scope
from archi.layers import Conv2D, Cropping2D, Permute, Reshape, ZeroPadding2D
from archi.ops import arithmetic, comparisons, core, shaping

LARGEST = 65_536  # side of an image
PATCH = 4  # pixels along its side
HEAD = 32  # channels of a head
MASKED = -100.0  # added to the score of what is not to be attended to


class Size(NamedTuple):
    """Channels C of the first stage, blocks of each stage, share of blocks that training skips."""

    channels: int
    blocks: tuple[int, ...]
    skipped: float


SIZES = {  # Section 3.3 of the paper; rates of Appendix A2.1
    "t": Size(96, (2, 2, 6, 2), 0.2),
    "s": Size(96, (2, 2, 18, 2), 0.3),
    "b": Size(128, (2, 2, 18, 2), 0.5),
    "l": Size(192, (2, 2, 18, 2), 0.2),
}

Attention = Callable[[Tensor, "Tensor | None"], Tensor]  # of windows, and of their mask
Block = Callable[[Tensor, int, int, int, float, str], Tensor]
Merge = Callable[[Tensor, str], Tensor]


def swin(
    x: Tensor, classes: int, top: bool, size: Size, window: int, block: Block, merge: Merge
) -> Tensor:
    """The network: patches, four stages that halve the image between them, classifier.

    `block(x, heads, window, shift, rate, name)` is one block, `merge(x, name)` halves. Raises
    LayerError for an image of which the masks would be too large to write down.
    """
    height, width = (side or 0 for side in image_size(x))
    if max(height, width) > LARGEST:
        raise LayerError(
            f"height and width must be at most {LARGEST:,}. Received: {height}×{width}"
        )
    rate = iter(rates(size.skipped, sum(size.blocks)))
    with scope("stem"):
        x = Conv2D(size.channels, PATCH, strides=PATCH, name="patches")(x)
        x = normalize(channels_last(x), "patches_norm")
    for stage, blocks in enumerate(size.blocks, start=1):
        with scope(f"stage{stage}"):
            if stage > 1:
                with scope("merging", "patch merging"):
                    x = merge(x, f"stage{stage}_merge")
            heads = size.channels * 2 ** (stage - 1) // HEAD
            for i in range(1, blocks + 1):
                shift = 0 if i % 2 else window // 2
                with scope(f"block{i}", "Swin"):
                    x = block(x, heads, window, shift, next(rate), f"stage{stage}_block{i}")
    with scope("head"):
        x = channels_back(normalize(x, "norm"))
    return classifier(x, classes) if top else x


def neighbours(x: Tensor, name: str) -> Tensor:
    """Concatenate the channels of 2×2 positions; odd images get a row or column of zeros."""
    height, width, channels = known(x)
    if height % 2 or width % 2:
        margins = ((0, height % 2), (0, width % 2))
        x = ZeroPadding2D(margins, data_format="channels_last", name=f"{name}_pad")(x)
    down, across = -(-height // 2), -(-width // 2)
    x = Reshape((down, 2, across, 2, channels), name=f"{name}_cut")(x)
    x = Permute((1, 3, 4, 2, 5), name=f"{name}_sort")(x)  # down the left column, then the right
    return Reshape((down, across, 4 * channels), name=f"{name}_concat")(x)


def in_windows(x: Tensor, size: int, shift: int, name: str, attention: Attention) -> Tensor:
    """Apply attention in windows, which are shifted by rolling the image (Section 3.2).

    Rolling brings positions together that are no neighbours; the mask tells them apart.
    Images that windows do not cover get a margin of zeros, which torchvision does not mask.
    An image no larger than the window is not shifted.
    """
    height, width = known(x)[:2]
    down, across = -(-height // size) * size, -(-width // size) * size
    margins = ((0, down - height), (0, across - width))
    shifts = tuple(shift if length > size else 0 for length in (down, across))
    padded = (down, across) != (height, width)
    if padded:
        x = ZeroPadding2D(margins, data_format="channels_last", name=f"{name}_pad")(x)
    mask = None
    if any(shifts):
        x = shaping.Roll(tuple(-by for by in shifts), axis=(1, 2), name=f"{name}_roll")(x)
        mask = shift_mask(x, size, shifts, f"{name}_mask")
    x = attention(partition(x, size, name), mask)
    x = join(x, down, across, size, name)
    if any(shifts):
        x = shaping.Roll(shifts, axis=(1, 2), name=f"{name}_unroll")(x)
    if padded:
        x = Cropping2D(margins, data_format="channels_last", name=f"{name}_crop")(x)
    return x


def shift_mask(x: Tensor, size: int, shifts: tuple[int, ...], name: str) -> Tensor:
    """Return what is added to the scores of a rolled image x, (1, windows, 1, N, N).

    Positions attend to each other where the image before it was rolled had them in the same
    region: rows before the last window, its rows that stayed, those that came from the top.
    """
    down, across = (length // size for length in known(x)[:2])
    rows, columns = (
        regions(count * size, size, by) for count, by in zip((down, across), shifts, strict=True)
    )
    by_row = [[[[[3 * row] for row in rows[i * size :][:size]]] for i in range(down)]]
    by_column = [[[[columns[j * size :][:size]] for j in range(across)]]]
    region = plus(zero(x, name), by_row, f"{name}_rows")  # (1, down, 1, size, 1)
    region = plus(region, by_column, f"{name}_columns")  # (1, down, across, size, size)
    ours, theirs = (
        shaping.Reshape((1, down * across, 1, *pair), name=f"{name}_{which}")(region)
        for which, pair in (("ours", (size**2, 1)), ("theirs", (1, size**2)))
    )
    apart = comparisons.NotEqual(name=f"{name}_apart")(ours, theirs)
    apart = core.Cast(x.dtype, name=f"{name}_cast")(apart)
    return arithmetic.Multiply(name=name)(apart, MASKED)


def regions(length: int, size: int, shift: int) -> list[int]:
    """Return the region of each row, or column, of a rolled image: 0, 1 or 2."""
    if not shift:
        return [0] * length
    return [0] * (length - size) + [1] * (size - shift) + [2] * shift
