"""Models that a module makes while it is imported, and a layer that its functions share."""

from __future__ import annotations

import keras
from keras import layers
from models import functional, net

shared = layers.Dense(5)
live = functional()
live_net = net()


def around():
    """A layer of the module's beside one of its own, which Keras would name alike."""
    inputs = keras.Input((4,))
    return keras.Model(inputs, layers.Dense(3)(shared(inputs)))
