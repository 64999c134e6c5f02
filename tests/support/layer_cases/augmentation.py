"""Augmentation of images.

Left out on purpose, for there the twin is narrower than Keras, which looks at nothing before
it runs: inputs that are no images or several, words that name no interpolation, fill mode or way to
flip, value ranges that are not two numbers, numbers that are none, and dicts of images and
labels. `factor` is no argument of layers that take it in `**kwargs` and forget it.
"""

from __future__ import annotations

from typing import Any

from support.layer_cases._table import FORMATS, costs, full, last, refuses, takes

IMAGES = (None, 8, 9, 3)
IMAGES_FIRST = (None, 3, 8, 9)
VALUES = {"value_range": (0, 1)}
BOXES = {"bounding_box_format": "xyxy", "data_format": "channels_first"}
FILLED = {"fill_mode": "constant", "interpolation": "nearest", "seed": 3, "fill_value": 0.5}

# By layer: the arguments it can't do without, and its others with none at their defaults.
LAYERS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "AugMix": (
        {},
        {
            "value_range": (0, 1),
            "num_chains": 2,
            "chain_depth": 4,
            "factor": (0.1, 0.5),
            "alpha": 0.5,
            "all_ops": False,
            "interpolation": "nearest",
            "seed": 3,
        },
    ),
    "AutoContrast": ({}, VALUES),
    "ContrastLimitedAdaptiveHistogramEqualization": (
        {},
        {**VALUES, "clip_limit": 2.0, "tile_grid_size": (4, 2)},
    ),
    "CutMix": ({}, {"factor": (0.2, 0.5), "seed": 3}),
    "Equalization": ({}, {**VALUES, "bins": 64}),
    "MaxNumBoundingBoxes": ({"max_number": 5}, {"fill_value": 0}),
    "MixUp": ({}, {"alpha": 0.4, "seed": 3}),
    "RandAugment": (
        {},
        {**VALUES, "num_ops": 3, "factor": (0.1, 0.5), "interpolation": "nearest", "seed": 3},
    ),
    "RandomBrightness": ({"factor": 0.2}, {**VALUES, "seed": 3}),
    "RandomColorDegeneration": ({"factor": 0.2}, {**VALUES, "seed": 3}),
    "RandomColorJitter": (
        {},
        {
            **VALUES,
            "brightness_factor": (-0.2, 0.4),
            "contrast_factor": 0.3,
            "saturation_factor": (0.2, 0.1),
            "hue_factor": 0.1,
            "seed": 3,
        },
    ),
    "RandomContrast": ({"factor": 0.2}, {**VALUES, "seed": 3}),
    # Without a seed Keras draws one.
    "RandomCrop": ({"height": 4, "width": 5, "seed": 3}, {}),
    "RandomElasticTransform": (
        {},
        {
            "factor": 0.5,
            "scale": (0.1, 0.9),
            "interpolation": "nearest",
            "fill_mode": "wrap",
            "fill_value": 1.0,
            "value_range": (0, 1),
            "seed": 3,
        },
    ),
    "RandomErasing": (
        {},
        {"factor": 0.5, "scale": (0.1, 0.2), "fill_value": 0.5, "value_range": (0, 1), "seed": 3},
    ),
    "RandomFlip": ({}, {"mode": "vertical", "seed": 3}),
    "RandomGaussianBlur": (
        {},
        {"factor": 0.5, "kernel_size": (3, 5), "sigma": 0.5, "value_range": (0, 1), "seed": 3},
    ),
    "RandomGrayscale": ({}, {"factor": 0.1, "seed": 3}),
    "RandomHue": ({"factor": 0.2}, {**VALUES, "seed": 3}),
    "RandomInvert": ({}, {"factor": 0.5, **VALUES, "seed": 3}),
    "RandomPerspective": (
        {},
        {"factor": 0.5, "scale": 0.5, "interpolation": "nearest", "fill_value": 1.0, "seed": 3},
    ),
    "RandomPosterization": ({"factor": 3}, {**VALUES, "seed": 3}),
    "RandomRotation": ({"factor": 0.2}, FILLED),
    "RandomSaturation": ({"factor": 0.2}, {**VALUES, "seed": 3}),
    "RandomSharpness": ({"factor": 0.2}, {**VALUES, "seed": 3}),
    "RandomShear": ({}, {"x_factor": (0.1, 0.2), "y_factor": (0.3, 0.2), **FILLED}),
    "RandomTranslation": ({"height_factor": 0.2, "width_factor": (-0.1, 0.3)}, FILLED),
    "RandomZoom": ({"height_factor": 0.2}, {"width_factor": (0.3, -0.1), **FILLED}),
    "Solarization": (
        {},
        {"addition_factor": 0.2, "threshold_factor": (0.1, 0.3), **VALUES, "seed": 3},
    ),
}


