"""Augmentation of images (`keras/src/layers/preprocessing/image_preprocessing`).

What happens in training alone costs nothing at inference: these layers then give their
input. The states of their random generators are no weights.
"""

from __future__ import annotations

from math import nextafter
from typing import Any

from archi.graph import Inference, Shape
from archi.layers._images import ImageLayer
from archi.layers._ranges import Factor, Pair, Range
from archi.twin.arguments import (
    Boolean,
    Choice,
    DataFormat,
    Integer,
    Interpolation,
    Number,
    arg,
)
from archi.twin.layer import ITSELF, Layer, Reach, scaled

INTERPOLATIONS = ("nearest", "bilinear")
FILL_MODES = ("reflect", "wrap", "constant", "nearest")
PIXELS = (0, 255)


class _Augmentation(ImageLayer):
    """A layer that changes images while it trains, and gives its input at inference."""

    def infer(self, x: Shape) -> Inference:
        self.check(x)
        return Inference((x,), (), macs=0, elementwise=0)

    def is_view(self, training: bool = False) -> bool:
        return not training

    def reach(self, shapes: list[Shape], spatial: tuple[int, ...]) -> tuple[Reach, ...] | None:
        return ITSELF


class _KeepsDType(_Augmentation):
    """An augmentation that gives whole numbers where it gets them."""

    keeps_dtype = True


class AugMix(_Augmentation):
    """A mixture of chains of augmentations."""

    composed = True

    value_range: tuple[float, float] = arg(Range(), PIXELS)
    num_chains: int = arg(Integer(1), 3)
    chain_depth: int = arg(Integer(1), 3)
    factor: tuple[float, float] = arg(Factor(0, 1, strict=True), 0.3)
    alpha: float = arg(Number(), 1.0)
    all_ops: bool = arg(Boolean(), True)
    interpolation: str = arg(Interpolation(*INTERPOLATIONS), "bilinear")
    seed: int | None = arg(Integer(optional=True), None)
    data_format: str = arg(DataFormat(), None)


class AutoContrast(ImageLayer):
    """Every channel stretched over the whole range of values, at inference too.

    Its smallest and its largest value are found, one operation an element each as in
    pooling, and a scale and a shift follow.
    """

    value_range: tuple[float, float] = arg(Range(ordered=True), PIXELS)
    data_format: str = arg(DataFormat(), None)

    def infer(self, x: Shape) -> Inference:
        self.check(x)
        return Inference((x,), (), macs=0, elementwise=scaled(4, x))


class ContrastLimitedAdaptiveHistogramEqualization(ImageLayer):
    """Histograms equalised tile by tile, at inference too."""

    value_range: tuple[float, float] = arg(Range(), PIXELS)
    clip_limit: float = arg(Number(), 4.0)
    tile_grid_size: tuple[int, int] = arg(Pair(1), (8, 8))
    data_format: str = arg(DataFormat(), None)

    def infer(self, x: Shape) -> Inference:
        self.check(x)
        return Inference((x,), (), 0, None, "archi does not know what histograms take")


class CutMix(_Augmentation):
    """Patches of an image put into another."""

    factor: tuple[float, float] = arg(Factor(0, 1), 1.0)
    seed: int | None = arg(Integer(optional=True), None)
    data_format: str = arg(DataFormat(), None)


class Equalization(_KeepsDType):
    """The histogram of every channel made even."""

    value_range: tuple[float, float] = arg(Range(ordered=True), PIXELS)
    bins: int = arg(Integer(1), 256)
    data_format: str = arg(DataFormat(), None)


class MaxNumBoundingBoxes(_Augmentation):
    """As many bounding boxes for every image; the images stay as they are."""

    max_number: int = arg(Integer(0))
    fill_value: int = arg(Integer(), -1)
    data_format: str = arg(DataFormat(), None)

    def is_view(self, training: bool = False) -> bool:
        return True

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        del config["fill_value"]  # Keras does not write it
        return config


