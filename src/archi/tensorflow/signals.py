"""Functions of `tf.signal`: Fourier and cosine transforms, windows."""

from __future__ import annotations

from typing import Any

from archi.graph import Inference
from archi.tensorflow.function import Function, rule
from archi.tensorflow.windows import frames
from archi.twin.layer import product

TRANSFORMED = "the arithmetic of a Fourier transform is up to the algorithm"
_REAL = {"complex64": "float32", "complex128": "float64"}
_COMPLEX = {real: complex_ for complex_, real in _REAL.items()}


def _transformed(op: Function, shape: Any, dtype: str) -> Inference:
    return op.counted([(tuple(shape), dtype)], None, why=TRANSFORMED)


@rule(
    *(f"signal.{way}fft{over}" for way in ("", "i") for over in ("", "2d", "3d")), "fftnd", "ifftnd"
)
def fft(op: Function, input: Any, fft_length: Any = None, axes: Any = None) -> Inference:
    """The Fourier transform of complex numbers."""
    x = op.array(input)
    return _transformed(op, x.shape, x.dtype)


@rule("signal.rfft", "signal.rfft2d", "signal.rfft3d", "rfftnd")
def rfft(op: Function, input_tensor: Any, fft_length: Any = None, axes: Any = None) -> Inference:
    """The Fourier transform of real numbers: half of it says all."""
    x = op.array(input_tensor)
    shape = _lengths(op, x.shape, fft_length)
    shape[-1] = None if shape[-1] is None else shape[-1] // 2 + 1
    return _transformed(op, shape, _COMPLEX.get(x.dtype, "complex64"))


@rule("signal.irfft", "signal.irfft2d", "signal.irfft3d", "irfftnd")
def irfft(op: Function, input_tensor: Any, fft_length: Any = None, axes: Any = None) -> Inference:
    """The inverse of `rfft`."""
    x = op.array(input_tensor)
    shape = _lengths(op, x.shape, fft_length)
    if fft_length is None and shape[-1] is not None:
        shape[-1] = max(0, 2 * (shape[-1] - 1))
    return _transformed(op, shape, _REAL.get(x.dtype, "float32"))


def _lengths(op: Function, shape: Any, fft_length: Any) -> list[int | None]:
    """Return a shape with the lengths that are asked for on its last axes."""
    if fft_length is None:
        return list(shape)
    lengths = op.sizes(fft_length)
    return [*shape[: len(shape) - len(lengths)], *lengths]


@rule("signal.stft")
def stft(
    op: Function,
    signals: Any,
    frame_length: Any,
    frame_step: Any,
    fft_length: Any = None,
    window_fn: Any = None,
    pad_end: Any = False,
) -> Inference:
    """The Fourier transforms of windows of signals."""
    x = op.array(signals)
    length, step = op.whole(frame_length, "the frame's length"), op.whole(frame_step, "the step")
    whole = 1 << (length - 1).bit_length() if fft_length is None else op.size(fft_length)
    places = frames(x.shape[-1], length, step, bool(pad_end))
    half = None if whole is None else whole // 2 + 1
    return _transformed(op, (*x.shape[:-1], places, half), _COMPLEX.get(x.dtype, "complex64"))


@rule("signal.inverse_stft")
def inverse_stft(
    op: Function,
    stfts: Any,
    frame_length: Any,
    frame_step: Any,
    fft_length: Any = None,
    window_fn: Any = None,
) -> Inference:
    """Signals of the Fourier transforms of their windows."""
    x = op.array(stfts)
    size = _overlapped(x.shape[-2], op.size(frame_length), op.size(frame_step))
    return _transformed(op, (*x.shape[:-2], size), _REAL.get(x.dtype, "float32"))


def _overlapped(places: int | None, length: int | None, step: int | None) -> int | None:
    if places is None or length is None or step is None:
        return None
    return (places - 1) * step + length


@rule("signal.overlap_and_add")
def overlap_and_add(op: Function, signal: Any, frame_step: Any) -> Inference:
    """Windows summed where they overlap."""
    x = op.array(signal)
    size = _overlapped(x.shape[-2], x.shape[-1], op.size(frame_step))
    return op.reduces(x, (*x.shape[:-2], size), x.dtype)


@rule("signal.dct", "signal.idct")
def dct(
    op: Function, input: Any, type: Any = 2, n: Any = None, axis: Any = -1, norm: Any = None
) -> Inference:
    """The cosine transform along the last axis, of n of its elements."""
    x = op.array(input)
    length = x.shape[-1] if n is None or op.function_name == "signal.idct" else op.size(n)
    return _transformed(op, (*x.shape[:-1], length), x.dtype)


@rule("signal.mdct")
def mdct(
    op: Function,
    signals: Any,
    frame_length: Any,
    window_fn: Any = None,
    pad_end: Any = False,
    norm: Any = None,
) -> Inference:
    """Cosine transforms of windows that overlap by half."""
    x, length = op.array(signals), op.whole(frame_length, "the frame's length")
    places = frames(x.shape[-1], length, length // 2, bool(pad_end))
    return _transformed(op, (*x.shape[:-1], places, length // 2), x.dtype)


@rule("signal.inverse_mdct")
def inverse_mdct(op: Function, mdcts: Any, window_fn: Any = None, norm: Any = None) -> Inference:
    """The inverse of `mdct`."""
    x = op.array(mdcts)
    half = x.shape[-1]
    size = _overlapped(x.shape[-2], None if half is None else 2 * half, half)
    return _transformed(op, (*x.shape[:-2], size), x.dtype)


@rule("signal.mfccs_from_log_mel_spectrograms")
def mfccs(op: Function, log_mel_spectrograms: Any) -> Inference:
    """Cosine transforms of the last axis."""
    x = op.array(log_mel_spectrograms)
    return _transformed(op, x.shape, x.dtype)


@rule(
    *(
        f"signal.{kind}_window"
        for kind in ("hamming", "hann", "kaiser", "kaiser_bessel_derived", "vorbis")
    )
)
def window(
    op: Function,
    window_length: Any,
    periodic: Any = True,
    dtype: Any = "float32",
    beta: Any = 12.0,
) -> Inference:
    """A function of each place of a window."""
    return op.maps((op.size(window_length),), dtype or "float32", 2)


@rule("signal.linear_to_mel_weight_matrix")
def linear_to_mel_weight_matrix(
    op: Function,
    num_mel_bins: Any = 20,
    num_spectrogram_bins: Any = 129,
    sample_rate: Any = 8000,
    lower_edge_hertz: Any = 125.0,
    upper_edge_hertz: Any = 3800.0,
    dtype: Any = "float32",
) -> Inference:
    """A triangle of weights for each band."""
    shape = (op.size(num_spectrogram_bins), op.size(num_mel_bins))
    return op.counted([(shape, dtype or "float32")], product(4, *shape))
