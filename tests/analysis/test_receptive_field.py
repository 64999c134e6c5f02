"""Receptive fields against published figures, real Keras, and a walk over positions."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from support.pixels import pixels_seen
from support.real import twin_of

from archi import Graph, load
from archi.analysis.counts import count
from archi.analysis.receptive_field import receptive_fields
from archi.graph import building
from archi.layers import (
    Activation,
    Add,
    AveragePooling2D,
    BatchNormalization,
    Concatenate,
    Conv1D,
    Conv2D,
    Conv3D,
    Cropping2D,
    Dense,
    DepthwiseConv2D,
    Dropout,
    Flatten,
    GlobalAveragePooling2D,
    Input,
    MaxPooling2D,
    Multiply,
    Reshape,
    SeparableConv2D,
    ZeroPadding2D,
)

# --- published figures ------------------------------------------------------------------

# Araujo et al. 2019, github.com/google-research/receptive_field, RECEPTIVE_FIELD_TABLE.md:
# receptive field, effective stride, effective padding. Their ResNets are TF-slim's, with the
# stride in the last unit of a block, not in the first as Keras has it, so that within the
# network the strides differ, but not the regions; and with "same" pooling, whose padding is
# Keras's explicit one where the size is odd, as it is at 321.
RESNETS = {
    "resnet50": {"conv2": 35, "conv3": 99, "conv4": 291, "conv5": 483},
    "resnet101": {"conv2": 35, "conv3": 99, "conv4": 835, "conv5": 1027},
    "resnet152": {"conv2": 35, "conv3": 163, "conv4": 1315, "conv5": 1507},
}
RESNET_PADDING = {"resnet50": 241, "resnet101": 513, "resnet152": 753}

# The same table: VGG-16 and Inception-v3 at 224, MobileNet v1 at 224 by its end points. Keras's
# MobileNet pads explicitly what "same" pads at 224.
PUBLISHED = {
    "VGG16": {
        "block1_conv1": (3, 1, 1), "block1_pool": (6, 2, 2), "block2_conv1": (10, 2, 4),
        "block2_pool": (16, 4, 6), "block3_conv1": (24, 4, 10), "block3_conv2": (32, 4, 14),
        "block3_pool": (44, 8, 18), "block4_conv1": (60, 8, 26), "block4_conv2": (76, 8, 34),
        "block4_pool": (100, 16, 42), "block5_conv1": (132, 16, 58),
        "block5_conv2": (164, 16, 74), "block5_pool": (212, 32, 90),
    },
    "InceptionV3": {
        "mixed0": (63, 8, 18), "mixed1": (95, 8, 34), "mixed2": (127, 8, 50),
        "mixed3": (159, 16, 58), "mixed4": (351, 16, 154), "mixed5": (543, 16, 250),
        "mixed6": (735, 16, 346), "mixed7": (927, 16, 442), "mixed8": (1055, 32, 490),
        "mixed9": (1183, 32, 554), "mixed10": (1311, 32, 618),
    },
    "MobileNet": {
        "conv1_relu": (3, 2, 0), "conv_pw_11_relu": (219, 16, 94),
        "conv_pw_12_relu": (251, 32, 94), "conv_pw_13_relu": (315, 32, 126),
    },
}  # fmt: skip


@pytest.mark.parametrize("spec", RESNETS)
def test_resnets_see_what_was_published(spec):
    counts = count(load(spec))
    seen = {row.scope.chain[0].name: row.field for row in counts.layers if row.scope}
    assert {name: seen[name].size for name in RESNETS[spec]} == {
        name: (size, size) for name, size in RESNETS[spec].items()
    }
    totals = counts.totals
    assert totals.receptive_field == (RESNETS[spec]["conv5"],) * 2
    assert totals.effective_stride == (32, 32)
    assert totals.effective_padding == (RESNET_PADDING[spec],) * 2


@pytest.mark.parametrize("name", PUBLISHED)
def test_keras_applications_see_what_was_published(keras, name):
    model = getattr(keras.applications, name)(weights=None, input_shape=(224, 224, 3))
    counts = count(twin_of(model))
    fields = {row.layer.name: row.field for row in counts.layers}
    found = {
        layer: (fields[layer].size, fields[layer].stride, fields[layer].padding)
        for layer in PUBLISHED[name]
    }
    assert found == {
        layer: tuple((figure, figure) for figure in figures)
        for layer, figures in PUBLISHED[name].items()
    }
    size, stride, padding = list(PUBLISHED[name].values())[-1]
    assert counts.totals.receptive_field == (size, size)
    assert counts.totals.effective_stride == (stride, stride)
    assert counts.totals.effective_padding == (padding, padding)


@pytest.mark.parametrize("size", [None, 224, 321])
def test_alexnet_sees_what_was_published(size):
    """TF-slim's alexnet_v2, by its end points: the same table, 195, 32, 64 at any size."""
    with building():
        x = inputs = Input((size, size, 3))
        x = Conv2D(64, 11, strides=4, name="conv1")(x)
        x = MaxPooling2D(3, 2, name="pool1")(x)
        x = Conv2D(192, 5, padding="same", name="conv2")(x)
        x = MaxPooling2D(3, 2, name="pool2")(x)
        for i in (3, 4, 5):
            x = Conv2D(256, 3, padding="same", name=f"conv{i}")(x)
        x = MaxPooling2D(3, 2, name="pool5")(x)
        counts = count(Graph(inputs, GlobalAveragePooling2D(name="pool")(x)))
    found = {row.layer.name: row.field for row in counts.layers}
    published = {
        "conv1": (11, 4, 0), "pool1": (19, 8, 0), "conv2": (51, 8, 16), "conv3": (99, 16, 32),
        "conv4": (131, 16, 48), "conv5": (163, 16, 64), "pool5": (195, 32, 64),
    }  # fmt: skip
    for name, (region, stride, padding) in published.items():
        field = found[name]
        assert (field.size, field.stride) == ((region, region), (stride, stride))
        assert field.padding == (padding, padding)
    assert counts.totals.receptive_field == (195, 195)


