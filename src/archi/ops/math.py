"""Operations of `keras/src/ops/math.py`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from archi.graph import Inference, Shape
from archi.ops._arguments import Known
from archi.ops._elementwise import Floating, Unary
from archi.ops._reduction import Reduction
from archi.twin.arguments import Boolean, Integer, arg
from archi.twin.layer import product
from archi.twin.operation import BOTH, NOTHING, OUTPUTS, Array, Operation

HOME = "math"
SORTED = "how many comparisons it takes is up to the algorithm"
TRANSFORMED = "the arithmetic of a Fourier transform is up to the algorithm"


class Rsqrt(Unary):
    """1 / √x."""

    keeps = OUTPUTS


class Erf(Unary):
    """The error function."""


class Erfc(Floating):
    """1 - erf(x)."""


class Erfinv(Unary):
    """The inverse of the error function."""

    keeps = OUTPUTS


class Logsumexp(Reduction):
    """log(sum(exp(x)))."""

    keeps = BOTH

    def output_of(self, dtype: str) -> str:
        return "float32"  # Keras forgets the input's


class _Segments(Operation):
    """What belongs to a segment becomes one: one FLOP for each element of the input."""

    num_segments: int | None = arg(Integer(0, optional=True), None)
    sorted: bool = arg(Boolean(), False)
    operands = ("data", "segment_ids")

    def infer(self, data: Array, segment_ids: Array) -> Inference:
        ids = segment_ids.shape
        if len(ids) != 1 or not data.shape:
            raise self.refuse("wants a vector that says the segment of each row", ids)
        if None not in (ids[0], data.shape[0]) and ids[0] != data.shape[0]:
            raise self.refuse("wants a segment for each row", [data.shape, ids])
        output = (self.num_segments, *data.shape[1:])
        return self.counted([(output, data.dtype)], product(*data.shape))


class SegmentSum(_Segments):
    """The sum of each segment."""

    keeps = NOTHING


class SegmentMax(_Segments):
    """The largest of each segment."""

    keeps = BOTH


class SegmentMin(_Segments):
    """The smallest of each segment."""

    keeps = BOTH


class SegmentProd(_Segments):
    """The product of each segment."""

    keeps = BOTH


class TopK(Operation):
    """The `k` largest along the last axis, and where they are."""

    k: int = arg(Integer())
    sorted: bool = arg(Boolean(), True)
    keeps = BOTH

    def infer(self, x: Array) -> Inference:
        if not x.shape:
            raise self.refuse("wants a tensor of at least rank 1", x.shape)
        output = (*x.shape[:-1], self.k)
        return self.counted([(output, x.dtype), (output, "int32")], None, why=SORTED)


class InTopK(Operation):
    """Whether a target is among the `k` likeliest: one FLOP for each prediction."""

    keeps = NOTHING
    k: int = arg(Integer())
    operands = ("targets", "predictions")

    def infer(self, targets: Array, predictions: Array) -> Inference:
        return self.counted([(targets.shape, "bool")], product(*predictions.shape))


class CDist(Operation):
    """The distance of each row of x from each of y.

    A MAC for each pair of elements, whose difference it squares and adds, one FLOP for the
    difference and one for each root.
    """

    keeps = BOTH
    operands = ("x", "y")

    def infer(self, x: Array, y: Array) -> Inference:
        if min(len(x.shape), len(y.shape)) < 2:
            raise self.refuse("wants rows of at least one matrix each", [x.shape, y.shape])
        sizes = {x.shape[-1], y.shape[-1]} - {None}
        if len(sizes) > 1:
            raise self.refuse("wants rows of one length", [x.shape, y.shape])
        batch = self.broadcast(x.shape[:-2], y.shape[:-2])
        output = (*batch, x.shape[-2], y.shape[-2])
        macs = product(*output, *(sizes or [None]))
        flops = None if macs is None else macs + (product(*output) or 0)
        dtype = self.promoted(self.dtype_of(x, y), "float")
        return self.counted([(output, dtype)], flops, macs)


class ExtractSequences(Operation):
    """Windows along the last axis; no arithmetic."""

    keeps = NOTHING
    sequence_length: int = arg(Integer(1))
    sequence_stride: int = arg(Integer(1))

    def infer(self, x: Array) -> Inference:
        if not x.shape:
            raise self.refuse("wants a tensor of at least rank 1", x.shape)
        size = x.shape[-1]
        places = None if size is None else 1 + (size - self.sequence_length) // self.sequence_stride
        return self.free((*x.shape[:-1], places, self.sequence_length), x.dtype)


class _Complex(Operation):
    """A transform of complex numbers, which are a pair of tensors."""

    keeps = NOTHING
    lists = ("x",)
    over = 1  # how many axes, the last ones

    def parts(self, x: Sequence[Array]) -> tuple[Array, Array]:
        """Return the real and the imaginary part. Raises LayerError."""
        if len(x) != 2 or x[0].shape != x[1].shape or len(x[0].shape) < self.over:
            raise self.refuse("wants real and imaginary parts", [part.shape for part in x])
        return x[0], x[1]


class FFT(_Complex):
    """The Fourier transform along the last axis."""

    def infer(self, x: Sequence[Array]) -> Inference:
        parts = self.parts(x)
        if None in parts[0].shape[-self.over :]:
            raise self.refuse("wants a known length to transform", parts[0].shape)
        return self.counted([(x.shape, x.dtype) for x in parts], None, why=TRANSFORMED)


class FFT2(FFT):
    """The Fourier transform along the last two axes."""

    over = 2


class IFFT2(FFT2):
    """The inverse of FFT2."""


class RFFT(Operation):
    """The Fourier transform of real numbers along the last axis."""

    keeps = NOTHING
    fft_length: int | None = arg(Integer(1, optional=True), None)

    def infer(self, x: Array) -> Inference:
        if not x.shape:
            raise self.refuse("wants a tensor of at least rank 1", x.shape)
        length = x.shape[-1] if self.fft_length is None else self.fft_length
        output = ((*x.shape[:-1], None if length is None else length // 2 + 1), x.dtype)
        return self.counted([output, output], None, why=TRANSFORMED)


class IRFFT(_Complex):
    """The inverse of RFFT."""

    fft_length: int | None = arg(Integer(1, optional=True), None)

    def infer(self, x: Sequence[Array]) -> Inference:
        real, _ = self.parts(x)
        half = real.shape[-1]
        length = self.fft_length
        if length is None and half is not None:
            length = 2 * (half - 1)
        return self.counted([((*real.shape[:-1], length), real.dtype)], None, why=TRANSFORMED)


class STFT(Operation):
    """The Fourier transforms of windows along the last axis."""

    keeps = NOTHING
    sequence_length: int = arg(Integer(1))
    sequence_stride: int = arg(Integer(1))
    fft_length: int = arg(Integer(1))
    window: Any = arg(Known(), "hann")
    center: bool = arg(Boolean(), True)

    def infer(self, x: Array) -> Inference:
        if not x.shape:
            raise self.refuse("wants a tensor of at least rank 1", x.shape)
        size, padded = x.shape[-1], self.fft_length // 2 * 2 if self.center else 0
        places = None
        if size is not None:
            places = 1 + (size + padded - self.fft_length) // self.sequence_stride
        output = ((*x.shape[:-1], places, self.fft_length // 2 + 1), x.dtype)
        return self.counted([output, output], None, why=TRANSFORMED)


class ISTFT(_Complex):
    """The inverse of STFT."""

    over = 2
    sequence_length: int = arg(Integer(1))
    sequence_stride: int = arg(Integer(1))
    fft_length: int = arg(Integer(1))
    length: int | None = arg(Integer(0, optional=True), None)
    window: Any = arg(Known(), "hann")
    center: bool = arg(Boolean(), True)

    def infer(self, x: Sequence[Array]) -> Inference:
        real, _ = self.parts(x)
        output = ((*real.shape[:-2], self._size(real.shape[-2])), real.dtype)
        return self.counted([output], None, why=TRANSFORMED)

    def _size(self, places: int | None) -> int | None:
        if self.length is not None or places is None:
            return self.length
        size = (places - 1) * self.sequence_stride + self.fft_length
        return size - self.fft_length // 2 * 2 if self.center else size


class Logdet(Operation):
    """The logarithm of the determinant."""

    def infer(self, x: Array) -> Inference:
        why = "the arithmetic of a decomposition is up to the algorithm"
        return self.counted([(x.shape[:-2], x.dtype)], None, why=why)


class _ComplexView(Operation):
    keeps = NOTHING

    def is_view(self, training: bool = False) -> bool:
        return True


class ViewAsComplex(_ComplexView):
    """Pairs of numbers along the last axis as complex numbers."""

    def infer(self, x: Array) -> Inference:
        return self.free(x.shape[:-1], "complex64")


class ViewAsReal(_ComplexView):
    """Complex numbers as pairs of numbers along a new last axis."""

    def infer(self, x: Array) -> Inference:
        shape: Shape = (*x.shape, 2)
        return self.free(shape, "float32")
