"""Graph → readable Keras code, in the functional style; no framework is imported."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain
from keyword import iskeyword
from typing import Any, NamedTuple

from archi.bridge._flat import flat
from archi.errors import ArchiError
from archi.graph import Graph, Node, Tensor, is_list
from archi.layers import Layer
from archi.twin.arguments import constructor_code, literal
from archi.twin.nested import Sequential
from archi.twin.opaque import OpaqueLayer
from archi.twin.values import Constant
from archi.twin.wrapping import Model, held

_MAKERS = {"numpy": "np.array", "tensor": "keras.ops.convert_to_tensor"}  # of constants
LINE = 100  # columns; longer calls go over several lines


def keras_code(graph: Graph) -> str:
    """Return a Python module whose `build()` returns the network as a `keras.Model`.

    One statement a layer, in the order of its builder, with only the arguments that differ
    from the defaults. A tensor that just the next statement reads is called `x`; others
    bear their layer's name. Keras's names have no slash: `outer/inner` becomes `outer_inner`.

    Raises ArchiError for a layer that is not Keras's, or reads what is no layer's.
    """
    taken = {"x", "keras", "layers", "np"}
    docstring = literal(graph.title)[1:-1]
    functions = _functions("build", docstring, _checked(graph), taken)
    writers = [_Writer(each.graph, taken) for each in functions]
    return "\n".join(
        [
            f'"""{docstring}, written by archi."""',
            "",
            "import keras",
            "from keras import layers",
            *_imports(writers),
            *chain.from_iterable(
                [
                    "",
                    "",
                    f"def {each.name}() -> keras.Model:",
                    f'    """Return {each.makes}, freshly initialised."""',
                    *writer.body(),
                ]
                for each, writer in zip(functions, writers, strict=True)
            ),
            "",
        ]
    )


class _Function(NamedTuple):
    """A function that makes a network; `makes` says which, in a docstring."""

    name: str
    makes: str
    graph: Graph


def _functions(name: str, makes: str, graph: Graph, taken: set[str]) -> list[_Function]:
    """Return the function of a network, those of models that its layers hold before it."""
    found = []
    for model in _held(graph):
        if isinstance(model, Model):
            model.function = _identifier(f"make_{model.name}", taken)
            network = _checked(model.network())
            found += _functions(model.function, literal(model.name)[1:-1], network, taken)
    return [*found, _Function(name, makes, graph)]


def _checked(graph: Graph) -> Graph:
    """Return the network as it is to be written. Raises ArchiError where it can't be."""
    for layer in graph.layers:
        if layer.stands_alone or isinstance(layer, OpaqueLayer):
            raise ArchiError(
                f"{layer.label} can't be written as Keras code: only the code that it is of has it"
            )
    return graph if graph.live else flat(graph)


def _held(graph: Graph) -> Iterator[Layer]:
    return chain.from_iterable(map(held, graph.layers))


def _imports(writers: list[_Writer]) -> list[str]:
    """Import the classes that are not in `keras.layers`, operations among them."""
    others: dict[str, set[str]] = {}
    for layer in chain.from_iterable(_held(writer.graph) for writer in writers):
        if not _is_public(layer) and not isinstance(layer, Model):
            others.setdefault(layer.module, set()).add(layer.class_name)
    lines = [f"from {m} import {', '.join(sorted(others[m]))}" for m in sorted(others)]
    arrays = any(writer.has_arrays() for writer in writers)
    return [*lines, *["import numpy as np"] * arrays]


