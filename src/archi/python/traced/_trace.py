"""What happens inside a model when it is called: the calls of layers and operations.

A model is called on symbolic tensors. While that happens, a layer of the user's own, or a
model inside, is looked into: its `call` runs on the symbolic tensors, and what it calls is
noted. Its weights are symbolic tensors meanwhile, so that what reads them is noted as well.
A layer of Keras's is noted as one call. So is one whose `call` does not run on symbolic
tensors, because it asks for values or leaves Keras; it is `closed`, for a reason. Of these
the layers that they call are noted still, while Keras runs them to find their outputs.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from types import ModuleType
from typing import Any, NamedTuple

from archi.errors import ArchiError
from archi.python.traced._code import described

Path = tuple[tuple[str, str], ...]  # names and classes of the layers around, outermost first

INLINE = 64  # elements of an array that is an argument of what it is given to

FRAMEWORKS = ("tensorflow.", "jax.", "torch.", "keras.src.backend.")

# What layers keep of their own weights and of those inside, beside the user's attributes.
KEPT = frozenset(
    ("_trainable_variables", "_non_trainable_variables", "_layers", "_metrics", "_tracker")
)


class Source(NamedTuple):
    """What is read without being called: a weight, or an array that code made."""

    value: Any
    is_weight: bool
    symbol: Any
    path: Path


class Call(NamedTuple):
    """A call of a layer or operation; the tensors in it are symbolic.

    `inside` is what was seen of a layer that is closed; the tensors there are the backend's.
    """

    called: Any
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    outputs: Any
    path: Path
    inside: Inside | None = None


class Inside(NamedTuple):
    """The calls of layers in one call of a closed layer, its inputs and its outputs."""

    inputs: list[Any]
    calls: list[Call]
    outputs: list[Any]


class Trace:
    """The calls inside a model, in the order in which they were made.

    `closed` are the layers that could not be looked into, and why; `met` all that were
    called, wherever; `sources` what they read beside what others gave, by the symbolic
    tensor. Nothing of the model is changed when the trace is done.
    """

    def __init__(self, keras: ModuleType, model: Any) -> None:
        self.keras = keras
        self.model = model
        self.calls: list[Call] = []
        self.closed: dict[Any, str] = {}
        self.met: set[Any] = set()
        self.path: list[tuple[str, str]] = []
        self.aside = 0  # how deep inside what is not looked into
        self.opening: list[Any] = []
        self.opened: list[Any] = []
        self.sources: dict[int, Source] = {}
        self.symbols: dict[tuple[int, str], Any] = {}
        self.lengths: dict[Any, tuple[int, int]] = {}
        self.watch: Watch | None = None

    def run(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Call the model and return what it gives. What its code raises is raised."""
        with self._watching():
            return self.call(self.model, args, kwargs)

    @contextmanager
    def _watching(self) -> Iterator[None]:
        """Put this trace between Keras and every call; nothing of it stays afterwards."""
        layer_class, operation_class = self.keras.layers.Layer, self.keras.Operation
        self.call_layer = layer_class.__call__
        self.symbolic_layer = layer_class.symbolic_call
        self.symbolic_operation = operation_class.symbolic_call
        trace = self

        def call(layer: Any, *args: Any, **kwargs: Any) -> Any:
            return trace.call(layer, args, kwargs)

        def symbolic_layer(layer: Any, *args: Any, **kwargs: Any) -> Any:
            return trace.enter(layer, args, kwargs)

        def symbolic_operation(operation: Any, *args: Any, **kwargs: Any) -> Any:
            return trace.operate(operation, args, kwargs)

        def add_loss(layer: Any, loss: Any) -> None:
            if not trace._has_symbols(loss):  # of those Keras says that they are no tensors
                original_add_loss(layer, loss)

        original_add_loss = layer_class.add_loss
        layer_class.add_loss = add_loss
        layer_class.__call__ = call
        layer_class.symbolic_call = symbolic_layer
        operation_class.symbolic_call = symbolic_operation
        try:
            with self._symbolic_left_operands():
                yield
        finally:
            layer_class.add_loss = original_add_loss
            layer_class.__call__ = self.call_layer
            layer_class.symbolic_call = self.symbolic_layer
            operation_class.symbolic_call = self.symbolic_operation
            for operation, (inbound, outbound) in self.lengths.items():
                del operation._inbound_nodes[inbound:]
                del operation._outbound_nodes[outbound:]

    @contextmanager
    def _symbolic_left_operands(self) -> Iterator[None]:
        """Let `weight * x` be what `x * weight` is: Keras's variables take no symbolic x."""
        variable, tensor = self.keras.Variable, self.keras.KerasTensor
        kept = {name: getattr(variable, name) for name in _REFLECTED if hasattr(variable, name)}

        def reflected(name: str, original: Callable[..., Any]) -> Callable[..., Any]:
            def operator(self: Any, other: Any) -> Any:
                if isinstance(other, tensor):
                    return getattr(other, _REFLECTED[name])(self)
                return original(self, other)

            return operator

        for name, original in kept.items():
            setattr(variable, name, reflected(name, original))
        try:
            yield
        finally:
            for name, original in kept.items():
                setattr(variable, name, original)

    def call(self, layer: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Call a layer in the way that it is to be noted."""
        self._remember(layer)
        if self.aside and self.watch is not None:
            return self.watch.over(layer, args, kwargs)
        if self.aside:
            return self.call_layer(layer, *args, **kwargs)
        whole = self._has_symbols((args, kwargs))
        convert = self._operand if whole else self._as_symbol
        args, kwargs = self.keras.tree.map_structure(convert, (args, kwargs))
        if not self._has_symbols((args, kwargs)):
            return self.call_layer(layer, *args, **kwargs)
        if layer not in self.closed and self.looks_into(layer):
            return self._open(layer, args, kwargs)
        with self._aside():
            outputs = self.call_layer(layer, *args, **kwargs)
            inside = self._watched(layer, args, kwargs) if layer in self.closed else None
        self.calls.append(Call(layer, args, kwargs, outputs, tuple(self.path), inside))
        return outputs

    def _watched(self, layer: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Inside | None:
        """Call a closed layer, which is built by now, once more and see what it calls."""
        path = self.path if layer is self.model else [*self.path, scope_of(layer)]
        self.watch = Watch(self, layer, list(path))
        try:
            with self.watch.standing_in():
                self.call_layer(layer, *args, **kwargs)
            return self.watch.inside
        finally:
            self.watch = None

    def looks_into(self, layer: Any) -> bool:
        """Whether what is inside is to be seen: of models, and of what is people's own code."""
        models = self.keras.Model, self.keras.layers.Lambda
        return isinstance(layer, models) or not is_kerass(layer)

    def _open(self, layer: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Call a layer as Keras does, but so that its `call` runs on symbolic tensors."""
        start, depth = len(self.calls), len(self.path)
        opening, opened = len(self.opening), len(self.opened)
        if layer is not self.model:
            self.path.append(scope_of(layer))
        self.opening.append(layer)
        try:
            with self._aside():  # until `enter`: Keras may build the layer first
                outer = self.call_layer(layer, *args, **kwargs)
            inner = self.opened.pop()
        except ArchiError:
            raise
        except Exception as error:
            if layer is self.model:
                raise
            self.closed[layer] = described(error, sentences=1)
            del self.calls[start:]
        else:
            self._copy_masks(outer, inner)
            return inner
        finally:
            del self.path[depth:], self.opening[opening:], self.opened[opened:]
        return self.call(layer, args, kwargs)

    def enter(self, layer: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Run the `call` of a layer that is being opened; of another, infer its outputs."""
        if not self.opening or self.opening[-1] is not layer:
            return self.symbolic_layer(layer, *args, **kwargs)
        self.opening.pop()
        aside, self.aside = self.aside, 0
        try:
            with self._symbolic_weights(layer):
                inner = layer.call(*args, **kwargs)
        finally:
            self.aside = aside
        inner = self.keras.tree.map_structure(self._as_symbol, inner)
        self.opened.append(inner)
        # Keras notes the layer as the origin of what it gets; so it gets copies.
        return self.keras.tree.map_structure(self._copy, inner)

    def operate(self, operation: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Note an operation."""
        if isinstance(operation, self.keras.layers.Layer):
            return self.symbolic_operation(operation, *args, **kwargs)
        if type(operation).__name__ == "ConvertToTensor":
            (tensor,) = args
            dtype = operation.dtype or tensor.dtype
            return tensor if dtype == tensor.dtype else self.keras.ops.cast(tensor, dtype)
        self._remember(operation)
        args, kwargs = self.keras.tree.map_structure(self._operand, (args, kwargs))
        with self._aside():
            outputs = self.symbolic_operation(operation, *args, **kwargs)
        self.calls.append(Call(operation, args, kwargs, outputs, tuple(self.path)))
        return outputs

    @contextmanager
    def _aside(self) -> Iterator[None]:
        self.aside += 1
        try:
            yield
        finally:
            self.aside -= 1

    def _remember(self, operation: Any) -> None:
        self.met.add(operation)
        if operation not in self.lengths:
            nodes = operation._inbound_nodes, operation._outbound_nodes
            self.lengths[operation] = len(nodes[0]), len(nodes[1])

    def is_symbol(self, value: Any) -> bool:
        """Whether a value is a symbolic tensor."""
        return isinstance(value, self.keras.KerasTensor)

    def _has_symbols(self, values: Any) -> bool:
        return any(map(self.is_symbol, self.keras.tree.flatten(values)))

    def _as_symbol(self, value: Any) -> Any:
        """Return a weight or an array as a symbolic tensor, all else as it is."""
        if self.is_symbol(value) or not (hasattr(value, "shape") and hasattr(value, "dtype")):
            return value
        return self._symbol_of(value)

    def _operand(self, value: Any) -> Any:
        """Return a weight or a large array as a symbolic tensor, all else as it is."""
        if isinstance(value, self.keras.Variable) or getattr(value, "size", 0) > INLINE:
            return self._as_symbol(value)
        return value

    def _weight_as_symbol(self, value: Any) -> Any:
        return self._symbol_of(value) if isinstance(value, self.keras.Variable) else value

    def _symbol_of(self, value: Any) -> Any:
        """Return the symbolic tensor of a weight or array, one for each dtype it is read as."""
        dtype = self.keras.backend.standardize_dtype(value.dtype)
        key = id(value), dtype
        if key not in self.symbols:
            symbol = self.keras.KerasTensor(tuple(value.shape), dtype)
            is_weight = isinstance(value, self.keras.Variable)
            # That keeps the value, too, and so its id its own.
            self.sources[id(symbol)] = Source(value, is_weight, symbol, tuple(self.path))
            self.symbols[key] = symbol
        return self.symbols[key]

    @contextmanager
    def _symbolic_weights(self, layer: Any) -> Iterator[None]:
        """Put symbolic tensors in place of the weights among a layer's attributes."""
        attributes = vars(layer)
        replaced = {}
        for key, value in list(attributes.items()):
            if key not in KEPT and self._holds_weights(value):
                replaced[key] = value, self.keras.tree.map_structure(self._weight_as_symbol, value)
                attributes[key] = replaced[key][1]
        try:
            yield
        finally:
            for key, (value, symbolic) in replaced.items():
                if attributes.get(key) is symbolic:
                    attributes[key] = value

    def _holds_weights(self, value: Any) -> bool:
        if isinstance(value, dict):
            value = list(value.values())
        if isinstance(value, (list, tuple)):
            return any(map(self._holds_weights, value))
        return isinstance(value, self.keras.Variable)

    def _copy(self, value: Any) -> Any:
        return self.keras.KerasTensor(value.shape, value.dtype) if self.is_symbol(value) else value

    def _copy_masks(self, outer: Any, inner: Any) -> None:
        """Give what a layer returns the masks that Keras has set on the copies."""
        flatten = self.keras.tree.flatten
        for copy, value in zip(flatten(outer), flatten(inner), strict=True):
            mask = getattr(copy, "_keras_mask", None)
            if mask is not None and self.is_symbol(value):
                value._keras_mask = mask


class Watch:
    """What is seen of a closed layer while Keras runs its `call` to find its outputs.

    Keras may run it several times; the last counts. A framework's loop or compiler may run
    what it calls once for many times; where one lies on the way to a layer, nothing is seen.
    """

    def __init__(self, trace: Trace, layer: Any, path: list[tuple[str, str]]) -> None:
        self.trace = trace
        self.layer = layer
        self.path = path
        self.busy = 0  # how deep inside of layers that are noted as one call
        self.calls: list[Call] | None = None  # None where it is not running, or loops
        self.inside: Inside | None = None

    @contextmanager
    def standing_in(self) -> Iterator[None]:
        """Run in place of the layer's `call`."""
        attributes = vars(self.layer)
        attributes["call"] = partial(self.run, self.layer.call)
        try:
            yield
        finally:
            del attributes["call"]

    def run(self, call: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Run the `call` and note what it is given, what layers it calls, and what it gives."""
        flatten = self.trace.keras.tree.flatten
        inputs = list(filter(self.is_tensor, flatten((args, kwargs))))
        self.inside = None
        self.calls = []
        outputs = call(*args, **kwargs)
        if self.calls is not None:
            self.inside = Inside(inputs, self.calls, flatten(outputs))
        self.calls = None
        return outputs

    def over(self, layer: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Call a layer, and note it if it is one that the closed layer, or one like it, calls."""
        if self.busy or self.calls is None:
            return self.trace.call_layer(layer, *args, **kwargs)
        if not _straight():
            self.calls = None
            return self.trace.call_layer(layer, *args, **kwargs)
        if self.trace.looks_into(layer):
            self.path.append(scope_of(layer))
            try:
                return self.trace.call_layer(layer, *args, **kwargs)
            finally:
                self.path.pop()
        self.busy += 1
        try:
            outputs = self.trace.call_layer(layer, *args, **kwargs)
        finally:
            self.busy -= 1
        if self.calls is not None:
            self.calls.append(Call(layer, args, kwargs, outputs, tuple(self.path)))
        return outputs

    def is_tensor(self, value: Any) -> bool:
        """Whether a value is a tensor of the backend."""
        return bool(self.trace.keras.ops.is_tensor(value))


def _straight() -> bool:
    """Whether just layers and people's own code lie between a closed layer's `call` and here."""
    frame = sys._getframe()
    while frame is not None and frame.f_code is not Watch.run.__code__:
        if frame.f_globals.get("__name__", "").startswith(FRAMEWORKS):
            return False
        frame = frame.f_back  # type: ignore[assignment]
    return True


def scope_of(layer: Any) -> tuple[str, str]:
    """Return the name and class of a layer that others are inside of."""
    return layer.name, type(layer).__name__


def is_kerass(layer: Any) -> bool:
    """Whether a layer is of a class of Keras's."""
    return type(layer).__module__.partition(".")[0] == "keras"


# Operators of a variable on the left, and what the tensor on the right has for them.
_REFLECTED = {
    "__add__": "__radd__",
    "__sub__": "__rsub__",
    "__mul__": "__rmul__",
    "__matmul__": "__rmatmul__",
    "__truediv__": "__rtruediv__",
    "__floordiv__": "__rfloordiv__",
    "__mod__": "__rmod__",
    "__pow__": "__rpow__",
    "__and__": "__rand__",
    "__or__": "__ror__",
    "__xor__": "__rxor__",
    "__lt__": "__gt__",
    "__le__": "__ge__",
    "__gt__": "__lt__",
    "__ge__": "__le__",
}
