"""Every family: its figures, its published facts, and its equality with real Keras."""

from __future__ import annotations

import inspect
import json
import zipfile

import pytest
from support import listing
from support.wiring import keras_wiring, twin_wiring

import archi
from archi.analysis.counts import count
from archi.bridge.code import keras_code
from archi.bridge.config import functional_json
from archi.bridge.model import to_keras
from archi.bridge.verify import compare
from archi.catalogue.report import describe
from archi.errors import SpecError
from archi.families.registry import catalogue, families, family_files
from archi.scanning import scan
from archi.spec import parse
from archi.units import figure

load = archi.load

# Figures the project was given for its first families, each from the paper, the
# authors' code, keras.applications or torchvision: total, trainable, MACs.
FIGURES = {
    "resnet50": (25_636_712, 25_583_592, 3_857_973_248),
    "resnet34,bias=false": (None, 21_797_672, None),
    "resnet50,bias=false": (None, 25_557_032, None),
    "preact-resnet18": (11_700_328, 11_692_520, None),
    "preact-resnet34": (21_819_624, 21_804_392, None),
    "preact-resnet50": (25_621_352, 25_575_912, None),
    "preact-resnet34,classes=10": (21_311_754, None, None),
    "wrn-28-10": (None, 36_479_194, None),
    "wrn-16-8": (None, 10_961_370, None),
    "wrn-40-2": (None, 2_243_546, None),
    "wrn-28-10,shortcut_bn=true,stem_bias=true": (36_501_642, 36_481_450, None),
    "wrn-28-10,bias=true,shortcut_bn=true": (None, 36_491_530, None),
    "nasnet-large": (88_949_818, 88_753_150, None),
    "nasnet-mobile": (5_326_716, 5_289_978, None),
    "nasnet-a-7@1920": (24_720_484, None, None),
    "xception": (22_910_480, 22_855_952, None),
    "fmnist-resnet50": (26_313_218, 26_267_778, None),
}
# MACs known to the digits given.
ROUNDED_MACS = {
    "resnet50,bias=false,stride=3x3": "4.09G",
    "nasnet-large": "23.78G",
    "nasnet-mobile": "564M",
}


@pytest.mark.parametrize("spec", FIGURES)
def test_figures(spec):
    totals = load(spec).totals
    computed = (totals.params, totals.trainable_params, totals.macs)
    expected = FIGURES[spec]
    assert [c for c, e in zip(computed, expected, strict=True) if e is not None] == [
        e for e in expected if e is not None
    ]


@pytest.mark.parametrize("spec", ROUNDED_MACS)
def test_rounded_macs(spec):
    assert figure(ROUNDED_MACS[spec]).holds(load(spec).totals.macs)


