"""What somebody typed is how a network is called; with what was changed of it."""

from __future__ import annotations

import pytest

import archi
from archi.families.registry import families
from archi.spec import parse, with_options

TITLES = {  # what is typed, options beside it, and what the network is called
    ("efficientnet-b1", "input=224x224x3"): "efficientnet-b1,input=224x224x3",
    ("EfficientNetB1", "input=224x224x3"): "EfficientNetB1,input=224x224x3",
    ("nasnet-large", "input=224x224x3"): "nasnet-large,input=224x224x3",
    ("mobilenet-0.75-192", "input=64x64x3"): "mobilenet-0.75-192,input=64x64x3",
    ("mobilenet-0.75", "input=64x64x3"): "mobilenet-0.75,input=64x64x3",
    ("vgg16-bn", "bn=false"): "vgg16-bn,bn=false",
    ("resnet110,shortcut=b,preact=true", ""): "resnet110,shortcut=b,preact=true",
    ("preact-resnet110", "shortcut=a"): "preact-resnet110,shortcut=a",
    ("wide_resnet50_2", ""): "wide_resnet50_2",
    ("wide_resnet50_2", "classes=10"): "wide_resnet50_2,classes=10",
    ("tf_efficientnetv2_s", "input=300x300x3"): "tf_efficientnetv2_s",
    ("google/vit-base-patch16-224", "input=384x384x3"): (
        "google/vit-base-patch16-224,input=384x384x3"
    ),
    ("ResNet-50", ""): "resnet50",  # case and dashes say nothing
    ("WRN 28 10", "classes=100"): "wrn-28-10,classes=100",
    ("resnet50,classes=1000", ""): "resnet50",  # as it is anyway
    ("mobilenet-v2,alpha=1.4", ""): "mobilenet-v2-1.4",  # another name's, then
}


@pytest.mark.parametrize(("typed", "options"), TITLES)
def test_what_it_is_called(typed, options):
    given = dict(pair.split("=") for pair in options.split(",") if pair)
    spec = with_options(parse(typed), given)
    assert spec.title == TITLES[typed, options]
    assert parse(spec.title) == spec
    assert parse(str(spec)) == spec
    graph = archi.load(typed, options=given)
    assert graph.title == spec.title
    assert graph.source["target"] == str(spec)


NAMED = [name for each in families() for name in dict.fromkeys([*each.presets, *each.catalogue])]


@pytest.mark.parametrize("name", NAMED)
def test_a_name_stays_whatever_is_changed(name):
    """Of every name archi has, with every option changed that is not part of it."""
    spec = parse(name)
    assert spec.title == str(spec) or parse(str(spec)) == spec
    family = spec.family
    for key, option in family.options.items():
        if key in family.variables:
            continue
        others = [v for v in (*option.values, *_tried(option)) if v != spec.values[key]]
        changed = spec.changed({key: others[0]})
        assert changed.title == f"{spec.title},{key}={option.write(others[0])}"
        assert parse(changed.title) == changed
        assert parse(str(changed)) == changed


def _tried(option):
    for text in ("64x64x3", "7", "2", "8", "0.5", "0.25", "96"):
        try:
            yield option.parse(text)
        except ValueError:
            continue
