"""Functions of `tf.image`."""

from __future__ import annotations

from typing import Any

from archi.graph import Inference, Shape
from archi.ops.image import COLOURS, interpolated
from archi.tensorflow.function import Function, rule
from archi.twin.layer import product

# `compat.v1.image.ResizeMethod`; it may be written as a number.
METHODS = ("bilinear", "nearest", "bicubic", "area")
ALIKE = "no convention says what comparing images costs"


def _pixels(op: Function, image: Any) -> tuple[Any, int]:
    """Return an image, or a batch, and the axis of its height. Raises LayerError."""
    x = op.array(image)
    if len(x.shape) < 3:
        raise op.refuse("wants an image or a batch of images", x.shape)
    return x, len(x.shape) - 3


def _sized(x: Any, at: int, height: int | None, width: int | None) -> Shape:
    return (*x.shape[:at], height, width, *x.shape[at + 2 :])


@rule(
    "image.resize",
    "image.resize_images",
    "image.resize_area",
    "image.resize_bicubic",
    "image.resize_bilinear",
    "image.resize_nearest_neighbor",
)
def resize(
    op: Function,
    images: Any,
    size: Any,
    method: Any = None,
    preserve_aspect_ratio: Any = False,
    antialias: Any = False,
    align_corners: Any = False,
    half_pixel_centers: Any = False,
) -> Inference:
    """Images of another size: one FLOP for every pixel that a pixel is interpolated from."""
    x, at = _pixels(op, images)
    how = _method(op, method)
    height, width = op.sizes(size, 2)
    if preserve_aspect_ratio:
        height, width = _within(x.shape[at : at + 2], (height, width))
    shape = _sized(x, at, height, width)
    dtype = x.dtype if how == "nearest" or shape == x.shape else "float32"
    shrinks = any(
        None in pair or pair[0] > pair[1]  # type: ignore[operator]
        for pair in zip(x.shape[at : at + 2], (height, width), strict=True)
    )
    if antialias and shrinks:
        why = "an antialiased window is as wide as the image shrinks"
        return op.counted([(shape, dtype)], None, why=why)
    return interpolated(op, shape, dtype, how)


def _method(op: Function, method: Any) -> str:
    """Return how pixels are interpolated: as is said, or as the function's name says."""
    named = op.function_name.removeprefix("image.resize_").removesuffix("_neighbor")
    if method is None:
        return named if named in METHODS else "bilinear"
    if type(method) is int:
        return METHODS[method] if 0 <= method < len(METHODS) else str(method)
    return str(method).lower()


def _within(old: Shape, new: Shape) -> tuple[int | None, int | None]:
    """Return the largest size of the old proportions within the new one."""
    if None in old or None in new or 0 in old:
        return None, None
    scale = min(b / a for a, b in zip(old, new, strict=True))  # type: ignore[operator]
    return round(scale * old[0]), round(scale * old[1])  # type: ignore[operator]


@rule("image.resize_with_pad", "image.resize_image_with_pad")
def resize_with_pad(
    op: Function,
    image: Any,
    target_height: Any,
    target_width: Any,
    method: Any = None,
    antialias: Any = False,
    align_corners: Any = False,
) -> Inference:
    """Images resized in their proportions, and bars beside them."""
    x, at = _pixels(op, image)
    shape = _sized(x, at, op.size(target_height), op.size(target_width))
    how = METHODS[0] if method is None else METHODS[method] if type(method) is int else method
    return interpolated(op, shape, "float32", str(how))


@rule("image.resize_with_crop_or_pad")
def resize_with_crop_or_pad(
    op: Function, image: Any, target_height: Any, target_width: Any
) -> Inference:
    """The middle of images, or bars around them; no arithmetic."""
    x, at = _pixels(op, image)
    return op.free(_sized(x, at, op.size(target_height), op.size(target_width)), x.dtype)


