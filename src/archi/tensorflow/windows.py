"""Convolutions, pooling and what else slides over positions."""

from __future__ import annotations

from typing import Any

from archi.graph import Inference, Shape, is_list
from archi.ops.image import interpolated
from archi.tensorflow.function import Function, as_shape, rule
from archi.twin.layer import product


class _Window:
    """How a function slides: TensorFlow's arguments as Keras's, for so many dimensions."""

    def __init__(self, op: Function, rank: int, data_format: Any, padding: Any) -> None:
        self.op = op
        self.rank = rank
        self.first = str(data_format).startswith(("NC", "channels_first")) and data_format != "NC"
        self.data_format = "channels_first" if self.first else "channels_last"
        self.padding = str(padding).lower() if isinstance(padding, str) else "explicit"
        self.around = [] if isinstance(padding, str) or padding is None else padding

    def each(self, value: Any) -> tuple[int, ...]:
        """Return one number for each dimension; a list may have the batch and channels too."""
        if value is None:
            return (1,) * self.rank
        numbers = self.op.sizes(value)
        if len(numbers) == 1:
            numbers *= self.rank
        if len(numbers) == self.rank + 2:
            numbers = numbers[2:] if self.first else numbers[1:-1]
        if len(numbers) != self.rank or None in numbers:
            raise self.op.refuse(f"wants a number, or {self.rank} of them", list(numbers))
        return numbers  # type: ignore[return-value]

    def config(self, **numbers: Any) -> dict[str, Any]:
        return {
            **{key: self.each(value) for key, value in numbers.items()},
            "padding": "valid" if self.padding == "explicit" else self.padding,
            "data_format": self.data_format,
        }

    def channel(self, x: Any) -> int:
        return len(x.shape) - 1 - self.rank if self.first else len(x.shape) - 1

    def seen(self, x: Any, channels: Any = ...) -> Any:
        """Return the input as one batch, padded as is asked for, of so many channels."""
        if len(x.shape) < self.rank + 2:
            raise self.op.refuse(f"wants a tensor of rank {self.rank + 2}", x.shape)
        shape = list(x.shape)
        if channels is not ...:
            shape[self.channel(x)] = channels
        if self.padding == "explicit":
            pairs = list(self.around)
            if len(pairs) == 2 * len(shape) and not is_list(pairs[0]):
                pairs = list(zip(pairs[::2], pairs[1::2], strict=True))
            pairs = [self.op.sizes(pair, 2) for pair in pairs]
            pairs = pairs if len(pairs) == len(shape) else [(0, 0)] * len(shape)
            shape = [
                None if None in (n, *pair) else n + sum(pair)  # type: ignore[operator,arg-type]
                for n, pair in zip(shape, pairs, strict=True)
            ]
        outer = len(shape) - self.rank - 2
        return as_shape(x, (product(*shape[: outer + 1]), *shape[outer + 1 :]))

    def whole(self, x: Any, shape: Shape) -> Shape:
        """Return an output's shape with the axes before the images that the input has."""
        outer = len(x.shape) - self.rank - 2
        return (*x.shape[: outer + 1], *shape[1:])


def _convolve(
    op: Function, name: str, window: _Window, x: Any, kernels: list[Any], config: dict[str, Any]
) -> Inference:
    """Return the inference of a convolution, in groups where the kernel is of fewer channels."""
    arrays = [op.array(kernel, x) for kernel in kernels]
    held = x.shape[window.channel(x)]
    wanted = arrays[0].shape[-2] if arrays[0].shape else None
    if None not in (held, wanted) and held != wanted and (name != "Conv" or held % wanted):
        raise op.refuse("wants a kernel for the input's channels", [x.shape, arrays[0].shape])
    found = op.like(name, config, window.seen(x, wanted), *arrays)
    return found._replace(outputs=(window.whole(x, found.outputs[0]),), dtypes=(x.dtype,))


@rule(
    "nn.conv1d",
    "nn.conv2d",
    "nn.conv3d",
    "nn.convolution",
    "nn.atrous_conv2d",
    "conv",
    "keras.backend.conv1d",
    "keras.backend.conv2d",
    "keras.backend.conv3d",
)
def conv(
    op: Function,
    input: Any,
    filters: Any,
    strides: Any = None,
    padding: Any = "VALID",
    data_format: Any = None,
    dilations: Any = None,
) -> Inference:
    """A convolution: MACs are the kernel at every position of the output."""
    x = op.array(input)
    window = _Window(op, len(op.array(filters, x).shape) - 2, data_format, padding)
    config = window.config(strides=strides, dilation_rate=dilations)
    return _convolve(op, "Conv", window, x, [filters], config)


