"""Quantised layers and low-rank adapters: weights, configs and bytes against real Keras.

Real layers are made, called and quantised by Keras, or built under a quantised policy; the
twin is made from the config that comes of it.
"""

from __future__ import annotations

import json
import math
from itertools import cycle, product
from typing import Any

import pytest
from support import parity

from archi import Graph
from archi.analysis.memory import Sizes, training
from archi.bridge.code import keras_code
from archi.bridge.model import to_keras
from archi.bridge.verify import compare
from archi.errors import LayerError
from archi.graph import building
from archi.layers import Input, layer_class

Arguments = dict[str, Any]
Shape = tuple[int | None, ...]

LAYERS: dict[str, tuple[str, Arguments, Shape]] = {
    "dense": ("Dense", {"units": 7}, (None, 5)),
    "dense over steps": ("Dense", {"units": 6, "use_bias": False}, (None, 4, 9)),
    "einsum": (
        "EinsumDense",
        {"equation": "abc,cd->abd", "output_shape": (None, 7), "bias_axes": "d"},
        (None, 4, 5),
    ),
    "einsum to heads": (
        "EinsumDense",
        {"equation": "abc,cde->abde", "output_shape": (None, 2, 3), "bias_axes": "de"},
        (None, 4, 6),
    ),
    "einsum from heads": (
        "EinsumDense",
        {"equation": "abcd,cde->abe", "output_shape": (None, 8)},
        (None, 4, 2, 3),
    ),
    "embedding": ("Embedding", {"input_dim": 9, "output_dim": 5}, (None, 5)),
    "tied": ("ReversibleEmbedding", {"input_dim": 9, "output_dim": 5}, (None, 5)),
    "untied": (
        "ReversibleEmbedding",
        {"input_dim": 9, "output_dim": 5, "tie_weights": False},
        (None, 5),
    ),
}
TABLES = ("embedding", "tied", "untied")


def real_layer(which: str, **more: Any) -> Any:
    keras = parity.keras()
    keras.backend.clear_session(free_memory=False)
    layer, arguments, shape = LAYERS[which]
    real = getattr(keras.layers, layer)(**arguments, **more)
    real(keras.Input(shape[1:]))
    return real


def twin_graph(name: str, config: Arguments) -> Graph:
    layer, _, shape = LAYERS[name]
    with building():
        inputs = Input(shape[1:])
        return Graph(inputs, layer_class(layer)(**config)(inputs), name="quantised")


def check(name: str, real: Any) -> Graph:
    """Compare everything with what the twin says that is made from the layer's own config."""
    config = json.loads(json.dumps(real.get_config()))
    graph = twin_graph(name, config)
    twin = graph.layers[-1]
    ours = [(w.name, w.shape, w.trainable, w.dtype or twin.weight_dtype) for w in twin.weights]
    theirs = [(w.name, tuple(w.shape), w.trainable, w.dtype) for w in real.weights]
    assert sorted(ours) == sorted(theirs)
    assert twin.output_dtype == real.compute_dtype
    again = type(real).from_config(json.loads(json.dumps(twin.get_config())))
    assert json.loads(json.dumps(again.get_config())) == config
    width = {"int8": 1, "uint8": 1, "float32": 4, "bfloat16": 2, "float64": 8}
    there = [math.prod(w.shape) * width[w.dtype] for w in real.weights]
    assert Sizes(graph).weights(twin) == sum(there)
    return graph


MODES = ["int8", "int4", "int4 in blocks", "int4 by column", "float8"]
QUANTISED = [  # Keras has no float8 for tables, nor an adapter where there are two
    (name, mode, rank)
    for name, mode, rank in product(LAYERS, MODES, (None, 2))
    if not (name in TABLES and mode == "float8") and not (name == "untied" and rank)
]


@pytest.mark.parametrize(("name", "mode", "rank"), QUANTISED)
def test_quantised_by_keras(name: str, mode: str, rank: int | None) -> None:
    real = real_layer(name, **({"lora_rank": rank} if rank else {}))
    blocks = {"int4 in blocks": 2, "int4 by column": None}
    config = None
    if mode in blocks:
        config = parity.keras().quantizers.Int4QuantizationConfig(block_size=blocks[mode])
    real.quantize(mode.split()[0], config=config)
    check(name, real)


POLICIES = [
    "int8", "int4", "int4/-1", "int4/2", "int4/3", "float8",
    "gptq/4/-1", "gptq/8/2", "gptq/4/4", "gptq/3/-1", "awq/4/-1", "awq/4/2",
]  # fmt: skip


SOURCES = cycle(("float32", "mixed_bfloat16", "bfloat16", "float64", "mixed_bfloat16"))


