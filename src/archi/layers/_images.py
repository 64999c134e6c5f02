"""What layers that prepare images share: their axes, and what Keras notes of their calls."""

from __future__ import annotations

from archi.graph import Shape
from archi.layers._ranges import Text
from archi.twin.arguments import arg
from archi.twin.layer import Kept
from archi.twin.spatial import Spatial


class ImageLayer(Spatial):
    """A layer over images: of four axes, or of three for a single image without a batch."""

    rank = 2
    call_kwargs = {"training": True}

    bounding_box_format: str | None = arg(Text(optional=True), None, omit=True)
    data_format: str

    @classmethod
    def _collect_arguments(cls) -> None:
        super()._collect_arguments()
        # Keras takes it by name only, in `**kwargs`.
        cls._positional = tuple(name for name in cls._positional if name != "bounding_box_format")

    def check(self, x: Shape) -> None:
        """Raise LayerError for what is no image."""
        if len(x) not in (3, 4):
            raise self.refuse("wants images, of 4 dimensions or 3 for a single one", x)

    @property
    def image_axes(self) -> tuple[int, int]:
        """The axes of height and width, counted from the end."""
        return (-3, -2) if self.data_format == "channels_last" else (-2, -1)

    def with_size(self, x: Shape, height: int, width: int) -> Shape:
        """Return the shape with another height and width. Raises LayerError for no image."""
        self.check(x)
        shape = list(x)
        for axis, size in zip(self.image_axes, (height, width), strict=True):
            shape[axis] = size
        return tuple(shape)

    def kept(self) -> Kept:
        """Nothing: what comes before is the image, and has no weights."""
        return Kept(inputs=False, outputs=False)