@rule("image.crop_to_bounding_box", "image.pad_to_bounding_box")
def to_bounding_box(
    op: Function,
    image: Any,
    offset_height: Any,
    offset_width: Any,
    target_height: Any,
    target_width: Any,
) -> Inference:
    """A part of images, or images as a part of larger ones; no arithmetic."""
    x, at = _pixels(op, image)
    return op.free(_sized(x, at, op.size(target_height), op.size(target_width)), x.dtype)


@rule("image.central_crop")
def central_crop(op: Function, image: Any, central_fraction: Any) -> Inference:
    """The middle of images; no arithmetic."""
    x, at = _pixels(op, image)
    if type(central_fraction) not in (int, float):
        return op.free(_sized(x, at, None, None), x.dtype)
    sizes = [
        None if n is None else n - 2 * int((n - n * central_fraction) / 2)
        for n in x.shape[at : at + 2]
    ]
    return op.free(_sized(x, at, *sizes), x.dtype)


@rule("image.crop_and_resize")
def crop_and_resize(
    op: Function,
    image: Any,
    boxes: Any,
    box_indices: Any,
    crop_size: Any,
    method: Any = "bilinear",
    extrapolation_value: Any = 0.0,
) -> Inference:
    """Parts of images, all of one size."""
    x, parts = op.array(image), op.array(boxes)
    count = parts.shape[0]
    if count is None:
        count = op.array(box_indices).shape[0]
    return interpolated(op, (count, *op.sizes(crop_size, 2), x.shape[-1]), "float32", str(method))


@rule("image.extract_glimpse")
def extract_glimpse(
    op: Function,
    input: Any,
    size: Any,
    offsets: Any,
    centered: Any = True,
    normalized: Any = True,
    noise: Any = "uniform",
    uniform_noise: Any = True,
) -> Inference:
    """A part of each image; no arithmetic."""
    x = op.array(input)
    batch = op.array(offsets).shape[0] if x.shape[0] is None else x.shape[0]
    return op.free((batch, *op.sizes(size, 2), x.shape[-1]), x.dtype)


@rule("image.random_crop", "image.stateless_random_crop")
def random_crop(op: Function, value: Any, size: Any, seed: Any = None) -> Inference:
    """A part at a random place; no arithmetic."""
    x = op.array(value)
    sizes = op.sizes(size, len(x.shape))
    return op.free(tuple(a if b == -1 else b for a, b in zip(x.shape, sizes, strict=True)), x.dtype)


@rule(
    "image.flip_left_right",
    "image.flip_up_down",
    "image.random_flip_left_right",
    "image.random_flip_up_down",
    "image.stateless_random_flip_left_right",
    "image.stateless_random_flip_up_down",
    "image.draw_bounding_boxes",
)
def moved(
    op: Function, image: Any, boxes: Any = None, colors: Any = None, seed: Any = None
) -> Inference:
    """The pixels at other places; no arithmetic."""
    x, _ = _pixels(op, image)
    return op.free(x.shape, x.dtype)


@rule("image.transpose")
def transpose_image(op: Function, image: Any) -> Inference:
    """Rows for columns; no arithmetic."""
    x, at = _pixels(op, image)
    return op.free(_sized(x, at, x.shape[at + 1], x.shape[at]), x.dtype)


@rule("image.rot90")
def rot90(op: Function, image: Any, k: Any = 1) -> Inference:
    """The image turned so many times by a right angle; no arithmetic."""
    x, at = _pixels(op, image)
    times = op.size(k)
    height, width = x.shape[at : at + 2]
    if times is None:
        return op.free(_sized(x, at, None, None), x.dtype)
    return op.free(_sized(x, at, *((width, height) if times % 2 else (height, width))), x.dtype)


@rule("image.grayscale_to_rgb")
def grayscale_to_rgb(op: Function, images: Any) -> Inference:
    """One channel three times; no arithmetic."""
    x, _ = _pixels(op, images)
    return op.free((*x.shape[:-1], 3), x.dtype)


