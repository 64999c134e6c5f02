"""Layers of one input and merges: counts one by one, reach, lookup, and random parity."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import product
from math import ceil, floor
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support import parity
from support.layer_cases._table import HE, L2, MAX_NORM
from support.parity import ACCEPTED, REFUSED, Built, Call, Case, Shape

from archi import Graph
from archi import layers as archi_layers
from archi.analysis.counts import count
from archi.bridge.model import to_keras
from archi.bridge.verify import compare
from archi.graph import Inference, building
from archi.layers import Conv2D, Input, layer_class, layer_classes


def call(layer: str, on: Call, **kwargs: Any) -> Inference:
    """What a twin says of one call."""
    twin = parity.build_twin(Case(layer, kwargs, (on,)))
    assert isinstance(twin, Built), twin
    return twin.outputs[0].node.inference


# --- lookup -----------------------------------------------------------------------------


def test_looking_up_a_layer_imports_its_group_alone() -> None:
    code = """
import sys
from archi.layers import Conv2D, ReLU
print(*sorted(m.split(".")[2] for m in sys.modules if m.startswith("archi.layers.")))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    groups = {name for name in done.stdout.split() if not name.startswith("_")}
    assert groups == {"activations", "convolutional"}


def test_keras_aliases_name_the_same_layers() -> None:
    real = parity.keras().layers
    known = layer_classes()
    aliases = {
        name: value.__name__
        for name, value in vars(real).items()
        if isinstance(value, type) and name != value.__name__ and value.__name__ in known
    }
    assert len(aliases) >= 20
    assert {name: layer_class(name).__name__ for name in aliases} == aliases


@pytest.mark.parametrize("name", ["Nonsense", "Layer", "Conv", "_Pooling", "MaxPool4D", ""])
def test_a_layer_there_is_not(name: str) -> None:
    with pytest.raises(KeyError):
        layer_class(name)
    if name != "Layer":
        with pytest.raises(AttributeError, match="no layer"):
            getattr(archi_layers, name)


# --- counts -----------------------------------------------------------------------------


def spread(size: int, kernel: int, stride: int, dilation: int) -> int:
    """Taps of a transposed kernel along one dimension, one by one: all that is multiplied."""
    taps = 0
    for position in range(size):
        for tap in range(kernel):
            taps += position * stride + tap * dilation >= 0
    return taps


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize(
    ("kernel", "strides", "dilation"),
    [
        ((3, 2, 4), (1, 1, 1), (1, 1, 1)),
        ((3, 4, 2), (2, 3, 4), (1, 1, 1)),
        ((2,) * 3, (1,) * 3, (2,) * 3),
    ],
)
@pytest.mark.parametrize("rank", [1, 2, 3])
def test_macs_of_transposed_convolutions_are_those_counted(
    rank: int, kernel: Any, strides: Any, dilation: Any, padding: str
) -> None:
    sizes = (4, 3, 2)[:rank]
    macs = 3 * 5  # channels and filters
    for each in zip(sizes, kernel, strides, dilation, strict=False):
        macs *= spread(*each)
    kwargs = {
        "filters": 5,
        "kernel_size": kernel[:rank],
        "strides": strides[:rank],
        "dilation_rate": dilation[:rank],
        "padding": padding,
    }
    layer = f"Conv{rank}DTranspose"
    assert call(layer, (None, *sizes, 3), **kwargs).macs == macs
    kwargs["data_format"] = "channels_first"
    assert call(layer, (None, 3, *sizes), **kwargs).macs == macs


EINSUMS = [  # equation, input, output_shape; the sizes of all letters but the batch
    ("ab,bc->ac", (None, 5), 6, (5, 6)),
    ("abc,cd->abd", (None, 4, 5), (None, 6), (4, 5, 6)),
    ("abc,cde->abde", (7, 4, 6), (4, 2, 3), (4, 6, 2, 3)),
    ("abcd,cde->abe", (None, 4, 2, 3), (None, 6), (4, 2, 3, 6)),
    ("abc,bc->abc", (None, 4, 5), (4, 5), (4, 5)),
    ("...x,xy->...y", (None, 5), 6, (5, 6)),
    ("...x,xy->...y", (None, 2, 3, 5), 6, (2, 3, 5, 6)),
    ("...bx,xy->...by", (None, 3, 5), (3, 6), (3, 5, 6)),
    ("ab...,bc->ac...", (None, 5, 2, 3), 6, (5, 6, 2, 3)),
]


