"""RegNet: widths that grow by a line, rounded to a few stages.

Radosavovic, Kosaraju, Girshick, He, Dollár: Designing Network Design Spaces, CVPR 2020,
Section 3.3. Block j of d aims at the width u_j = w_0 + w_a · j, which is rounded to
w_0 · w_m^k for a whole k and then to multiples of 8 and of the group width; blocks of one
width make a stage. RegNetX's blocks are bottlenecks of ratio 1 with groups, RegNetY's have
squeeze and excitation too. Parameters are those of the authors' code
(github.com/facebookresearch/pycls), and for y-128gf of torchvision.

Layer by layer the network of torchvision, where it has the design. It rounds a width to a
multiple of the group width upwards where two are as near and where it would lose more than a
tenth; the authors take the nearest, and of two as near the even one: `rounding=authors`. That
makes a difference to x-400mf, y-800mf and y-8gf.
"""

from __future__ import annotations

from math import log
from typing import NamedTuple

from archi.families._blocks import classifier, make_divisible
from archi.families.elsewhere import HUGGING_FACE
from archi.families.options import OneOf, dotted
from archi.families.registry import Paper, Published, family
from archi.families.vision._torchvision import bottleneck, conv_bn, weights_metadata
from archi.graph import Tensor, scope


class Parameters(NamedTuple):
    """The paper's letters: depth d, initial width, slope, width multiplier, group width."""

    d: int
    w_0: int
    w_a: float
    w_m: float
    g: int


DESIGNS = {
    "x-200mf": Parameters(13, 24, 36.44, 2.49, 8),
    "x-400mf": Parameters(22, 24, 24.48, 2.54, 16),
    "x-600mf": Parameters(16, 48, 36.97, 2.24, 24),
    "x-800mf": Parameters(16, 56, 35.73, 2.28, 16),
    "x-1.6gf": Parameters(18, 80, 34.01, 2.25, 24),
    "x-3.2gf": Parameters(25, 88, 26.31, 2.25, 48),
    "x-4gf": Parameters(23, 96, 38.65, 2.43, 40),
    "x-6.4gf": Parameters(17, 184, 60.83, 2.07, 56),
    "x-8gf": Parameters(23, 80, 49.56, 2.88, 120),
    "x-12gf": Parameters(19, 168, 73.36, 2.37, 112),
    "x-16gf": Parameters(22, 216, 55.59, 2.1, 128),
    "x-32gf": Parameters(23, 320, 69.86, 2.0, 168),
    "y-200mf": Parameters(13, 24, 36.44, 2.49, 8),
    "y-400mf": Parameters(16, 48, 27.89, 2.09, 8),
    "y-600mf": Parameters(15, 48, 32.54, 2.32, 16),
    "y-800mf": Parameters(14, 56, 38.84, 2.4, 16),
    "y-1.6gf": Parameters(27, 48, 20.71, 2.65, 24),
    "y-3.2gf": Parameters(21, 80, 42.63, 2.66, 24),
    "y-4gf": Parameters(22, 96, 31.41, 2.24, 64),
    "y-6.4gf": Parameters(25, 112, 33.22, 2.27, 72),
    "y-8gf": Parameters(17, 192, 76.82, 2.19, 56),
    "y-12gf": Parameters(19, 168, 73.36, 2.37, 112),
    "y-16gf": Parameters(18, 200, 106.23, 2.48, 112),
    "y-32gf": Parameters(20, 232, 115.89, 2.53, 232),
    "y-128gf": Parameters(27, 456, 160.83, 2.52, 264),
}
STEM = 32  # filters of the stem
SE_RATIO = 0.25  # filters between squeeze and excitation, of those that enter the block


class Design(OneOf):
    """A network's kind and size, `x-1.6gf`; names write it `X_1_6GF` and `X-1.6GF` too."""

    alphabet = "0123456789.-_ ()xymgfXYMGF"
    wanted = "x or y and a size of the paper, such as x-400mf or y-1.6gf"

    def parse(self, text: str) -> str:
        text = "".join(c for c in text.lower() if c not in " ()")
        kind, size = text[:1], text[1:].lstrip("-_")
        design: str = super().parse(f"{kind}-{dotted(size).replace('.0gf', 'gf')}")
        return design

    def _near(self, text: str) -> list[str]:
        from difflib import get_close_matches

        return get_close_matches(text, self.values)


