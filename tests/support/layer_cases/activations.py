"""Activation layers that stand beside `Activation` and `ReLU`."""

from __future__ import annotations

from support.layer_cases._table import HE, L1, MAX_NORM, full, refuses, takes

full("LeakyReLU", (None, 5), negative_slope=0.2)
takes("LeakyReLU", (None, 5))
takes("LeakyReLU", (None, None, 5), (None, 4), negative_slope=0)
refuses("LeakyReLU", (None, 5), negative_slope=-0.1)
refuses("LeakyReLU", (None, 5), negative_slope=None)
refuses("LeakyReLU", (None, 5), slope=0.1)

full("ELU", (None, 5), alpha=0.5)
takes("ELU", (None, 5))
takes("ELU", (None, None, 5), (None, 4), alpha=-1)
refuses("ELU", (None, 5), negative_slope=0.1)

full(
    "PReLU",
    (None, 4, 3, 5),
    alpha_initializer=HE,
    alpha_regularizer=L1,
    alpha_constraint=MAX_NORM,
    shared_axes=[1, 2],
)
takes("PReLU", (None, 5))
takes("PReLU", (None, 4, 5))
takes("PReLU", (None, 4, 5), shared_axes=2)
takes("PReLU", (None, None, None, 5), shared_axes=(2, 1))
takes("PReLU", (None, 4, 5), shared_axes=[])
takes("PReLU", (None, 4, 5), shared_axes=[-1])
takes("PReLU", (None, 4, 5), shared_axes=[0, 0])
takes("PReLU", (None, 4, 5), (None, 7, 5), shared_axes=[1])
takes("PReLU", (None, 4, 5), (None, None, None), shared_axes=[1])
takes("PReLU", (6,))
refuses("PReLU", (None, None, 5))
refuses("PReLU", (None, None, 5), shared_axes=[2])
refuses("PReLU", (None, 4, 5), shared_axes=[3])
refuses("PReLU", (None, 4, 5), shared_axes=[-2])
refuses("PReLU", (None, 4, 5), shared_axes="all")
refuses("PReLU", (None, 4, 5), (None, 4, 6), shared_axes=[1])
refuses("PReLU", (None, 4, 5), (None, 4, 4, 5), shared_axes=[1])
refuses("PReLU", (None, 5), alpha_initializer="nonsense")
refuses("PReLU", (None, 5), alpha=0.1)

full("Softmax", (None, 4, 5), axis=1)
takes("Softmax", (None, 5))
takes("Softmax", (None, None, 5), axis=-2)
takes("Softmax", (None, 4, 5), axis=[1, 2])
takes("Softmax", (None, 4, 5), axis=(2,))
takes("Softmax", (None, 4, 5), (None, 6))
refuses("Softmax", (None, 5), axes=1)
