"""Preprocessing and augmentation: what the table of layer cases does not hold.

Counts by walking through a spectrogram, files that are never opened, what Keras learns from
data, and that augmentation gives its input at inference.
"""

from __future__ import annotations

import builtins
import os
from collections import Counter
from itertools import product
from math import log2
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support import parity
from support.layer_cases.augmentation import FACTORS, LAYERS
from support.parity import ACCEPTED, REFUSED, Built, Case, Shape
from support.sliding import places

from archi import Graph
from archi.analysis.counts import count
from archi.bridge.verify import verify
from archi.errors import LayerError
from archi.graph import building
from archi.layers import Input, Layer, layer_class


def call(layer: Layer, shape: Shape, dtype: str = "float32") -> Any:
    return layer(Input(shape[1:], batch_size=shape[0], dtype=dtype))


def twin(class_name: str, /, **config: Any) -> Layer:
    with building():
        return layer_class(class_name)(**config)


# -- counts -----------------------------------------------------------------------------------

STFTS = [  # samples, channels, length of a frame and of its transform, step, padding
    (40, 2, 8, 8, 4, "valid"),
    (41, 1, 8, 16, 3, "valid"),
    (33, 3, 5, 8, 5, "same"),
    (9, 1, 9, 16, 1, "valid"),
]


