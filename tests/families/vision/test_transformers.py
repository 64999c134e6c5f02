"""Vision transformers in real Keras, beside NumPy that goes from position to position."""

from __future__ import annotations

from math import erf, exp, log, log2, prod

import pytest

from archi import Graph, load
from archi.bridge.config import functional_json
from archi.diff.difference import difference
from archi.errors import LayerError
from archi.families.vision import maxvit, swin, swin_v2
from archi.families.vision._swin import in_windows
from archi.graph import building
from archi.layers import Input
from archi.pictures.diagrams.stage import diagram


@pytest.fixture
def np():
    return pytest.importorskip("numpy")


def random_model(np, graph):
    """The graph's Keras model with random weights, and these by their paths."""
    rng = np.random.default_rng(0)
    model = graph.to_keras()
    arrays = {}
    for weight in model.weights:
        shape = tuple(weight.shape)
        fan = prod(shape[:-1]) if weight.name == "kernel" else 4
        value = rng.normal(size=shape) * fan**-0.5 + (weight.name == "gamma")
        weight.assign(value)
        arrays[weight.path] = value.astype("float32").astype("float64")
    return model, arrays


# --- the parts in NumPy ---------------------------------------------------------------


def dense(np, w, name, x):
    return x @ w[f"{name}/kernel"] + w.get(f"{name}/bias", 0)


def normalized(np, w, name, x, epsilon):
    x = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + epsilon)
    return x * w[f"{name}/gamma"] + w[f"{name}/beta"]


def mlp(np, w, name, x):
    x = dense(np, w, f"{name}_mlp_1", x)
    x = x * (1 + np.vectorize(erf)(x / 2**0.5)) / 2
    return dense(np, w, f"{name}_mlp_2", x)


def softmax(np, x):
    x = np.exp(x - x.max())
    return x / x.sum()


# --- ViT ------------------------------------------------------------------------------


