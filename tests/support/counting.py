"""Attention and recurrence by their definitions, on numbers, every operation counted.

What the counts of the twins are held against. Each function takes the weights of a real
layer and one sample, and gives what the layer gives: that it is the same proves that the
definition is the one that Keras computes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

Vector = list[float]
FUNCTIONS: dict[str, Callable[[float], float]] = {
    "tanh": math.tanh,
    "sigmoid": lambda x: 1 / (1 + math.exp(-x)),
    "relu": lambda x: max(x, 0.0),
}


class Tally:
    """Counts multiply-accumulates, and what else is done to one element after another."""

    def __init__(self) -> None:
        self.macs = 0
        self.flops = 0

    def dot(self, a: Sequence[float], b: Sequence[float]) -> float:
        self.macs += len(a)
        return float(sum(x * y for x, y in zip(a, b, strict=True)))

    def add(self, a: Sequence[float], b: Sequence[float]) -> Vector:
        self.flops += len(a)
        return [x + y for x, y in zip(a, b, strict=True)]

    def times(self, a: Sequence[float], b: Sequence[float]) -> Vector:
        self.flops += len(a)
        return [x * y for x, y in zip(a, b, strict=True)]

    def scale(self, a: Sequence[float], by: float) -> Vector:
        self.flops += len(a)
        return [x * by for x in a]

    def sum(self, a: Sequence[float]) -> float:
        self.flops += len(a)
        return sum(a)

    def apply(self, name: str, a: Sequence[float]) -> Vector:
        if name == "linear":
            return list(a)
        self.flops += len(a)
        return [FUNCTIONS[name](x) for x in a]

    def softmax(self, a: Sequence[float]) -> Vector:
        self.flops += len(a)
        powers = [math.exp(x - max(a)) for x in a]
        return [power / sum(powers) for power in powers]

    def product(self, x: Sequence[float], kernel: Any, bias: Any = None) -> Vector:
        """A vector times a matrix, and a bias."""
        result = [self.dot(x, column) for column in np.asarray(kernel).T]
        return result if bias is None else self.add(result, bias)


class Weights:
    """A layer's weights by where they are: `at("query", "kernel")`, None where there is none."""

    def __init__(self, layer: Any) -> None:
        self.by_path = {w.path.split("/", 1)[1]: np.asarray(w) for w in layer.weights}

    def at(self, *path: str) -> Any:
        return self.by_path.get("/".join(path))


# --- Attention --------------------------------------------------------------------------------


def attend(tally: Tally, query: Vector, keys: list[Vector], values: list[Vector]) -> Vector:
    """What one query takes from values."""
    weights = tally.softmax([tally.dot(query, key) for key in keys])
    return [tally.dot(weights, column) for column in zip(*values, strict=True)]


def heads(
    tally: Tally,
    weights: Weights,
    query: Any,
    value: Any,
    key: Any,
    axes: tuple[int, ...],
) -> Any:
    """MultiHeadAttention and GroupQueryAttention of one sample over `axes` of it."""

    def projected(x: Any, name: str) -> Any:
        kernel, bias = weights.at(name, "kernel"), weights.at(name, "bias")
        flat = kernel.reshape(kernel.shape[0], -1)
        rows = [
            tally.product(x[at], flat, None if bias is None else bias.reshape(-1))
            for at in np.ndindex(*x.shape[:-1])
        ]
        return np.reshape(rows, (*x.shape[:-1], *kernel.shape[1:]))

    queries, keys, values = (
        projected(query, "query"),
        projected(key, "key"),
        projected(value, "value"),
    )
    gates = projected(query, "gate") if weights.at("gate", "kernel") is not None else None
    kernel, bias = weights.at("attention_output", "kernel"), weights.at("attention_output", "bias")
    flat = kernel.reshape(kernel.shape[0] * kernel.shape[1], -1)
    count = queries.shape[-2]
    rows = []
    for at in np.ndindex(*query.shape[:-1]):
        seen = tuple(slice(None) if axis in axes else at[axis] for axis in range(len(at)))
        gathered: Vector = []
        for head in range(count):
            shared = head * keys.shape[-2] // count
            scaled = tally.scale(queries[at][head], 1 / math.sqrt(queries.shape[-1]))
            given = attend(
                tally,
                scaled,
                keys[seen][..., shared, :].reshape(-1, keys.shape[-1]).tolist(),
                values[seen][..., shared, :].reshape(-1, values.shape[-1]).tolist(),
            )
            if gates is not None:
                given = tally.times(given, tally.apply("sigmoid", gates[at][head]))
            gathered += given
        rows.append(tally.product(gathered, flat, None if bias is None else bias.reshape(-1)))
    return np.reshape(rows, (*query.shape[:-1], *kernel.shape[2:]))


def attention(
    tally: Tally, weights: Weights, query: Any, value: Any, key: Any, score: str
) -> list[Vector]:
    """Attention (`score` "dot" or "concat") and AdditiveAttention ("additive")."""
    scale = weights.at("scale")
    rows = []
    for one in query:
        scores = []
        for other in key:
            if score == "dot":
                scores.append(tally.dot(one, other))
                continue
            both = tally.add(one, other)
            if score == "concat" and scale is not None:
                both = tally.scale(both, float(scale))
            both = tally.apply("tanh", both)
            scores.append(
                tally.dot(both, scale)
                if score == "additive" and scale is not None
                else tally.sum(both)
            )
        if score == "dot" and scale is not None:
            scores = tally.scale(scores, float(scale))
        if score == "concat":
            scores = tally.scale(scores, float(weights.at("concat_score_weight")))
        chosen = tally.softmax(scores)
        rows.append([tally.dot(chosen, column) for column in value.T])
    return rows


