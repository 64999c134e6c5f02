"""`archi scan`: every rule, on files made for it; nothing on genuine ones."""

from __future__ import annotations

import inspect

import hostile
import numpy as np
import pytest

from archi.readers import _hdf5
from archi.scanning import quick_scan, scan
from archi.scanning._findings import rules

RULES = {
    "lambda-bytecode", "lambda-layer", "foreign-module", "foreign-function", "non-modeling-api",
    "torch-module-pickle", "external-savedmodel", "external-file", "h5-external-storage",
    "h5-external-link", "h5-soft-link", "h5-virtual", "h5-shape-bomb", "zip-traversal",
    "zip-bomb", "path-in-name", "npz-pickle", "registered-name-mismatch", "duplicate-key",
    "duplicate-member",
}  # fmt: skip


def name(case):
    return case.name


@pytest.mark.parametrize("case", hostile.FINDINGS, ids=name)
def test_a_scan_finds_it(case, tmp_path):
    found = scan(case.write(tmp_path))
    assert (case.rule, case.severity, case.where) in [each[:3] for each in found.findings]


@pytest.mark.parametrize("case", hostile.FINDINGS, ids=name)
def test_a_quick_scan_finds_what_is_of_high_severity(case, tmp_path):
    path = case.write(tmp_path)
    high = [each for each in scan(path).findings if each.severity == "high"]
    assert quick_scan(path) == high


def test_every_rule_has_a_file_that_shows_it():
    assert {rule.id for rule in rules()} == {case.rule for case in hostile.FINDINGS} == RULES


# --- genuine files -------------------------------------------------------------------------

QUICK_TO_BUILD = ("ConvNeXtTiny", "EfficientNetV2B0", "MobileNetV3Small", "VGG16")


def no_findings(path):
    found = scan(path)
    assert (found.findings, found.unread) == ([], [])
    assert quick_scan(path) == []


def applications(keras):
    return [name for name, made in vars(keras.applications).items() if inspect.isfunction(made)]


def scan_application(keras, name, folder):
    with keras.StatelessScope(initialize_variables=False):
        network = getattr(keras.applications, name)(weights=None)
    path = folder / f"{name}.json"
    path.write_text(network.to_json())
    no_findings(path)


def test_networks_of_keras_have_no_findings(keras, tmp_path):
    for name in QUICK_TO_BUILD:
        scan_application(keras, name, tmp_path)


@pytest.mark.nightly
def test_all_networks_of_keras_have_no_findings(keras, tmp_path):
    assert len(applications(keras)) >= 38
    for name in applications(keras):
        scan_application(keras, name, tmp_path)


def genuine_models(keras):
    """Models with everything in their config that could be taken for something else."""
    layers = keras.layers
    dense = keras.Sequential([keras.Input((8,)), layers.Dense(4, "relu"), layers.Dense(2)])
    dense.compile("adam", "mse", metrics=["mae", keras.metrics.MeanSquaredError()])
    dense.train_on_batch(np.zeros((2, 8)), np.zeros((2, 2)))
    yield "trained", dense

    x = keras.Input((12,), name="words")
    y = layers.Embedding(100, 16, embeddings_regularizer="l2", mask_zero=True)(x)
    y = layers.Bidirectional(layers.LSTM(8, return_sequences=True))(y)
    y = layers.MultiHeadAttention(2, 4)(y, y) + y
    y = layers.TimeDistributed(dense_block(keras))(y)
    y = keras.ops.relu(keras.ops.mean(y, axis=1))
    y = layers.Dense(3, activation=keras.activations.gelu, kernel_constraint="max_norm")(y)
    network = keras.Model(x, {"out": y})
    schedule = keras.optimizers.schedules.CosineDecay(0.1, 100)
    network.compile(keras.optimizers.AdamW(schedule), {"out": keras.losses.Huber()})
    yield "sequences", network

    policy = keras.DTypePolicy("mixed_float16")
    image = keras.Input((16, 16, 3))
    y = layers.Rescaling(1 / 255)(layers.RandomFlip()(image))
    y = layers.Conv2D(4, 3, dtype=policy, activation="swish")(y)
    y = layers.SpectralNormalization(layers.Conv2D(4, 3))(layers.BatchNormalization()(y))
    nested = keras.Model(image, layers.GlobalAveragePooling2D()(y), name="features")
    yield "nested", keras.Model(image, layers.Softmax()(nested(image)))

    words = layers.StringLookup(vocabulary=["a", "b"])
    text = keras.Input((1,), dtype="string")
    yield "lookup", keras.Model(text, words(text))


def dense_block(keras):
    return keras.Sequential([keras.layers.Dense(16), keras.layers.LayerNormalization()])


def test_saved_models_have_no_findings(keras, tmp_path):
    for name, network in genuine_models(keras):
        for ending in ("keras", "json", "h5"):
            path = tmp_path / f"{name}.{ending}"
            if ending == "json":
                path.write_text(network.to_json())
            elif (name, ending) == ("lookup", "h5"):
                continue  # Keras has no way to save its vocabulary there
            else:
                network.save(path)
            no_findings(path)


def test_a_quick_scan_of_a_saved_model_starts_no_process(keras, tmp_path, monkeypatch):
    monkeypatch.setattr(_hdf5, "_run_child", None)
    for name, network in genuine_models(keras):
        path = tmp_path / f"{name}.keras"
        network.save(path)
        assert quick_scan(path) == []
    dense = next(genuine_models(keras))[1]
    dense.save(tmp_path / "dense.h5")
    assert quick_scan(tmp_path / "dense.h5") == []


# --- what Keras itself makes of them ----------------------------------------------------------

# Without torch-module-pickle, which needs torch, and zip-bomb, whose files here are smaller.
REFUSALS = {
    "lambda-bytecode": "lambda",
    "foreign-module": "Could not locate class|could not be deserialized",
    "foreign-function": "Could not locate function",
    "non-modeling-api": "not a modeling function|not a KerasSaveable",
    "external-savedmodel": "SavedModel",
    "external-file": "vocabulary file outside",
    "registered-name-mismatch": "does not use registered names",
    "h5-external-storage": "external Dataset",
    "h5-external-link": "ExternalLink",
    "h5-soft-link": "SoftLink",
    "h5-virtual": "virtual Dataset",
    "h5-shape-bomb": "shape bomb",
}


UNREAD = (hostile.link_deep_inside, hostile.link_in_a_part_of_the_weights)  # by this model


@pytest.mark.parametrize("rule", REFUSALS)
def test_keras_refuses_what_the_rule_says_it_does(rule, twin_keras, tmp_path):
    cases = [case for case in hostile.FINDINGS if (case.rule, case.suffix) == (rule, ".keras")]
    for case in cases:
        if case.make in UNREAD:
            continue
        with pytest.raises(Exception, match=REFUSALS[rule]):
            twin_keras.saving.load_model(case.write(tmp_path))