@pytest.mark.parametrize(("equation", "shape", "output", "sizes"), EINSUMS)
def test_macs_of_einsum_dense_are_those_of_its_loops(
    equation: str, shape: Shape, output: Any, sizes: tuple[int, ...]
) -> None:
    macs = sum(1 for _ in product(*map(range, sizes)))
    assert call("EinsumDense", shape, equation=equation, output_shape=output).macs == macs


@pytest.mark.parametrize(
    ("one", "other", "axes", "sizes"),
    [
        ((None, 5), (None, 5), 1, (5,)),
        ((None, 4, 5), (None, 5, 6), (2, 1), (4, 5, 6)),
        ((None, 2, 3, 5), (3, 5, 6, 7), (-1, 1), (2, 3, 5, 6, 7)),
        ((None, 4, 5), (None, 4), 1, (4, 5)),
    ],
)
def test_macs_of_dot_are_those_of_its_loops(
    one: Shape, other: Shape, axes: Any, sizes: tuple[int, ...]
) -> None:
    macs = sum(1 for _ in product(*map(range, sizes)))
    assert call("Dot", [one, other], axes=axes).macs == macs


@pytest.mark.parametrize(
    ("layer", "on", "kwargs"),
    [
        ("Conv1DTranspose", (None, None, 3), {"filters": 2, "kernel_size": 3}),
        ("EinsumDense", (None, None, 5), {"equation": "abc,cd->abd", "output_shape": (None, 6)}),
        ("EinsumDense", (None, None, 5), {"equation": "...c,cd->...d", "output_shape": 6}),
        ("Dot", [(None, None, 5), (None, 5, 6)], {"axes": (2, 1)}),
    ],
)
def test_macs_of_unknown_sizes_are_unknown(layer: str, on: Call, kwargs: dict[str, Any]) -> None:
    inference = call(layer, on, **kwargs)
    assert inference.macs is None
    assert inference.why


IMAGE = (None, 6, 5, 2)  # 60 elements
ELEMENTWISE: list[tuple[int, str, Call, dict[str, Any]]] = [
    # Activations are 1 for each element, normalisations a scale and a shift.
    *[(60, layer, IMAGE, {}) for layer in ("ELU", "LeakyReLU", "PReLU", "Softmax")],
    *[
        (2 * 60, f"{kind}Normalization", IMAGE, {"groups": 2} if kind == "Group" else {})
        for kind in ("Layer", "Group", "RMS", "Unit")
    ],
    (2 * 60, "LayerNormalization", IMAGE, {"scale": False, "center": False, "axis": [1, 2]}),
    # A bias is 1 for each output element, an activation 1 more.
    (
        2 * 7 * 6 * 9,
        "Conv2DTranspose",
        IMAGE,
        {"filters": 9, "kernel_size": 2, "activation": "relu"},
    ),
    (0, "Conv2DTranspose", IMAGE, {"filters": 9, "kernel_size": 2, "use_bias": False}),
    (0, "EinsumDense", (None, 4, 5), {"equation": "abc,cd->abd", "output_shape": (4, 6)}),
    (
        2 * 4 * 6,
        "EinsumDense",
        (None, 4, 5),
        {
            "equation": "abc,cd->abd",
            "output_shape": (None, 6),
            "bias_axes": "d",
            "activation": "relu",
        },
    ),
    # Normalising first is a scale and a shift of both inputs.
    (0, "Dot", [(None, 4), (None, 4)], {"axes": 1}),
    (2 * (4 + 12), "Dot", [(None, 4), (None, 4, 3)], {"axes": 1, "normalize": True}),
    # What is interpolated is a sum of 2, 4, 6 or 10 positions along each dimension.
    (0, "UpSampling1D", (None, 6, 4), {}),
    (0, "UpSampling2D", IMAGE, {}),
    (0, "UpSampling3D", (None, 2, 2, 2, 3), {"size": (1, 2, 3)}),
    *[
        (4 * 60 * taps**2, "UpSampling2D", IMAGE, {"interpolation": kind})
        for kind, taps in (("bilinear", 2), ("bicubic", 4), ("lanczos3", 6), ("lanczos5", 10))
    ],
    # Nothing is computed.
    *[(0, f"{kind}", IMAGE, {"rate": 0.5}) for kind in ("AlphaDropout", "GaussianDropout")],
    (0, "GaussianNoise", IMAGE, {"stddev": 0.5}),
    (0, "SpatialDropout2D", IMAGE, {"rate": 0.5}),
    (0, "ActivityRegularization", IMAGE, {"l1": 0.1}),
    (0, "Permute", IMAGE, {"dims": (3, 1, 2)}),
    (0, "RepeatVector", (None, 6), {"n": 3}),
    (0, "Identity", IMAGE, {}),
    (0, "Masking", IMAGE, {}),
    (0, "Embedding", (None, 6), {"input_dim": 9, "output_dim": 4}),
]