def augmentation_cases(layer: str, needed: dict[str, Any], others: dict[str, Any]) -> None:
    full(layer, IMAGES_FIRST, **needed, **others, **BOXES)
    takes(layer, IMAGES, **needed)
    takes(layer, IMAGES, **needed, **others, data_format="Channels_Last")
    takes(layer, (4, None, None, 3), **needed)
    takes(layer, (None, 9, 3), **needed)
    takes(layer, (None, None, None, None), **needed)
    takes(layer, IMAGES, (None, 5, 6, 3), **needed)
    takes(layer, IMAGES, **needed, dtype="float16")
    takes(layer, IMAGES, input_dtype="uint8", **needed)
    takes(layer, IMAGES, input_dtype="float16", **needed)
    takes(layer, IMAGES, **needed, trainable=False)
    refuses(layer, IMAGES, **needed, data_format="NHWC")
    refuses(layer, IMAGES, **needed, strength=1)
    for key in (name for name in needed if name != "seed"):
        refuses(layer, IMAGES, **{name: needed[name] for name in needed if name != key})
    if "seed" in others or "seed" in needed:
        refuses(layer, IMAGES, **{**needed, "seed": 1.5})
    if layer not in ("AutoContrast", "ContrastLimitedAdaptiveHistogramEqualization"):
        costs(0, layer, IMAGES, **needed)


for _layer, (_needed, _others) in LAYERS.items():
    augmentation_cases(_layer, _needed, _others)

# Factors: by layer, its factors, what they take and what they refuse.
SIGNED = (-0.5, -1, 1, 0, [0.2, 0.1], (-3, 3), (0.5, 0.5))
UNSIGNED = (0, 1, 0.5, [0.6, 0.2], (-3, 3))
STRICT = (0, 1, 0.5, [0.6, 0.2], (0, 1))
NO_FACTORS = ((0.1, 0.2, 0.3), (0.1,), "x")
NOTHING = (None, (), 0)  # is 0.0 for those that hand their factor to the base class
FACTORS: dict[str, tuple[tuple[str, ...], tuple[Any, ...], tuple[Any, ...]]] = {
    "AugMix": (("factor",), STRICT, (-0.1, 1.1, (0, 2), (-0.5, 0.5), None)),
    "CutMix": (("factor",), UNSIGNED, (-0.1, 1.1, (2, 3), None)),
    "RandAugment": (("factor",), STRICT, (-0.1, 1.1, (0, 2), (-0.5, 0.5), None)),
    "RandomBrightness": (("factor",), (*SIGNED, *NOTHING), (-1.1, 1.1, (2, 3), (-3, -2))),
    "RandomColorDegeneration": (("factor",), SIGNED, (-1.1, 1.1, (2, 3), None)),
    "RandomColorJitter": (("brightness_factor",), (*SIGNED, None, 0), (-1.1, 1.1, (2, 3))),
    "RandomContrast": (("factor",), UNSIGNED, (-0.1, 1.1, (2, 3), None)),
    "RandomElasticTransform": (("factor", "scale"), UNSIGNED, (-0.1, 1.1, (2, 3), None)),
    "RandomErasing": (("factor", "scale"), UNSIGNED, (-0.1, 1.1, (2, 3), None)),
    "RandomGaussianBlur": (("factor", "sigma"), UNSIGNED, (-0.1, 1.1, (2, 3), None)),
    "RandomHue": (("factor",), UNSIGNED, (-0.1, 1.1, (2, 3), None)),
    "RandomInvert": (("factor",), UNSIGNED, (-0.1, 1.1, (2, 3), None)),
    "RandomPerspective": (("factor",), UNSIGNED, (-0.1, 1.1, (2, 3), None)),
    "RandomPosterization": (("factor",), (1, 8, (2, 5), [9, 3][::-1]), (0, 9, (9, 10), None)),
    "RandomRotation": (("factor",), (*SIGNED, *NOTHING), (-1.1, 1.1, (2, 3), (-3, -2))),
    "RandomSaturation": (("factor",), SIGNED, (-1.1, 1.1, (2, 3), None)),
    "RandomSharpness": (("factor",), UNSIGNED, (-0.1, 1.1, (2, 3), None)),
    # A number but 0 Keras writes so that it can't read it: in tests/layers/test_preprocessing.py.
    "RandomShear": (("x_factor", "y_factor"), (0, [0.6, 0.2], (0, 1)), (-0.1, 1.1, (0, 2), None)),
    "RandomTranslation": (
        ("height_factor", "width_factor"),
        (-1, 1, 0, [0.2, 0.1], (-0.5, 0.5)),
        (-1.1, 1.1, (-3, 3), None),
    ),
    "RandomZoom": (
        ("height_factor", "width_factor"),
        (-0.9, 1, 0, [0.2, 0.1], (-0.5, 0.5)),
        (-1, 1.1, (-3, 3)),
    ),
    "Solarization": (
        ("addition_factor", "threshold_factor"),
        STRICT,
        (-0.1, 1.1, (0, 2), (-0.5, 0.5), None),
    ),
}
for _layer, (_names, _taken, _refused) in FACTORS.items():
    _needed = LAYERS[_layer][0]
    for _name in _names:
        for _factor in _taken:
            takes(_layer, IMAGES, **{**_needed, _name: _factor})
        for _factor in (*_refused, *NO_FACTORS):
            refuses(_layer, IMAGES, **{**_needed, _name: _factor})