class MixUp(_Augmentation):
    """A weighted sum of two images."""

    alpha: float = arg(Number(), 0.2)
    data_format: str = arg(DataFormat(), None)
    seed: int | None = arg(Integer(optional=True), None)


class RandAugment(_Augmentation):
    """Several augmentations out of many, one after the other."""

    composed = True

    value_range: tuple[float, float] = arg(Range(), PIXELS)
    num_ops: int = arg(Integer(0), 2)
    factor: tuple[float, float] = arg(Factor(0, 1, strict=True), 0.5)
    interpolation: str = arg(Interpolation(*INTERPOLATIONS), "bilinear")
    seed: int | None = arg(Integer(optional=True), None)
    data_format: str = arg(DataFormat(), None)


class _OpenFactor(Factor):
    """A factor of which nothing is 0.0, whatever kind of nothing it is."""

    def parse(self, value: Any, layer: type[Layer]) -> Any:
        return super().parse(value or 0.0, layer)


class RandomBrightness(_Augmentation):
    """A value added to all pixels."""

    factor: tuple[float, float] = arg(_OpenFactor(-1, 1))
    value_range: tuple[float, float] = arg(Range(ordered=True), PIXELS)
    seed: int | None = arg(Integer(optional=True), None)
    data_format: str = arg(DataFormat(), None)


class RandomColorDegeneration(_Augmentation):
    """Colours drawn towards grey."""

    factor: tuple[float, float] = arg(Factor(-1, 1))
    value_range: tuple[float, float] = arg(Range(ordered=True), PIXELS)
    data_format: str = arg(DataFormat(), None)
    seed: int | None = arg(Integer(optional=True), None)

    def infer(self, x: Shape) -> Inference:
        self.check(x)
        if x[-1 if self.data_format == "channels_last" else -3] not in (3, None):
            raise self.refuse("wants images of 3 channels", x)
        return super().infer(x)


class RandomColorJitter(_Augmentation):
    """Brightness, contrast, saturation and hue, each where its factor is given."""

    composed = True

    value_range: tuple[float, float] = arg(Range(), PIXELS)
    brightness_factor: Any = arg(Factor(-1, 1, kept=True, optional=True), None)
    contrast_factor: Any = arg(Factor(0, 1, kept=True, optional=True), None)
    saturation_factor: Any = arg(Factor(-1, 1, kept=True, optional=True), None)
    hue_factor: Any = arg(Factor(0, 1, kept=True, optional=True), None)
    seed: int | None = arg(Integer(optional=True), None)
    data_format: str = arg(DataFormat(), None)


class RandomContrast(_Augmentation):
    """Values drawn towards their mean or away from it."""

    factor: tuple[float, float] = arg(Factor(0, 1))
    value_range: tuple[float, float] = arg(Range(), PIXELS)
    seed: int | None = arg(Integer(optional=True), None)
    data_format: str = arg(DataFormat(), None)


class RandomCrop(ImageLayer):
    """A part of an image, at a random place.

    At inference Keras gives the whole image, whatever size it says of it. Where no seed is
    given Keras draws one and writes it; archi writes none.
    """

    casts_inputs = False

    height: int = arg(Integer(1))
    width: int = arg(Integer(1))
    seed: int | None = arg(Integer(optional=True), None)
    data_format: str = arg(DataFormat(), None)

    def infer(self, x: Shape) -> Inference:
        output = self.with_size(x, self.height, self.width)
        return Inference((output,), (), macs=0, elementwise=0)


class RandomElasticTransform(_Augmentation):
    """An image bent as if it were drawn on rubber."""

    factor: tuple[float, float] = arg(Factor(0, 1), 1.0)
    scale: tuple[float, float] = arg(Factor(0, 1), 1.0)
    interpolation: str = arg(Interpolation(*INTERPOLATIONS), "bilinear")
    fill_mode: str = arg(Choice(*FILL_MODES, "mirror"), "reflect")
    fill_value: float = arg(Number(), 0.0)
    value_range: tuple[float, float] = arg(Range(), PIXELS)
    seed: int | None = arg(Integer(optional=True), None)
    data_format: str = arg(DataFormat(), None)