def stages(parameters: Parameters, as_authors: bool) -> list[tuple[int, int, int]]:
    """Return (blocks, width, group width) of each stage.

    Equations 2 to 4 of the paper: u_j, s_j = log(u_j / w_0) / log(w_m), w_j = w_0 · w_m^⌊s_j⌉.
    """
    d, w_0, w_a, w_m, g = parameters
    depths: dict[int, int] = {}
    for j in range(d):
        u = w_0 + w_a * j
        s = log(u / w_0) / log(w_m)
        w = 8 * round(w_0 * w_m ** round(s) / 8)
        depths[w] = depths.get(w, 0) + 1
    return [(n, multiple(w, min(g, w), as_authors), min(g, w)) for w, n in depths.items()]


def multiple(width: int, of: int, as_authors: bool) -> int:
    """Return the multiple of the group width that a width becomes."""
    return of * round(width / of) if as_authors else make_divisible(width, of)


TORCHVISION = {  # params and operations, at 224×224
    "x-400mf": ("5,495,976", "0.414G"),
    "x-800mf": ("7,259,656", "0.8G"),
    "x-1.6gf": ("9,190,136", "1.603G"),
    "x-3.2gf": ("15,296,552", "3.177G"),
    "x-8gf": ("39,572,648", "7.995G"),
    "x-16gf": ("54,278,536", "15.941G"),
    "x-32gf": ("107,811,560", "31.736G"),
    "y-400mf": ("4,344,144", "0.402G"),
    "y-800mf": ("6,432,512", "0.834G"),
    "y-1.6gf": ("11,202,430", "1.612G"),
    "y-3.2gf": ("19,436,338", "3.176G"),
    "y-8gf": ("39,381,472", "8.473G"),
    "y-16gf": ("83,590,140", "15.912G"),
    "y-32gf": ("145,046,770", "32.28G"),
    "y-128gf": ("644,812,894", "127.518G"),
}
AUTHORS = "github.com/facebookresearch/pycls, MODEL_ZOO.md"
MODEL_ZOO = {  # params and flops, which are MACs
    "x-200mf": ("2.7M", "0.2G"),
    "x-400mf": ("5.2M", "0.4G"),
    "x-600mf": ("6.2M", "0.6G"),
    "x-800mf": ("7.3M", "0.8G"),
    "x-1.6gf": ("9.2M", "1.6G"),
    "x-3.2gf": ("15.3M", "3.2G"),
    "x-4gf": ("22.1M", "4.0G"),
    "x-6.4gf": ("26.2M", "6.5G"),
    "x-8gf": ("39.6M", "8.0G"),
    "x-12gf": ("46.1M", "12.1G"),
    "x-16gf": ("54.3M", "15.9G"),
    "x-32gf": ("107.8M", "31.7G"),
    "y-200mf": ("3.2M", "0.2G"),
    "y-400mf": ("4.3M", "0.4G"),
    "y-600mf": ("6.1M", "0.6G"),
    "y-800mf": ("6.3M", "0.8G"),
    "y-1.6gf": ("11.2M", "1.6G"),
    "y-3.2gf": ("19.4M", "3.2G"),
    "y-4gf": ("20.6M", "4.0G"),
    "y-6.4gf": ("30.6M", "6.4G"),
    "y-8gf": ("39.2M", "8.0G"),
    "y-12gf": ("51.8M", "12.1G"),
    "y-16gf": ("83.6M", "15.9G"),
    "y-32gf": ("145.0M", "32.3G"),
}

ROUNDED_OTHERWISE = ("x-400mf", "y-800mf", "y-8gf")  # by torchvision than by the authors
SWAG = ("160", "320", "1280")  # RegNetYs that timm has weights of for larger images too


def number(design: str) -> str:
    """Return the number that a design's size is in timm, hundreds of MF: 016 for y-1.6gf."""
    size = design[2:]
    hundreds = float(size[:-2]) * 10 if size.endswith("gf") else float(size[:-2]) / 100
    return f"{round(hundreds):03}"