@pytest.mark.parametrize(("expected", "layer", "on", "kwargs"), ELEMENTWISE)
def test_elementwise_operations_are_the_convention(
    expected: int, layer: str, on: Call, kwargs: dict[str, Any]
) -> None:
    assert call(layer, on, **kwargs).elementwise == expected


def adaptive_windows(size: int, windows: int) -> Iterator[range]:
    """The windows of adaptive pooling as PyTorch and Keras define them."""
    for i in range(windows):
        yield range(floor(i * size / windows), ceil((i + 1) * size / windows))


@settings(max_examples=100)
@given(st.lists(st.tuples(st.integers(1, 9), st.integers(1, 12)), min_size=1, max_size=3))
def test_taps_of_adaptive_pooling_are_those_counted(dimensions: list[tuple[int, int]]) -> None:
    taps = 2  # channels
    for size, windows in dimensions:
        taps *= sum(len(window) for window in adaptive_windows(size, windows))
    sizes, output = zip(*dimensions, strict=True)
    layer = f"AdaptiveMaxPooling{len(sizes)}D"
    assert call(layer, (None, *sizes, 2), output_size=output).elementwise == taps


def test_adaptive_pooling_has_the_windows_of_keras() -> None:
    """A maximum is where a window's last position is, on what grows from left to right."""
    keras = parity.keras()
    for size, windows in product(range(1, 8), range(1, 8)):
        if ceil(size / windows) >= size:
            continue  # TensorFlow dies of a window larger than the input, which Keras tries
        ramp = keras.ops.reshape(keras.ops.arange(size, dtype="float32"), (1, size, 1))
        found = keras.layers.AdaptiveMaxPooling1D(windows)(ramp)
        expected = [window[-1] for window in adaptive_windows(size, windows)]
        assert keras.ops.convert_to_numpy(found).ravel().tolist() == expected


def test_a_reversible_embedding_goes_back_with_the_same_weights() -> None:
    """As at both ends of a language model; the call is recorded as Keras records it."""
    keras = parity.keras()
    keras.backend.clear_session(free_memory=False)

    def model(library: Any, inputs: Any) -> Any:
        table = library.ReversibleEmbedding(50, 8, name="table", logit_soft_cap=30.0)
        rows = library.Dense(8, name="mix")(table(inputs))
        return table(rows, reverse=True)

    with building():
        x = Input((6,), name="words")
        graph = Graph(x, model(archi_layers, x), name="lm")
    inputs = keras.Input((6,), name="words")
    real = keras.Model(inputs, model(keras.layers, inputs), name="lm")
    assert to_keras(graph, initialize=False).to_json() == real.to_json()
    assert list(compare(graph, real)) == []
    assert graph.outputs[0].shape == (None, 6, 50)
    logits = graph.outputs[0].node.inference
    assert (logits.macs, logits.elementwise) == (6 * 8 * 50, 6 * 50)
    assert graph.totals.params == real.count_params() == 50 * 8 + 8 * 8 + 8


# --- reach ------------------------------------------------------------------------------