@pytest.mark.parametrize(("samples", "channels", "length", "fft", "step", "padding"), STFTS)
@pytest.mark.parametrize(("mode", "parts"), [("real", 1), ("imag", 1), ("stft", 2), ("log", 2)])
def test_macs_of_a_spectrogram_are_those_counted(
    samples: int,
    channels: int,
    length: int,
    fft: int,
    step: int,
    padding: str,
    mode: str,
    parts: int,
) -> None:
    macs = 0
    for _frame in places(samples, length, step, 1, padding):
        for _channel, _frequency, _tap in product(*map(range, (channels, fft // 2 + 1, length))):
            macs += parts
    layer = twin(
        "STFTSpectrogram",
        mode=mode,
        frame_length=length,
        fft_length=fft,
        frame_step=step,
        padding=padding,
    )
    inference = call(layer, (None, samples, channels)).node.inference
    assert inference.macs == macs
    assert len(inference.inner) == (parts if parts > 1 else 0)


@pytest.mark.parametrize(("samples", "stride", "fft", "bins"), [(64, 8, 16, 5), (100, 25, 32, 7)])
def test_counts_of_a_mel_spectrogram_are_those_counted(
    samples: int, stride: int, fft: int, bins: int
) -> None:
    frames = len(range(0, samples + 1, stride))  # each around its sample
    macs = elementwise = 0
    for _frame in range(frames):
        elementwise += fft  # the window
        elementwise += round(2.5 * fft * log2(fft))
        for _frequency in range(fft // 2 + 1):
            elementwise += 3 + 1 + 1  # power, root, exponent
            for _bin in range(bins):
                macs += 1
        for _bin in range(bins):
            elementwise += 3  # a logarithm, scaled and shifted
    layer = twin("MelSpectrogram", fft_length=fft, sequence_stride=stride, num_mel_bins=bins)
    output = call(layer, (None, samples))
    assert output.shape == (None, bins, frames)
    assert output.node.inference.macs == macs
    assert output.node.inference.elementwise == elementwise
    plain = twin(
        "MelSpectrogram",
        fft_length=fft,
        sequence_stride=stride,
        num_mel_bins=bins,
        window=None,
        power_to_db=False,
    )
    without = frames * (fft + 3 * bins)
    assert call(plain, (None, samples)).node.inference.elementwise == elementwise - without


def test_a_transform_of_any_length_is_counted_in_whole_numbers() -> None:
    layer = twin("MelSpectrogram", fft_length=10**15, sequence_stride=1)
    elementwise = call(layer, (None, 16)).node.inference.elementwise
    assert (type(elementwise), elementwise > 10**15) == (int, True)
    with pytest.raises(LayerError, match=r"has more than 2\*\*63 values"):
        call(twin("MelSpectrogram", fft_length=10**400, sequence_stride=1), (None, 16))


def test_the_count_of_what_was_learnt_is_a_long_integer() -> None:
    with building():
        image = Input((8, 8, 3))
        graph = Graph(image, layer_class("Normalization")()(image))
    assert count(graph).totals.params == 7
    assert count(graph).totals.weight_bytes == (3 + 3) * 4 + 8
    assert count(graph, "float16").totals.weight_bytes == (3 + 3) * 2 + 8


# -- at inference and in training --------------------------------------------------------------

CHANGE = {"AutoContrast", "ContrastLimitedAdaptiveHistogramEqualization"}


@pytest.mark.parametrize("name", sorted(LAYERS))
def test_augmentation_gives_its_input_at_inference(name: str, twin_keras: Any) -> None:
    import numpy as np

    image = np.random.default_rng(0).uniform(0, 255, (2, 8, 9, 3)).astype("float32")
    real = getattr(twin_keras.layers, name)(**LAYERS[name][0])
    given = np.asarray(real(image, training=False))
    assert np.array_equal(given, image) == (name not in CHANGE)
    layer = twin(name, **LAYERS[name][0])
    # The shape that Keras says of a crop is that of training, so it is no view by its word.
    assert layer.is_view() == (name not in CHANGE | {"RandomCrop"})
    assert layer.is_view(training=True) == (name == "MaxNumBoundingBoxes")


@pytest.mark.parametrize("name", sorted(LAYERS))
@pytest.mark.parametrize("shape", [(2, 5), (2, 3, 4, 5, 3)])
def test_what_is_no_image_is_refused_where_keras_fails_on_it(
    name: str, shape: Shape, twin_keras: Any
) -> None:
    import numpy as np

    with pytest.raises(LayerError, match="wants images"):
        call(twin(name, **LAYERS[name][0]), shape)
    real = getattr(twin_keras.layers, name)(**LAYERS[name][0])
    with pytest.raises((ValueError, IndexError)):
        real(np.ones(shape, "float32"), training=True)


# -- what is only in a config that Keras wrote -------------------------------------------------


@pytest.mark.parametrize("factor", [0.3, 1])
def test_a_shear_that_keras_can_not_read_back_is_written_so_that_it_can(
    factor: float, twin_keras: Any
) -> None:
    real = twin_keras.layers.RandomShear
    config = real(x_factor=factor, name="shear").get_config()
    assert config["x_factor"] == (-factor, factor)
    with pytest.raises(TypeError):
        real.from_config(config)
    written = twin("RandomShear", **config).get_config()
    assert written == twin("RandomShear", x_factor=factor, name="shear").get_config()
    assert real.from_config(written).get_config() == config


def test_scales_may_be_arrays(twin_keras: Any) -> None:
    import numpy as np

    real = twin_keras.layers.Rescaling(np.array([1.0, 2.0]), offset=np.float32(0.5))
    config = real.get_config()
    layer = twin("Rescaling", **config)
    assert layer.get_config()["scale"] == config["scale"]
    again = twin_keras.layers.Rescaling.from_config(layer.get_config())
    assert again.get_config() == config


def test_learnt_boundaries_are_read(twin_keras: Any) -> None:
    import numpy as np

    real = twin_keras.layers.Discretization(num_bins=4, output_mode="one_hot")
    real.adapt(np.arange(100.0))
    config = real.get_config()
    assert config["num_bins"] == 4
    layer = twin("Discretization", **config)
    output = call(layer, (None, 3))
    assert output.shape == (None, 3, len(config["bin_boundaries"]) + 1)
    again = twin_keras.layers.Discretization.from_config(layer.get_config())
    assert list(again.bin_boundaries) == config["bin_boundaries"]
    assert again.num_bins == 4


def test_a_learnt_vocabulary_is_read(twin_keras: Any) -> None:
    real = twin_keras.layers.StringLookup(output_mode="multi_hot", name="words")
    real.adapt(["a", "b", "b", "c"])
    config = real.get_config()
    layer = twin("StringLookup", **config)
    assert layer.get_config()["vocabulary_size"] == config["vocabulary_size"] == 4
    assert call(layer, (None, 3), "string").shape == (None, 4)


def test_a_crop_without_a_seed_leaves_it_to_keras(twin_keras: Any) -> None:
    config = twin_keras.layers.RandomCrop(4, 5, name="crop").get_config()
    assert isinstance(config.pop("seed"), int)
    ours = twin("RandomCrop", height=4, width=5, name="crop").get_config()
    assert ours.pop("seed") is None
    assert ours.keys() == config.keys()


# -- files ------------------------------------------------------------------------------------

FILES = [  # what is called with the path of a vocabulary; the shape that Keras and the twin give
    ("StringLookup", {}, (None, 3), (None, 3)),
    ("StringLookup", {"output_mode": "multi_hot"}, (None, 4), (None, None)),
    ("IntegerLookup", {"output_mode": "one_hot"}, (None, 3, 4), (None, 3, None)),
    ("TextVectorization", {"split": None}, (None, None), (None, None)),
    ("TextVectorization", {"split": None, "output_mode": "count"}, (None, 4), (None, None)),
]


@pytest.mark.parametrize(("name", "kwargs", "real_shape", "shape"), FILES)
def test_the_file_of_a_vocabulary_is_never_opened(
    name: str, kwargs: Any, real_shape: Shape, shape: Shape, tmp_path: Any, twin_keras: Any
) -> None:
    path = tmp_path / "vocabulary.txt"
    path.write_text("12\n36\n1138\n", encoding="utf-8")
    real = getattr(twin_keras.layers, name)(**kwargs, vocabulary=str(path), name="table")
    dtype = "int64" if name == "IntegerLookup" else "string"
    assert tuple(real(twin_keras.Input((3,), dtype=dtype)).shape) == real_shape
    path.unlink()
    with pytest.MonkeyPatch.context() as patch:
        for module, function in ((builtins, "open"), (os, "open"), (os, "stat")):
            patch.setattr(module, function, None)
        layer = twin(name, **kwargs, vocabulary=str(path), name="table")
        output = call(layer, (None, 3), dtype)
    assert output.shape == shape
    ours, theirs = layer.get_config(), real.get_config()
    assert ours["vocabulary"] is theirs["vocabulary"] is None
    assert ours["vocabulary_size"] is None
    assert {key for key in ours if ours[key] != theirs[key]} == {"vocabulary_size"}


def test_a_file_has_no_weights_for_its_terms() -> None:
    with pytest.raises(LayerError, match="takes no file"):
        twin("StringLookup", vocabulary="words.txt", output_mode="tf_idf", idf_weights=[1.0])


# -- messages ---------------------------------------------------------------------------------

MESSAGES = [
    (
        "random_flip (RandomFlip): wants images, of 4 dimensions or 3 for a single one."
        " Received: (None, 5)",
        Case("RandomFlip", {}, ((None, 5),)),
    ),
    (
        "random_hue (RandomHue): factor must be a number from 0 to 1, or two of them. Received: 2",
        Case("RandomHue", {"factor": 2}, ()),
    ),
    (
        "string_lookup (StringLookup): wants ('', '[UNK]') first or not at all."
        " Received: ('a', '')",
        Case("StringLookup", {"vocabulary": ["a", ""], "mask_token": ""}, ()),
    ),
    (
        "integer_lookup (IntegerLookup): vocabulary must be a list of whole numbers, or the path"
        " of a file. Received: ['a']",
        Case("IntegerLookup", {"vocabulary": ["a"]}, ()),
    ),
    (
        "normalization (Normalization): wants an input that its mean of shape (2,) fits."
        " Received: (None, 5)",
        Case("Normalization", {"mean": [1.0, 2.0], "variance": [1.0, 1.0]}, ((None, 5),)),
    ),
    (
        "text_vectorization (TextVectorization): wants texts, of shape (batch,) or (batch, 1)."
        " Received: (None, 3)",
        Case("TextVectorization", {}, ((None, 3),)),
    ),
]


@pytest.mark.parametrize(("message", "case"), MESSAGES, ids=[m[:60] for m, _ in MESSAGES])
def test_refusals_say_what_was_wanted(message: str, case: Case) -> None:
    refused = parity.build_twin(case)
    assert not isinstance(refused, Built)
    assert str(refused.error) == message


def test_nested_lists_are_read_to_a_depth() -> None:
    deep: Any = 1.0
    for _level in range(500):
        deep = [deep]
    with pytest.raises(LayerError, match="nested lists"):
        twin("Rescaling", scale=deep)


# -- a whole network --------------------------------------------------------------------------


def test_a_network_of_texts_is_summed_up_without_their_bytes() -> None:
    with building():
        text = Input((1,), dtype="string", name="text")
        words = layer_class("TextVectorization")(
            vocabulary=["a", "b"], output_sequence_length=7, name="words"
        )(text)
        graph = Graph(text, words, name="words")
    assert (words.shape, words.dtype) == ((None, 7), "int64")
    totals = count(graph).totals
    assert (totals.params, totals.macs, totals.flops) == (0, 0, 0)
    assert totals.activation_bytes is None  # a text may be of any length


def test_a_network_of_all_kinds_of_data_verifies(twin_keras: Any) -> None:
    with building():
        image, text, number = (
            Input((16, 16, 3)),
            Input((1,), dtype="string"),
            Input((1,), dtype="int64"),
        )
        x = image
        for name, config in (
            ("Resizing", {"height": 9, "width": 9}),
            ("RandomFlip", {}),
            ("RandomCrop", {"height": 8, "width": 8}),
            ("Rescaling", {"scale": 1 / 255}),
            ("Normalization", {}),
            ("Conv2D", {"filters": 2, "kernel_size": 3}),
            ("GlobalAveragePooling2D", {}),
        ):
            x = layer_class(name)(**config)(x)
        words = {"vocabulary": ["a", "b"], "split": None, "output_mode": "multi_hot"}
        t = layer_class("TextVectorization")(**words)(text)
        n = layer_class("IntegerLookup")(vocabulary=[0, 1], output_mode="one_hot")(number)
        both = layer_class("Concatenate")()([x, t, n])
        graph = Graph([image, text, number], layer_class("Dense")(units=2)(both), name="data")
    found = verify(graph)
    assert found.mismatches == []
    assert found.ok, (found.forward, found.train_step)


# -- random layers ----------------------------------------------------------------------------

SIZE = st.integers(1, 4) | st.none()
ANY_SHAPE = st.tuples(st.sampled_from([None, None, 3]), *[SIZE] * 1) | st.tuples(
    st.none(), SIZE, SIZE
)
MODES = ["int", "one_hot", "multi_hot", "count", "tf_idf", "binary", "tf-idf", "words"]
TEXTS = ["", "a", "b", "c", "[UNK]", "d"]
NUMBERS = [-1, 0, 1, 2, 3, -2]


@st.composite
def tables(draw: Any) -> Case:
    """A lookup whose vocabulary may hold special tokens, at its start or elsewhere."""
    name = draw(st.sampled_from(["IntegerLookup", "StringLookup", "TextVectorization"]))
    terms = st.sampled_from(NUMBERS if name == "IntegerLookup" else TEXTS)
    few = st.lists(terms, min_size=0, max_size=5, unique=draw(st.booleans()))
    rarely: Any = lambda strategy: st.none() | st.none() | strategy  # noqa: E731
    optional = {
        "vocabulary": few | st.none(),
        "max_tokens": rarely(st.integers(0, 8)),
        "output_mode": st.sampled_from(MODES),
        "pad_to_max_tokens": st.sampled_from([False, False, True]),
        "sparse": st.sampled_from([False, False, True]),
        "vocabulary_size": rarely(st.integers(1, 7)),
        "idf_weights": rarely(st.lists(st.floats(0, 1), min_size=1, max_size=5)),
    }
    if name == "TextVectorization":
        optional |= {
            "split": st.sampled_from([None, "whitespace", "character"]),
            "output_sequence_length": rarely(st.integers(1, 5)),
            "ragged": st.booleans(),
        }
        shape = st.sampled_from([(None,), (None, 1), (4, 1)])
    else:
        optional |= {
            "num_oov_indices": st.integers(0, 2),
            "mask_token": st.none() | terms,
            "oov_token": st.none() | terms,
            "invert": st.sampled_from([False, False, True]),
        }
        shape = ANY_SHAPE
    kwargs = draw(st.fixed_dictionaries({}, optional=optional))
    return Case(name, kwargs, (draw(shape),))


@st.composite
def encoders(draw: Any) -> Case:
    """Categories that are bucketed, hashed or encoded."""
    name = draw(st.sampled_from(["CategoryEncoding", "Discretization", "Hashing"]))
    size = {"CategoryEncoding": "num_tokens", "Discretization": "num_bins", "Hashing": "num_bins"}
    kwargs = draw(
        st.fixed_dictionaries(
            {size[name]: st.integers(-1, 5)},
            optional={
                "output_mode": st.sampled_from(MODES),
                "sparse": st.booleans(),
                "dtype": st.sampled_from(["float32", "float16", "int32", "int64"]),
            },
        )
    )
    return Case(name, kwargs, (draw(ANY_SHAPE),), dtype="int64")


@st.composite
def normalizations(draw: Any) -> Case:
    """A normalization, often by a mean whose shape nearly fits."""
    shape = draw(st.tuples(st.sampled_from([None, 3]), *[SIZE] * draw(st.integers(0, 3))))
    axes = st.integers(-len(shape) - 1, len(shape))
    axis = draw(
        st.none() | axes | st.lists(axes, max_size=2, unique_by=lambda axis: axis % len(shape))
    )
    kwargs: dict[str, Any] = {"axis": axis, "invert": draw(st.booleans())}
    if draw(st.booleans()):
        lengths = draw(st.lists(st.sampled_from([1, 2, 3, 4]), max_size=2))
        kwargs |= {"mean": filled(lengths), "variance": filled(lengths)}
    return Case("Normalization", kwargs, (shape,))


def filled(lengths: list[int]) -> Any:
    return [filled(lengths[1:])] * lengths[0] if lengths else 1.0


@st.composite
def spectrograms(draw: Any) -> Case:
    channels, samples = draw(st.integers(1, 3)), draw(st.integers(1, 40) | st.none())
    kwargs = draw(
        st.fixed_dictionaries(
            {"window": st.none(), "frame_length": st.integers(0, 20)},
            optional={
                "mode": st.sampled_from(["log", "real", "imag", "stft", "psd", "power"]),
                "frame_step": st.none() | st.integers(0, 21),
                "fft_length": st.none() | st.sampled_from([1, 8, 16, 32]),
                "padding": st.sampled_from(["valid", "same"]),
                "expand_dims": st.booleans(),
                "data_format": st.sampled_from([None, "channels_last", "channels_first"]),
            },
        )
    )
    first = kwargs.get("data_format") == "channels_first"
    shape = (None, channels, samples) if first else (None, samples, channels)
    return Case("STFTSpectrogram", kwargs, (shape,))


@st.composite
def augmentations(draw: Any) -> Case:
    """An augmentation with odd factors."""
    name = draw(st.sampled_from(sorted(FACTORS.keys() - {"RandomShear"})))
    number = st.sampled_from([-2, -1, -0.5, 0, 0.25, 0.5, 1, 2, 8, 9])
    factor = number | st.tuples(number, number) | st.lists(number, min_size=1, max_size=3)
    kwargs = {**LAYERS[name][0], draw(st.sampled_from(FACTORS[name][0])): draw(factor)}
    return Case(name, kwargs, ((None, 8, 9, 3),))


RANDOM = {
    "tables": tables(),
    "encoders": encoders(),
    "normalizations": normalizations(),
    "spectrograms": spectrograms(),
    "augmentations": augmentations(),
}
EXAMPLES = 100


@pytest.mark.filterwarnings("ignore:`fft_length` is recommended", "ignore::RuntimeWarning")
@pytest.mark.parametrize("group", RANDOM)
def test_random_layers_are_those_of_keras(group: str, twin_keras: Any) -> None:
    outcomes: Counter[str] = Counter()

    @settings(
        max_examples=EXAMPLES,
        suppress_health_check=[HealthCheck.too_slow],
    )
    @given(RANDOM[group])
    def agrees(case: Case) -> None:
        outcomes[parity.check(case)] += 1

    agrees()
    assert min(outcomes[ACCEPTED], outcomes[REFUSED]) >= EXAMPLES // 8, "too one-sided a sample"
