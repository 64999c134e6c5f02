"""The families that follow torchvision: names, wiring, and sizes that its poolings give."""

from __future__ import annotations

import pytest
from support.wiring import keras_wiring, twin_wiring

import archi
from archi.families.vision._torchvision import max_pool_ceil
from archi.families.vision.regnet import DESIGNS, stages
from archi.graph import building
from archi.layers import Input
from archi.spec import parse

NAMES = {  # as in torchvision.models, and what archi calls it
    "alexnet": "alexnet",
    "googlenet": "googlenet",
    "mnasnet0_5": "mnasnet0.5",
    "mnasnet0_75": "mnasnet0.75",
    "mnasnet1_0": "mnasnet1.0",
    "mnasnet1_3": "mnasnet1.3",
    "maxvit_t": "maxvit-t",
    "regnet_x_16gf": "regnet-x-16gf",
    "regnet_x_1_6gf": "regnet-x-1.6gf",
    "regnet_x_32gf": "regnet-x-32gf",
    "regnet_x_3_2gf": "regnet-x-3.2gf",
    "regnet_x_400mf": "regnet-x-400mf",
    "regnet_x_800mf": "regnet-x-800mf",
    "regnet_x_8gf": "regnet-x-8gf",
    "regnet_y_128gf": "regnet-y-128gf",
    "regnet_y_16gf": "regnet-y-16gf",
    "regnet_y_1_6gf": "regnet-y-1.6gf",
    "regnet_y_32gf": "regnet-y-32gf",
    "regnet_y_3_2gf": "regnet-y-3.2gf",
    "regnet_y_400mf": "regnet-y-400mf",
    "regnet_y_800mf": "regnet-y-800mf",
    "regnet_y_8gf": "regnet-y-8gf",
    "resnext101_32x8d": "resnext101-32x8d",
    "resnext101_64x4d": "resnext101-64x4d",
    "resnext50_32x4d": "resnext50-32x4d",
    "shufflenet_v2_x0_5": "shufflenet-v2-x0.5",
    "shufflenet_v2_x1_0": "shufflenet-v2-x1.0",
    "shufflenet_v2_x1_5": "shufflenet-v2-x1.5",
    "shufflenet_v2_x2_0": "shufflenet-v2-x2.0",
    "squeezenet1_0": "squeezenet1.0",
    "squeezenet1_1": "squeezenet1.1",
    "swin_b": "swin-b",
    "swin_s": "swin-s",
    "swin_t": "swin-t",
    "swin_v2_b": "swin-v2-b",
    "swin_v2_s": "swin-v2-s",
    "swin_v2_t": "swin-v2-t",
    "vit_b_16": "vit-b-16",
    "vit_b_32": "vit-b-32",
    "vit_h_14": "vit-h-14",
    "vit_l_16": "vit-l-16",
    "vit_l_32": "vit-l-32",
    "wide_resnet50_2": "wrn-50-2-bottleneck",
    "wide_resnet101_2": "wrn-101-2-imagenet",
}
OTHER_NAMES = {  # as papers, their authors' code and others write them
    "AlexNet": "alexnet",
    "GoogLeNet": "googlenet",
    "Inception v1": "googlenet",
    "MnasNet-A1": "mnasnet-a1",
    "MnasNet-B1": "mnasnet1.0",
    "MNASNet 0.75": "mnasnet0.75",
    "RegNetX-400MF": "regnet-x-400mf",
    "RegNetY-4.0GF": "regnet-y-4gf",
    "RegNet-Y (16 GF)": "regnet-y-16gf",
    "ResNeXt-101 (64x4d)": "resnext101-64x4d",
    "ShuffleNetV2 x1": "shufflenet-v2-x1.0",
    "SqueezeNet v1.1": "squeezenet1.1",
    "MaxViT-Tiny": "maxvit-t",
    "MaxViT-XL": "maxvit-xl",
    "Swin-T": "swin-t",
    "SwinV2-B": "swin-v2-b",
    "Swin Small": "swin-s",
    "ViT-B16": "vit-b-16",
    "ViT-Large (32)": "vit-l-32",
    "vit_tiny_patch16": "vit-ti-16",
}


@pytest.mark.parametrize(("name", "ours"), [*NAMES.items(), *OTHER_NAMES.items()])
def test_names_of_others_work(name, ours):
    assert str(parse(name)) == ours


@pytest.mark.parametrize(
    "name",
    [
        "alexnet",
        "squeezenet1_0",
        "squeezenet1_1",
        "googlenet",
        "mnasnet1_3",
        "resnext50_32x4d",
        "regnet_x_400mf",
        "regnet_y_400mf",
        "shufflenet_v2_x1_5",
    ],
)
def test_equal_to_torchvision_in_plain_keras(keras, name):
    from support import reference_torchvision

    keras.backend.clear_session()
    with keras.StatelessScope(initialize_variables=False):
        model = getattr(reference_torchvision, name)()
    graph = archi.load(name)
    assert twin_wiring(graph) == keras_wiring(model)
    assert graph.totals.params == model.count_params()


@pytest.mark.parametrize(
    "spec",
    [
        "googlenet,input=75x62x3",
        "squeezenet1.0,input=75x62x3",
        "mnasnet-a1,input=75x62x3",
        "resnext29-2x4d,input=21x30x3",
        "regnet-y-400mf,input=75x62x3",
        "shufflenet-v2-x0.5,input=75x62x3",
    ],
)
def test_channels_may_come_first(spec):
    first, last = archi.load(f"{spec},data_format=channels_first"), archi.load(spec)
    assert first.totals.params == last.totals.params
    assert first.totals.macs == last.totals.macs
    assert len(first.layers) == len(last.layers)


AUTHORS_WIDTHS = {  # the channels that detectron2's configs of RegNet list for its networks
    "x-200mf": (24, 56, 152, 368),
    "x-400mf": (32, 64, 160, 384),
    "x-600mf": (48, 96, 240, 528),
    "x-1.6gf": (72, 168, 408, 912),
    "x-8gf": (80, 240, 720, 1920),
    "x-32gf": (336, 672, 1344, 2520),
    "y-400mf": (48, 104, 208, 440),
    "y-800mf": (64, 128, 320, 768),
    "y-6.4gf": (144, 288, 576, 1296),
    "y-8gf": (168, 448, 896, 2016),
    "y-32gf": (232, 696, 1392, 3712),
}


@pytest.mark.parametrize("design", AUTHORS_WIDTHS)
def test_regnet_widths_are_the_authors(design):
    table = stages(DESIGNS[design], as_authors=True)
    assert tuple(width for _, width, _ in table) == AUTHORS_WIDTHS[design]
    assert sum(blocks for blocks, _, _ in table) == DESIGNS[design].d


@pytest.mark.parametrize(
    ("size", "window", "expected"),
    [  # torch.nn.MaxPool2d(window, 2, ceil_mode=True) on an image of size × 11
        (12, 3, (6, 5)),
        (13, 3, (6, 5)),
        (2, 3, (1, 5)),
        (7, 2, (4, 6)),
        (8, 2, (4, 6)),
        (1, 2, (1, 6)),
    ],
)
def test_poolings_round_sizes_up(size, window, expected):
    for data_format, shape in (("channels_last", (size, 11, 1)), ("channels_first", (1, size, 11))):
        with building(data_format):
            y = max_pool_ceil(Input(shape), window, 2, "pool")
        sizes = y.shape[1:3] if data_format == "channels_last" else y.shape[2:]
        assert sizes == expected