def field_of(layer: str, shape: tuple[int, ...] = (12, 12, 3), **kwargs: Any) -> Any:
    """The receptive field of what a layer gives after a 3×3 convolution."""
    with building():
        inputs = Input(shape)
        x = Conv2D(4, 3, padding="same")(inputs)
        graph = Graph(inputs, layer_class(layer)(name="after", **kwargs)(x))
    return count(graph).layers[-1].field


SAME_AS_BEFORE: list[tuple[str, dict[str, Any]]] = [
    ("Identity", {}),
    ("Masking", {}),
    ("PReLU", {}),
    ("Softmax", {}),
    ("LayerNormalization", {}),
    ("RMSNormalization", {}),
    ("UnitNormalization", {}),
    ("SpatialDropout2D", {"rate": 0.5}),
    ("GaussianNoise", {"stddev": 0.5}),
    ("Permute", {"dims": (1, 2, 3)}),
    ("UpSampling2D", {"size": 1}),
    ("EinsumDense", {"equation": "abcd,de->abce", "output_shape": (12, 12, 5)}),
    ("EinsumDense", {"equation": "...d,de->...e", "output_shape": 5}),
    ("EinsumDense", {"equation": "abcd,def->abcef", "output_shape": (12, 12, 5, 2)}),
]


@pytest.mark.parametrize(("layer", "kwargs"), SAME_AS_BEFORE)
def test_positions_that_see_themselves(layer: str, kwargs: dict[str, Any]) -> None:
    field = field_of(layer, **kwargs)
    assert (field.size, field.stride, field.padding) == ((3, 3), (1, 1), (1, 1))


UNBOUNDED: list[tuple[str, dict[str, Any]]] = [
    ("Softmax", {"axis": 1}),
    ("Softmax", {"axis": (1, -1)}),
    ("LayerNormalization", {"axis": [1, 2, 3]}),
    ("GroupNormalization", {"groups": 2}),
    ("UnitNormalization", {"axis": 2}),
    ("AdaptiveAveragePooling2D", {"output_size": 1}),
    ("EinsumDense", {"equation": "abcd,bcde->ae", "output_shape": 5}),
    ("EinsumDense", {"equation": "abcd,ce->abed", "output_shape": (12, 12, 4)}),
    ("EinsumDense", {"equation": "abcd,de->acbe", "output_shape": (12, 12, 5)}),
]


@pytest.mark.parametrize(("layer", "kwargs"), UNBOUNDED)
def test_positions_that_see_everything(layer: str, kwargs: dict[str, Any]) -> None:
    field = field_of(layer, **kwargs)
    assert (field.size, field.why) == (None, "unbounded from after on")


@pytest.mark.parametrize(
    ("layer", "kwargs"),
    [
        ("UpSampling2D", {}),
        ("Conv2DTranspose", {"filters": 2, "kernel_size": 3, "strides": 2}),
        ("Permute", {"dims": (2, 1, 3)}),
        ("AdaptiveMaxPooling2D", {"output_size": 5}),
    ],
)
def test_positions_that_see_unlike_regions(layer: str, kwargs: dict[str, Any]) -> None:
    field = field_of(layer, **kwargs)
    assert (field.size, field.why) == (None, "unlike regions from after on")


def test_adaptive_pooling_of_equal_windows_is_pooling() -> None:
    field = field_of("AdaptiveAveragePooling2D", output_size=(4, 3))
    assert (field.size, field.stride, field.padding) == ((5, 6), (3, 4), (1, 1))


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize(("kernel", "dilation"), [(1, 1), (2, 1), (3, 1), (4, 1), (3, 2), (2, 3)])
def test_transposed_convolutions_see_what_keras_lets_through(
    kernel: int, dilation: int, padding: str
) -> None:
    """With stride 1; each output step of a sequence changes with the inputs of its region."""
    import numpy as np

    keras = parity.any_keras()
    arguments = {"kernel_size": kernel, "dilation_rate": dilation, "padding": padding}
    with building():
        inputs = Input((9, 1))
        field = count(Graph(inputs, layer_class("Conv1DTranspose")(2, **arguments)(inputs))).field
    real = keras.layers.Conv1DTranspose(2, kernel_initializer="ones", use_bias=False, **arguments)
    seen = np.asarray(real(np.eye(9, dtype="float32")[:, :, None]))[:, :, 0] > 0
    (axis,) = field.axes
    for i, column in enumerate(seen.T):
        region = range(i * axis.stride - axis.padding, i * axis.stride - axis.padding + axis.size)
        within = [pixel for pixel in region if 0 <= pixel < 9]
        found = np.flatnonzero(column).tolist()
        assert set(found) <= set(within)
        if len(within) == axis.size:
            assert (found[0], found[-1]) == (within[0], within[-1])