@rule("nn.depthwise_conv2d", "nn.depthwise_conv2d_native", "keras.backend.depthwise_conv2d")
def depthwise_conv(
    op: Function,
    input: Any,
    filter: Any,
    strides: Any = None,
    padding: Any = "VALID",
    data_format: Any = None,
    dilations: Any = None,
) -> Inference:
    """A convolution of each channel by itself."""
    x, window = op.array(input), _Window(op, 2, data_format, padding)
    config = window.config(strides=strides, dilation_rate=dilations)
    return _convolve(op, "DepthwiseConv", window, x, [filter], config)


@rule("nn.separable_conv2d", "keras.backend.separable_conv2d")
def separable_conv(
    op: Function,
    input: Any,
    depthwise_filter: Any,
    pointwise_filter: Any,
    strides: Any = None,
    padding: Any = "VALID",
    data_format: Any = None,
    dilations: Any = None,
) -> Inference:
    """A depthwise convolution, then one of single positions."""
    x, window = op.array(input), _Window(op, 2, data_format, padding)
    config = window.config(strides=strides, dilation_rate=dilations)
    kernels = [depthwise_filter, pointwise_filter]
    return _convolve(op, "SeparableConv", window, x, kernels, config)


@rule(
    "nn.conv1d_transpose",
    "nn.conv2d_transpose",
    "nn.conv3d_transpose",
    "nn.conv_transpose",
    "nn.atrous_conv2d_transpose",
    "keras.backend.conv2d_transpose",
)
def conv_transpose(
    op: Function,
    input: Any,
    filters: Any,
    output_shape: Any = None,
    strides: Any = None,
    padding: Any = "SAME",
    data_format: Any = None,
    dilations: Any = None,
) -> Inference:
    """A convolution the other way round: MACs are the kernel at every position of the input."""
    x, kernel = op.array(input), op.array(filters, input)
    rank = len(kernel.shape) - 2
    window = _Window(op, rank, data_format, padding)
    shape = op.sizes(output_shape, rank + 2)
    if len(shape) == rank and op.function_name != "nn.conv_transpose":
        raise op.refuse(f"wants a shape of {rank + 2} sizes", list(shape))
    batch = x.shape[0] if shape[0] == -1 else shape[0]
    places = x.shape[2:] if window.first else x.shape[1:-1]
    return op.multiplies(
        [((batch, *shape[1:]), x.dtype)], product(x.shape[0], *places, *kernel.shape)
    )


@rule(
    "compat.v1.nn.conv2d_backprop_input",
    "conv2d_backprop_input_v2",
    "nn.depthwise_conv2d_backprop_input",
)
def conv_backprop_input(
    op: Function,
    input_sizes: Any,
    filters: Any,
    out_backprop: Any,
    strides: Any = None,
    padding: Any = None,
    data_format: Any = "NHWC",
    dilations: Any = None,
) -> Inference:
    """What `conv_transpose` is made of."""
    return conv_transpose(op, out_backprop, filters, input_sizes, data_format=data_format)


@rule(
    "compat.v1.nn.conv2d_backprop_filter",
    "compat.v1.nn.conv3d_backprop_filter",
    "conv2d_backprop_filter_v2",
    "nn.depthwise_conv2d_backprop_filter",
)
def conv_backprop_filter(
    op: Function,
    input: Any,
    filter_sizes: Any,
    out_backprop: Any,
    strides: Any = None,
    padding: Any = None,
    data_format: Any = "NHWC",
    dilations: Any = None,
) -> Inference:
    """The gradient of a kernel: as many MACs as the convolution itself has."""
    x, back = op.array(input), op.array(out_backprop)
    shape = op.sizes(filter_sizes, len(x.shape))
    places = back.shape[2:] if str(data_format).startswith("NC") else back.shape[1:-1]
    return op.multiplies([(shape, x.dtype)], product(x.shape[0], *places, *shape))


def _pool(
    op: Function, name: str, input: Any, ksize: Any, strides: Any, padding: Any, data_format: Any
) -> Inference:
    x = op.array(input)
    numbers = op.sizes(ksize)
    ranks = {"1d": 1, "2d": 2, "3d": 3}
    rank = ranks.get(op.function_name[-2:], len(x.shape) - 2)
    window = _Window(op, rank, data_format, padding)
    config = window.config(pool_size=numbers, strides=strides)
    found = op.like(name, config, window.seen(x))
    return found._replace(outputs=(window.whole(x, found.outputs[0]),))


@rule("nn.max_pool", "nn.max_pool1d", "nn.max_pool2d", "nn.max_pool3d")
def max_pool(
    op: Function, input: Any, ksize: Any, strides: Any, padding: Any, data_format: Any = None
) -> Inference:
    """The largest of a window."""
    return _pool(op, "MaxPool", input, ksize, strides, padding, data_format)