class RandomErasing(_Augmentation):
    """A rectangle blotted out, with noise where `fill_value` is None."""

    factor: tuple[float, float] = arg(Factor(0, 1), 1.0)
    scale: tuple[float, float] = arg(Factor(0, 1), (0.02, 0.33))
    fill_value: float | None = arg(Number(optional=True), None)
    value_range: tuple[float, float] = arg(Range(), PIXELS)
    seed: int | None = arg(Integer(optional=True), None)
    data_format: str = arg(DataFormat(), None)


class RandomFlip(_Augmentation):
    """An image mirrored."""

    casts_inputs = False

    mode: str = arg(
        Choice("horizontal_and_vertical", "horizontal", "vertical"), "horizontal_and_vertical"
    )
    seed: int | None = arg(Integer(optional=True), None)
    data_format: str = arg(DataFormat(), None)


class RandomGaussianBlur(_Augmentation):
    """A convolution with a bell curve."""

    factor: tuple[float, float] = arg(Factor(0, 1), 1.0)
    kernel_size: tuple[int, int] = arg(Pair(1, one=True), 3)
    sigma: tuple[float, float] = arg(Factor(0, 1), 1.0)
    value_range: tuple[float, float] = arg(Range(), PIXELS)
    data_format: str = arg(DataFormat(), None)
    seed: int | None = arg(Integer(optional=True), None)

    def validate(self) -> None:
        if not all(size % 2 for size in self.kernel_size):
            raise self.refuse("kernel_size must be odd", self.kernel_size)


class RandomGrayscale(_KeepsDType):
    """Colours taken away from some images."""

    factor: float = arg(Number(0, 1), 0.5)
    data_format: str = arg(DataFormat(), None)
    seed: int | None = arg(Integer(optional=True), None)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        del config["seed"]  # Keras does not write it
        return config


class RandomHue(_Augmentation):
    """Colours turned on the colour wheel."""

    factor: tuple[float, float] = arg(Factor(0, 1))
    value_range: tuple[float, float] = arg(Range(), PIXELS)
    data_format: str = arg(DataFormat(), None)
    seed: int | None = arg(Integer(optional=True), None)


class RandomInvert(_Augmentation):
    """Values taken from the largest."""

    factor: tuple[float, float] = arg(Factor(0, 1), 1.0)
    value_range: tuple[float, float] = arg(Range(), PIXELS)
    seed: int | None = arg(Integer(optional=True), None)
    data_format: str = arg(DataFormat(), None)


class RandomPerspective(_Augmentation):
    """An image seen from elsewhere."""

    factor: tuple[float, float] = arg(Factor(0, 1), 1.0)
    scale: float = arg(Number(0, 1), 1.0)
    interpolation: str = arg(Interpolation(*INTERPOLATIONS), "bilinear")
    fill_value: float = arg(Number(), 0.0)
    seed: int | None = arg(Integer(optional=True), None)
    data_format: str = arg(DataFormat(), None)


class RandomPosterization(_Augmentation):
    """Fewer bits for each value."""

    factor: tuple[float, float] = arg(Factor(1, 8))
    value_range: tuple[float, float] = arg(Range(ordered=True), PIXELS)
    data_format: str = arg(DataFormat(), None)
    seed: int | None = arg(Integer(optional=True), None)


class RandomRotation(_Augmentation):
    """An image turned."""

    factor: tuple[float, float] = arg(_OpenFactor(-1, 1))
    fill_mode: str = arg(Choice(*FILL_MODES), "reflect")
    interpolation: str = arg(Interpolation(*INTERPOLATIONS), "bilinear")
    seed: int | None = arg(Integer(optional=True), None)
    fill_value: float = arg(Number(), 0.0)
    data_format: str = arg(DataFormat(), None)


