"""Names of other libraries: the right network or a refusal, never another network."""

from __future__ import annotations

import os
from functools import cache

import pytest

import archi
from archi.analysis.counts import Totals, count
from archi.catalogue.report import describe
from archi.errors import ArchiError, SpecError
from archi.families.elsewhere import HUGGING_FACE, LIBRARIES, read_name
from archi.families.registry import catalogue, families, find
from archi.spec import Spec, parse

SUPPORT = os.path.join(os.path.dirname(__file__), os.pardir, "support")

# Plain names that archi has itself, as Keras has them: with biases in convolutions, and without
# scales in normalisations. With `timm/` or `torchvision/` they are those libraries'.
KERAS_HAS_OTHERS = {
    *(f"resnet{depth}" for depth in (18, 34, 50, 101, 152)),
    *(f"resnetv2_{depth}" for depth in (50, 101, 152)),
    "inception_v3",
    "inception_resnet_v2",
}


def rows(library: str) -> list[list[str]]:
    """The rows of a library's list; each has four cells."""
    with open(os.path.join(SUPPORT, f"{library}_names.tsv"), encoding="utf-8") as file:
        lines = [line.rstrip("\n") for line in file if not line.startswith("#")]
    return [[*line.split("\t"), "", "", ""][:4] for line in lines]


TIMM = {name: params for name, params, *_ in rows("timm") if "." not in name}
WEIGHTS = {name: (side, classes) for name, _, side, classes in rows("timm") if "." in name}
TORCHVISION = {name: others for name, *others in rows("torchvision")}


def meant(name: str) -> Spec | None:
    """What archi takes a name for, None where it refuses it."""
    try:
        return parse(name)
    except SpecError:
        return None


@cache
def totals(spec: str) -> Totals:
    return count(parse(spec).build()).totals


def trainable(name: str) -> int:
    found = totals(str(parse(name))).trainable_params
    assert found is not None
    return found


def test_names_of_timm_are_the_networks_there_or_refused():
    wrong = {}
    for name, printed in TIMM.items():
        params = [float(each) for each in printed.split("/") if each]
        for written in (f"timm/{name}", name):
            spec = meant(written)
            if spec is None or (written == name and name in KERAS_HAS_OTHERS):
                continue
            got = totals(str(spec)).trainable_params / 1e6
            if not any(abs(got - each) < 0.0051 for each in params):
                wrong[written] = (str(spec), got, params)
    assert not wrong


def test_weights_of_timm_have_their_images_and_classes_or_are_refused():
    wrong = {}
    for name, (side, classes) in WEIGHTS.items():
        spec = meant(name)
        if spec is None:
            continue
        assert spec == parse(f"timm/{name}")
        got = (spec.values["input"], spec.values["classes"])
        if got != ((int(side), int(side), 3), int(classes)):
            wrong[name] = got
    assert not wrong


@pytest.mark.parametrize("name", TORCHVISION)
def test_a_name_of_torchvision_is_the_network_there_or_refused(name):
    params, side, macs = TORCHVISION[name]
    for written in (f"torchvision/{name}", f"torchvision.models.{name}", name):
        spec = meant(written)
        if spec is None or (written == name and name in KERAS_HAS_OTHERS):
            continue
        got = totals(str(spec))
        assert not params or got.trainable_params == int(params)
        if macs and spec.values["input"][0] == int(side):
            assert got.macs / 1e9 == pytest.approx(float(macs), rel=0.002, abs=0.001)
        else:
            assert not macs or written == name  # that of the paper, as `efficientnet_b2`


def test_enough_of_them_are_there():
    """So that refusing everything would not do."""
    known = [name for name in TIMM if meant(f"timm/{name}")]
    assert len(known) >= 149
    assert len([name for name in WEIGHTS if meant(name)]) >= 350
    missing = [name for name in TORCHVISION if not meant(f"torchvision/{name}")]
    assert missing == ["inception_v3"]  # there it has a second classifier
    assert all(meant(name) for name in TORCHVISION)


def test_every_function_of_keras_applications(keras):
    functions = [
        name
        for name, value in vars(keras.applications).items()
        if callable(value) and name[0].isupper()
    ]
    assert len(functions) >= 38
    for name in functions:
        spec = parse(name)
        for start in ("keras.applications.", "tf.keras.applications.", "keras.applications.x."):
            assert parse(start + name) == spec
    for name in ("ResNet18", "ViTB16", "WRN-28-10"):
        assert meant(f"keras.applications.{name}") is None


