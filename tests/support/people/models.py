"""Models as people write them, for tests of Python targets; each name is one."""

from __future__ import annotations

import keras
import numpy as np
from keras import layers, ops
from keras.src import backend


class Own(layers.Layer):
    """A weight of its own beside a layer inside."""

    def __init__(self, units=8, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.dense = layers.Dense(units)

    def build(self, shape):
        self.w = self.add_weight(shape=(shape[-1], self.units), name="w")
        self.dense.build(shape)

    def call(self, x):
        return self.dense(x) + x @ self.w


class Block(layers.Layer):
    def __init__(self, filters, **kwargs):
        super().__init__(**kwargs)
        self.conv = layers.Conv2D(filters, 3, padding="same", use_bias=False)
        self.norm = layers.BatchNormalization()
        self.drop = layers.Dropout(0.5)

    def call(self, x, training=None):
        y = self.norm(self.conv(x), training=training)
        return ops.relu(self.drop(y, training=training) + x)


class Net(keras.Model):
    """Blocks in a list, a weight on the left, and a head that training alone uses."""

    def __init__(self, width=8, depth=2, **kwargs):
        super().__init__(**kwargs)
        self.stem = layers.Conv2D(width, 3, padding="same")
        self.blocks = [Block(width) for _ in range(depth)]
        self.pool = layers.GlobalAveragePooling2D()
        self.head = layers.Dense(10)
        self.extra = layers.Dense(10)
        self.scale = self.add_weight(shape=(10,), name="scale")

    def build(self, shape):
        self.extra.build((None, self.head.units))
        self.built = True

    def call(self, x, training=None):
        x = self.stem(x)
        for block in self.blocks:
            x = block(x)
        y = self.scale * self.head(self.pool(x))
        return y + self.extra(y) if training else y


class Vit(keras.Model):
    """Asks for the batch, concatenates a weight, and embeds numbers that it makes itself."""

    def __init__(self):
        super().__init__()
        self.token = self.add_weight(shape=(1, 1, 16), name="token")
        self.patches = layers.Conv2D(16, 8, strides=8)
        self.positions = layers.Embedding(17, 16)
        self.attention = layers.MultiHeadAttention(2, 8)
        self.norm = layers.LayerNormalization()
        self.head = layers.Dense(10)

    def call(self, x):
        batch = ops.shape(x)[0]
        x = ops.reshape(self.patches(x), (batch, 16, 16))
        x = ops.concatenate([ops.broadcast_to(self.token, (batch, 1, 16)), x], axis=1)
        x = x + self.positions(ops.arange(17))
        x = self.attention(x, x) + x
        return self.head(self.norm(x)[:, 0])


class Lora(layers.Layer):
    """Operations on weights alone, and weights in a list."""

    def build(self, shape):
        self.a = self.add_weight(shape=(shape[-1], 2), name="a")
        self.b = self.add_weight(shape=(2, 8), name="b")
        self.others = [self.add_weight(shape=(8,), name="bias")]

    def call(self, x):
        return x @ (self.a @ self.b) + self.others[0]


class Sampling(layers.Layer):
    """Random numbers: the state of their seed is no weight."""

    def __init__(self):
        super().__init__()
        self.seeds = keras.random.SeedGenerator(1)

    def call(self, inputs):
        mean, deviation = inputs
        noise = keras.random.normal(ops.shape(mean), seed=self.seeds)
        return mean + ops.exp(0.5 * deviation) * noise


class Tied(keras.Model):
    """Reads the weight of one of its layers once more."""

    def __init__(self):
        super().__init__()
        self.embed = layers.Embedding(100, 16)
        self.dense = layers.Dense(16)

    def call(self, x):
        return ops.matmul(self.dense(self.embed(x)), ops.transpose(self.embed.embeddings))


class Pair(keras.Model):
    def __init__(self):
        super().__init__()
        self.a = layers.Dense(3)
        self.b = layers.Dense(3)

    def call(self, inputs):
        p, q = self.a(inputs["p"]), self.b(inputs["q"])
        return {"sum": p + q, "p": self.a(inputs["p"])}


class Keywords(keras.Model):
    def __init__(self):
        super().__init__()
        self.a = layers.Dense(3)
        self.b = layers.Dense(3)

    def call(self, x, y=None):
        return self.a(x) + self.b(y)


class FunctionalClass(keras.Model):
    def __init__(self, width=3):
        inputs = keras.Input((8,), name="x")
        super().__init__(inputs, layers.Dense(width)(inputs), name="f")


class SequentialClass(keras.Sequential):
    def __init__(self):
        super().__init__([keras.Input((8,)), layers.Dense(3), Own()])


class NoConfig(layers.Layer):
    """Keras can't write its config: it has none."""

    def __init__(self, function):
        super().__init__()
        self.dense = layers.Dense(4)
        self.function = function

    def get_config(self):
        raise NotImplementedError("there is none")

    def call(self, x):
        return self.function(self.dense(x))


class Raw(layers.Layer):
    """Leaves keras.ops for functions of the backend, which take no symbolic tensors."""

    def __init__(self):
        super().__init__()
        self.first, self.second = layers.Dense(4), layers.Dense(4)
        self.own = Own(4)

    def build(self, shape):
        self.w = self.add_weight(shape=(4,), name="w")
        self.first.build(shape)
        self.second.build((None, 4))
        self.own.build((None, 4))

    def call(self, x):
        x = self.first(x)
        y = backend.nn.relu(x) * backend.convert_to_tensor(self.w)
        return self.own(self.second(y) + x)


class Asks(layers.Layer):
    """Asks for numbers, which symbolic tensors have not, and has no layers inside."""

    def build(self, shape):
        self.w = self.add_weight(shape=(shape[-1], 4), name="w")

    def call(self, x):
        return backend.numpy.matmul(x, self.w)


class RawNet(keras.Model):
    def __init__(self):
        super().__init__()
        self.first, self.second = layers.Dense(4), layers.Dense(4)

    def call(self, x):
        return backend.nn.relu(self.second(backend.nn.relu(self.first(x))))


class RawLoop(layers.Layer):
    """Calls its layer inside a loop of the backend, more often than it can be seen to."""

    def __init__(self):
        super().__init__()
        self.dense = layers.Dense(4)

    def build(self, shape):
        self.dense.build((None, shape[-1]))

    def call(self, x):
        return backend.core.vectorized_map(lambda row: self.dense(row[None])[0], x)


class Looped(keras.Model):
    """Holds a layer that is called in a loop of Keras's."""

    def __init__(self):
        super().__init__()
        self.dense = layers.Dense(3)

    def call(self, x):
        return ops.map(self.dense, x)


def functional(width=4):
    x = inputs = keras.Input((32, 32, 3))
    x = layers.Conv2D(width, 3, activation="relu")(x)
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, layers.Dense(10)(x), name="small")


