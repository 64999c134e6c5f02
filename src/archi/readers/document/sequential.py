"""Sequential models: layers in a row."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from archi.errors import ReadError
from archi.graph import UNKNOWN, Shape, Tensor, tensors_in
from archi.layers.core import InputLayer
from archi.readers.document._calls import Call, build_shape, first_shape
from archi.readers.document._inputs import INPUT, enter, fresh_input
from archi.readers.document._model import DeclaredModel, Record
from archi.readers.document._places import Place
from archi.twin.layer import Layer

if TYPE_CHECKING:
    from archi.readers.document.reader import Reader


class Sequential(DeclaredModel):
    """A model that is a list of layers, each called on what the one before gives."""

    module = "keras"
    class_name = "Sequential"
    registered_name = None
    _after: dict[str, str] | None = None  # the layer that follows each

    def __init__(self, reader: Reader, document: dict[str, Any], place: Place) -> None:
        super().__init__(reader, document, place)
        self.entries = [(next(iter(self.members)), 0)]

    def source(self) -> Tensor:
        name, first = next(iter(self.members.items()))
        shape: Shape | None = None
        dtype = "float32"
        if isinstance(first, Layer) and first.class_name == INPUT:
            shape, dtype = first.batch_shape, first.dtype  # type: ignore[attr-defined]
        shape = shape or first_shape(self.document, self.documents[name])
        has_layer = isinstance(first, Layer) and first.class_name == INPUT
        known_as = name if has_layer else "input_layer"
        self.reader.settings.check_names([known_as])
        if shape is None and not self.reader.settings.sizes_of(known_as):
            raise ReadError(
                "the model was never built: the file does not say what its input is",
                hint="give it with --input, such as --input 32x32x3",
            )
        self.reader.opened.append(shape or UNKNOWN)
        shape = self.reader.settings.applied(shape or UNKNOWN, known_as)
        return fresh_input(shape, dtype, known_as)

    def run(self, inputs: Any) -> Any:
        tensors = tuple(map(self._entered, tensors_in(inputs)))
        for name, member in self.members.items():
            if isinstance(member, Layer) and member.class_name == INPUT:
                continue
            given = (
                tensors if isinstance(member, DeclaredModel) or len(tensors) > 1 else tensors[:1]
            )
            args: list[Any] = [given[0] if len(given) == 1 else list(given)]
            tensors = self.call(Call(name, 0, [], {}, []), args, {})
        return tensors[0] if len(tensors) == 1 else list(tensors)

    def _entered(self, tensor: Tensor) -> Tensor:
        """Return what the layers are called on: of unknown shape, it is what the file notes."""
        if tensor.shape is not UNKNOWN:
            return tensor
        name, first = next(iter(self.members.items()))
        if isinstance(first, DeclaredModel):
            return tensor  # which knows its own
        own = getattr(first, "batch_shape", None) or first_shape(
            self.document, self.documents[name]
        )
        if own is None:
            return tensor
        layer = InputLayer(batch_shape=own, dtype=tensor.dtype)
        layer.name = self.place.inside("input_layer", "").path
        return enter(layer, tensor)

    def recorded(self, call: Call) -> list[Record]:
        """What follows notes the shape it was built on."""
        if self._after is None:
            self._after = dict(pairwise(self.members))
        own = super().recorded(call)
        if call.name not in self._after:
            return self.expected or own
        shape = build_shape(self.documents[self._after[call.name]])
        if shape is None or self.reader.settings.resizes:
            return own
        return [(shape, own[0][1])]
