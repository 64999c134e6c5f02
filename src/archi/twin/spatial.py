"""What layers over images share: the axes of a shape and sliding windows."""

from __future__ import annotations

from archi.graph import Shape
from archi.twin.layer import Layer, Reach


class Spatial(Layer):
    """A layer over `rank` spatial dimensions, with channels last or first."""

    data_format: str

    @property
    def channel_axis(self) -> int:
        """The axis of the channels."""
        return -1 if self.data_format == "channels_last" else 1

    @property
    def spatial_axes(self) -> tuple[int, ...]:
        """The axes of the positions."""
        first = 1 if self.data_format == "channels_last" else 2
        return tuple(range(first, first + self.rank))

    def split(self, shape: Shape) -> tuple[int | None, int | None, Shape]:
        """Return batch, channels and spatial sizes of a shape. Raises LayerError."""
        if len(shape) != self.rank + 2:
            raise self.refuse(f"wants an input of {self.rank + 2} dimensions, batch first", shape)
        if self.data_format == "channels_last":
            return shape[0], shape[-1], shape[1:-1]
        return shape[0], shape[1], shape[2:]

    def join(self, batch: int | None, channels: int | None, spatial: Shape) -> Shape:
        """Return the shape with these sizes, in this layer's data format."""
        if self.data_format == "channels_last":
            return (batch, *spatial, channels)
        return (batch, channels, *spatial)

    def slide(
        self,
        shape: Shape,
        spatial: Shape,
        kernel: tuple[int, ...],
        strides: tuple[int, ...],
        padding: str,
        dilation: tuple[int, ...] = (1, 1, 1),
    ) -> Shape:
        """Return how many positions a window takes in each spatial dimension.

        Raises LayerError where there is none: the input is smaller than the window.
        """
        result = tuple(
            positions(*window, padding)
            for window in zip(spatial, kernel, strides, dilation, strict=False)
        )
        if any(size is not None and size <= 0 for size in result):
            spans = "×".join(str(d * (k - 1) + 1) for k, d in zip(kernel, dilation, strict=False))
            raise self.refuse(f"wants an input of at least {spans}, its window", shape)
        return result

    def window_reach(
        self,
        shape: Shape,
        spatial: tuple[int, ...],
        kernel: tuple[int, ...],
        strides: tuple[int, ...],
        padding: str,
        dilation: tuple[int, ...] = (1, 1, 1),
    ) -> tuple[Reach, ...] | None:
        """Return what a position of a sliding window reads; None over other axes than ours."""
        if spatial != self.spatial_axes:
            return None
        sizes = self.split(shape)[2]
        spans = [d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=False)]
        return tuple(
            Reach(span, stride, padded_before(size, span, stride, padding))
            for size, span, stride in zip(sizes, spans, strides, strict=True)
        )


def padded_before(size: int | None, span: int, stride: int, padding: str) -> int | None:
    """Return how many positions are padded before the first, None where that is unknown.

    "same" pads what the last window lacks, half of it before and the larger half after:
    tensorflow.org/api_docs/python/tf/nn#notes_on_padding_2.
    """
    if padding == "valid":
        return 0
    if padding == "causal":
        return span - 1
    if stride == 1:
        return (span - 1) // 2
    if size is None:
        return None
    return max((size - 1) // stride * stride + span - size, 0) // 2


def positions(
    size: int | None, kernel: int, stride: int, dilation: int, padding: str
) -> int | None:
    """Return the output length of a window over `size` elements, None where that is unknown.

    `compute_conv_output_shape` of `keras/src/ops/operation_utils.py`.
    """
    if size is None:
        return None
    span = 1 if padding != "valid" else dilation * (kernel - 1) + 1
    return (size - span) // stride + 1