@rule("image.rgb_to_yiq", "image.rgb_to_yuv", "image.yiq_to_rgb", "image.yuv_to_rgb")
def linear_colours(op: Function, images: Any) -> Inference:
    """Each pixel's three colours times a matrix."""
    x = op.array(images)
    return op.multiplies([(x.shape, x.dtype)], product(3, *x.shape))


@rule(
    "image.adjust_brightness",
    "image.random_brightness",
    "image.stateless_random_brightness",
    "image.convert_image_dtype",
)
def adjust_brightness(
    op: Function,
    image: Any,
    delta: Any = None,
    max_delta: Any = None,
    dtype: Any = None,
    saturate: Any = False,
    seed: Any = None,
) -> Inference:
    """One FLOP for each element."""
    x = op.array(image)
    return op.maps(x.shape, dtype or x.dtype)


@rule("image.adjust_contrast", "image.random_contrast", "image.stateless_random_contrast")
def adjust_contrast(
    op: Function,
    images: Any,
    contrast_factor: Any = None,
    lower: Any = None,
    upper: Any = None,
    seed: Any = None,
) -> Inference:
    """The mean, and each element's distance from it scaled: four FLOPs an element."""
    x = op.array(images)
    return op.maps(x.shape, x.dtype, 4)


@rule("image.adjust_gamma")
def adjust_gamma(op: Function, image: Any, gamma: Any = 1, gain: Any = 1) -> Inference:
    """A power and a product."""
    x = op.array(image)
    return op.maps(x.shape, x.dtype, 2)


@rule(
    "image.adjust_hue",
    "image.adjust_jpeg_quality",
    "image.adjust_saturation",
    "image.random_hue",
    "image.random_jpeg_quality",
    "image.random_saturation",
    "image.stateless_random_hue",
    "image.stateless_random_jpeg_quality",
    "image.stateless_random_saturation",
)
def adjust_colours(
    op: Function,
    image: Any,
    delta: Any = None,
    saturation_factor: Any = None,
    jpeg_quality: Any = None,
    dct_method: Any = "",
    max_delta: Any = None,
    lower: Any = None,
    upper: Any = None,
    min_jpeg_quality: Any = None,
    max_jpeg_quality: Any = None,
    seed: Any = None,
) -> Inference:
    """Colours by way of hue and saturation."""
    x = op.array(image)
    return op.counted([(x.shape, x.dtype)], None, why=COLOURS)


@rule("image.per_image_standardization")
def per_image_standardization(op: Function, image: Any) -> Inference:
    """Mean, variance, and each element's distance from the mean over the deviation."""
    x = op.array(image)
    return op.maps(x.shape, x.dtype if "float" in x.dtype else "float32", 6)


@rule("image.image_gradients")
def image_gradients(op: Function, image: Any) -> Inference:
    """The slopes in both directions."""
    x = op.array(image)
    return op.counted([(x.shape, x.dtype)] * 2, product(2, *x.shape))


@rule("image.total_variation")
def total_variation(op: Function, images: Any) -> Inference:
    """How much neighbours differ: two differences, their sizes and sums."""
    x, at = _pixels(op, images)
    return op.reduces(x, x.shape[:at], x.dtype, 6)


@rule("image.psnr")
def psnr(op: Function, a: Any, b: Any, max_val: Any) -> Inference:
    """The mean square of what differs, as decibels."""
    one, other = op.array(a), op.array(b)
    shape = op.broadcast(one.shape[:-3], other.shape[:-3])
    return op.reduces(one, shape, "float32", 3)