HUBS = {  # names at Hugging Face, and what their configs say the networks are
    "google/vit-base-patch16-224": ("vit-b-16", 86_567_656),
    "google/vit-base-patch16-384": ("vit-b-16,input=384x384x3", 86_859_496),
    "google/vit-large-patch32-384": ("vit-l-32,input=384x384x3", None),
    "facebook/deit-tiny-patch16-224": ("vit-ti-16", None),
    "microsoft/resnet-50": ("resnet50,bias=false,stride=3x3", 25_557_032),
    "microsoft/swin-tiny-patch4-window7-224": ("swin-t", 28_288_354),
    "microsoft/swin-base-patch4-window7-224-in22k": ("swin-b,classes=21841", None),
    "microsoft/swinv2-tiny-patch4-window8-256": ("swin-v2-t,key_bias=false", 28_347_154),
    "facebook/convnext-tiny-224": ("convnext-tiny", 28_589_128),
    "facebook/convnext-base-384-22k-1k": ("convnext-base,input=384x384x3", None),
    "facebook/regnet-y-040": ("regnet-y-4gf", None),
    "google/efficientnet-b0": ("efficientnet-b0", 5_288_548),
    "google/mobilenet_v2_1.0_224": ("mobilenet-v2,classes=1001", 3_506_153),
    "google/mobilenet_v1_0.75_192": ("mobilenet-0.75-192,classes=1001", None),
    "timm/resnet50.a1_in1k": ("resnet50,bias=false,stride=3x3", 25_557_032),
    "ViT-B/16": ("vit-b-16", 86_567_656),
}


@pytest.mark.parametrize("name", HUBS)
def test_names_with_an_owner(name):
    spec, params = HUBS[name]
    assert parse(name) == parse(spec)
    assert params in (None, trainable(name))
    graph = archi.load(name)
    assert graph.title == name
    assert graph.source == {"kind": "spec", "target": str(parse(spec))}


def test_a_path_is_a_path(tmp_path, monkeypatch):
    """A name with a `/` is a network's where nothing stands there, and a library has it."""
    monkeypatch.chdir(tmp_path)
    for path in ("models/resnet50", "google/unheard-of", "./resnet50"):
        with pytest.raises(ArchiError, match="can't read"):
            archi.load(path)
    (tmp_path / "google").mkdir()
    (tmp_path / "google" / "vit-base-patch16-224").write_text("no model")
    with pytest.raises(ArchiError) as caught:
        archi.load("google/vit-base-patch16-224")
    assert not isinstance(caught.value, SpecError)


def test_every_alias_means_a_network_of_its_own_family():
    for family in families():
        for library, names in family.elsewhere.items():
            assert library in LIBRARIES
            for name, spec in names.items():
                assert parse(spec).family is family
                start = {"timm": "timm/", "torchvision": "torchvision/"}.get(library, "")
                if library != "Keras":
                    assert parse(start + name) == parse(spec), name


def test_no_alias_hides_a_name_of_archi():
    for name in catalogue():
        family, match = find(name)
        assert not match.spec
        assert name in [*family.catalogue, *family.presets]


@pytest.mark.parametrize(
    ("name", "library", "tag"),
    [
        ("resnet50.a1_in1k", "timm", "a1_in1k"),
        ("timm/resnet50", "timm", ""),
        ("mnasnet1.0", "", ""),
        ("mobilenet_v1_1.0_224", "", ""),
        ("regnet-x-1.6gf", "", ""),
        ("microsoft/resnet-50", HUGGING_FACE, ""),
        ("vit-b/16", "", ""),
        ("keras.applications.ResNet50", "Keras", ""),
    ],
)
def test_whose_a_name_is(name, library, tag):
    assert read_name(name)[1:] == (library, tag)


REFUSALS = {
    "resnet50d": ["is not built", "three convolutions for a stem", "resnet50"],
    "vit_base_patch16_clip_224": ["is not built", "CLIP", "vit"],
    "deit_tiny_distilled_patch16_224": ["is not built", "second token"],
    "resnet50.bamboo": ["neither the classes nor the images", "is resnet50"],
    "torchvision/inception_v3": ["is not built", "torchvision", "inception_v3"],
    "keras.applications.ResNet18": ["is not built", "Keras", "resnet18"],
    "mobilenetv2_130": ["alpha must be a number from 0.03125 to 4, not '130'"],
    "vit": ["is a family of networks: vit-{size}-{patch}", "vit-ti-16", "`archi info vit`"],
    "efficientnet": ["is a family of networks", "efficientnet-b0", "`archi info efficientnet`"],
    "swin": ["is a family of networks", "swin-t"],
    "bert": ["archi has no language models by name yet"],
    "bert-base-uncased": ["archi has no language models by name yet"],
    "google/gemma-2b": ["archi has no language models by name yet"],
    "unet": ["archi has no networks for segmentation by name yet"],
    "yolov8n": ["archi has no networks for detection by name yet"],
    "efficientnet-b": ["did you mean efficientnet-b"],
    "minimalistic": ["did you mean mobilenet-v3-small-minimalistic"],
}


@pytest.mark.parametrize("name", REFUSALS)
def test_a_refusal_says_what_it_is_and_what_is_near(name):
    with pytest.raises(SpecError) as caught:
        parse(name)
    for words in REFUSALS[name]:
        assert words in str(caught.value)


def test_info_lists_what_others_call_it():
    for name in ("resnet", "wide_resnet50_2", "vit", "mobilenet-v2", "swin-v1"):
        assert describe(name).data["elsewhere"]
    assert describe("resnet50").data["elsewhere"]["timm"]["resnet50"].startswith("resnet50,bias")