def test_fashion_mnist_blocks_are_foldable_units():
    """The first block of each stack has the params the article prints for it."""
    from archi.analysis.counts import count
    from archi.analysis.stages import blocks

    params = {group.name: group.params for group in blocks(count(load("fmnist-resnet50")).layers)}
    expected = {
        "conv2/block1": 75_904,
        "conv2/block2": 71_552,
        "conv3/block1": 282_368,
        "conv4/block1": 1_121_792,
        "conv5/block1": 4_471_808,
    }
    assert {name: params[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("spec", "depth"),
    [("resnet18", 18), ("resnet34", 34), ("resnet50", 50), ("resnet101", 101), ("resnet152", 152)],
)
def test_depth_is_the_papers(spec, depth):
    assert load(spec).totals.depth == depth


@pytest.mark.parametrize("family", family_files())
def test_published_figures_hold(family):
    """Every published figure is equal as printed, or said to differ, and why."""
    for each in describe(family).data["published"]:
        assert each["verdict"].startswith("differs") == bool(each["note"]), each


@pytest.mark.parametrize("family", families(), ids=lambda family: family.name)
def test_family_declares_what_info_needs(family):
    title, _, body = family.about.partition("\n\n")
    assert title
    assert family.paper.authors.split(",")[0] in body  # says where it comes from
    assert family.paper.url.startswith("https://")
    assert all(option.help for option in family.options.values())
    assert all(p.source for p in family.published)


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_option_a_takes_every_other_pixel_and_adds_channels_of_zeros(keras, data_format):
    import numpy as np

    from archi import Graph
    from archi.families.vision.resnet_cifar import zero_padded
    from archi.graph import building
    from archi.layers import Input

    last = data_format == "channels_last"
    with building(data_format):
        inputs = Input((8, 10, 3) if last else (3, 8, 10))
        graph = Graph(inputs, zero_padded(inputs, 5, 2, "block"))
    image = np.random.default_rng(0).normal(size=(2, 8, 10, 3)).astype("float32")
    given = image if last else image.transpose(0, 3, 1, 2)
    found = np.asarray(to_keras(graph)(given))
    found = found if last else found.transpose(0, 2, 3, 1)
    np.testing.assert_array_equal(found[..., :3], image[:, ::2, ::2])
    np.testing.assert_array_equal(found[..., 3:], np.zeros((2, 4, 5, 2)))


def test_a_name_is_the_familys_that_can_take_its_values():
    """Names of one form, `resnet{depth}`, in two families."""
    assert parse("resnet20").family.name == "resnet_cifar"
    assert parse("resnet18").family.name == "resnet"
    assert parse("preact-resnet164").family.name == "preact_resnet_cifar"
    assert parse("preact-resnet152").family.name == "preact_resnet"
    assert parse("wrn-18-2").family.name == "wrn_imagenet"
    assert parse("wrn-34-2").family.name == "wrn"
    with pytest.raises(SpecError, match="depth must be 18, 34, 50, 101 or 152, not '21'"):
        parse("resnet21")


def test_every_name_belongs_to_one_family():
    for name in [*catalogue(), *(preset for f in families() for preset in f.presets)]:
        matches = [(f, f.match(name)) for f in families()]
        assert len([f for f, match in matches if match and f.accepts(match)]) == 1, name


# --- real Keras ---------------------------------------------------------------------

APPLICATIONS = {spec: call for f in families() for spec, call in f.applications.items()}


def test_every_network_of_keras_applications_is_there(keras):
    made = {name for name, value in vars(keras.applications).items() if inspect.isfunction(value)}
    assert made <= {call.partition("(")[0] for call in APPLICATIONS.values()}
    assert len(made) >= 38


def application(keras, call):
    """Return the model of a call such as `ResNet50(classes=10)`, without its weights."""
    name, _, arguments = call[:-1].partition("(")
    keras.backend.clear_session()
    with keras.StatelessScope(initialize_variables=False):
        return getattr(keras.applications, name)(weights=None, **eval(f"dict({arguments})"))


def files(model, folder):
    """Return a `.json` file of the model and a `.keras` file that holds its config alone."""
    text, paths = model.to_json(), (folder / "model.json", folder / "model.keras")
    paths[0].write_text(text)
    with zipfile.ZipFile(paths[1], "w") as archive:
        archive.writestr("config.json", text)
    return paths


def assert_equal_configs(keras, graph, model):
    """Keras, reading what archi writes, makes the very model: names, order, configs, wiring.

    The model as a whole is called as its spec, for which Keras may have another name.
    """
    with keras.StatelessScope(initialize_variables=False):
        read = keras.models.model_from_json(functional_json(graph))
    here, there = json.loads(read.to_json()), json.loads(model.to_json())
    there["config"]["name"] = graph.name
    assert here == there


@pytest.mark.parametrize("spec", APPLICATIONS)
def test_equal_to_keras_applications(keras, spec, tmp_path):
    """The network by its name, and Keras's own from its files, which are harmless."""
    model = application(keras, APPLICATIONS[spec])
    graph = load(spec)
    assert list(compare(graph, model)) == []
    assert_equal_configs(keras, graph, model)
    for path in files(model, tmp_path):
        scanned = scan(path)
        assert (scanned.findings, scanned.unread) == ([], [])
        read = load(str(path))
        assert listing.of_graph(read) == listing.of_model(model)
        assert read.totals.params == model.count_params()
        assert [(row.layer, row.why) for row in count(read).layers if row.params is None] == []
        if None not in read.inputs[0].shape[1:]:
            assert count(read).uncounted == []


@pytest.mark.parametrize("name", ["resnet50", "resnet50v2", "xception"])
def test_equal_to_keras_applications_channels_first(keras, name):
    keras.config.set_image_data_format("channels_first")
    try:
        model = application(keras, APPLICATIONS[name])
    finally:
        keras.config.set_image_data_format("channels_last")
    graph = load(f"{name},data_format=channels_first")
    assert list(compare(graph, model)) == []
    assert_equal_configs(keras, graph, model)


def test_efficientnet_for_published_weights_equals_keras(keras, monkeypatch):
    """Where it loads its weights for ImageNet, Keras adds a rescaling: `imagenet=true`."""
    from keras.src.applications import efficientnet

    monkeypatch.setattr(efficientnet.file_utils, "get_file", lambda *_, **__: "")
    monkeypatch.setattr(efficientnet.Functional, "load_weights", lambda *_: None)
    keras.backend.clear_session()
    with keras.StatelessScope(initialize_variables=False):
        model = keras.applications.EfficientNetB0()
    graph = load("efficientnet-b0,imagenet=true")
    assert list(compare(graph, model)) == []
    assert_equal_configs(keras, graph, model)


@pytest.mark.parametrize(
    ("spec", "arguments"),
    [
        ("densenet264", {"blocks": [6, 12, 64, 48]}),
        ("efficientnet-w0.7-d1.3,input=65x96x3", {"width": 0.7, "depth": 1.3}),
        ("convnext-24-5,drop_path=0.3,input=64x64x3", {"channels": 24, "blocks": 5}),
    ],
)
def test_networks_between_those_of_keras_applications(keras, spec, arguments):
    """What Keras's own, unexported, functions build from the same numbers."""
    from keras.src.applications import convnext, densenet, efficientnet

    keras.backend.clear_session()
    with keras.StatelessScope(initialize_variables=False):
        if "width" in arguments:
            model = efficientnet.EfficientNet(
                arguments["width"], arguments["depth"], 224, input_shape=(65, 96, 3), weights=None
            )
        elif "channels" in arguments:
            model = convnext.ConvNeXt(
                [3, 3, arguments["blocks"], 3],
                [arguments["channels"] * 2**stage for stage in range(4)],
                drop_path_rate=0.3,
                input_shape=(64, 64, 3),
                weights=None,
                name="convnext",
            )
        else:
            model = densenet.DenseNet(**arguments, weights=None)
    graph = load(spec)
    assert list(compare(graph, model)) == []
    assert_equal_configs(keras, graph, model)


def test_weights_of_keras_load(keras, tmp_path):
    """Into a network with operations and models inside, as Keras's own file of weights has them."""
    import h5py
    import numpy as np
    from keras.src.applications.convnext import ConvNeXt
    from keras.src.legacy.saving.legacy_h5_format import save_weights_to_hdf5_group

    path = str(tmp_path / "weights.h5")
    settings = {"input_shape": (64, 64, 3), "classes": 7, "name": "convnext", "weights": None}
    published = ConvNeXt([3, 3, 1, 3], [8, 16, 32, 64], **settings)
    with h5py.File(path, "w") as file:
        save_weights_to_hdf5_group(file, published)
    exported = to_keras(load("convnext-8-1,input=64x64x3,classes=7"))
    exported.load_weights(path)
    images = np.random.default_rng(0).uniform(0, 255, (2, 64, 64, 3))
    assert np.array_equal(published(images), exported(images))


def test_nasnet_between_mobile_and_large_equals_keras(keras):
    """Any N @ F is what Keras's own, unexported, NASNet function builds."""
    from keras.src.applications.nasnet import NASNet

    keras.backend.clear_session()
    with keras.StatelessScope(initialize_variables=False):
        model = NASNet(
            (299, 299, 3), penultimate_filters=1920, num_blocks=7, weights=None,
            name="nasnet_a_7_1920",
        )  # fmt: skip
    graph = load("nasnet-a-7@1920")
    assert list(compare(graph, model)) == []
    assert_equal_configs(keras, graph, model)


def reference_cases():
    """Specs beside the plain Keras model in tests/support/reference.py that each must equal."""
    cases = {
        "resnet18": ("resnet_basic", {"depth": 18}),
        "resnet34": ("resnet_basic", {"depth": 34}),
        "resnet34,bias=false": ("resnet_basic", {"depth": 34, "use_bias": False}),
        "resnet18,width=3": ("resnet_basic", {"depth": 18, "width": 3}),
        "resnet50,bias=false,stride=3x3,width=2": (
            "resnet_bottleneck_torchvision",
            {"depth": 50, "width": 2},
        ),
        "resnet18,input=64x32x1,classes=5": (
            "resnet_basic",
            {"depth": 18, "input_shape": (64, 32, 1), "classes": 5},
        ),
        "resnet20": ("cifar_resnet", {"depth": 20}),
        "resnet56,shortcut=b,classes=100": (
            "cifar_resnet",
            {"depth": 56, "option": "b", "classes": 100},
        ),
        "resnet-cifar-14,shortcut=c,input=40x48x1": (
            "cifar_resnet",
            {"depth": 14, "option": "c", "input_shape": (40, 48, 1)},
        ),
        "preact-resnet110": ("cifar_preact_resnet", {"depth": 110, "option": "b"}),
        "resnet56,preact=true": ("cifar_preact_resnet", {"depth": 56, "option": "a"}),
        "resnet20,shortcut=c,preact=true,input=16x20x1": (
            "cifar_preact_resnet",
            {"depth": 20, "option": "c", "input_shape": (16, 20, 1)},
        ),
        "preact-resnet164": ("cifar_preact_bottlenecks", {"depth": 164}),
        "preact-resnet-cifar-29,classes=100": (
            "cifar_preact_bottlenecks",
            {"depth": 29, "classes": 100},
        ),
        "wrn-28-10": ("wrn", {"depth": 28, "width": 10}),
        "wrn-16-8": ("wrn", {"depth": 16, "width": 8}),
        "wrn-16-1": ("wrn", {"depth": 16, "width": 1}),
        "wrn-40-2-b313": ("wrn", {"depth": 40, "width": 2, "kernels": (3, 1, 3)}),
        "wrn-16-2,dropout=0.3": ("wrn", {"depth": 16, "width": 2, "dropout": 0.3}),
        "wrn-28-10,shortcut_bn=true,stem_bias=true": (
            "wrn",
            {"depth": 28, "width": 10, "shortcut_bn": True, "stem_bias": True},
        ),
        "wrn-28-10,bias=true,shortcut_bn=true": (
            "wrn",
            {"depth": 28, "width": 10, "bias": True, "shortcut_bn": True},
        ),
        "wrn-18-1.5": ("imagenet_wrn", {"depth": 18, "k": 1.5}),
        "wrn-34-2-imagenet,classes=7": ("imagenet_wrn", {"depth": 34, "k": 2, "classes": 7}),
        "wrn-18-1": ("imagenet_wrn", {"depth": 18, "k": 1}),
        "wrn-50-2-bottleneck": ("resnet_bottleneck_torchvision", {"depth": 50, "width": 2}),
        "se-resnet34": ("se_resnet", {"depth": 34}),
        "se-resnet50": ("se_resnet", {"depth": 50}),
        "se-resnet18,reduction=4,classes=9": (
            "se_resnet",
            {"depth": 18, "ratio": 4, "classes": 9},
        ),
        "se-resnext50-32x4d": ("se_resnext", {"depth": 50, "cardinality": 32, "width": 4}),
        "se-resnext101-8x3d,input=64x64x1": (
            "se_resnext",
            {"depth": 101, "cardinality": 8, "width": 3, "input_shape": (64, 64, 1)},
        ),
        "senet154": ("senet_154", {}),
        "fmnist-resnet50": ("fmnist_resnet50", {}),
        "nasnet-a-6@768,stem=cifar,input=32x32x3,classes=10": (
            "nasnet_a_cifar",
            {"N": 6, "F": 768 // 24},
        ),
        "nasnet-a-6@768-cifar": (
            "nasnet_a_cifar",
            {"N": 6, "F": 768 // 24, "skip_reduction": False},
        ),
        "nasnet-a-7@2304-cifar": (
            "nasnet_a_cifar",
            {"N": 7, "F": 2304 // 24, "stem_filters": 288, "skip_reduction": False},
        ),
        "nasnet-a-2@2304,stem=cifar,input=32x32x3,classes=10,skip_reduction=false": (
            "nasnet_a_cifar",
            {"N": 2, "F": 2304 // 24, "skip_reduction": False},
        ),
    }
    for spec, N, F, stem, size, classes in (
        ("pnasnet-5-large", 4, 216, 96, 331, 1000),
        ("pnasnet-5-mobile", 3, 54, 32, 224, 1000),
        ("pnasnet-5-cifar", 3, 48, 144, 32, 10),
    ):
        arguments = {"N": N, "F": F, "stem_filters": stem, "imagenet": size > 32}
        arguments |= {"input_shape": (size, size, 3), "classes": classes}
        cases[spec] = ("pnasnet_5", arguments)
    cases |= {
        "vgg11": ("vgg", {"columns": "64 M 128 M 256 256 M 512 512 M 512 512 M", "bn": False}),
        "vgg13-bn,input=64x64x3,classes=9": (
            "vgg",
            {
                "columns": "64 64 M 128 128 M 256 256 M 512 512 M 512 512 M",
                "bn": True,
                "input_shape": (64, 64, 3),
                "classes": 9,
            },
        ),
        "densenet-40-12": ("densenet_cifar", {"depth": 40, "k": 12, "bc": False}),
        "densenet-13-5,dropout=0.2,input=33x20x1,classes=100": (
            "densenet_cifar",
            {
                "depth": 13,
                "k": 5,
                "bc": False,
                "dropout": 0.2,
                "input_shape": (33, 20, 1),
                "classes": 100,
            },
        ),
        "densenet-bc-100-12": ("densenet_cifar", {"depth": 100, "k": 12, "bc": True}),
        "densenet-bc-16-7,dropout=0.2": (
            "densenet_cifar",
            {"depth": 16, "k": 7, "bc": True, "dropout": 0.2},
        ),
    }
    for depth in (18, 34, 50, 101, 152):
        cases[f"preact-resnet{depth}"] = ("preact_resnet", {"depth": depth})
    for depth in (50, 101, 152):
        spec = f"resnet{depth},bias=false,stride=3x3"
        cases[spec] = ("resnet_bottleneck_torchvision", {"depth": depth})
    return cases


@pytest.mark.parametrize("spec", reference_cases())
def test_equal_to_an_independent_implementation(keras, spec):
    """Same layers, weights and connections as a plain Keras model written by someone else."""
    from support import reference

    function, arguments = reference_cases()[spec]
    keras.backend.clear_session()
    with keras.StatelessScope(initialize_variables=False):
        model = getattr(reference, function)(**arguments)
    graph = load(spec)
    assert twin_wiring(graph) == keras_wiring(model)
    assert graph.totals.params == model.count_params()


def test_preact_resnet_has_the_initialisation_and_penalty_of_keras_resnet():
    """github.com/raghakot/keras-resnet: he_normal everywhere, l2(1e-4) on convolutions."""
    layers = load("preact-resnet18").layers
    convs = [layer.get_config() for layer in layers if layer.class_name == "Conv2D"]
    assert {config["kernel_initializer"]["class_name"] for config in convs} == {"HeNormal"}
    assert {config["kernel_regularizer"]["config"]["l2"] for config in convs} == {1e-4}
    assert layers[-1].get_config()["kernel_initializer"]["class_name"] == "HeNormal"


@pytest.mark.parametrize("spec", catalogue())
def test_bridge_builds_the_same_model(keras, spec):
    graph = load(spec)
    assert list(compare(graph, to_keras(graph, initialize=False))) == []


@pytest.mark.parametrize("spec", [*(f.catalogue[0] for f in families()), "wrn-10-1,dropout=0.1"])
def test_exported_code_builds_the_same_model(keras, spec):
    names = {}
    exec(keras_code(load(spec)), names)
    with keras.StatelessScope(initialize_variables=False):
        model = names["build"]()
    expected = to_keras(load(spec), initialize=False)
    assert json.loads(model.to_json()) == json.loads(expected.to_json())


def test_a_spec_that_changes_nothing_is_the_same_network():
    assert functional_json(load("resnet50,bias=true")) == functional_json(load("ResNet-50"))


def test_options_change_the_network():
    assert str(parse("wrn-16-4,dropout=0.3")) != str(parse("wrn-16-4"))
    assert "Dropout" in functional_json(load("wrn-16-4,dropout=0.3"))
    assert "Dropout" not in functional_json(load("wrn-16-4"))