# --- random layers against Keras --------------------------------------------------------

SIZE = st.integers(1, 6)
OPEN = SIZE | st.none()
CHANNELS = st.sampled_from([1, 2, 4, 6])
FORMATS = st.sampled_from([None, "channels_last", "channels_first"])


@st.composite
def arguments(draw: Any, needed: dict, optional: dict, odd: dict) -> dict[str, Any]:
    """Sound arguments with, now and then, an odd one."""
    kwargs = draw(st.fixed_dictionaries(needed, optional=optional))
    if draw(st.integers(0, 3)) == 0:
        key = draw(st.sampled_from(sorted(odd)))
        kwargs[key] = draw(st.sampled_from(odd[key]))
    return kwargs


@st.composite
def on_images(draw: Any, layer: str, rank: int, kwargs: st.SearchStrategy) -> Case:
    chosen = draw(kwargs)
    channels = draw(CHANNELS)
    shapes = []
    for _ in range(draw(st.integers(1, 2))):
        sizes = [draw(OPEN) for _ in range(rank)]
        first = chosen.get("data_format") == "channels_first"
        shapes.append((None, channels, *sizes) if first else (None, *sizes, channels))
    return Case(layer, chosen, tuple(shapes))


def windows(rank: int, largest: int) -> st.SearchStrategy[Any]:
    size = st.integers(1, largest)
    return size | st.tuples(*[size] * rank)


@st.composite
def transposed(draw: Any) -> Case:
    rank = draw(st.integers(1, 3))
    needed = {"filters": CHANNELS, "kernel_size": windows(rank, 4)}
    optional = {
        "strides": windows(rank, 3),
        "padding": st.sampled_from(["valid", "same"]),
        "dilation_rate": windows(rank, 2),
        "use_bias": st.booleans(),
        "activation": st.sampled_from([None, "relu", "softmax"]),
        "kernel_initializer": st.sampled_from([HE, "zeros"]),
        "bias_regularizer": st.sampled_from([None, L2]),
        "data_format": FORMATS,
    }
    if draw(st.booleans()):  # one that leaves something even of a single position
        optional = {**optional, "padding": st.just("valid"), "output_padding": st.integers(0, 2)}
    odd = {"strides": [0, None], "output_padding": [9, -1], "padding": ["causal"], "filters": [0]}
    return draw(on_images(f"Conv{rank}DTranspose", rank, arguments(needed, optional, odd)))


@st.composite
def resizings(draw: Any) -> Case:
    rank = draw(st.integers(1, 3))
    formats = {} if rank == 1 else {"data_format": FORMATS}
    if draw(st.booleans()):
        size = st.integers(1, 4) if rank == 1 else windows(rank, 3)
        kwargs = arguments({}, {"size": size, **formats}, {"size": [0, 1.5, None, (1,) * 4]})
        return draw(on_images(f"UpSampling{rank}D", rank, kwargs))
    kind = draw(st.sampled_from(["Average", "Max"]))
    odd = {"output_size": [None, 1.5, (1,) * 4]}
    kwargs = arguments({"output_size": windows(rank, 5)}, {"data_format": FORMATS}, odd)
    return draw(on_images(f"Adaptive{kind}Pooling{rank}D", rank, kwargs))