class _Writer:
    def __init__(self, graph: Graph, taken: set[str]) -> None:
        self.graph = graph
        self.nodes = sorted(graph.nodes, key=lambda node: node.serial)
        self.names: dict[Node, str] = {}
        self.taken = taken.copy()
        self.shared: dict[Layer, str] = {}
        self.readers: dict[Node, list[Node]] = {node: [] for node in graph.nodes}
        for node in graph.nodes:
            for tensor in node.inputs:
                self.readers[tensor.node].append(node)

    def has_arrays(self) -> bool:
        """Whether a call has an array of NumPy's among its arguments."""
        pending: list[Any] = [[node.args, node.kwargs] for node in self.nodes]
        while pending:
            value = pending.pop()
            if isinstance(value, Constant) and value.kind == "numpy":
                return True
            if is_list(value):
                pending += value
            elif isinstance(value, Mapping):
                pending += value.values()
        return False

    def body(self) -> list[str]:
        lines: list[str] = []
        path = ""
        for node, after in zip(self.nodes, [*self.nodes[1:], None], strict=True):
            if node.scope and node.scope.path != path:
                path = node.scope.path
                lines += ["", f"    # {path}"]
            model = node.layer.owner
            if model and node.layer is not model.layers[-1]:
                continue  # written with the last of its model
            self.names[node] = self._name(node, after)
            lines += self._sequential(node, model) if model else self._statement(node)
        inputs, outputs = map(self._value, self.graph.ends)
        return [
            *lines,
            f"    return keras.Model({inputs}, {outputs}, name={literal(self.graph.name)})",
        ]

    def _name(self, node: Node, after: Node | None) -> str:
        """`x` where only the next statement reads the tensor, or it is the one output."""
        ends = [tensor.node for tensor in (*self.graph.inputs, *self.graph.outputs)]
        if self.readers[node] == [after] and node not in ends:
            return "x"
        return _identifier((node.layer.owner or node.layer).name, self.taken)

    def _tensor(self, tensor: Tensor) -> str:
        name = self.names[tensor.node]
        layer = tensor.node.layer
        if len(tensor.node.outputs) == 1 and not getattr(layer, "gives_list", False):
            return name
        return f"{f'keras.tree.flatten({name})' if layer.nests_outputs else name}[{tensor.index}]"

    def _value(self, value: Any) -> str:
        """Return the code of what a layer is called with, tensors among it in any depth."""
        if isinstance(value, Tensor):
            return self._tensor(value)
        if isinstance(value, Constant):
            return f"{_MAKERS[value.kind]}({literal(value.value)}, dtype={literal(value.dtype)})"
        if is_list(value):
            items = ", ".join(map(self._value, value))
            only = "," * (len(value) == 1)
            return f"[{items}]" if isinstance(value, list) else f"({items}{only})"
        if isinstance(value, Mapping):
            items = ", ".join(f"{literal(key)}: {self._value(value[key])}" for key in value)
            return f"{{{items}}}"
        return "..." if value is Ellipsis else literal(value)

    def _call(self, node: Node) -> str:
        """Return the code of a call's arguments but those that Keras fills in itself."""
        filled = node.layer.call_kwargs
        named = [
            f"{key}={self._value(value)}"
            for key, value in node.kwargs.items()
            if key not in filled or not isinstance(value, type(filled[key])) or value != filled[key]
        ]
        return f"({', '.join([*map(self._value, node.args), *named])})"

    def _sequential(self, node: Node, model: Sequential) -> list[str]:
        """Write a model inside the network, whose last call is `node`."""
        (x,) = model.calls[0].inputs
        inner = [f"keras.Input(batch_shape={x.shape}, name={literal(model.input_name)})"]
        for layer, name in zip(model.layers, model.inner_names, strict=True):
            arguments = ", ".join([*constructor_code(layer)[:-1], f"name={literal(name)}"])
            inner.append(f"{_class(layer)}({arguments})")
        return [
            f"    {self.names[node]} = keras.Sequential(",
            "        [",
            *(f"            {line}," for line in inner),
            "        ],",
            f"        name={literal(model.name)},",
            f"    )({self._tensor(x)})",
        ]

    def _statement(self, node: Node) -> list[str]:
        layer = node.layer
        call = self._call(node)
        made = _class(layer)
        if not node.inputs:
            return _assign(self.names[node], "keras.Input", layer, "")
        if len(self.graph.calls_of(layer)) == 1:
            return _assign(self.names[node], made, layer, call)
        lines = []
        if layer not in self.shared:  # made once, then called by name
            self.shared[layer] = _identifier(f"{layer.name}_layer", self.taken)
            lines = _assign(self.shared[layer], made, layer, "")
        return [*lines, f"    {self.names[node]} = {self.shared[layer]}{call}"]


def _identifier(name: str, taken: set[str]) -> str:
    """Return a name for what is called `name`, and take it."""
    word = "".join(c if c.isascii() and c.isalnum() else "_" for c in name)
    word = word if word[:1].isalpha() else f"t_{word}"
    while word in taken or iskeyword(word):
        word += "_"
    taken.add(word)
    return word


def _is_public(layer: Layer) -> bool:
    return layer.module == "keras.layers"


def _class(layer: Layer) -> str:
    return f"layers.{layer.class_name}" if _is_public(layer) else layer.class_name


def _assign(variable: str, function: str, layer: Layer, call: str) -> list[str]:
    """Write `variable = function(arguments)call`, over several lines where it is long."""
    arguments = constructor_code(layer)
    line = f"    {variable} = {function}({', '.join(arguments)}){call}"
    if len(line) <= LINE:
        return [line]
    inner = [f"        {argument}," for argument in arguments]
    return [f"    {variable} = {function}(", *inner, f"    ){call}"]
