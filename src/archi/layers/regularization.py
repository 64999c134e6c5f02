"""Regularisation (`keras/src/layers/regularization`): nothing happens at inference."""

from __future__ import annotations

from archi.layers._arguments import Integer, Number, Shape, arg
from archi.layers._core import Elementwise, Kept


class Dropout(Elementwise):
    """Zeroes a share `rate` of the elements during training."""

    call_kwargs = {"training": False}

    rate: float = arg(Number(0, 1))
    noise_shape: tuple[int | None, ...] | None = arg(Shape(1, optional=True), None)
    seed: int | None = arg(Integer(optional=True), None)

    def is_view(self, training: bool = False) -> bool:
        return not training or not self.rate

    def kept(self) -> Kept:
        return Kept(inputs=False, outputs=self.rate > 0)  # for what was dropped