@st.composite
def normalizations(draw: Any) -> Case:
    layer = draw(st.sampled_from(["Layer", "RMS", "Group", "Unit"])) + "Normalization"
    shape = (None, *[draw(OPEN) for _ in range(draw(st.integers(1, 3)))])
    axis = st.integers(1, len(shape) - 1) | st.integers(1 - len(shape), -1)
    odd = {"axis": [None, "x", len(shape)], "momentum": [0.9]}
    optional: dict[str, Any] = {"axis": axis}
    if layer != "GroupNormalization":
        several = st.lists(st.integers(1, len(shape) - 1), min_size=1, unique=True)
        optional["axis"] = axis | several
    if layer in ("LayerNormalization", "GroupNormalization"):
        optional |= {
            "center": st.booleans(),
            "scale": st.booleans(),
            "gamma_initializer": st.sampled_from([HE, "ones"]),
            "beta_constraint": st.sampled_from([None, MAX_NORM]),
        }
    needed = {"groups": st.sampled_from([1, 2, 3, -1])} if layer.startswith("Group") else {}
    return Case(layer, draw(arguments(needed, optional, odd)), (shape,))


@st.composite
def dots(draw: Any) -> Case:
    shapes = [
        [None, *[draw(st.sampled_from([2, 3, None])) for _ in range(draw(st.integers(1, 3)))]]
        for _ in range(2)
    ]
    axes = [draw(st.integers(1, len(shape) - 1)) for shape in shapes]
    if draw(st.booleans()):  # often of one size along the axes
        shapes[1][axes[1]] = shapes[0][axes[0]]
    kwargs = {"axes": axes, "normalize": draw(st.booleans())}
    return Case("Dot", kwargs, (list(map(tuple, shapes)),))


@st.composite
def einsums(draw: Any) -> Case:
    """Input letters of which some are summed with the kernel's, whose others are new."""
    rank = draw(st.integers(1, 3))
    sizes = dict(zip("bcdxyz", draw(st.lists(SIZE, min_size=6, max_size=6)), strict=True))
    inputs, new = "bcd"[:rank], "xyz"[: draw(st.integers(1, 2))]
    summed = draw(st.lists(st.sampled_from(inputs), min_size=1, unique=True))
    kernel = "".join(draw(st.permutations([*summed, *new])))
    kept = [letter for letter in inputs if letter not in summed]
    outputs = "".join(draw(st.permutations([*kept, *new])))
    shape = [sizes[letter] for letter in inputs]
    given = [sizes[letter] for letter in outputs]
    if draw(st.integers(0, 3)) == 0:
        shape[draw(st.integers(0, rank - 1))] = draw(st.sampled_from([None, 7]))
    elided = [draw(SIZE) for _ in range(draw(st.integers(0, 2)))]
    form = draw(st.sampled_from(["", "left", "right"]))
    if form == "left":  # three or more elided are the other way round in Keras and in archi
        equation, on = f"...{inputs},{kernel}->...{outputs}", (None, *elided, *shape)
    elif form == "right":
        equation, on = f"a{inputs}...,{kernel}->a{outputs}...", (None, *shape, *elided)
    else:
        equation, on = f"a{inputs},{kernel}->a{outputs}", (None, *shape)
    some = st.lists(st.sampled_from(outputs), min_size=1, unique=True).map("".join)
    optional = {"bias_axes": some | st.none(), "activation": st.sampled_from([None, "relu"])}
    odd = {"bias_axes": ["q", ""], "equation": ["ab->b", "ab,bc->q"], "units": [3]}
    needed = {"equation": st.just(equation), "output_shape": st.just(given)}
    return Case("EinsumDense", draw(arguments(needed, optional, odd)), (on,))


RANDOM = {
    "transposed": transposed(),
    "resizings": resizings(),
    "normalizations": normalizations(),
    "dots": dots(),
    "einsums": einsums(),
}
EXAMPLES = 50


@pytest.mark.parametrize("group", RANDOM)
def test_random_layers_are_those_of_keras(group: str) -> None:
    parity.keras()
    outcomes: Counter[str] = Counter()

    @settings(
        max_examples=EXAMPLES,
        suppress_health_check=[HealthCheck.too_slow],
    )
    @given(RANDOM[group])
    def agrees(case: Case) -> None:
        outcomes[parity.check(case)] += 1

    agrees()
    assert min(outcomes[ACCEPTED], outcomes[REFUSED]) >= EXAMPLES // 10, "too one-sided a sample"