# --- Recurrence -------------------------------------------------------------------------------


class Gates:
    """A step's products with the input and with the state, for each of its gates."""

    def __init__(self, weights: Weights, cell: str, number: int) -> None:
        self.number = number
        self.kernel = weights.at(cell, "kernel")
        self.recurrent = weights.at(cell, "recurrent_kernel")
        self.bias = weights.at(cell, "bias")

    def of(self, matrix: Any, gate: int) -> Any:
        width = matrix.shape[-1] // self.number
        return matrix[..., gate * width : (gate + 1) * width]


def simple_step(
    tally: Tally, gates: Gates, x: Vector, states: list[Vector], activation: str
) -> list[Vector]:
    inputs = tally.product(x, gates.kernel, gates.bias)
    h = tally.add(inputs, tally.product(states[0], gates.recurrent))
    return [tally.apply(activation, h)]


def gru_step(
    tally: Tally,
    gates: Gates,
    x: Vector,
    states: list[Vector],
    activation: str,
    recurrent_activation: str,
    reset_after: bool,
) -> list[Vector]:
    (state,) = states
    first = second = None
    if gates.bias is not None:
        first, second = gates.bias if reset_after else (gates.bias, None)

    def inputs(gate: int) -> Vector:
        bias = None if first is None else gates.of(first, gate)
        return tally.product(x, gates.of(gates.kernel, gate), bias)

    def recurrent(gate: int, of: Vector) -> Vector:
        bias = None if second is None else gates.of(second, gate)
        return tally.product(of, gates.of(gates.recurrent, gate), bias)

    z = tally.apply(recurrent_activation, tally.add(inputs(0), recurrent(0, state)))
    r = tally.apply(recurrent_activation, tally.add(inputs(1), recurrent(1, state)))
    if reset_after:
        reset = tally.times(r, recurrent(2, state))
    else:
        reset = recurrent(2, tally.times(r, state))
    g = tally.apply(activation, tally.add(inputs(2), reset))
    rest = tally.add([1.0] * len(z), [-each for each in z])
    return [tally.add(tally.times(z, state), tally.times(rest, g))]


def lstm_step(
    tally: Tally,
    products: list[Vector],
    c: Vector,
    activation: str,
    recurrent_activation: str,
) -> list[Vector]:
    """The step from what goes into gates i, f, the candidate and o."""
    i, f, o = (tally.apply(recurrent_activation, products[gate]) for gate in (0, 1, 3))
    g = tally.apply(activation, products[2])
    c = tally.add(tally.times(f, c), tally.times(i, g))
    return [tally.times(o, tally.apply(activation, c)), c]


def lstm_products(tally: Tally, gates: Gates, x: Vector, h: Vector) -> list[Vector]:
    made = []
    for gate in range(4):
        bias = None if gates.bias is None else gates.of(gates.bias, gate)
        inputs = tally.product(x, gates.of(gates.kernel, gate), bias)
        made.append(tally.add(inputs, tally.product(h, gates.of(gates.recurrent, gate))))
    return made


def convolve(tally: Tally, x: Any, kernel: Any, stride: int, dilation: int, padding: str) -> Any:
    """A convolution over an image, channels last; what lies on the padding counts as well."""
    spans = [dilation * (size - 1) + 1 for size in kernel.shape[:-2]]
    if padding == "same":
        out = [-(-size // stride) for size in x.shape[:-1]]
        pads = [
            max((n - 1) * stride + span - size, 0)
            for n, span, size in zip(out, spans, x.shape[:-1], strict=True)
        ]
        x = np.pad(x, [*[(pad // 2, pad - pad // 2) for pad in pads], (0, 0)])
    else:
        out = [(size - span) // stride + 1 for size, span in zip(x.shape[:-1], spans, strict=True)]
    result = np.zeros((*out, kernel.shape[-1]))
    for at in np.ndindex(*out):
        window = x[
            tuple(
                slice(stride * place, stride * place + span, dilation)
                for place, span in zip(at, spans, strict=True)
            )
        ]
        for filter_ in range(kernel.shape[-1]):
            result[(*at, filter_)] = tally.dot(window.ravel(), kernel[..., filter_].ravel())
    return result


def conv_lstm_products(
    tally: Tally, gates: Gates, x: Any, h: Any, stride: int, dilation: int, padding: str
) -> list[Vector]:
    made = []
    for gate in range(4):
        inputs = convolve(tally, x, gates.of(gates.kernel, gate), stride, dilation, padding)
        into = inputs.ravel().tolist()
        if gates.bias is not None:
            bias = gates.of(gates.bias, gate)
            into = tally.add(into, np.broadcast_to(bias, inputs.shape).ravel().tolist())
        kept = convolve(tally, h, gates.of(gates.recurrent, gate), 1, 1, "same")
        made.append(tally.add(into, kept.ravel().tolist()))
    return made