# --- a walk over positions --------------------------------------------------------------

Span = tuple[int, int]  # first and last pixel


def walk(graph: Graph) -> dict:
    """Return, for each call over an image, what each position sees of one axis (height).

    Position by position and tap by tap, straight from the layers' arguments; padding is by
    the other of TensorFlow's two statements of "same" (by the remainder of size / stride).
    """
    seen: dict = {}
    for node in graph.nodes:
        layer, name = node.layer, node.layer.class_name
        if not node.inputs:
            seen[node] = [(i, i) for i in range(node.outputs[0].shape[1])]
            continue
        before = [seen.get(tensor.node) for tensor in node.inputs]
        if None in before or "Global" in name or name in ("Flatten", "Reshape"):
            continue
        first = before[0]
        if "Conv" in name or "Pooling" in name:
            kernel = getattr(layer, "kernel_size", None) or layer.pool_size
            dilation = getattr(layer, "dilation_rate", (1, 1))[0]
            seen[node] = _slide(first, kernel[0], layer.strides[0], dilation, layer.padding)
        elif "Padding" in name:
            top, bottom = layer.padding[0]
            seen[node] = [None] * top + first + [None] * bottom
        elif "Cropping" in name:
            top, bottom = layer.cropping[0]
            seen[node] = first[top : len(first) - bottom]
        else:
            seen[node] = [_hull(spans) for spans in zip(*before, strict=True)]
        assert len(seen[node]) == node.outputs[0].shape[1], name
    return seen


