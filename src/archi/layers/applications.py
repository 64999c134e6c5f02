"""Layers that `keras.applications` defines for its own networks; each is of its module there."""

from __future__ import annotations

from archi.graph import Inference, Shape, Weight
from archi.layers.merging import Add
from archi.twin.arguments import Integer, Number, arg
from archi.twin.layer import ITSELF, Elementwise, Kept, Layer, Reach, scaled


class CustomScaleLayer(Add):
    """First input plus `scale` times the second: two FLOPs an element (InceptionResNetV2)."""

    module = "keras.src.applications.inception_resnet_v2"
    registered_name = "CustomScaleLayer"

    scale: float = arg(Number())

    def infer(self, *inputs: Shape) -> Inference:
        if len(inputs) != 2:
            raise self.refuse("wants two inputs", list(inputs))
        inference = super().infer(*inputs)
        return inference._replace(elementwise=scaled(2, inference.outputs[0]))

    def _common(self, a: int | None, b: int | None) -> int | None:
        """As operators broadcast: of a known and an unknown size it is the known one."""
        if None in (a, b) and 1 not in (a, b):
            return a or b
        return super()._common(a, b)


class LayerScale(Layer):
    """A learnt factor for each channel, the last axis (ConvNeXt)."""

    module = "keras.src.applications.convnext"
    registered_name = "LayerScale"

    init_values: float = arg(Number())
    projection_dim: int = arg(Integer(1))

    def infer(self, x: Shape) -> Inference:
        channels = self.projection_dim
        if len(x) < 2 or (x[-1] not in (None, 1, channels) and channels != 1):
            raise self.refuse(f"wants an input whose last axis is {channels}", x)
        output = (*x[:-1], x[-1] if channels == 1 else channels)
        gamma = Weight("variable", (channels,))  # Keras gives it no name
        return Inference((output,), (gamma,), macs=0, elementwise=scaled(1, output))

    def kept(self) -> Kept:
        return Kept(inputs=True, outputs=False)

    def reach(self, shapes: list[Shape], spatial: tuple[int, ...]) -> tuple[Reach, ...] | None:
        return ITSELF


class StochasticDepth(Elementwise):
    """Zeroes whole samples during training, a share `drop_path_rate` of them (ConvNeXt)."""

    module = "keras.src.applications.convnext"
    registered_name = "StochasticDepth"
    has_build_config = True

    drop_path_rate: float = arg(Number(0, 1))

    def is_view(self, training: bool = False) -> bool:
        return not training

    def kept(self) -> Kept:
        return Kept(inputs=False, outputs=False)  # a number for each sample says what was dropped
