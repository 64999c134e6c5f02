"""The spec language: spellings, canonical form, and errors word for word."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from archi.errors import ArchiError, SpecError
from archi.families.options import COMMON, REQUIRED, Decimal, Flag, Int, OneOf, Size
from archi.families.registry import catalogue, families
from archi.families.vision.wrn import Kernels
from archi.spec import MAX_LENGTH, Spec, parse, with_options

SPELLINGS = {
    "resnet50": ["ResNet50", "ResNet-50", "RESNET_50", "res-net 50"],
    "resnet50v2": ["ResNet50V2", "resnet-50-v2", "resnetv2-50"],
    "preact-resnet34": ["PreAct-ResNet34", "preact_resnet_34", "keras-resnet34"],
    "resnet20": ["ResNet-20", "resnet20-cifar", "cifar-resnet20", "CIFAR_ResNet_20"],
    "resnet110,shortcut=b": ["resnet-110, shortcut=B", "resnet-cifar-110,shortcut=b"],
    "resnet-cifar-50": ["ResNet-50 (CIFAR)", "cifar-resnet50"],
    "preact-resnet110": ["PreAct-ResNet-110", "resnet110,preact=true,shortcut=b"],
    "preact-resnet164": ["preact_resnet164", "preact-resnet-164 (CIFAR)"],
    "wrn-28-10": ["WRN-28-10", "wrn_28_10", "wide-resnet-28-10", "WideResNet28-10", "WRN 28 10"],
    "wrn-40-2-b313": ["wrn-40-2-b(3,1,3)", "WRN-40-2-B(3, 1, 3)"],
    "wrn-28-10,dropout=0.3": ["wrn-28-10,Dropout=0.30"],
    "wrn-16-0.5": ["wrn-16-0.50"],
    "wrn-18-2-imagenet": ["WRN-18-2", "wrn_imagenet_18_2", "WRN-18-2 (ImageNet)"],
    "wrn-50-2-bottleneck": ["WRN-50-2-bottleneck", "wrn-50-2", "wrn-50-2-imagenet"],
    "se-resnet50": ["SE-ResNet-50", "seresnet50"],
    "se-resnext50-32x4d": ["SE-ResNeXt-50 (32x4d)", "seresnext50_32x4d"],
    "senet154": ["SENet-154"],
    "nasnet-a-7@1920": ["NASNet-A (7 @ 1920)", "nasneta7@1920", "nasnet-a-7-1920"],
    "nasnet-a-6@768-cifar": ["NASNet-A (6 @ 768) CIFAR"],
    "pnasnet-5-large": ["PNASNet-5-Large", "pnasnet5large", "PNASNet-5 (4 @ 216)"],
    "pnasnet-5-mobile": ["pnasnet-5-3@54,stem_filters=32,input=224x224x3"],
    "nasnet-mobile": [
        "NASNetMobile",
        "nasnet_mobile",
        "nasnet-a-4@1056,stem_filters=32,skip_reduction=false,input=224x224x3",
    ],
    "nasnet-large": ["NASNetLarge", "nasnet-a-6@4032,input=331x331x3"],
    "xception": ["Xception"],
    "fmnist-resnet50": ["fashion-mnist-resnet-50"],
    "vgg16": ["VGG16", "VGG-16", "vgg16,bn=false"],
    "vgg16-bn": ["vgg16_bn", "VGG16,bn=true"],
    "mobilenet": ["MobileNet", "MobileNetV1", "mobilenet_1.00_224", "mobilenet_v1_1.0_224"],
    "mobilenet-0.75": ["MobileNet-0.75", "mobilenet-0.75-224", "mobilenet,alpha=0.75"],
    "mobilenet-0.75-160": ["MobileNet 0.75 160", "mobilenet_0.75_160"],
    "mobilenet-v2": ["MobileNetV2", "mobilenet_v2", "mobilenetv2_1.00_224"],
    "mobilenet-v2-1.4": ["mobilenet_v2_1.4_224", "MobileNetV2,alpha=1.4"],
    "mobilenet-v2-0.35-96": ["mobilenet_v2_0.35_96"],
    "mobilenet-v3-large": ["MobileNetV3Large", "mobilenet_v3_large"],
    "mobilenet-v3-small-minimalistic": ["MobileNetV3Small,minimalistic=true"],
    "inception-v3": ["InceptionV3", "inception_v3"],
    "inception-resnet-v2": ["InceptionResNetV2", "inception_resnet_v2"],
    "densenet121": ["DenseNet121", "DenseNet-121"],
    "densenet-40-12": ["DenseNet-40-12", "densenet_40_12"],
    "densenet-bc-100-12": ["DenseNet-BC-100-12", "densenet_bc_100_12", "DenseNetBC 100 12"],
    "efficientnet-b0": ["EfficientNetB0", "EfficientNet-B0", "efficientnet-w1-d1"],
    "efficientnet-b3": ["efficientnet_b3", "efficientnet-w1.2-d1.4,dropout=0.3,input=300x300x3"],
    "efficientnet-v2-s": ["EfficientNetV2S", "efficientnetv2-s", "efficientnet_v2_s"],
    "efficientnet-v2-b0": ["EfficientNetV2B0", "efficientnet-v2-b-w1-d1"],
    "convnext-tiny": ["ConvNeXtTiny", "convnext_tiny", "convnext-96-9"],
    "resnet18,input=32x32x3,classes=10": ["ResNet18, classes = 10, input = 32X32X3"],
    "resnet50,bias=false": ["resnet50,bias=no", "resnet50,stride=1x1,bias=0"],
}


@pytest.mark.parametrize("canonical", SPELLINGS)
def test_spellings_mean_the_canonical_spec(canonical):
    assert {str(parse(text)) for text in [canonical, *SPELLINGS[canonical]]} == {canonical}


ERRORS = {
    "wrn-27-10": """\