def vit(np, w, image, patch, layers, heads):
    """One image, patch by patch and query by query."""
    height, width, _ = image.shape
    kernel = w["patches/kernel"]
    hidden = kernel.shape[-1]
    tokens = [w["class_token/embeddings"][0]]
    for i in range(0, height, patch):
        for j in range(0, width, patch):
            pixels = image[i : i + patch, j : j + patch]
            tokens.append(np.tensordot(pixels, kernel, 3) + w["patches/bias"])
    x = np.stack(tokens) + w["position_embedding/embeddings"]
    for name in (f"block{i}" for i in range(1, layers + 1)):
        y = normalized(np, w, f"{name}_norm1", x, 1e-6)
        sums = np.zeros((len(x), hidden))
        for head in range(heads):
            q, k, v = (
                y @ w[f"{name}_attention/{which}/kernel"][:, head]
                + w[f"{name}_attention/{which}/bias"][head]
                for which in ("query", "key", "value")
            )
            out = w[f"{name}_attention/attention_output/kernel"][head]
            for i in range(len(x)):
                sums[i] += softmax(np, k @ q[i] / (hidden // heads) ** 0.5) @ v @ out
        x = x + sums + w[f"{name}_attention/attention_output/bias"]
        x = x + mlp(np, w, name, normalized(np, w, f"{name}_norm2", x, 1e-6))
    x = normalized(np, w, "norm", x, 1e-6)
    return softmax(np, dense(np, w, "predictions", x[0]))


def test_vit_gives_what_numpy_gives(keras, np):
    model, weights = random_model(np, load("vit-ti-16,input=32x48x2,classes=5"))
    images = np.random.default_rng(1).normal(size=(2, 32, 48, 2)).astype("float32")
    expected = [vit(np, weights, image, patch=16, layers=12, heads=3) for image in images]
    np.testing.assert_allclose(np.asarray(model(images)), expected, rtol=1e-3, atol=1e-6)


# --- windows --------------------------------------------------------------------------


def attention(np, w, name, x, heads, partners, score):
    """Attention of each position (i, j) of an image to its partners, with a bias for offsets.

    `partners(i, j)` gives positions and offsets; `score(head, q, k, offset)` is a score.
    """
    q, k, v = (dense(np, w, f"{name}_{which}", x) for which in ("query", "key", "value"))
    size = x.shape[-1] // heads
    y = np.zeros_like(x)
    for i, j in np.ndindex(x.shape[:2]):
        found = partners(i, j)
        for head in range(heads):
            part = slice(head * size, (head + 1) * size)
            scores = [score(head, q[i, j, part], k[p][part], offset) for p, offset in found]
            weights = softmax(np, np.array(scores))
            y[i, j, part] = sum(a * v[p][part] for a, (p, _) in zip(weights, found, strict=True))
    return dense(np, w, f"{name}_project", y)


def real_neighbours(height, width, size, shift):
    """Partners in windows that begin at `shift`: those as near as the window is large.

    A window over the edge goes on at the other side, where no position is near.
    """

    def window(at, length):
        return (at - (shift if length > size else 0)) % length // size

    def partners(i, j):
        return [
            ((k, m), (i - k, j - m))
            for k in range(height)
            for m in range(width)
            if (window(i, height), window(j, width)) == (window(k, height), window(m, width))
            and abs(i - k) < size
            and abs(j - m) < size
        ]

    return partners


def on_a_grid(height, width, size):
    """Partners a size-th of the image apart; the offset counts these steps."""
    down, across = height // size, width // size

    def partners(i, j):
        return [
            ((k, m), ((i - k) // down, (j - m) // across))
            for k in range(i % down, height, down)
            for m in range(j % across, width, across)
        ]

    return partners


def by_table(w, name, size, scale):
    """A score with the bias that a table has for each offset."""
    table = w[f"{name}_table/embeddings"]
    span = 2 * size - 1

    def score(head, q, k, offset):
        row = (offset[0] + size - 1) * span + offset[1] + size - 1
        return q @ k * scale + table[row, head]

    return score


def by_angle(np, w, name, size):
    """A score of Swin V2: the cosine, scaled, and what a network makes of the offset."""
    logits = w[f"{name}_scale_logits/embeddings"][0]

    def score(head, q, k, offset):
        logs = np.array([np.sign(d) * log2(1 + abs(d) * 8 / (size - 1)) / 3 for d in offset])
        bias = np.maximum(dense(np, w, f"{name}_bias_1", logs), 0)
        bias = (bias @ w[f"{name}_bias_2/kernel"])[head]
        cosine = q @ k / np.linalg.norm(q) / np.linalg.norm(k)
        return cosine * exp(min(logits[head], log(100))) + 16 / (1 + exp(-bias))

    return score


@pytest.mark.parametrize(
    "image",
    [
        (8, 8),
        (10, 6),  # windows do not fill it
        (3, 12),  # it is lower than a window, and so not shifted down
    ],
    ids=str,
)
@pytest.mark.parametrize("shift", [0, 2])
@pytest.mark.parametrize("version", [swin, swin_v2])
def test_shifted_windows_give_what_neighbours_give(keras, np, version, shift, image):
    size, heads, (height, width) = 4, 2, image
    with building():
        inputs = Input((height, width, 8))
        output = in_windows(
            inputs, size, shift, "w", lambda x, mask: version.attention(x, heads, size, "a", mask)
        )
        model, weights = random_model(np, Graph(inputs, output))
    image = np.random.default_rng(1).normal(size=(height, width, 8)).astype("float32")
    padded = np.pad(image, ((0, -height % size), (0, -width % size), (0, 0)))
    partners = real_neighbours(*padded.shape[:2], size, shift)
    if version is swin:
        score = by_table(weights, "a_bias", size, scale=(8 // heads) ** -0.5)
    else:
        score = by_angle(np, weights, "a", size)
    expected = attention(np, weights, "a", padded, heads, partners, score)[:height, :width]
    found = np.asarray(model(image[None]))[0]
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("grid", [False, True])
def test_maxvit_attends_to_blocks_and_grids(keras, np, grid):
    size, channels = 2, 2 * maxvit.HEAD
    with building():
        inputs = Input((4, 6, channels))
        output = maxvit.attention(inputs, size, 0, "a", grid=grid)
        model, weights = random_model(np, Graph(inputs, output))
    image = np.random.default_rng(1).normal(size=(4, 6, channels)).astype("float32")
    partners = on_a_grid(4, 6, size) if grid else real_neighbours(4, 6, size, 0)
    x = normalized(np, weights, "a_norm1", image, 1e-5)
    score = by_table(weights, "a_bias", size, scale=channels**-0.5)
    x = image + attention(np, weights, "a", x, 2, partners, score)
    expected = x + mlp(np, weights, "a", normalized(np, weights, "a_norm2", x, 1e-5))
    np.testing.assert_allclose(np.asarray(model(image[None]))[0], expected, rtol=1e-3, atol=1e-5)


# --- options --------------------------------------------------------------------------


def test_the_bias_of_keys_stays_zero_in_swin_v2(keras, np):
    """As torchvision has it: a parameter that nothing ever comes of."""
    with building():
        inputs = Input((4, 4, 8))
        model = Graph(inputs, swin_v2.block(inputs, 2, 2, 1, 0, "b")).to_keras()
    images = np.random.default_rng(1).normal(size=(2, 4, 4, 8)).astype("float32")
    model.compile("sgd", "mse")
    model.fit(images, -images, verbose=0)
    query, key = (model.get_layer(f"b_attention_{which}").bias for which in ("query", "key"))
    assert np.any(np.asarray(query))
    assert not np.any(np.asarray(key))


@pytest.mark.parametrize(
    "spec",
    [
        "vit-ti-16,input=32x48x3",
        "swin-t,input=75x62x3",
        "swin-v2-t,input=75x62x3",
        "maxvit-t,window=2,input=64x128x3",
    ],
)
def test_images_may_have_their_channels_first(spec):
    first, last = load(f"{spec},data_format=channels_first"), load(spec)
    assert first.totals.params == last.totals.params
    assert first.totals.macs == last.totals.macs
    (image,) = load(f"{spec},top=false,data_format=channels_first").outputs
    (other,) = load(f"{spec},top=false").outputs
    positions = other.shape[1:-1]
    if len(positions) == 2:  # an image, not the tokens of a sequence
        assert image.shape == (None, other.shape[-1], *positions)


def test_a_sequence_of_patches_is_no_larger_image():
    titles = [box.title for panel in diagram(load("vit-b-16")).panels for box in panel.boxes]
    assert titles[:4] == [
        "input",
        "16×16 conv, 768, /16",
        "embedding block",
        "transformer block ×12",
    ]


def test_training_skips_blocks_more_often_the_deeper_they_are():
    drops = [layer.rate for layer in load("swin-s").layers if layer.class_name == "Dropout"]
    assert len(drops) == 2 * (2 + 2 + 18 + 2 - 1)  # the first block is never skipped
    assert drops == sorted(drops)
    assert drops[0] == pytest.approx(0.3 / 23)
    assert drops[-1] == pytest.approx(0.3)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (
            "vit-b-16,input=225x224x3",
            "height and width must be multiples of 16, the size of a patch. Received: 225×224",
        ),
        (
            "maxvit-t,input=256x256x3",
            "height and width must be multiples of 224, 32 times the window. Received: 256×256",
        ),
    ],
)
def test_images_that_patches_or_windows_do_not_cover_are_refused(spec, message):
    with pytest.raises(LayerError) as error:
        load(spec)
    assert str(error.value) == message


@pytest.mark.parametrize("spec", ["vit-ti-16", "swin-t", "swin-v2-t", "maxvit-t"])
def test_what_is_exported_is_read_as_the_same(spec, tmp_path):
    graph, path = load(spec), tmp_path / "model.json"
    path.write_text(functional_json(graph))
    assert difference(graph, load(str(path))).equal