@rule("nn.avg_pool", "nn.avg_pool1d", "nn.avg_pool2d", "nn.avg_pool3d")
def avg_pool(
    op: Function, input: Any, ksize: Any, strides: Any, padding: Any, data_format: Any = None
) -> Inference:
    """The mean of a window."""
    return _pool(op, "AveragePool", input, ksize, strides, padding, data_format)


@rule("nn.max_pool_with_argmax")
def max_pool_with_argmax(
    op: Function,
    input: Any,
    ksize: Any,
    strides: Any,
    padding: Any,
    data_format: Any = "NHWC",
    output_dtype: Any = "int64",
    include_batch_in_index: Any = False,
    Targmax: Any = None,
) -> Inference:
    """The largest of a window, and where it is."""
    found = _pool(op, "MaxPool", input, ksize, strides, padding, data_format)
    dtypes = (*found.dtypes, output_dtype or "int64")
    return found._replace(outputs=found.outputs * 2, dtypes=dtypes)


@rule("nn.pool", "keras.backend.pool2d", "keras.backend.pool3d")
def pool(
    op: Function,
    input: Any,
    window_shape: Any,
    pooling_type: Any = "MAX",
    strides: Any = None,
    padding: Any = "VALID",
    data_format: Any = None,
    dilations: Any = None,
) -> Inference:
    """The largest or the mean of windows, which may have holes."""
    x, rank = op.array(input), len(op.array(input).shape) - 2
    window = _Window(op, rank, data_format, padding)
    size = window.each(window_shape)
    wide = window.config(pool_size=size, strides=strides)
    holes = window.each(dilations)
    wide["pool_size"] = tuple((n - 1) * hole + 1 for n, hole in zip(size, holes, strict=True))
    found = op.like("MaxPool", wide, window.seen(x))
    shape = window.whole(x, found.outputs[0])
    return op.counted([(shape, x.dtype)], product(*shape, *size))


@rule("nn.dilation2d", "nn.erosion2d")
def dilation2d(
    op: Function,
    input: Any,
    filters: Any,
    strides: Any,
    padding: Any,
    data_format: Any = "NHWC",
    dilations: Any = None,
) -> Inference:
    """The largest of a window plus a number for each place in it: two FLOPs a tap."""
    x, window = op.array(input), _Window(op, 2, data_format, padding)
    size = op.array(filters, x).shape[:2]
    config = window.config(pool_size=size, strides=strides)
    holes = window.each(dilations)
    spans = [None if n is None else (n - 1) * hole + 1 for n, hole in zip(size, holes, strict=True)]
    if None in spans:
        raise op.refuse("wants a kernel of known size", list(size))
    found = op.like("MaxPool", {**config, "pool_size": tuple(spans)}, window.seen(x))
    return op.counted([(found.outputs[0], x.dtype)], product(2, *found.outputs[0], *size))


@rule("nn.fractional_max_pool", "nn.fractional_avg_pool")
def fractional_pool(
    op: Function,
    value: Any,
    pooling_ratio: Any,
    pseudo_random: Any = False,
    overlapping: Any = False,
    deterministic: Any = False,
) -> Inference:
    """Windows of sizes that vary; and where they begin, by rows and by columns."""
    x = op.array(value)
    ratios = pooling_ratio if is_list(pooling_ratio) else [pooling_ratio]
    ratios = [1.0, ratios[0], ratios[0], 1.0] if len(ratios) == 1 else ratios
    ratios = [1.0, *ratios, 1.0] if len(ratios) == 2 else ratios
    shape = tuple(
        None if n is None else int(n / ratio) for n, ratio in zip(x.shape, ratios, strict=True)
    )
    ends = [((n,), "int64") for n in shape[1:3]]
    return op.counted([(shape, x.dtype), *ends], product(*x.shape))


@rule("nn.local_response_normalization")
def local_response_normalization(
    op: Function,
    input: Any,
    depth_radius: Any = 5,
    bias: Any = 1,
    alpha: Any = 1,
    beta: Any = 0.5,
) -> Inference:
    """Each element over a power of the sum of squares around it: two FLOPs a tap, and four."""
    x = op.array(input)
    return op.maps(x.shape, x.dtype, 2 * (2 * op.whole(depth_radius, "depth_radius") + 1) + 4)


@rule("nn.batch_normalization", "keras.backend.batch_normalization")
def batch_normalization(
    op: Function,
    x: Any,
    mean: Any,
    variance: Any,
    offset: Any = None,
    scale: Any = None,
    variance_epsilon: Any = None,
    beta: Any = None,
    gamma: Any = None,
    axis: Any = -1,
    epsilon: Any = 1e-3,
) -> Inference:
    """A scale and a shift of each element: two FLOPs, as of the layer."""
    x = op.array(x)
    return op.maps(x.shape, x.dtype, 2)