def timm_names() -> dict[str, str]:
    """The designs by their names in timm, which rounds as the authors do; `_tv` is torchvision."""
    names = {}
    for design in DESIGNS:
        name = f"regnet{design[0]}_{number(design)}"
        names[name] = f"regnet-{design}"
        if design in ROUNDED_OTHERWISE:
            names[name] += ",rounding=authors"
            names[f"{name}_tv"] = f"regnet-{design}"
        if design[0] == "y" and number(design) in SWAG:
            for tag in ("swag_ft_in1k", "seer_ft_in1k"):
                names[f"{name}.{tag}"] = f"regnet-{design},input=384x384x3"
    return names


@family(
    "regnet-{design}",
    paper=Paper(
        "Designing Network Design Spaces",
        "Radosavovic, Kosaraju, Girshick, He, Dollár",
        2020,
        "https://arxiv.org/abs/2003.13678",
    ),
    input=(224, 224, 3),
    classes=1000,
    options={
        "design": Design(*DESIGNS, help="x without, y with squeeze and excitation; MACs"),
        "rounding": OneOf(
            "torchvision",
            "authors",
            default="torchvision",
            help="how widths become multiples of the group width, where torchvision has the design",
        ),
    },
    elsewhere={
        "torchvision": {
            f"regnet_{design.replace('-', '_').replace('.', '_')}": f"regnet-{design}"
            for design in TORCHVISION
        },
        "timm": timm_names(),
        HUGGING_FACE: {  # those that are the same whoever rounds
            f"facebook/regnet-{design[0]}-{number(design)}": f"regnet-{design}"
            for design in DESIGNS
            if design not in (*ROUNDED_OTHERWISE, "y-128gf")
        },
    },
    missing={
        "regnetv*": "timm's own, with other activations",
        "regnetz*": "RegNetZ has inverted bottlenecks",
        "regnet*sgn": "it normalises groups, not batches",
        "regnet-y-640*": "the paper has up to 32 GF, and archi no table of this design",
        "regnet-y-2560*": "the paper has up to 32 GF, and archi no table of this design",
    },
    published=(
        *weights_metadata(
            "RegNet",
            {
                **{f"regnet-{design}": pair for design, pair in TORCHVISION.items()},
                "regnet-y-16gf,input=384x384x3": ("83,590,140", "46.735G"),
                "regnet-y-32gf,input=384x384x3": ("145,046,770", "94.826G"),
                "regnet-y-128gf,input=384x384x3": ("644,812,894", "374.57G"),
            },
        ),
        *(
            Published(f"regnet-{design},rounding=authors", metric, figure, AUTHORS)
            for design, pair in MODEL_ZOO.items()
            for metric, figure in zip(("trainable_params", "macs"), pair, strict=True)
        ),
    ),
    recipe={
        "optimizer": "SGD, momentum 0.9",
        "learning rate": "0.1 for a batch of 128, in proportion; half a cosine, 5 epochs warm-up",
        "batch": "256 to 1024",
        "weight decay": "5e-5",
        "epochs": "100",
        "source": AUTHORS,
    },
)
def regnet(x: Tensor, classes: int, top: bool, design: str, rounding: str) -> Tensor:
    """The network: a 3×3 convolution, four stages of bottlenecks, classifier."""
    as_authors = rounding == "authors" or design not in TORCHVISION
    kind = f"{design[0].upper()} bottleneck"
    with scope("stem"):
        x = conv_bn(x, STEM, 3, "stem", strides=2)
    entering = STEM
    for stage, (blocks, width, group) in enumerate(stages(DESIGNS[design], as_authors), start=1):
        with scope(f"stage{stage}"):
            for block in range(1, blocks + 1):
                with scope(f"block{block}", kind):
                    x = bottleneck(
                        x,
                        width,
                        width,
                        2 if block == 1 else 1,
                        f"stage{stage}_block{block}",
                        groups=width // group,
                        squeeze=round(SE_RATIO * entering) if design.startswith("y") else 0,
                    )
                entering = width
    return classifier(x, classes) if top else x