def _slide(spans: list, kernel: int, stride: int, dilation: int, padding: str) -> list:
    reach = dilation * (kernel - 1) + 1
    if padding == "same":
        over = len(spans) % stride or stride
        pad = max(reach - over, 0)
        spans = [None] * (pad // 2) + spans + [None] * (pad - pad // 2)
    taps = range(0, reach, dilation)
    return [
        _hull([spans[start + tap] for tap in taps])
        for start in range(0, len(spans) - reach + 1, stride)
    ]


def _hull(spans) -> Span | None:
    inside = [span for span in spans if span is not None]
    if not inside:
        return None
    return min(first for first, _ in inside), max(last for _, last in inside)


# With images so large that a position in the middle sees no edge.
@pytest.mark.parametrize(
    "spec",
    [
        "resnet50,input=1100x1100x3",
        "resnet50,input=1101x1101x3,stride=3x3",
        "resnet50v2,input=1100x1100x3",
        "preact-resnet18,input=1100x1100x3",
        "wrn-16-8,input=200x200x3",
        "wrn-40-1,input=401x401x3",
        "resnet56,input=700x700x3,shortcut=b",
        "xception,input=2503x2503x3",
        "nasnet-mobile,input=5024x5024x3",
        "nasnet-a-2@384,input=3333x3333x3",
        "resnet18,input=1037x1037x3,data_format=channels_first",
    ],
)
def test_every_layer_sees_what_a_walk_over_positions_finds(spec):
    graph = load(spec.replace(",data_format=channels_first", ""))
    fields = receptive_fields(load(spec))
    by_name = {node.layer.name: field for node, field in fields.items()}
    seen = walk(graph)
    compared = 0
    for node, spans in seen.items():
        axis = by_name[node.layer.name].axes[0]
        middle = len(spans) // 2
        start = middle * axis.stride - axis.padding
        assert spans[middle] == (start, start + axis.size - 1), node.layer.name
        assert start > 0
        assert start + axis.size < graph.inputs[0].shape[1]
        compared += 1
    bounded = [node for node, field in fields.items() if field.axes]
    assert compared == len(bounded)


# --- real Keras -------------------------------------------------------------------------

SIZE = 61  # rows and columns of the images
CHANNELS = 2


@st.composite
def networks(draw):
    """Return a graph of random windows, in one path or two that meet, on an odd or even image."""
    with building():
        x = inputs = Input((SIZE - draw(st.integers(0, 3)), SIZE, CHANNELS))
        for _ in range(draw(st.integers(1, 4))):
            if draw(st.booleans()) or min(x.shape[1:3]) < 20:
                x = draw(windows())(x)
                continue
            strides = draw(st.sampled_from([1, 2]))
            paths = [draw(windows("same", strides))(x) for _ in range(2)]
            x = draw(st.sampled_from([Add, Concatenate]))()(paths)
            x = Conv2D(CHANNELS, 1, activation=draw(st.sampled_from([None, "relu"])))(x)
        return Graph(inputs, x)


@st.composite
def windows(draw, padding=None, strides=None):
    """Return a layer over windows that keeps the number of channels."""
    if padding is None and draw(st.integers(0, 3)) == 0:
        margins = tuple(tuple(draw(st.integers(0, 2)) for _ in range(2)) for _ in range(2))
        return draw(st.sampled_from([ZeroPadding2D, Cropping2D]))(margins)
    kind = draw(st.sampled_from(["conv", "dilated", "depthwise", "separable", "max", "mean"]))
    padding = padding or draw(st.sampled_from(["valid", "same"]))
    size = draw(st.tuples(st.integers(1, 4), st.integers(1, 4)))
    both = strides or draw(st.integers(1, 2))  # TensorFlow's depthwise strides are equal
    if kind == "conv" or (kind == "dilated" and both > 1):
        each = both, strides or draw(st.integers(1, 3))
        return Conv2D(CHANNELS, size, strides=each, padding=padding)
    if kind == "dilated":
        return Conv2D(CHANNELS, size, dilation_rate=draw(st.integers(2, 3)), padding=padding)
    if kind == "depthwise":
        return DepthwiseConv2D(size[0], strides=both, padding=padding)
    if kind == "separable":
        return SeparableConv2D(CHANNELS, size[0], strides=both, padding=padding)
    layer = {"max": MaxPooling2D, "mean": AveragePooling2D}[kind]
    return layer(size, strides=both, padding=padding)


def cut_off(graph: Graph, axis: int) -> int:
    """Return how many pixels inside the image a later window may find zeros instead.

    Cropping cuts positions off; a later window that reaches beyond the edge finds what it
    pads there, although the region of that position lies within the image.
    """
    fields = receptive_fields(graph)
    return sum(
        max(node.layer.cropping[axis]) * fields[node].axes[axis].stride
        for node in graph.nodes
        if node.layer.class_name == "Cropping2D"
    )


@settings(max_examples=40, suppress_health_check=list(HealthCheck))
@given(graph=networks())
def test_random_networks_see_what_keras_sees(keras, graph):
    """No position sees beyond its region; those away from the edges see both its ends."""
    for axis, each in enumerate(count(graph).field.axes):
        margin = cut_off(graph, axis)
        length = graph.inputs[0].shape[1 + axis]
        whole = 0
        for i, seen in enumerate(pixels_seen(graph, axis)):
            start = i * each.stride - each.padding
            assert seen <= set(range(start, start + each.size))
            if start >= margin and start + each.size <= length - margin:
                assert (min(seen), max(seen)) == (start, start + each.size - 1)
                whole += 1
        assume(whole)


# --- where there is no region, or not one -----------------------------------------------


def field_of(build, *shape: int | None, **options):
    with building(**options):
        inputs = Input(shape)
        return count(Graph(inputs, build(inputs))).field


def test_global_pooling_and_all_after_it_are_unbounded():
    counts = count(load("resnet18"))
    rows = {row.layer.name: row.field for row in counts.layers}
    assert rows["conv5_block2_out"].size == (435, 435)
    assert rows["avg_pool"].size is rows["predictions"].size is None
    assert rows["avg_pool"].why == rows["predictions"].why == "unbounded from avg_pool on"
    assert counts.totals.receptive_field == (435, 435)


def test_reshaped_positions_are_unbounded_and_a_vector_is_past_the_end():
    def convolved(x):
        return Conv2D(4, 3, padding="same")(x)

    field = field_of(lambda x: Reshape((64, 1, 4), name="mix")(convolved(x)), 8, 8, 3)
    assert (field.size, field.why) == (None, "unbounded from mix on")
    assert field_of(lambda x: Flatten()(convolved(x)), 8, 8, 3).size == (3, 3)


def test_channels_reshaped_stay_where_they_are():
    def shuffled(x):
        x = Conv2D(4, 3, strides=2)(x)
        return Conv2D(2, 3)(Reshape((7, 7, 4))(Reshape((7, 7, 2, 2))(x)))

    assert field_of(shuffled, 16, 16, 3).size == (7, 7)


def test_gates_from_global_pooling_make_all_after_unbounded():
    """As in squeeze-and-excitation: every position depends on all of the image."""

    def gated(x):
        x = Conv2D(4, 3)(x)
        gate = Dense(4)(GlobalAveragePooling2D(keepdims=True, name="squeeze")(x))
        return Conv2D(2, 3)(Multiply()([x, gate]))

    field = field_of(gated, 16, 16, 3)
    assert (field.size, field.why) == (None, "unbounded from squeeze on")


def test_global_pooling_that_keeps_its_axes_is_the_end():
    def classifier(x):
        x = GlobalAveragePooling2D(keepdims=True)(Conv2D(4, 3)(x))
        return Reshape((2,))(Conv2D(2, 1)(x))

    assert field_of(classifier, 16, 16, 3).size == (3, 3)


def test_a_window_over_the_whole_image_is_no_global_pooling():
    assert field_of(lambda x: Flatten()(Conv2D(4, 5)(x)), 5, 5, 1).size == (5, 5)


def test_paths_of_different_strides_have_no_region():
    """Araujo et al.: the region is then not the same at every position."""

    def unaligned(x):
        small = MaxPooling2D(2)(x)
        large = Cropping2D(2)(Conv2D(3, 1)(x))
        return Add(name="meet")([small, large])

    field = field_of(unaligned, 8, 8, 3)
    assert (field.size, field.why) == (None, "paths of different strides meet in meet")


def test_paths_around_different_centres_see_what_either_sees():
    def shifted(x):
        left = Cropping2D(((0, 2), (0, 2)))(x)
        right = Cropping2D(((2, 0), (2, 0)))(x)
        return Concatenate()([Conv2D(2, 3)(left), Conv2D(2, 3)(right)])

    field = field_of(shifted, 12, 12, 3)
    assert (field.size, field.stride, field.padding) == ((5, 5), (1, 1), (0, 0))


def test_unknown_sizes_leave_the_padding_unknown_and_never_a_wrong_region():
    def strided(x):
        return Conv2D(4, 3, strides=2, padding="same")(x)

    field = field_of(strided, None, 32, 3)
    assert (field.size, field.stride, field.padding) == ((3, 3), (2, 2), None)
    assert [axis.padding for axis in field.axes] == [None, 0]
    field = field_of(lambda x: Add(name="a")([strided(x), strided(x)]), None, 32, 3)
    assert field.size == (3, 3)  # the same region, wherever it begins
    paths = lambda x: Add(name="a")([strided(x), Conv2D(4, 1, strides=2)(x)])  # noqa: E731
    field = field_of(paths, None, 32, 3)
    assert (field.size, field.why) == (None, "the padding of the paths that meet in a is unknown")
    assert field_of(paths, 31, 32, 3).padding == (1, 0)


@pytest.mark.parametrize(("causal", "padding"), [("causal", 4), ("same", 2), ("valid", 0)])
def test_sequences(causal, padding):
    field = field_of(lambda x: Conv1D(2, 3, dilation_rate=2, padding=causal)(x), 16, 3)
    assert (field.size, field.stride, field.padding) == ((5,), (1,), (padding,))


def test_volumes():
    field = field_of(lambda x: Conv3D(2, (1, 3, 5), strides=(1, 2, 3))(x), 8, 16, 16, 1)
    assert (field.size, field.stride, field.padding) == ((1, 3, 5), (1, 2, 3), (0, 0, 0))


def test_channels_first():
    def network(x):
        return BatchNormalization(axis=1)(Conv2D(4, (3, 5), strides=2, padding="same")(x))

    field = field_of(network, 3, 32, 33, data_format="channels_first")
    assert (field.size, field.stride, field.padding) == ((3, 5), (2, 2), (0, 2))


@pytest.mark.parametrize(
    "layer",
    [
        lambda x: Dense(5, name="mix")(x),
        lambda x: Activation("softmax", name="mix")(x),
        lambda x: Conv2D(2, 1, activation="softmax", name="mix")(x),
        lambda x: Concatenate(name="mix")([x, x]),
        lambda x: Conv2D(2, 1, data_format="channels_last", name="mix")(x),
        lambda x: MaxPooling2D(1, data_format="channels_last", name="mix")(x),
    ],
)
def test_what_works_along_an_axis_of_the_image_is_unbounded(layer):
    """With channels first, the last axis holds positions; the same is bounded otherwise."""
    assert field_of(layer, 3, 8, 8, data_format="channels_first").why == "unbounded from mix on"
    assert field_of(layer, 8, 8, 3).size is not None


def test_margins_around_other_axes_than_the_images_move_what_they_are_around():
    """Option A of ResNet pads channels so: ZeroPadding2D, told the other data format."""
    margins = ((2, 3), (5, 7))

    def network(x):
        return ZeroPadding2D(margins, data_format="channels_last")(x)

    field = field_of(network, 3, 8, 8, data_format="channels_first")  # channels and rows
    assert (field.size, field.stride, field.padding) == ((1, 1), (1, 1), (5, 0))

    def other(x):
        return ZeroPadding2D(margins, data_format="channels_first")(x)

    field = field_of(other, 8, 8, 3)  # columns and channels
    assert (field.size, field.stride, field.padding) == ((1, 1), (1, 1), (0, 2))


def test_what_is_broadcast_over_the_image_is_seen_everywhere():
    """A single position of another path, spread over all positions."""

    def network(x):
        return Add(name="spread")([x, Cropping2D(((0, 7), (0, 7)))(x)])

    assert field_of(network, 8, 8, 3).why == "unbounded from spread on"


def test_vectors_see_no_image_and_add_nothing_to_a_region():
    assert field_of(lambda x: Dense(2)(Dropout(0.5)(x)), 8).size is None
    with building():
        image, vector = Input((8, 8, 3)), Input((4,))
        x = Add()([Conv2D(4, 3)(image), vector])
        assert count(Graph([image, vector], x)).totals.receptive_field == (3, 3)


def test_images_of_different_sizes_have_no_common_pixels():
    with building():
        small, large = Input((8, 8, 3)), Input((10, 10, 3))
        x = Add(name="meet")([small, Conv2D(3, 3)(large)])
        field = count(Graph([small, large], x)).field
    assert field.why == "inputs of different sizes meet in meet"


def test_of_several_ends_the_one_that_sees_most():
    with building():
        inputs = Input((32, 32, 3))
        one = Conv2D(4, 3)(inputs)
        two = MaxPooling2D(2)(one)
        assert count(Graph(inputs, [one, two])).totals.receptive_field == (4, 4)
        mixed = Reshape((900, 4))(one)
        assert count(Graph(inputs, [one, mixed])).totals.receptive_field is None


def test_a_shared_layer_has_a_region_where_its_calls_agree():
    with building():
        inputs = Input((32, 32, 3))
        shared = Conv2D(3, 3, padding="same", name="shared")
        once = shared(inputs)
        rows = {row.layer.name: row for row in count(Graph(inputs, shared(once))).layers}
        assert rows["shared"].field.size is None
        assert rows["shared"].field.why == "its calls see different regions"
        again = Add()([once, shared(Activation("relu")(inputs))])
        rows = {row.layer.name: row for row in count(Graph(inputs, again)).layers}
        assert rows["shared"].field.size == (3, 3)