depth must be a whole number from 10 to 20,000 that is 6n+4, not '27'
  wrn-27-10
      ^^
  try wrn-22-10 or wrn-28-10""",
    "resnet51": """\
depth must be 18, 34, 50, 101 or 152, not '51'
  resnet51
        ^^
  try resnet50 or resnet101""",
    "resnt50": """\
no architecture is called 'resnt50'
  resnt50
  ^^^^^^^
  did you mean resnet50, resnet50v2 or resnet56? `archi list` shows all names""",
    "NASNet-B (4 @ 1536)": """\
'NASNet-B (4 @ 1536)' is not built: the paper has its cells in a figure, its authors' code not
  NASNet-B (4 @ 1536)
  ^^^^^^^^^^^^^^^^^^^
  did you mean nasnet-a-5@1536? `archi list` shows all names""",
    "nasnet-a-7@1921": """\
F must be a whole number from 96 to 19,200 that is a multiple of 96 (24 × 2²), not '1921'
  nasnet-a-7@1921
             ^^^^
  try nasnet-a-7@1920 or nasnet-a-7@2016""",
    "resnet50,clases=10": """\
resnet has no option 'clases'
  resnet50,clases=10
           ^^^^^^
  did you mean classes? it takes bias, stride, width, input, classes, top, data_format""",
    "resnet50,classes=ten": """\
classes must be a whole number from 1 to 1,000,000, not 'ten'
  resnet50,classes=ten
                   ^^^""",
    "wrn-28-10,input=32x32": """\
input must be HEIGHTxWIDTHxCHANNELS, not '32x32'
  wrn-28-10,input=32x32
                  ^^^^^
  try input=32x32x3""",
    "wrn-40-2-b313,blocks=33": """\
blocks is given twice
  wrn-40-2-b313,blocks=33
                ^^^^^^^^^""",
    "wrn-27-1.2.3": """\
depth must be a whole number from 10 to 20,000 that is 6n+4, not '27'
  wrn-27-1.2.3
      ^^""",
    "wrn-1000000000-10": """\
depth must be a whole number from 10 to 20,000 that is 6n+4, not '1000000000'
  wrn-1000000000-10
      ^^^^^^^^^^
  try wrn-19996-10""",
    "wrn-28-0.3": """\
width must be a number from 0.0625 to 1000 whose 16-fold is whole, not '0.3'
  wrn-28-0.3
         ^^^
  try wrn-28-0.25 or wrn-28-0.3125""",
    "": """\
the spec is empty
  try resnet50; `archi list` shows all names""",
    "   ": """\
the spec is empty
  try resnet50; `archi list` shows all names""",
    "wrn-２８-10": """\
a spec can't contain '２' (fullwidth digit two)
  wrn-２８-10
      ^^""",
    "resnet50\n": """\
a spec can't contain '\\n' (U+000A)
  resnet50\\n
          ^^""",
    "res\0net50": """\
a spec can't contain '\\x00' (U+0000)
  res\\x00net50
     ^^^^""",
    "resnet50\x1b[31m": """\