for _factor in (0, 1, 0.5, [0.6, 0.2], None):
    takes("RandomColorJitter", IMAGES, contrast_factor=_factor, hue_factor=_factor)
    takes("RandomColorJitter", IMAGES, saturation_factor=_factor)
refuses("RandomColorJitter", IMAGES, saturation_factor=())
refuses("RandomColorJitter", IMAGES, contrast_factor=-0.1)
refuses("RandomColorJitter", IMAGES, hue_factor=1.1)
takes("RandomZoom", IMAGES, height_factor=0.5, width_factor=None)
refuses("RandomZoom", IMAGES, height_factor=None)
for _factor in (0, 1, 0.5):
    takes("RandomGrayscale", IMAGES, factor=_factor)
    takes("RandomPerspective", IMAGES, scale=_factor)
for _factor in (-0.1, 1.1, None):
    refuses("RandomGrayscale", IMAGES, factor=_factor)
    refuses("RandomPerspective", IMAGES, scale=_factor)

# Value ranges: those that are put in order, and those that are not.
for _layer, (_needed, _others) in LAYERS.items():
    if "value_range" in _others:
        takes(_layer, IMAGES, **_needed, value_range=[255, 0])
for _layer in (
    "AugMix",  # whose parts put it in order
    "AutoContrast",
    "Equalization",
    "RandAugment",
    "RandomBrightness",
    "RandomColorDegeneration",
    "RandomPosterization",
    "RandomSaturation",
    "RandomSharpness",
    "Solarization",
):
    for _range in (None, 255, (0,), (0, 1, 2)):
        refuses(_layer, IMAGES, **LAYERS[_layer][0], value_range=_range)

for _layer in ("RandomRotation", "RandomShear", "RandomTranslation", "RandomZoom"):
    for _mode in ("reflect", "wrap", "constant", "nearest"):
        takes(_layer, IMAGES, **LAYERS[_layer][0], fill_mode=_mode)
    refuses(_layer, IMAGES, **LAYERS[_layer][0], fill_mode="mirror")
    refuses(_layer, IMAGES, **LAYERS[_layer][0], interpolation="bicubic")
takes("RandomElasticTransform", IMAGES, fill_mode="mirror")
for _layer in ("AugMix", "RandAugment", "RandomElasticTransform", "RandomPerspective"):
    refuses(_layer, IMAGES, interpolation="bicubic")
refuses("RandomElasticTransform", IMAGES, fill_mode="edge")
for _mode in ("horizontal", "vertical", "horizontal_and_vertical"):
    takes("RandomFlip", IMAGES, mode=_mode)
for _size in (1, 7, (1, 3), [5, 5]):
    takes("RandomGaussianBlur", IMAGES, kernel_size=_size)
for _size in (2, (3, 4), (3, 3, 3), None, "x"):
    refuses("RandomGaussianBlur", IMAGES, kernel_size=_size)
takes("RandomErasing", IMAGES, fill_value=None)
takes("RandomColorDegeneration", IMAGES_FIRST, factor=0.1, data_format=FORMATS[1])
refuses("RandomColorDegeneration", last(2, channels=4), factor=0.1)
refuses("RandomColorDegeneration", IMAGES, factor=0.1, data_format=FORMATS[1])
refuses("RandomColorDegeneration", (None, 5), factor=0.1)
takes("RandomCrop", (None, 9, 3), height=4, width=5, seed=0)
takes("RandomCrop", (None, 2, 2, 3), height=4, width=5, seed=0)
refuses("RandomCrop", (None, 2), height=4, width=5, seed=0)

costs(4 * 8 * 9 * 3, "AutoContrast", IMAGES)
costs(None, "ContrastLimitedAdaptiveHistogramEqualization", IMAGES)
