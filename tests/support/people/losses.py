"""Models with losses of their own, in functional code and without; and cells called in loops."""

from __future__ import annotations

import keras
from keras import layers, ops


class Divergence(layers.Layer):
    """What a variational autoencoder adds to its loss, of means and variances."""

    def call(self, inputs):
        mean, log_var = inputs
        self.add_loss(-0.5 * ops.mean(1 + log_var - ops.square(mean) - ops.exp(log_var)))
        return mean


class Penalty(layers.Layer):
    """Passes on what it is given, with a loss."""

    def call(self, x):
        self.add_loss(ops.mean(ops.square(x)))
        return x


def divergence():
    x = keras.Input((8,))
    z = Divergence()([layers.Dense(2)(x), layers.Dense(2)(x)])
    return keras.Model(x, layers.Dense(8)(z))


def penalties():
    x = keras.Input((8,))
    y = Penalty()(layers.Dense(4)(x))
    return keras.Model(x, layers.Dense(2)(Penalty()(y)))


class Regularised(keras.Model):
    """Its second layer is read by its loss alone."""

    def __init__(self):
        super().__init__()
        self.head = layers.Dense(3)
        self.aux = layers.Dense(7)

    def call(self, x):
        y = self.head(x)
        self.add_loss(ops.mean(self.aux(y)))
        return y


def regularised():
    model = Regularised()
    model(keras.Input((5,)))
    return model


class Unroll(layers.Layer):
    """A cell over four steps, from states of zeros."""

    def __init__(self, cell, **kwargs):
        super().__init__(**kwargs)
        self.cell = cell

    def call(self, x):
        size = self.cell.state_size
        sizes = size if isinstance(size, (list, tuple)) else [size]
        states = [ops.zeros((ops.shape(x)[0], each)) for each in sizes]
        for step in range(4):
            y, states = self.cell(x[:, step], states)
        return y


def _unrolled(cell):
    x = keras.Input((5, 3))
    return keras.Model(x, layers.Dense(2)(Unroll(cell)(x)))


def gru():
    return _unrolled(layers.GRUCell(6))


def lstm():
    return _unrolled(layers.LSTMCell(6))


def simple():
    return _unrolled(layers.SimpleRNNCell(6))


def in_a_row():
    x = keras.Input((5, 3))
    inner = keras.Sequential([keras.Input((5, 3)), Unroll(layers.GRUCell(6))])
    return keras.Model(x, layers.Dense(2)(inner(x)))


def masked():
    return keras.Sequential(
        [keras.Input((9,)), layers.Embedding(10, 4, mask_zero=True), layers.LSTM(3)]
    )