a spec can't contain '\\x1b' (U+001B)
  resnet50\\x1b[31m
          ^^^^""",
    "resnet50,classes=10,classes=9": """\
classes is given twice
  resnet50,classes=10,classes=9
                      ^^^^^^^^^""",
    "resnet50,": """\
an option is written key=value, not ''
  resnet50,
           ^
  resnet takes bias, stride, width, input, classes, top, data_format""",
    "wrn-28-10,width=4": """\
width is part of the name, wrn-{depth}-{width}[-b{blocks}]
  wrn-28-10,width=4
            ^^^^^""",
    "wrn-28-10-b(3,1": """\
a parenthesis is not closed
  wrn-28-10-b(3,1
                 ^""",
    "wrn-28-10-b39": """\
blocks must be one to six kernel sizes of 1, 3, 5 or 7, such as 33 or (3,1,3), not '39'
  wrn-28-10-b39
             ^^
  try wrn-28-10 or wrn-28-10-b313""",
    "resnet50,bias=maybe": """\
bias must be true or false, not 'maybe'
  resnet50,bias=maybe
                ^^^^^
  try bias=true or bias=false""",
}


@pytest.mark.parametrize("text", ERRORS)
def test_errors_word_for_word(text):
    with pytest.raises(SpecError) as caught:
        parse(text)
    assert str(caught.value) == ERRORS[text]


@pytest.mark.parametrize("text", [t for t in ERRORS if "try " in ERRORS[t] and "=" not in t])
def test_what_an_error_suggests_works(text):
    hint = ERRORS[text].splitlines()[-1].partition("try ")[2].partition(";")[0]
    for suggestion in hint.replace(" or ", ", ").split(", "):
        parse(suggestion)


def test_long_specs_are_refused_without_echoing_them():
    with pytest.raises(SpecError) as caught:
        parse("a" * 10_000)
    assert "10,000 characters long; the limit is 256" in str(caught.value)
    assert len(str(caught.value)) < 300


def test_a_huge_number_is_refused_before_it_is_converted():
    with pytest.raises(SpecError, match="classes must be"):
        parse("resnet50,classes=" + "9" * (MAX_LENGTH - 20))


def test_flags_apply_over_the_spec_and_errors_point_into_the_flag():
    spec = with_options(parse("resnet50,classes=5"), {"classes": "10", "input": "32x32x3"})
    assert str(spec) == "resnet50,input=32x32x3,classes=10"
    with pytest.raises(SpecError) as caught:
        with_options(parse("resnet50"), {"input": "32x32"})
    assert str(caught.value).splitlines()[1:] == ["  32x32", "  ^^^^^", "  try 32x32x3"]


def test_options_of_the_python_api_are_checked_like_those_of_a_spec():
    import archi

    assert archi.load("resnet18", options={"classes": 7, "bias": False, "input": (32, 32, 3)}).title
    for options in ({"clases": "10"}, {"depth": "18"}, {"classes": "ten"}, {"classes": None}):
        with pytest.raises(SpecError):
            archi.load("resnet18", options=options)
    with pytest.raises(ArchiError, match="a target is text"):
        archi.load(3)


VALUES = {
    Int: lambda o: st.integers(0, min((o.maximum - o.minimum) // o.step, 10**6)).map(
        lambda n: o.minimum + n * o.step
    ),
    OneOf: lambda o: st.sampled_from(o.values),
    Flag: lambda o: st.booleans(),
    Decimal: lambda o: (
        st.integers(1, int(o.maximum / o.step)).map(lambda n: n * o.step)
        if o.step
        else st.floats(o.minimum, o.maximum).map(lambda x: float(f"{x:.10f}"))
    ),
    Size: lambda o: st.tuples(*[st.integers(1, 10**6)] * 3),
    Kernels: lambda o: st.lists(st.sampled_from([1, 3, 5, 7]), min_size=1, max_size=6).map(tuple),
}


@st.composite
def specs(draw):
    """Any spec of any family, with any of its options changed."""
    family = draw(st.sampled_from(families()))
    changed = draw(st.sets(st.sampled_from(sorted(family.options))))
    values = dict(family.defaults)
    for name, option in family.options.items():
        if name in changed or option.default is REQUIRED:
            kind = next(kind for kind in type(option).__mro__ if kind in VALUES)
            values[name] = draw(VALUES[kind](option))
    return Spec(family, values)


@given(specs())
@settings(max_examples=500)
def test_parsing_what_is_printed_is_the_identity(spec):
    assert parse(str(spec)) == spec
    assert str(parse(str(spec))) == str(spec)


@given(st.one_of(st.text(max_size=40), st.text("resnt wrn-28,10@=()ab5", max_size=40)))
@example("nasnet-a-@")
@example("wrn-28-.")
@example("wrn-.-10")
@example("resnet50,input=x")
@example("resnet50,=")
@example("wrn-28-10-b()")
@settings(max_examples=1500)
def test_any_text_is_a_spec_or_one_clear_error(text):
    try:
        spec = parse(text)
    except SpecError as error:
        message = str(error)
        assert message
        assert message.replace("\n", "").isprintable()
    else:
        assert parse(str(spec)) == spec


@given(
    st.sampled_from(catalogue()), st.integers(0, 30), st.text("0123456789.-@,=x ()b", max_size=6)
)
@settings(max_examples=600)
def test_a_damaged_name_builds_or_says_why(name, at, damage):
    """Whatever is parsed also builds, or is refused by a layer that says so."""
    try:
        spec = parse(name[:at] + damage + name[at:])
        if spec.values.get("depth", 0) < 1000 and spec.values.get("N", 0) < 20:
            spec.build()
    except ArchiError:
        pass


def test_common_options_are_the_contracts():
    assert list(COMMON) == ["input", "classes", "top", "data_format"]