class RandomSaturation(_Augmentation):
    """Colours made stronger or weaker."""

    factor: tuple[float, float] = arg(Factor(-1, 1))
    value_range: tuple[float, float] = arg(Range(ordered=True), PIXELS)
    data_format: str = arg(DataFormat(), None)
    seed: int | None = arg(Integer(optional=True), None)


class RandomSharpness(_Augmentation):
    """An image blurred or sharpened."""

    factor: tuple[float, float] = arg(Factor(0, 1))
    value_range: tuple[float, float] = arg(Range(ordered=True), PIXELS)
    data_format: str = arg(DataFormat(), None)
    seed: int | None = arg(Integer(optional=True), None)


class _ShearFactor(Factor):
    """A number f is the range from -f to f: one that Keras writes and does not read.

    So it is read here, and written as the number, which Keras reads as that range.
    """

    def holds(self, *given: float) -> bool:
        mirrored = len(given) == 2 and given[0] == -given[1]
        return super().holds(*given[1:]) if mirrored else super().holds(*given)

    def range(self, size: float) -> tuple[float, float]:
        return -abs(size), abs(size)

    def write(self, value: tuple[float, float]) -> Any:
        return value[1] if value[0] < 0 else value

    def code(self, value: tuple[float, float]) -> str:
        return super().code(self.write(value))


class RandomShear(_Augmentation):
    """An image slanted."""

    x_factor: tuple[float, float] = arg(_ShearFactor(0, 1, strict=True), 0.0)
    y_factor: tuple[float, float] = arg(_ShearFactor(0, 1, strict=True), 0.0)
    interpolation: str = arg(Interpolation(*INTERPOLATIONS), "bilinear")
    fill_mode: str = arg(Choice(*FILL_MODES), "reflect")
    fill_value: float = arg(Number(), 0.0)
    data_format: str = arg(DataFormat(), None)
    seed: int | None = arg(Integer(optional=True), None)


class RandomTranslation(_Augmentation):
    """An image moved."""

    height_factor: Any = arg(Factor(-1, 1, strict=True, kept=True))
    width_factor: Any = arg(Factor(-1, 1, strict=True, kept=True))
    fill_mode: str = arg(Choice(*FILL_MODES), "reflect")
    interpolation: str = arg(Interpolation(*INTERPOLATIONS), "bilinear")
    seed: int | None = arg(Integer(optional=True), None)
    fill_value: float = arg(Number(), 0.0)
    data_format: str = arg(DataFormat(), None)


_ZOOM = nextafter(-1, 0)  # at -1 nothing would be left of an image


class RandomZoom(_Augmentation):
    """An image made larger or smaller, its width as its height where nothing else is said."""

    height_factor: Any = arg(Factor(_ZOOM, 1, strict=True, kept=True))
    width_factor: Any = arg(Factor(_ZOOM, 1, strict=True, kept=True, optional=True), None)
    fill_mode: str = arg(Choice(*FILL_MODES), "reflect")
    interpolation: str = arg(Interpolation(*INTERPOLATIONS), "bilinear")
    seed: int | None = arg(Integer(optional=True), None)
    fill_value: float = arg(Number(), 0.0)
    data_format: str = arg(DataFormat(), None)


class _SolarizationFactor(Factor):
    """A number f is the range from 0 to f."""

    def range(self, size: float) -> tuple[float, float]:
        return 0, size


class Solarization(_Augmentation):
    """Values beyond a threshold taken from the largest."""

    addition_factor: tuple[float, float] = arg(_SolarizationFactor(0, 1, strict=True), 0.0)
    threshold_factor: tuple[float, float] = arg(_SolarizationFactor(0, 1, strict=True), 0.0)
    value_range: tuple[float, float] = arg(Range(ordered=True), PIXELS)
    seed: int | None = arg(Integer(optional=True), None)
    data_format: str = arg(DataFormat(), None)
