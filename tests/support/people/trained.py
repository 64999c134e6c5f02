"""Builders that do more than build, for tests of Python targets; each name is one."""

from __future__ import annotations

import os
import random
import tempfile

import keras
import numpy as np
from keras import layers, ops

draws: list[float] = []  # of what builders draw, as they are called


def small(units=3):
    return keras.Sequential([keras.Input((4,)), layers.Dense(5), layers.Dense(units)])


def compiled():
    model = small()
    rate = keras.optimizers.schedules.CosineDecay(1e-3, 10)
    model.compile(keras.optimizers.Adam(rate), "mse", metrics=["mae"])
    return model


def cleared():
    keras.backend.clear_session()
    return compiled()


def weighed():
    model, other = small(), small()
    model.set_weights(other.get_weights())
    kernel, bias = model.layers[0].get_weights()
    model.layers[0].set_weights([0 * kernel, bias + 1])
    assert (model.layers[0].get_weights()[1] == 1).all()
    return model


def loaded():
    model = small()
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "net.keras")
        model.save(path)
        model = keras.models.load_model(path)
        model.load_weights(path)
    return model


def vectors():
    return keras.Sequential(
        [keras.Input((7,)), layers.Embedding(10, 4, weights=[np.ones((10, 4))]), layers.LSTM(2)]
    )


def normalised():
    norm = layers.Normalization()
    norm.adapt(np.random.rand(10, 4))
    return keras.Sequential([keras.Input((4,)), norm, layers.Dense(2)])


def words():
    table = layers.StringLookup()
    table.adapt(["a", "b", "a"])
    inputs = keras.Input((1,), dtype="string")
    return keras.Model(inputs, layers.Embedding(table.vocabulary_size(), 3)(table(inputs)))


class Offset(layers.Layer):
    """Has a variable of a given value."""

    def __init__(self):
        super().__init__()
        self.offset = keras.Variable(np.ones(4, "float32"))

    def call(self, x):
        return x + self.offset


def offset():
    inputs = keras.Input((4,))
    return keras.Model(inputs, Offset()(inputs))


def cut():
    """A model of a part of another, whose layers others call as well."""
    base = small()
    base.trainable = False
    again = keras.Input((4,))
    base.layers[0](again)
    return keras.Model(base.inputs, base.layers[0].output)


def fitted():
    draws.append(random.random())
    model = small()
    model.compile("adam", "mse")
    model.fit(np.zeros((4, 4)), np.zeros((4, 3)))
    return model


def moments():
    model = small()
    keras.optimizers.Adam().build(model.trainable_variables)
    return model


def penalty():
    inputs = keras.Input((4,))
    model = keras.Model(inputs, layers.Dense(3, kernel_regularizer="l2")(inputs))
    assert len(model.losses) == 1
    return model


class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.conv, self.flatten, self.head = layers.Conv2D(4, 3), layers.Flatten(), layers.Dense(2)

    def call(self, x, training=False):
        print("in the call")
        return self.head(self.flatten(ops.relu(self.conv(x))))


def predicted():
    model = Net()
    model.predict(np.zeros((2, 8, 8, 3)))
    return model


def fitted_net():
    model = Net()
    model.compile("adam", "mse")
    model.fit(np.zeros((4, 8, 8, 3)), np.zeros((4, 2)))
    model.summary()
    return model


def of_two():
    model = Net()
    model(keras.Input(batch_shape=(2, 8, 8, 3)))
    return model


class Gan(keras.Model):
    """Is compiled and trained in its own way."""

    def __init__(self):
        super().__init__()
        self.maker, self.judge = small(4), small(1)

    def compile(self, makers, judges):
        super().compile()
        self.optimizers = makers, judges

    def call(self, x):
        return self.judge(self.maker(x))


def gan():
    model = Gan()
    model.compile(keras.optimizers.Adam(), keras.optimizers.Adam())
    model(np.zeros((3, 4)))
    return model


def _set_everything():
    @keras.saving.register_keras_serializable("archi tests")
    class Registered(layers.Layer):
        def call(self, x):
            return x * 2

    keras.mixed_precision.set_global_policy("mixed_float16")
    keras.config.set_floatx("float64")
    keras.config.set_epsilon(1e-3)
    keras.config.set_image_data_format("channels_first")
    keras.utils.set_random_seed(7)
    return Registered


def sets():
    registered = _set_everything()
    inputs = keras.Input((3, 8, 8))
    x = layers.GlobalAveragePooling2D()(layers.Conv2D(4, 3)(inputs))
    return keras.Model(inputs, registered()(x))


def sets_and_fails():
    _set_everything()
    layers.Dense(3)
    raise RuntimeError("late")


class Unready(keras.Model):
    def __init__(self):
        self.dense = 3

    def call(self, x):
        return x


class Wrong(keras.Model):
    def __init__(self):
        super().__init__()
        self.dense = layers.Dense(3)

    def call(self, x):
        return self.dens(x)


def wrong():
    model = Wrong()
    model.build((None, 4))
    return model


class Endless(keras.Model):
    def call(self, x):
        return self(x)


class Eights(keras.Model):
    """Is made for a batch of eight."""

    def __init__(self):
        super().__init__()
        self.dense = layers.Dense(3)

    def call(self, x):
        return self.dense(ops.reshape(x, (8, 4)))


def no_file():
    model = small()
    model.load_weights("no.weights.h5")
    return model


async def later():
    return small()


class Holder:
    inside = small

    @property
    def broken(self):
        raise ValueError("no such thing")


holder = Holder()
table = {"a": 1}
