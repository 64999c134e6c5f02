"""Operations of `keras/src/ops/image.py`."""

from __future__ import annotations

from typing import Any, ClassVar

from archi.graph import Inference, Shape, current_build, is_list
from archi.ops._arguments import Integers, Known, OptionalFormat
from archi.twin.arguments import Boolean, Integer, Number, arg
from archi.twin.layer import ITSELF, Reach, product
from archi.twin.operation import NOTHING, Array, Operation
from archi.twin.spatial import positions

HOME = "image"
TAPS = {"nearest": 0, "bilinear": 2**2, "bicubic": 4**2, "lanczos3": 6**2, "lanczos5": 10**2}
DRAWN = "its arithmetic is up to the numbers it draws"
COLOURS = "no convention says what a conversion of colours costs"


class _Image(Operation):
    """An operation on an image or a batch of them, channels last or first."""

    data_format: str | None
    operands: ClassVar[tuple[str, ...]] = ("images",)

    @property
    def last(self) -> bool:
        """Whether the channels are the last axis."""
        return (self.data_format or current_build().data_format) == "channels_last"

    def image(self, shape: Shape) -> tuple[int, int, int]:
        """Return the axes of height, width and channels. Raises LayerError."""
        if len(shape) not in (3, 4):
            raise self.refuse("wants an image or a batch of images", shape)
        height = len(shape) - 3 if self.last else len(shape) - 2
        return height, height + 1, len(shape) - 1 if self.last else len(shape) - 3

    def having(self, shape: Shape, sizes: dict[int, int | None]) -> Shape:
        """Return a shape with other sizes on some axes."""
        return tuple(sizes.get(axis, size) for axis, size in enumerate(shape))


class _Colours(_Image):
    """A conversion of the colours of each pixel."""

    channels: ClassVar[tuple[int, ...]] = (3,)
    floating = True
    cost: int | None = None
    data_format: str | None = arg(OptionalFormat(), None)

    def infer(self, images: Array) -> Inference:
        channel = self.image(images.shape)[2]
        if images.shape[channel] not in (None, *self.channels):
            raise self.refuse(f"wants {self.channels[-1]} channels", images.shape)
        if self.floating and "float" not in images.dtype:
            raise self.refuse("wants floating-point numbers", images.dtype)
        output = self.converted(images.shape, channel)
        count = None if self.cost is None else product(self.cost, *output)
        why = COLOURS if self.cost is None else "the size of the image is unknown"
        return self.counted([(output, images.dtype)], count, why=why)

    def converted(self, shape: Shape, channel: int) -> Shape:
        """Return the shape of the output."""
        return shape

    def sees(self, shapes: list[Shape], spatial: tuple[int, ...]) -> tuple[Reach, ...] | None:
        return None if self.image(shapes[0])[2] in spatial else ITSELF


class RGBToGrayscale(_Colours):
    """A weighted sum of three colours: three products and two sums a pixel."""

    channels = (1, 3)
    floating = False
    cost = 5

    def converted(self, shape: Shape, channel: int) -> Shape:
        return self.having(shape, {channel: 1})


class RGBToHSV(_Colours):
    """Red, green and blue as hue, saturation and value."""


class HSVToRGB(_Colours):
    """Hue, saturation and value as red, green and blue."""