@pytest.mark.parametrize(
    ("name", "policy", "source"),
    [(*pair, source) for pair, source in zip(product(LAYERS, POLICIES), SOURCES, strict=False)],
)
def test_built_under_a_quantised_policy(name: str, policy: str, source: str) -> None:
    dtype = f"{policy}_from_{source}"
    if name in TABLES and policy[:4] not in ("int8", "int4"):
        with pytest.raises(LayerError, match="dtype must be"):
            twin_graph(name, {**LAYERS[name][1], "dtype": dtype})
        return
    check(name, real_layer(name, dtype=dtype))


def test_float8_looks_back_as_far_as_its_policy_says() -> None:
    policy = parity.keras().dtype_policies.QuantizedFloat8DTypePolicy("float8", "float32", 16)
    graph = check("dense", real_layer("dense", dtype=policy))
    assert {w.shape for w in graph.layers[-1].weights if "history" in w.name} == {(16,)}
    assert 'QuantizedFloat8DTypePolicy("float8", "float32", 16)' in keras_code(graph)
    plain = check("dense", real_layer("dense", dtype="float8_from_float32"))
    assert 'dtype="float8_from_float32"' in keras_code(plain)


@pytest.mark.parametrize("policy", ["int8_from_float32", "int4/2_from_float32"])
def test_an_adapter_beside_a_quantised_kernel_is_applied_to_the_inputs(policy: str) -> None:
    """Three ranks of 5 inputs and of 7 outputs at each of 4 steps, besides the kernel."""
    for layer, own in {
        "Dense": {"units": 7},
        "EinsumDense": {"equation": "abc,cd->abd", "output_shape": (None, 7)},
    }.items():
        with building():
            twin = layer_class(layer)(**own, lora_rank=3, dtype=policy)
            macs = twin(Input((4, 5))).node.inference.macs
        assert macs == 4 * 5 * 7 + 4 * (5 * 3 + 3 * 7)
        with building():
            merged = layer_class(layer)(**own, lora_rank=3)
            assert merged(Input((4, 5))).node.inference.macs == 4 * 5 * 7
    with building():
        twin = layer_class("Embedding")(9, 5, lora_rank=3, dtype=policy)
        assert twin(Input((4,))).node.inference.macs == 4 * 3 * 5


def test_a_model_with_a_quantised_layer_is_the_same_model_in_keras() -> None:
    """The whole functional config, and the model that Keras builds of it."""
    keras = parity.keras()
    real = real_layer("dense", name="d", dtype="int8_from_float32")
    inputs = keras.Input((5,), name="i")
    model = keras.Model(inputs, type(real).from_config(real.get_config())(inputs), name="quantised")
    with building():
        x = Input((5,), name="i")
        graph = Graph(x, layer_class("Dense")(**real.get_config())(x), name="quantised")
    built = to_keras(graph)
    assert built.to_json() == model.to_json()
    assert list(compare(graph, built)) == []


def test_training_keeps_gradients_of_the_adapter_alone() -> None:
    """5 x 2 and 2 x 7 in float32, and the bias in the weights' own dtype."""
    graph = twin_graph("dense", {"units": 7, "lora_rank": 2, "dtype": "int8_from_bfloat16"})
    kept = training(graph, "adam")
    assert kept.gradient_bytes == 4 * (5 * 2 + 2 * 7) + 2 * 7
    assert kept.optimizer_bytes == 2 * kept.gradient_bytes
    assert kept.weight_bytes == 5 * 7 + 2 * 7 + kept.gradient_bytes


@pytest.mark.parametrize(
    ("layer", "arguments", "message"),
    [
        ("Dense", {"units": 7, "dtype": "int8_from_float16"}, "does not quantise float16"),
        ("Dense", {"units": 7, "dtype": "gptq/5/1_from_float32"}, "a quantised dtype policy"),
        ("Dense", {"units": 7, "dtype": "int8_from_float31"}, "the name of a dtype"),
        ("Dense", {"units": 7, "dtype": "gptq/4/1_from_float32", "lora_rank": 2}, "no low-rank"),
        (
            "EinsumDense",
            {"equation": "...b,bc->...c", "output_shape": 7, "dtype": "int8_from_float32"},
            "no int8 form with an ellipsis",
        ),
        (
            "EinsumDense",
            {
                "equation": "ab,bcdef->acdef",
                "output_shape": (1, 1, 1, 1),
                "dtype": "gptq/4/1_from_float32",
            },
            "2 or 3 axes for gptq",
        ),
    ],
)
def test_what_keras_can_not_quantise_is_refused(
    layer: str, arguments: Arguments, message: str
) -> None:
    with building(), pytest.raises(LayerError, match=message):
        layer_class(layer)(**arguments)(Input((5,)))
