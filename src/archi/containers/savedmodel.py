"""What Keras 2 left in a SavedModel: its objects and their configs, and the weights' shapes.

From TensorFlow 2.5 on a folder that Keras 2 wrote has a `keras_metadata.pb`
(keras/protobuf/saved_metadata.proto); before, the same stood in the object graph of
`saved_model.pb` (tensorflow/core/protobuf/saved_object_graph.proto). The graph of operations,
which TensorFlow runs, is never read.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cached_property
from typing import Any, NamedTuple

from archi.containers.json import parse
from archi.containers.protobuf import Wire
from archi.containers.regular import open_regular, read_whole
from archi.errors import ReadError, quote

METADATA, GRAPH = "keras_metadata.pb", "saved_model.pb"
FILES = 32 << 20  # bytes of the metadata, and of the object graph
NODES = 200_000  # objects of a graph
ROOT = 0  # the number of the model itself
SEQUENTIAL, METRIC = "_tf_keras_sequential", "_tf_keras_metric"
_OBJECT_GRAPH = (2, 7)  # the first meta graph of a SavedModel, and the object graph in it
# The dtypes of variables, by their number in tensorflow/core/framework/types.proto.
_DTYPES = {
    1: "float32", 2: "float64", 3: "int32", 4: "uint8", 5: "int16", 6: "int8", 7: "string",
    9: "int64", 10: "bool", 14: "bfloat16", 17: "uint16", 19: "float16", 22: "uint32",
    23: "uint64",
}  # fmt: skip


def is_savedmodel(path: str) -> bool:
    """Whether a path is a SavedModel's folder, or one of the two files in it."""
    if os.path.isdir(path):
        return any(os.path.isfile(os.path.join(path, mark)) for mark in (METADATA, GRAPH))
    return os.path.basename(path) in (METADATA, GRAPH) and os.path.isfile(path)


class KerasObject(NamedTuple):
    """An object of Keras: its number and path in the object graph, what it is, its JSON."""

    number: int
    path: str
    identifier: str
    metadata: str

    def document(self) -> dict[str, Any]:
        """Return what its JSON says. Raises ReadError."""
        what = f"the metadata of {quote(self.path)}"
        found = plain(parse(self.metadata, what))
        if not isinstance(found, dict):
            raise ReadError(f"{what} is no object of Keras")
        return found


class Variable(NamedTuple):
    """A variable of the model; its shape is None where it is not fixed."""

    number: int
    name: str
    shape: tuple[int, ...] | None
    dtype: str
    trainable: bool


class SavedModel:
    """A SavedModel's folder. Raises ReadError where it can't be read, when it is asked."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.folder = path if os.path.isdir(path) else os.path.dirname(path)

    @cached_property
    def objects(self) -> list[KerasObject]:
        """The objects of Keras in it, none where another program wrote it."""
        place = os.path.join(self.folder, METADATA)
        if not os.path.lexists(place):
            return list(self._older_objects())
        wire = Wire(quote(place, 80))
        with open_regular(place) as file:
            data = memoryview(read_whole(file, FILES, wire.what))
        found = []
        for part in wire.parts(data, 1):
            fields = dict(wire.fields(part))
            number = fields.get(2, 0)
            texts = (wire.text(fields.get(each, 0)) for each in (3, 4, 5))
            found.append(KerasObject(number if isinstance(number, int) else -1, *texts))
            self._bound(found)
        return found

    def _older_objects(self) -> Iterator[KerasObject]:
        """Yield the objects that the object graph itself has the configs of."""
        wire, nodes = self._wire, self._nodes
        paths = self._paths()
        for number, node in enumerate(nodes):
            for user_object in wire.parts(node, 4):
                fields = dict(wire.fields(user_object))
                identifier, metadata = (wire.text(fields.get(each, 0)) for each in (1, 3))
                if identifier.startswith("_tf_keras_") and metadata and number in paths:
                    yield KerasObject(number, paths[number], identifier, metadata)

    def variables_of(self, number: int) -> list[Variable]:
        """Return the variables of an object of Keras, those of what it holds as well."""
        listed = self._children(number).get("variables")
        if listed is None:
            return []
        order = sorted(self._children(listed).items(), key=lambda each: each[0].zfill(9))
        return [found for _, each in order if (found := self._variable(each))]

    def _variable(self, number: int) -> Variable | None:
        wire = self._wire
        for part in wire.parts(self._node(number), 7):
            fields = dict(wire.fields(part))
            dtype, shape, trainable = fields.get(1), fields.get(2), fields.get(3, 0)
            name = wire.text(fields.get(6, 0))
            known = self._shape(shape) if isinstance(shape, memoryview) else ()
            kind = _DTYPES.get(dtype, "") if isinstance(dtype, int) else ""
            return Variable(number, name, known, kind, trainable == 1)
        return None

    def _shape(self, shape: memoryview) -> tuple[int, ...] | None:
        wire, sizes = self._wire, []
        for number, value in wire.fields(shape):
            if number == 3 and value:
                return None
            if number == 2 and isinstance(value, memoryview):
                size = dict(wire.fields(value)).get(1, 0)
                if not isinstance(size, int) or size >= 1 << 63:  # an open one is -1
                    return None
                sizes.append(size)
        return tuple(sizes)

    @cached_property
    def _wire(self) -> Wire:
        return Wire(quote(os.path.join(self.folder, GRAPH), 80))

    @cached_property
    def _nodes(self) -> list[memoryview]:
        """The objects of the object graph, each as it stands there."""
        with open_regular(os.path.join(self.folder, GRAPH)) as file:
            graph = self._wire.section(file, _OBJECT_GRAPH, FILES)
        found: list[memoryview] = []
        for part in self._wire.parts(graph, 1):
            found.append(part)
            self._bound(found)
        return found

    def _node(self, number: int) -> memoryview:
        return self._nodes[number] if 0 <= number < len(self._nodes) else memoryview(b"")

    def _children(self, number: int) -> dict[str, int]:
        """Return the numbers of what an object has, by name."""
        wire, found = self._wire, {}
        for part in wire.parts(self._node(number), 1):
            fields = dict(wire.fields(part))
            child = fields.get(1, 0)
            if isinstance(child, int):
                found[wire.text(fields.get(2, 0))] = child
        return found

    def _paths(self) -> dict[int, str]:
        """Return the first path to every object from the root, as Keras names them."""
        paths, ahead = {ROOT: "root"}, [ROOT]
        while ahead:
            number = ahead.pop()
            for name, child in self._children(number).items():
                path = f"{paths[number]}.{name}"
                if child not in paths and len(path) < 1000:
                    paths[child] = path
                    ahead.append(child)
        return paths

    def _bound(self, found: list[Any]) -> None:
        if len(found) > NODES:
            what = f"it has more objects than archi reads, {NODES:,}"
            raise ReadError(f"can't read {quote(self.path, 80)}: {what}")


def plain(value: Any) -> Any:
    """Return JSON as the other formats of Keras 2 have it: tuples and shapes as lists.

    tf_keras/src/saving/legacy/saved_model/json_utils.py says how it is written.
    """
    if isinstance(value, list):
        return [plain(item) for item in value]
    if not isinstance(value, dict):
        return value
    if value.get("class_name") in ("__tuple__", "TensorShape") and len(value) == 2:
        items = value.get("items", ())
        if items is None or isinstance(items, list):
            return plain(items)
    return {key: plain(item) for key, item in value.items()}