class Resize(_Image):
    """Images of another size: one FLOP for every pixel that a pixel is interpolated from."""

    size: Any = arg(Integers(1))
    interpolation: str = arg(Known(), "bilinear")
    antialias: bool = arg(Boolean(), False)
    crop_to_aspect_ratio: bool = arg(Boolean(), False)
    pad_to_aspect_ratio: bool = arg(Boolean(), False)
    fill_mode: str = arg(Known(), "constant")
    fill_value: float = arg(Number(), 0.0)
    data_format: str | None = arg(OptionalFormat(), None)

    def validate(self) -> None:
        if not is_list(self.size) or len(self.size) != 2:
            raise self.refuse("size is a height and a width", self.size)
        if self.crop_to_aspect_ratio and self.pad_to_aspect_ratio:
            raise self.refuse("can't both crop and pad to the aspect ratio", True)

    def infer(self, images: Array) -> Inference:
        height, width, _ = self.image(images.shape)
        output = self.having(images.shape, {height: self.size[0], width: self.size[1]})
        if self.antialias and self._shrinks(images.shape[height], images.shape[width]):
            why = "an antialiased window is as wide as the image shrinks"
            return self.counted([(output, images.dtype)], None, why=why)
        return interpolated(self, output, images.dtype, self.interpolation)

    def _shrinks(self, *sizes: int | None) -> bool:
        """Whether a side becomes smaller, or may."""
        pairs = zip(sizes, self.size, strict=True)
        return any(size is None or size > new for size, new in pairs)


def interpolated(operation: Operation, output: Shape, dtype: str, how: str) -> Inference:
    """Return the inference of an output each element of which is interpolated."""
    taps = TAPS.get(how)
    if taps is None:
        why = "how many pixels its interpolation reads is unknown"
        return operation.counted([(output, dtype)], None, why=why)
    return operation.elementwise(output, dtype, taps)


class _Warp(_Image):
    """Images seen otherwise: one FLOP for every pixel that a pixel is interpolated from."""

    interpolation: str

    def warped(self, images: Array) -> Inference:
        """Return the inference of images as large as before. Raises LayerError."""
        self.image(images.shape)
        return interpolated(self, images.shape, images.dtype, self.interpolation)


class AffineTransform(_Warp):
    """Images moved, turned, scaled and sheared."""

    interpolation: str = arg(Known(), "bilinear")
    fill_mode: str = arg(Known(), "constant")
    fill_value: float = arg(Number(), 0)
    data_format: str | None = arg(OptionalFormat(), None)
    operands = ("images", "transform")

    def infer(self, images: Array, transform: Array) -> Inference:
        if len(transform.shape) not in (1, 2):
            raise self.refuse("wants a transform or a batch of them", transform.shape)
        return self.warped(images)


class PerspectiveTransform(_Warp):
    """Images seen from elsewhere: four points go to four others."""

    interpolation: str = arg(Known(), "bilinear")
    fill_value: float = arg(Number(), 0)
    data_format: str | None = arg(OptionalFormat(), None)
    operands = ("images", "start_points", "end_points")

    def infer(self, images: Array, start_points: Array, end_points: Array) -> Inference:
        points = start_points.shape
        if points[-2:] != (4, 2) or len(points) not in (2, 3) or points != end_points.shape:
            raise self.refuse("wants four points for each image", [points, end_points.shape])
        return self.warped(images)