@rule("image.ssim", "image.ssim_multiscale")
def ssim(
    op: Function,
    img1: Any,
    img2: Any,
    max_val: Any,
    filter_size: Any = 11,
    filter_sigma: Any = 1.5,
    k1: Any = 0.01,
    k2: Any = 0.03,
    return_index_map: Any = False,
    power_factors: Any = None,
) -> Inference:
    """How alike images are."""
    one, other = op.array(img1), op.array(img2)
    shape = op.broadcast(one.shape[:-3], other.shape[:-3])
    if return_index_map:
        left = [
            None if n is None else n - op.whole(filter_size, "filter_size") + 1
            for n in one.shape[-3:-1]
        ]
        shape = (*shape, *left)
    return op.counted([(shape, "float32")], None, why=ALIKE)


@rule("image.non_max_suppression", "image.non_max_suppression_overlaps")
def non_max_suppression(
    op: Function,
    boxes: Any,
    scores: Any,
    max_output_size: Any,
    iou_threshold: Any = 0.5,
    score_threshold: Any = None,
    overlap_threshold: Any = 0.5,
) -> Inference:
    """Which boxes are the best of those that overlap; no convention says what that costs."""
    return op.counted([((None,), "int32")], None, why=ALIKE)


@rule("image.non_max_suppression_with_scores")
def non_max_suppression_with_scores(
    op: Function,
    boxes: Any,
    scores: Any,
    max_output_size: Any,
    iou_threshold: Any = 0.5,
    score_threshold: Any = None,
    soft_nms_sigma: Any = 0.0,
) -> Inference:
    """The best boxes, and their scores."""
    return op.counted([((None,), "int32"), ((None,), "float32")], None, why=ALIKE)


@rule("image.non_max_suppression_padded")
def non_max_suppression_padded(
    op: Function,
    boxes: Any,
    scores: Any,
    max_output_size: Any,
    iou_threshold: Any = 0.5,
    score_threshold: Any = None,
    pad_to_max_output_size: Any = False,
    sorted_input: Any = False,
    canonicalized_coordinates: Any = False,
    tile_size: Any = 512,
) -> Inference:
    """The best boxes, as many as may be, and how many they are."""
    x = op.array(boxes)
    if len(x.shape) > 2:
        outer = x.shape[:-2]
        return op.counted(
            [((*outer, op.size(max_output_size)), "int32"), (outer, "int32")], None, why=ALIKE
        )
    count = op.size(max_output_size) if pad_to_max_output_size else None
    return op.counted([((count,), "int32"), ((), "int32")], None, why=ALIKE)


@rule("image.combined_non_max_suppression")
def combined_non_max_suppression(
    op: Function,
    boxes: Any,
    scores: Any,
    max_output_size_per_class: Any,
    max_total_size: Any,
    iou_threshold: Any = 0.5,
    score_threshold: Any = None,
    pad_per_class: Any = False,
    clip_boxes: Any = True,
) -> Inference:
    """The best boxes of each sample: where, how sure, of which class, and how many."""
    x = op.array(boxes)
    batch, total, each = x.shape[0], op.size(max_total_size), op.size(max_output_size_per_class)
    classes = op.array(scores).shape[-1]
    if pad_per_class:
        most = product(each, classes)
        total = None if None in (total, most) else min(total, most)  # type: ignore[type-var]
    shapes: list[Shape] = [(batch, total, 4), (batch, total), (batch, total), (batch,)]
    dtypes = ["float32", "float32", "float32", "int32"]
    return op.counted(list(zip(shapes, dtypes, strict=True)), None, why=ALIKE)


@rule("image.sample_distorted_bounding_box", "image.stateless_sample_distorted_bounding_box")
def sample_distorted_bounding_box(
    op: Function,
    image_size: Any,
    bounding_boxes: Any,
    seed: Any = None,
    min_object_covered: Any = 0.1,
    aspect_ratio_range: Any = None,
    area_range: Any = None,
    max_attempts: Any = None,
    use_image_if_no_bounding_boxes: Any = None,
) -> Inference:
    """A part of an image at random: where it begins, how large it is, and as a box."""
    dtype = op.array(image_size).dtype
    return op.counted([((3,), dtype), ((3,), dtype), ((1, 1, 4), "float32")], 0)