def with_lambda():
    inputs = keras.Input((8,))
    return keras.Model(inputs, layers.Lambda(lambda x: 2 * x)(layers.Dense(3)(inputs)))


def operations():
    inputs = keras.Input((8,))
    x = layers.Dense(6)(inputs)
    return keras.Model(inputs, ops.reshape(x, (-1, 2, 3)) * 2)


def sequential():
    return keras.Sequential([keras.Input((8, 8, 3)), layers.Flatten(), layers.Dense(4)])


def unbuilt():
    return keras.Sequential([layers.Dense(3), layers.Dense(4)])


def own():
    inputs = keras.Input((4,))
    return keras.Model(inputs, Own()(inputs))


def net(width=8, depth=2):
    model = Net(width, depth)
    model(keras.Input((32, 32, 3)))
    return model


def frozen():
    model = net()
    model.trainable = False
    return model


def half_frozen():
    model = net()
    model.blocks[0].trainable = False
    return model


def vit():
    model = Vit()
    model(np.zeros((1, 32, 32, 3)))
    return model


def pair():
    model = Pair()
    model.build({"p": (None, 4), "q": (None, 5)})
    return model


def pair_called():
    model = Pair()
    model({"p": np.zeros((1, 4)), "q": np.zeros((1, 5))})
    return model


def keywords():
    model = Keywords()
    model(np.zeros((1, 4)), y=np.zeros((1, 5)))
    return model


def lora():
    inputs = keras.Input((4,))
    return keras.Model(inputs, Lora()(inputs))


def masked():
    inputs = keras.Input((7,), dtype="int32")
    x = layers.Embedding(10, 4, mask_zero=True)(inputs)
    x = Own(4)(x)
    return keras.Model(inputs, layers.LSTM(3)(x))


def vae():
    inputs = keras.Input((4,))
    mean, deviation = layers.Dense(2)(inputs), layers.Dense(2)(inputs)
    return keras.Model(inputs, [mean, deviation, Sampling()([mean, deviation])])


def tied():
    model = Tied()
    model(keras.Input((5,), dtype="int32"))
    return model


def shared():
    inner = own()
    inputs = [keras.Input((4,)), keras.Input((4,))]
    return keras.Model(inputs, layers.Add()([inner(inputs[0]), inner(inputs[1])]))


def nested():
    inner = functional()
    inputs = keras.Input((32, 32, 3))
    return keras.Model(inputs, layers.Softmax()(inner(inputs)))


def mixed():
    keras.config.set_dtype_policy("mixed_float16")
    try:
        return own()
    finally:
        keras.config.set_dtype_policy("float32")


def no_config():
    inputs = keras.Input((4,))
    return keras.Model(inputs, NoConfig(ops.relu)(inputs))


def raw():
    inputs = keras.Input((4,))
    return keras.Model(inputs, layers.Dense(3)(Raw()(inputs)))


def asks():
    inputs = keras.Input((6,))
    return keras.Model(inputs, Asks()(inputs))


def raw_net():
    model = RawNet()
    model(keras.Input((6,)))
    return model


def raw_loop():
    inputs = keras.Input((6,))
    return keras.Model(inputs, RawLoop()(inputs))


def looped():
    model = Looped()
    model(keras.Input((5, 4)))
    return model
