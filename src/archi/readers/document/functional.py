"""Functional models: layers, and calls of them by name."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from archi.errors import ReadError, quote
from archi.graph import UNKNOWN, Tensor
from archi.readers.document._calls import (
    Call,
    Key,
    Outputs,
    build_shape,
    history,
    leaves,
    map_ends,
    match,
    output,
    read_call,
    read_ends,
    read_keys,
    read_shape,
    tensor_configs,
)
from archi.readers.document._inputs import INPUT, enter
from archi.readers.document._model import DeclaredModel, Record
from archi.readers.document._places import Place
from archi.twin.arguments import DType
from archi.twin.layer import Layer
from archi.twin.values import read_values

if TYPE_CHECKING:
    from archi.readers.document.reader import Reader

OUTPUTS = 1000  # of one layer without a twin


class Functional(DeclaredModel):
    """A model that is a graph: calls, inputs and outputs by the names of layers."""

    module = "keras.src.models.functional"
    class_name = registered_name = "Functional"

    def __init__(self, reader: Reader, document: dict[str, Any], place: Place) -> None:
        super().__init__(reader, document, place)
        self.calls = self._in_order(self._read_calls())
        self.input_ends = read_ends(self.config.get("input_layers"), self._input_key)
        self.output_ends = read_ends(self.config.get("output_layers"), self._output_key)
        self.entries = [key for key, _ in leaves(self.input_ends)]
        self._records: dict[Key, dict[int, Record | None]] | None = None

    def _read_calls(self) -> dict[Key, Call]:
        calls: dict[Key, Call] = {}
        for name, document in self.documents.items():
            inbound = document.get("inbound_nodes") or []
            if not isinstance(inbound, list):
                raise ReadError(f"the calls of {quote(name)} are not a list")
            for index, node in enumerate(inbound):
                calls[name, index] = read_call(name, index, node)
        return calls

    def _in_order(self, calls: dict[Key, Call]) -> list[Call]:
        """Return the calls so that each comes after those it reads; iterative.

        Raises ReadError where that can't be: a circle, or a call of what is not there.
        """
        ordered: list[Call] = []
        met: set[Key] = set()
        for key, call in calls.items():  # in nearly all documents they are in order
            for name, index, _ in call.reads:
                if (name, index) not in met:
                    if (name, index) in calls:
                        return self._sorted(calls)
                    self._check_entry((name, index), call.name)
            met.add(key)
            ordered.append(call)
        return ordered

    def _sorted(self, calls: dict[Key, Call]) -> list[Call]:
        ordered: list[Call] = []
        state: dict[Key, bool] = {}  # False while what a call reads is being placed
        for key in calls:
            stack = [(key, read_keys(calls[key]))] if key not in state else []
            state.setdefault(key, False)
            while stack:
                current, pending = stack[-1]
                for read in pending:
                    if read not in calls:
                        self._check_entry(read, current[0])
                    elif read not in state:
                        state[read] = False
                        stack.append((read, read_keys(calls[read])))
                        break
                    elif not state[read]:
                        raise ReadError(f"the calls of {quote(read[0])} are in a circle")
                else:
                    stack.pop()
                    state[current] = True
                    ordered.append(calls[current])
        return ordered

    def _check_entry(self, key: Key, reader: str) -> None:
        name, index = key
        member = self.members.get(name)
        if member is None:
            raise ReadError(f"{quote(reader)} reads {quote(name)}, which is no layer of the model")
        if index or not isinstance(member, Layer) or member.class_name != INPUT:
            raise ReadError(f"{quote(reader)} reads call {index} of {quote(name)}, which has none")

    def _input_key(self, name: str, index: int, tensor: int) -> tuple[Key, int]:
        member = self.members.get(name)
        if not isinstance(member, Layer) or member.class_name != INPUT:
            raise ReadError(f"{quote(name)} is among the inputs and is no input of the model")
        return (name, 0), 0

    def _output_key(self, name: str, index: int, tensor: int) -> tuple[Key, int]:
        if name not in self.members:
            raise ReadError(f"the output {quote(name)} is no layer of the model")
        if isinstance(self.members[name], Functional):
            index -= 1  # its own inputs and outputs count as the first call
        return (name, max(index, 0)), tensor

    def source(self) -> Any:
        made: dict[Key, Tensor] = {}
        self.reader.settings.check_names([name for name, _ in self.entries])
        for key in self.entries:
            layer = self.members[key[0]]
            assert isinstance(layer, Layer)
            made[key] = self._fresh(layer)
        return map_ends(self.input_ends, lambda key, _: made[key])

    def _fresh(self, layer: Layer) -> Tensor:
        shape = getattr(layer, "batch_shape", None)
        if shape is None:
            raise ReadError(f"the input {quote(layer.name)} has no shape")
        self.reader.opened.append(shape)
        shape = self.reader.settings.applied(shape, layer.name)
        layer.batch_shape = shape  # type: ignore[attr-defined]
        return layer.add_call((), {}).outputs[0]

    def run(self, inputs: Any) -> Any:
        made: dict[Key, Outputs] = {}
        given = match(inputs, self.input_ends, self.name)
        for key, tensor in zip(self.entries, given, strict=True):
            layer = self.members[key[0]]
            assert isinstance(layer, Layer)
            # The outermost model's inputs are their layers' own tensors.
            own = tensor.node.layer is layer and not tensor.node.inputs
            made[key] = (tensor,) if own else (enter(layer, tensor),)

        def find(config: dict[str, Any]) -> Tensor:
            name, index, place = history(config, self.name)
            return output(made, (name, index), place)

        for call in self.calls:
            kwargs = read_values(call.kwargs, find) if call.kwargs else {}
            made[call.key] = self.call(call, read_values(call.args, find), kwargs)
        return map_ends(self.output_ends, lambda key, place: output(made, key, place))

    def recorded(self, call: Call) -> list[Record]:
        if self._records is None:
            self._records = self._collect()
        found = self._records.get(call.key, {})
        nothing = super().recorded(call)[0]
        count = min(1 + max(found, default=0), OUTPUTS)
        return [self._adapt(found.get(place) or nothing) for place in range(count)]

    def _adapt(self, record: Record) -> Record:
        """Return a record as it is under the settings: it was made for the file's own input."""
        shape, dtype = record
        if self.reader.settings.resizes:
            return UNKNOWN, dtype
        batch = self.reader.settings.batch
        if batch is not None and shape and shape is not UNKNOWN and shape[0] is None:
            shape = (batch, *shape[1:])
        return shape, dtype

    def _collect(self) -> dict[Key, dict[int, Record | None]]:
        """Return what is noted of every tensor that is read: by calls, or by a model around."""
        records: dict[Key, dict[int, Record | None]] = {}
        for call in self.calls:
            configs = list(tensor_configs((call.args, call.kwargs)))
            for config, (name, index, place) in zip(configs, call.reads, strict=True):
                shape, dtype = read_shape(config.get("shape")), config.get("dtype")
                if shape is None and len(configs) == 1:  # noted by what was built on it
                    shape = build_shape(self.documents[call.name])
                found = records.setdefault((name, index), {})
                if shape is not None:
                    noted = dtype if isinstance(dtype, str) and dtype in DType.names else "float32"
                    found[place] = shape, noted
                else:
                    found.setdefault(place, None)
        ends = leaves(self.output_ends)
        for (key, place), record in zip_longest(ends, self.expected[: len(ends)]):
            records.setdefault(key, {}).setdefault(place, record)
        return records
