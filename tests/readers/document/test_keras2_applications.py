"""All of Keras 2's applications, as Keras 2 itself writes them, layer by layer."""

from __future__ import annotations

import inspect

import pytest
from support.saved_by_keras2 import assert_read, keras2

SMALL = {
    "ConvNeXtTiny", "DenseNet121", "EfficientNetB0", "EfficientNetV2B0", "InceptionV3", "MobileNet",
    "MobileNetV2", "MobileNetV3Small", "NASNetMobile", "RegNetX002", "RegNetY004", "ResNet50",
    "ResNet50V2", "ResNetRS50", "VGG16", "Xception",
}  # fmt: skip


def names():
    """Every function of tf_keras 2.21's applications; what else comes is tested as well."""
    try:
        from tf_keras import applications
    except ImportError:
        return sorted(SMALL)
    return sorted(n for n in dir(applications) if inspect.isfunction(getattr(applications, n)))


def cases():
    for name in names():
        yield pytest.param(name, marks=() if name in SMALL else pytest.mark.nightly)


@pytest.mark.parametrize("name", cases())
def test_an_application_is_read_as_keras_2_has_it(name, tmp_path):
    keras = keras2()
    keras.backend.clear_session()
    # MobileNetV3 leaves its input's size open otherwise.
    sizes = {"input_shape": (224, 224, 3)} if name.startswith("MobileNetV3") else {}
    model = getattr(keras.applications, name)(weights=None, **sizes)
    counts = assert_read(model, tmp_path, "json")
    assert counts.totals.macs


@pytest.mark.parametrize("name", ["MobileNetV2", "RegNetX002"])
@pytest.mark.parametrize("format", ["h5", "keras"])
def test_an_application_in_a_file_with_weights(name, format, tmp_path):
    keras = keras2()
    assert_read(getattr(keras.applications, name)(weights=None), tmp_path, format)
