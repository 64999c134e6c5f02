"""The weights of a SavedModel: shapes of variables in its object graph, by layer."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any

from archi.containers.savedmodel import METRIC, ROOT, SavedModel, Variable
from archi.errors import ReadError, printable
from archi.graph import Weight, is_countable
from archi.layers import layer_names
from archi.readers._weights import Found, Names, Weights
from archi.twin.arguments import DType


class SavedWeights(Weights):
    """The weights of a SavedModel, of which the object graph is read when it is asked for."""

    def __init__(self, model: SavedModel) -> None:
        self.model = model

    def of(self, store: str, names: Names, trainable: bool) -> Found | None:
        try:
            number = self._numbers.get(names)
            return None if number is None else _weights(self.model.variables_of(number), trainable)
        except ReadError as error:
            self.why = f"its weights can't be read: {error.message}"
            return None

    def groups(self) -> dict[str, Found]:
        try:
            found = {path: _weights(own, True) for path, own in self._owned()}
        except ReadError as error:
            self.why = f"its weights can't be read: {error.message}"
            return {}
        return {path: weights for path, weights in found.items() if weights}

    def classes(self) -> dict[str, str]:
        return {_group(path): each["class_name"] for path, each in self._layers.items()}

    @cached_property
    def _layers(self) -> dict[str, dict[str, Any]]:
        """What is said of each layer, by its path; the model itself is not among them."""
        found = {}
        for each in self.model.objects:
            if each.number != ROOT and each.identifier != METRIC:
                document = each.document()
                if isinstance(document.get("class_name"), str):
                    found[each.path] = {**document, "number": each.number}
        return found

    @cached_property
    def _numbers(self) -> dict[Names, int]:
        """The numbers of layers by the names of the models they are in, and their own."""
        layers = self._layers
        return {
            tuple(str(layers[part].get("name")) for part in _way(path) if part in layers): each[
                "number"
            ]
            for path, each in layers.items()
        }

    def _owned(self) -> Iterator[tuple[str, list[Variable]]]:
        """Yield layers, and the model itself as "", with the variables that are their own.

        What is inside a layer of Keras, as a cell is inside LSTM, is that layer's.
        """
        known = layer_names()
        inner = {
            path
            for path in self._layers
            if any(self._class(part) in known for part in _way(path)[:-1])
        }
        outer = [path for path in self._layers if path not in inner]
        taken: set[int] = set()
        owned = {}
        for path in sorted(outer, key=lambda path: -path.count(".")):
            own = self.model.variables_of(self._layers[path]["number"])
            owned[path] = [each for each in own if each.number not in taken]
            taken.update(each.number for each in own)
        yield from ((_group(path), owned[path]) for path in outer)
        rest = self.model.variables_of(ROOT)
        yield "", [each for each in rest if each.number not in taken]

    def _class(self, path: str) -> str | None:
        return self._layers[path]["class_name"] if path in self._layers else None


def _way(path: str) -> list[str]:
    """Return the paths on the way to one from the root, which is left out: `root.a`, `root.a.b`."""
    parts = path.split(".")[:100]
    return [".".join(parts[:end]) for end in range(2, len(parts) + 1)]


def _group(path: str) -> str:
    return path.removeprefix("root.").replace(".", "/")


def _weights(variables: list[Variable], trainable: bool) -> Found | None:
    """Return variables as weights, None where the shape of one is unknown."""
    found = []
    for each in variables:
        if each.shape is None or not is_countable(each.shape):
            return None
        name = printable(each.name.rpartition("/")[2].removesuffix(":0"))
        dtype = each.dtype if each.dtype in DType.names else None
        found.append(Weight(name, each.shape, trainable and each.trainable, dtype))
    return tuple(found)