@rule("nn.batch_norm_with_global_normalization")
def global_normalization(
    op: Function,
    input: Any,
    mean: Any,
    variance: Any,
    beta: Any,
    gamma: Any,
    variance_epsilon: Any = None,
    scale_after_normalization: Any = None,
) -> Inference:
    """As `batch_normalization`."""
    x = op.array(input)
    return op.maps(x.shape, x.dtype, 2)


@rule("nn.fused_batch_norm")
def fused_batch_norm(
    op: Function,
    x: Any,
    scale: Any,
    offset: Any,
    mean: Any = None,
    variance: Any = None,
    epsilon: Any = 0.001,
    data_format: Any = "NHWC",
    is_training: Any = True,
    exponential_avg_factor: Any = 1.0,
) -> Inference:
    """A scale and a shift of each element, and the statistics of the batch."""
    x = op.array(x)
    channels = op.array(scale, x).shape
    count = product(2 if not is_training else 6, *x.shape)
    return op.counted([(x.shape, x.dtype), (channels, "float32"), (channels, "float32")], count)


@rule("image.extract_patches", "compat.v1.image.extract_image_patches", "extract_volume_patches")
def extract_patches(
    op: Function,
    images: Any,
    sizes: Any,
    strides: Any,
    rates: Any = None,
    padding: Any = "VALID",
) -> Inference:
    """Windows of images, all of each along the channels; no arithmetic."""
    x = op.array(images)
    window = _Window(op, len(x.shape) - 2, "NHWC", padding)
    size = window.each(sizes)
    holes = window.each(rates)
    config = window.config(pool_size=size, strides=strides)
    config["pool_size"] = tuple((n - 1) * hole + 1 for n, hole in zip(size, holes, strict=True))
    shape = op.like("MaxPool", config, x).outputs[0]
    return op.free((*shape[:-1], product(x.shape[-1], *size)), x.dtype)


@rule("keras.backend.local_conv1d", "keras.backend.local_conv2d")
def local_conv(
    op: Function,
    inputs: Any,
    kernel: Any,
    kernel_size: Any,
    strides: Any,
    output_shape: Any = None,
    data_format: Any = None,
) -> Inference:
    """A convolution with a kernel for each position, of shape [positions, taps, filters]."""
    x, weights = op.array(inputs), op.array(kernel)
    window = _Window(op, len(x.shape) - 2, data_format, "valid")
    found = op.like("MaxPool", window.config(pool_size=kernel_size, strides=strides), x)
    shape = list(found.outputs[0])
    shape[1 if window.first else -1] = weights.shape[-1]
    return op.multiplies([(tuple(shape), x.dtype)], product(x.shape[0], *weights.shape))


@rule("signal.frame")
def frame(
    op: Function,
    signal: Any,
    frame_length: Any,
    frame_step: Any,
    pad_end: Any = False,
    pad_value: Any = 0,
    axis: Any = -1,
) -> Inference:
    """Windows of a signal; no arithmetic."""
    x = op.array(signal)
    place = op.axis_of(op.axes(axis), len(x.shape))
    length = op.whole(frame_length, "the frame's length")
    places = frames(x.shape[place], length, op.whole(frame_step, "the step"), bool(pad_end))
    return op.free((*x.shape[:place], places, length, *x.shape[place + 1 :]), x.dtype)


def frames(size: int | None, length: int, step: int, pad_end: bool) -> int | None:
    """Return how many windows a signal has."""
    if size is None:
        return None
    return -(-size // step) if pad_end else max(0, 1 + (size - length) // step)


@rule("keras.backend.resize_images")
def resize_images(
    op: Function,
    x: Any,
    height_factor: Any,
    width_factor: Any,
    data_format: Any = None,
    interpolation: Any = "nearest",
) -> Inference:
    """Images of several times the size; those between four pixels read them all."""
    x = op.array(x)
    factors = (op.size(height_factor), op.size(width_factor))
    at = 2 if data_format == "channels_first" else 1
    sizes = map(product, x.shape[at : at + 2], factors)
    shape = (*x.shape[:at], *sizes, *x.shape[at + 2 :])
    return interpolated(op, shape, x.dtype, interpolation)


@rule("keras.backend.resize_volumes")
def resize_volumes(
    op: Function,
    x: Any,
    depth_factor: Any,
    height_factor: Any,
    width_factor: Any,
    data_format: Any = None,
) -> Inference:
    """Each voxel several times over along each dimension; no arithmetic."""
    x = op.array(x)
    factors = [op.size(each) for each in (depth_factor, height_factor, width_factor)]
    at = 2 if data_format == "channels_first" else 1
    sizes = map(product, x.shape[at : at + 3], factors)
    return op.free((*x.shape[:at], *sizes, *x.shape[at + 3 :]), x.dtype)