class ExtractPatches(_Image):
    """The windows of images as channels; no arithmetic."""

    keeps = NOTHING
    size: Any = arg(Integers(1))
    strides: Any = arg(Integers(1, optional=True), None)
    dilation_rate: Any = arg(Integers(1), 1)
    padding: str = arg(Known(), "valid")
    data_format: str | None = arg(OptionalFormat(), None)

    def validate(self) -> None:
        self.size = self.size if is_list(self.size) else (self.size, self.size)
        if len(self.size) not in (2, 3):
            raise self.refuse("size is a whole number, or two or three of them", self.size)
        if self.strides is None:
            self.strides = self.size
        if self.padding not in ("valid", "same", "causal"):
            raise self.refuse("padding is 'valid' or 'same'", self.padding)

    @classmethod
    def extract_patches_3d(cls, volumes: Any, size: Any, *args: Any, **kwargs: Any) -> Any:
        """Call it as that function of `keras.ops`, whose windows have three sizes."""
        return cls.function(volumes, (size,) * 3 if type(size) is int else size, *args, **kwargs)

    def infer(self, images: Array) -> Inference:
        rank = len(self.size)
        shape = images.shape
        if len(shape) not in (rank + 1, rank + 2):
            raise self.refuse(f"wants an image of {rank} dimensions or a batch of them", shape)
        batch, inner = shape[: len(shape) - rank - 1], shape[len(shape) - rank - 1 :]
        sizes, channels = (inner[:-1], inner[-1]) if self.last else (inner[1:], inner[0])
        if channels is None:
            raise self.refuse("wants a known number of channels", shape)
        windows = zip(
            sizes, self.size, self._each(self.strides), self._each(self.dilation_rate), strict=True
        )
        places = tuple(positions(*window, self.padding) for window in windows)
        if any(place is not None and place <= 0 for place in places):
            raise self.refuse("wants an image as large as its window", shape)
        filters = product(channels, *self.size)
        patches = (*places, filters) if self.last else (filters, *places)
        return self.free((*batch, *patches), images.dtype)

    def _each(self, value: Any) -> tuple[int, ...]:
        numbers = value if is_list(value) else (value,) * len(self.size)
        if len(numbers) != len(self.size):
            raise self.refuse(f"wants a number, or {len(self.size)} of them", value)
        return tuple(numbers)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        del config["name"]  # as Keras does
        return {**config, "data_format": "channels_last" if self.last else "channels_first"}


class MapCoordinates(Operation):
    """The input at some places: 2 to the power of its rank FLOPs for each, if between elements."""

    order: int = arg(Integer())
    fill_mode: str = arg(Known(), "constant")
    fill_value: float = arg(Number(), 0)
    operands = ("inputs", "coordinates")

    def infer(self, inputs: Array, coordinates: Array) -> Inference:
        shape, rank = coordinates.shape, len(inputs.shape)
        if len(shape) < 2 or shape[0] != rank:
            raise self.refuse(f"wants coordinates of {rank} rows", shape)
        return self.elementwise(shape[1:], inputs.dtype, 2**rank if self.order else 0)


class _Frame(_Image):
    """Images with more or less around them; no arithmetic."""

    keeps = NOTHING
    sign = 1
    sides: tuple[str, ...] = ()  # the arguments before and after each of height and width

    target_height: int | None
    target_width: int | None

    def infer(self, images: Array) -> Inference:
        height, width, _ = self.image(images.shape)
        sizes = {}
        for axis, target, names in (
            (height, self.target_height, self.sides[:2]),
            (width, self.target_width, self.sides[2:]),
        ):
            margins = [getattr(self, name) for name in names]
            sizes[axis] = self._size(images.shape[axis], target, margins)
        return self.free(self.having(images.shape, sizes), images.dtype)

    def _size(self, size: int | None, target: int | None, margins: list[Any]) -> int | None:
        """Return the size from two of: what is before, what is after, and itself."""
        given = [*margins, target]
        if given.count(None) != 1:
            raise self.refuse("wants two of what is before, what is after and the size", given)
        if target is None:
            return self._grown(size, sum(margins))
        rest = None if size is None else self.sign * (target - size) - sum(filter(None, margins))
        if rest is not None and rest < 0:
            raise self.refuse(f"can't make {target} of the image with the margins given", size)
        return target

    def _grown(self, size: int | None, margins: int) -> int | None:
        return None if size is None else size + self.sign * margins


class PadImages(_Frame):
    """Zeros around images."""

    sides = ("top_padding", "bottom_padding", "left_padding", "right_padding")
    top_padding: int | None = arg(Integer(0, optional=True), None)
    left_padding: int | None = arg(Integer(0, optional=True), None)
    bottom_padding: int | None = arg(Integer(0, optional=True), None)
    right_padding: int | None = arg(Integer(0, optional=True), None)
    target_height: int | None = arg(Integer(0, optional=True), None)
    target_width: int | None = arg(Integer(0, optional=True), None)
    data_format: str | None = arg(OptionalFormat(), None)


