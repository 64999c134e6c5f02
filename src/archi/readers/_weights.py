"""Weights that a file holds for layers archi has no rule for: their shapes, by place."""

from __future__ import annotations

from archi.graph import Weight


class Weights:
    """What is known of the weights in a file; this one knows nothing."""

    def of(self, path: str, name: str, trainable: bool) -> tuple[Weight, ...] | None:
        """Return the weights of a layer, None where they are unknown.

        `path` is its place in a `.keras` file, `layers/dense_1`; `name` the layer's name,
        by which legacy `.h5` files keep weights.
        """
        return None

    def all(self) -> tuple[Weight, ...] | None:
        """Return all weights of the model, None where they are unknown."""
        return None
