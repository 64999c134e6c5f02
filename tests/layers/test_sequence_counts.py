"""MACs and FLOPs of attention and recurrence against their definitions, run on numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from support import parity
from support.counting import (
    Gates,
    Tally,
    Weights,
    attention,
    conv_lstm_products,
    gru_step,
    heads,
    lstm_products,
    lstm_step,
    simple_step,
)
from support.layer_cases._table import inner, on
from support.parity import Built, Call, Case, Inner

from archi.graph import Inference

RANDOM = np.random.default_rng(0)


def numbers(*shape: int) -> Any:
    return RANDOM.standard_normal(shape)


def twin_says(layer: str, call: Call, kwargs: dict[str, Any]) -> Inference:
    twin = parity.build_twin(Case(layer, kwargs, (call,)))
    assert isinstance(twin, Built), twin
    return twin.outputs[0].node.inference


def real_layer(layer: str, kwargs: dict[str, Any], *args: Any) -> tuple[Any, Any]:
    """Return a real layer with random weights and what it gives for one sample."""
    keras = parity.keras()
    real = getattr(keras.layers, layer)(**kwargs, dtype="float64")
    real(*args)
    real.set_weights([numbers(*weight.shape) for weight in real.weights])
    return real, np.asarray(real(*args))[0]


def check(tally: Tally, mine: Any, real: Any, inference: Inference) -> None:
    np.testing.assert_allclose(np.reshape(mine, real.shape), real, rtol=1e-5, atol=1e-5)
    assert (inference.macs, inference.elementwise) == (tally.macs, tally.flops)


HEADS = {"num_heads": 2, "key_dim": 3}
LINE, LONGER = (4, 5), (6, 3)  # of one sample: positions, then features
IMAGE, OTHER = (2, 3, 5), (2, 4, 3)
MULTI_HEAD = [
    (HEADS, LINE, LONGER, LONGER, (0,)),
    ({**HEADS, "value_dim": 4}, LINE, LONGER, (6, 2), (0,)),
    ({**HEADS, "use_bias": False}, LINE, LINE, LINE, (0,)),
    ({**HEADS, "use_gate": True, "value_dim": 1}, LINE, LONGER, LONGER, (0,)),
    ({**HEADS, "output_shape": (2, 3)}, LINE, LONGER, LONGER, (0,)),
    (HEADS, IMAGE, IMAGE, IMAGE, (0, 1)),
    ({**HEADS, "attention_axes": 2}, IMAGE, OTHER, OTHER, (1,)),
    ({**HEADS, "attention_axes": 1, "use_gate": True}, IMAGE, (4, 3, 2), (4, 3, 2), (0,)),
]


@pytest.mark.parametrize(("kwargs", "query", "value", "key", "axes"), MULTI_HEAD)
def test_attention_of_several_heads(
    kwargs: dict[str, Any], query: Any, value: Any, key: Any, axes: tuple[int, ...]
) -> None:
    given = [numbers(1, *shape) for shape in (query, value, key)]
    real, result = real_layer("MultiHeadAttention", kwargs, *given)
    tally = Tally()
    mine = heads(tally, Weights(real), *(each[0] for each in given), axes)
    shapes = [(None, *shape) for shape in (query, value, key)]
    check(tally, mine, result, twin_says("MultiHeadAttention", on(*shapes), kwargs))


GROUPS = {"head_dim": 3, "num_query_heads": 4, "num_key_value_heads": 2}


@pytest.mark.parametrize(
    "kwargs",
    [GROUPS, {**GROUPS, "use_gate": True}, {**GROUPS, "num_key_value_heads": 4, "use_bias": False}],
)
def test_attention_of_grouped_heads(kwargs: dict[str, Any]) -> None:
    given = [numbers(1, 4, 5), numbers(1, 6, 5), numbers(1, 6, 2)]
    real, result = real_layer("GroupQueryAttention", kwargs, *given)
    tally = Tally()
    mine = heads(tally, Weights(real), *(each[0] for each in given), (0,))
    shapes = [(None, *each.shape[1:]) for each in given]
    check(tally, mine, result, twin_says("GroupQueryAttention", on(*shapes), kwargs))


@pytest.mark.parametrize(
    ("layer", "kwargs", "score"),
    [
        ("Attention", {}, "dot"),
        ("Attention", {"use_scale": True}, "dot"),
        ("Attention", {"score_mode": "concat"}, "concat"),
        ("Attention", {"score_mode": "concat", "use_scale": True}, "concat"),
        ("AdditiveAttention", {}, "additive"),
        ("AdditiveAttention", {"use_scale": False}, "additive"),
    ],
)
def test_attention_without_projections(layer: str, kwargs: dict[str, Any], score: str) -> None:
    given = [numbers(1, 4, 5), numbers(1, 6, 3), numbers(1, 6, 5)]
    real, result = real_layer(layer, kwargs, given)
    tally = Tally()
    mine = attention(tally, Weights(real), *(each[0] for each in given), score)
    shapes = [(None, *each.shape[1:]) for each in given]
    check(tally, mine, result, twin_says(layer, shapes, kwargs))


UNITS, STEPS, FEATURES = 4, 3, 2
RECURRENT = [
    ("SimpleRNN", {}),
    ("SimpleRNN", {"use_bias": False, "activation": "linear"}),
    ("GRU", {}),
    ("GRU", {"reset_after": False}),
    ("GRU", {"use_bias": False, "activation": "relu"}),
    ("GRU", {"recurrent_activation": "linear", "activation": "linear"}),
    ("LSTM", {}),
    ("LSTM", {"use_bias": False, "activation": "relu"}),
    ("LSTM", {"recurrent_activation": "linear", "activation": "linear"}),
]


def steps(tally: Tally, layer: str, weights: Weights, xs: Any, kwargs: dict[str, Any]) -> Any:
    """Return the state after the last step of a sequence."""
    activation = kwargs.get("activation", "tanh")
    recurrent = kwargs.get("recurrent_activation", "sigmoid")
    cell = {"SimpleRNN": "simple_rnn_cell", "GRU": "gru_cell", "LSTM": "lstm_cell"}[layer]
    gates = Gates(weights, cell, {"SimpleRNN": 1, "GRU": 3, "LSTM": 4}[layer])
    states = [[0.0] * UNITS] * (2 if layer == "LSTM" else 1)
    for x in xs:
        if layer == "SimpleRNN":
            states = simple_step(tally, gates, x, states, activation)
        elif layer == "GRU":
            after = kwargs.get("reset_after", True)
            states = gru_step(tally, gates, x, states, activation, recurrent, after)
        else:
            products = lstm_products(tally, gates, x, states[0])
            states = lstm_step(tally, products, states[1], activation, recurrent)
    return states[0]


@pytest.mark.parametrize(("layer", "kwargs"), RECURRENT)
def test_recurrence(layer: str, kwargs: dict[str, Any]) -> None:
    kwargs = {"units": UNITS, **kwargs}
    xs = numbers(1, STEPS, FEATURES)
    real, result = real_layer(layer, kwargs, xs)
    tally = Tally()
    mine = steps(tally, layer, Weights(real), xs[0], kwargs)
    check(tally, mine, result, twin_says(layer, (None, STEPS, FEATURES), kwargs))


@pytest.mark.parametrize(("layer", "kwargs"), RECURRENT)
def test_a_cell_counts_one_step_of_its_layer(layer: str, kwargs: dict[str, Any]) -> None:
    kwargs = {"units": UNITS, **kwargs}
    whole = twin_says(layer, (None, STEPS, FEATURES), kwargs)
    states = [(None, UNITS)] * (2 if layer == "LSTM" else 1)
    one = twin_says(f"{layer}Cell", on((None, FEATURES), states), kwargs)
    assert whole.macs == STEPS * (one.macs or 0)
    assert whole.elementwise == STEPS * (one.elementwise or 0)
    around = twin_says("RNN", (None, STEPS, FEATURES), {"cell": Inner(f"{layer}Cell", kwargs)})
    assert (around.macs, around.elementwise) == (whole.macs, whole.elementwise)


CONVOLUTIONAL = [
    ((5,), 3, {}),
    ((6,), 2, {"strides": 2, "use_bias": False}),
    ((6,), 3, {"padding": "same", "strides": 2}),
    ((6,), 2, {"dilation_rate": 2}),
    ((4, 3), 2, {"padding": "same"}),
]


@pytest.mark.parametrize(("sizes", "kernel", "kwargs"), CONVOLUTIONAL)
def test_convolutional_recurrence(
    sizes: tuple[int, ...], kernel: int, kwargs: dict[str, Any]
) -> None:
    layer = f"ConvLSTM{len(sizes)}D"
    arguments = {"filters": 2, "kernel_size": kernel, **kwargs}
    xs = numbers(1, 2, *sizes, 3)
    real, result = real_layer(layer, arguments, xs)
    gates = Gates(Weights(real), "conv_lstm_cell", 4)
    tally = Tally()
    h = np.zeros(result.shape)
    c = [0.0] * h.size
    way = kwargs.get("strides", 1), kwargs.get("dilation_rate", 1), kwargs.get("padding", "valid")
    for x in xs[0]:
        products = conv_lstm_products(tally, gates, x, h, *way)
        made, c = lstm_step(tally, products, c, "tanh", "sigmoid")
        h = np.reshape(made, h.shape)
    check(tally, h, result, twin_says(layer, (None, 2, *sizes, 3), arguments))


@pytest.mark.parametrize(("mode", "merge"), [("concat", 0), ("sum", 1), ("mul", 1), (None, 0)])
def test_both_directions_count_and_what_merges_them(mode: str | None, merge: int) -> None:
    one = twin_says("GRU", (None, STEPS, FEATURES), {"units": UNITS, "return_sequences": True})
    layer = inner("GRU", units=UNITS, return_sequences=True)
    both = twin_says("Bidirectional", (None, STEPS, FEATURES), {"layer": layer, "merge_mode": mode})
    assert both.macs == 2 * (one.macs or 0)
    assert both.elementwise == 2 * (one.elementwise or 0) + merge * STEPS * UNITS


def test_a_layer_at_every_step_counts_at_every_step() -> None:
    kwargs = {"filters": 3, "kernel_size": 2, "activation": "relu"}
    one = twin_says("Conv2D", (None, 4, 4, 2), kwargs)
    every = twin_says("TimeDistributed", (None, 5, 4, 4, 2), {"layer": Inner("Conv2D", kwargs)})
    assert every.macs == 5 * (one.macs or 0)
    assert every.elementwise == 5 * (one.elementwise or 0)


def test_nothing_stays_nothing_however_often() -> None:
    kwargs = {"layer": inner("ZeroPadding2D", padding=1)}
    every = twin_says("TimeDistributed", (None, None, 4, 4, 2), kwargs)
    assert (every.macs, every.elementwise) == (0, 0)


def test_layers_one_after_another_count_together() -> None:
    layers = [inner("Dense", units=4), inner("ReLU"), inner("Dense", units=3)]
    inference = twin_says("Pipeline", (None, 5), {"layers": layers})
    assert (inference.macs, inference.elementwise) == (5 * 4 + 4 * 3, 4 + 4 + 3)