class CropImages(_Frame):
    """A part of images."""

    sign = -1
    sides = ("top_cropping", "bottom_cropping", "left_cropping", "right_cropping")
    top_cropping: int | None = arg(Integer(0, optional=True), None)
    left_cropping: int | None = arg(Integer(0, optional=True), None)
    bottom_cropping: int | None = arg(Integer(0, optional=True), None)
    right_cropping: int | None = arg(Integer(0, optional=True), None)
    target_height: int | None = arg(Integer(0, optional=True), None)
    target_width: int | None = arg(Integer(0, optional=True), None)
    data_format: str | None = arg(OptionalFormat(), None)

    def _grown(self, size: int | None, margins: int) -> int | None:
        if size is None:
            raise self.refuse("wants a target size where that of the image is unknown", size)
        return size - margins


class GaussianBlur(_Image):
    """A convolution of each channel with a bell: MACs are its kernel at every pixel."""

    kernel_size: Any = arg(Integers(1), (3, 3))
    sigma: Any = arg(Known(), (1.0, 1.0))
    data_format: str | None = arg(OptionalFormat(), None)

    def infer(self, images: Array) -> Inference:
        self.image(images.shape)
        if not is_list(self.kernel_size) or len(self.kernel_size) != 2:
            raise self.refuse("kernel_size is a height and a width", self.kernel_size)
        macs = product(*images.shape, *self.kernel_size)
        output = (images.shape, images.dtype)
        return self.counted([output], None if macs is None else 0, macs)


class ElasticTransform(_Image):
    """Images bent at random."""

    alpha: float = arg(Number(), 20.0)
    sigma: float = arg(Number(), 5.0)
    interpolation: str = arg(Known(), "bilinear")
    fill_mode: str = arg(Known(), "reflect")
    fill_value: float = arg(Number(), 0.0)
    seed: Any = arg(Known(), None)
    data_format: str | None = arg(OptionalFormat(), None)

    def infer(self, images: Array) -> Inference:
        self.image(images.shape)
        return self.counted([(images.shape, images.dtype)], None, why=DRAWN)


class ScaleAndTranslate(Operation):
    """Images scaled and moved by factors that are operands."""

    spatial_dims: Any = arg(Integers())
    method: str = arg(Known())
    antialias: bool = arg(Boolean(), True)
    operands = ("images", "output_shape", "scale", "translation")
    loose = ("output_shape", "scale", "translation")

    def infer(self, images: Array, output_shape: Any, scale: Any, translation: Any) -> Inference:
        if not is_list(output_shape) or not all(
            size is None or type(size) is int for size in output_shape
        ):
            raise self.refuse("wants a shape as output_shape", output_shape)
        why = "how wide its windows are is up to its scale"
        return self.counted([(tuple(output_shape), images.dtype)], None, why=why)


class SobelEdges(_Image):
    """The slopes of images in both directions: MACs are nine an element."""

    data_format: str | None = arg(OptionalFormat(), None)

    def infer(self, images: Array) -> Inference:
        if len(images.shape) != 4:
            raise self.refuse("wants a batch of images", images.shape)
        output = (*images.shape, 2)
        macs = product(3**2, *output)
        return self.counted([(output, images.dtype)], None if macs is None else 0, macs)


class SSIM(_Image):
    """How alike images are."""

    max_val: float = arg(Number(), 1.0)
    filter_size: int = arg(Integer(1), 11)
    filter_sigma: float = arg(Number(), 1.5)
    k1: float = arg(Number(), 0.01)
    k2: float = arg(Number(), 0.03)
    data_format: str | None = arg(OptionalFormat(), None)
    operands = ("image1", "image2")

    def infer(self, image1: Array, image2: Array) -> Inference:
        for shape in (image1.shape, image2.shape):
            self.image(shape)
        output = image1.shape[: len(image1.shape) - 3]
        why = "no convention says what a comparison of structures costs"
        return self.counted([(output, image1.dtype)], None, why=why)
